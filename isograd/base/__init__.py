"""Errors, dtypes, pytrees and settings: what every other folder may import."""
