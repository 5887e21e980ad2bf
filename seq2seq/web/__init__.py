"""A static page that translates in the visitor's browser: its files, and the model for it."""
