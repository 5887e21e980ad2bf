"""Scores of translations, and baselines to compare with."""
