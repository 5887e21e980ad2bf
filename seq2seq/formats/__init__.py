"""Parsers of message catalogues."""
