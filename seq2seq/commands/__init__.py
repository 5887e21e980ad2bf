"""The work of each command, and what all of them share."""
