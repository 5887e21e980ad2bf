"""Decoding with a trained network: the same numbers, computed faster."""
