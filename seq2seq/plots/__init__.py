"""Plots: functions that take numbers and write a PNG file, or return a matplotlib figure."""
