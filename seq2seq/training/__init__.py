"""Learning the weights: loss, learning rate, checkpoints, the loop."""
