"""Metrics of translations, and count-based baselines to compare networks with."""
