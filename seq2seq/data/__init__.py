"""Corpora: readers, cleaning, splits, prepared data, batches."""
