"""Files and tensors: atomic writes, locks, and safe reading of files from strangers."""
