"""Options: names, defaults, ranges, and the checks of what a user gave. Without torch."""
