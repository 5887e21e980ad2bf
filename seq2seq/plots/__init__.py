"""Every figure: functions of numbers that draw a PNG file."""
