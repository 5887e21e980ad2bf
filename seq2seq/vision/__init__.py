"""Images with captions: readers, drawn scenes, backbones, and prepared features."""
