"""Passes: functions from program to program, run in the order of `pipeline.py`."""
