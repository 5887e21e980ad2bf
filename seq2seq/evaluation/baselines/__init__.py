"""Count-based baselines: a language model and a classifier."""
