"""Count-based models to compare with."""
