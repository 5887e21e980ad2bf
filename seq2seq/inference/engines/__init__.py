"""Faster decoding with a trained network, numerically equal to the network itself."""
