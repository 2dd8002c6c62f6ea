"""The command `isograd`."""
