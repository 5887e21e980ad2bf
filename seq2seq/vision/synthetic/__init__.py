"""Drawn scenes with captions."""
