"""Files and tensors, written atomically."""
