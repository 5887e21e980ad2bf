"""File formats of message catalogues."""
