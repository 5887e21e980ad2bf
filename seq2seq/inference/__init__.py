"""Inference: from a run folder and a search strategy to translations, captions and labels."""
