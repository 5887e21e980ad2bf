"""Readers: functions that return a corpus, each named by conf/data/NAME.yaml.

Their arguments are the keys of that file.
"""
