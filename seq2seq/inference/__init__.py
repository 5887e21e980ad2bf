"""A run folder and a search: text or images in, text out."""
