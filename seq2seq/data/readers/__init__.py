"""Readers: each a function that gives a `Corpus`.

Its arguments are the keys of conf/data/NAME.yaml.
"""
