"""Training: loss, training step, learning rate schedules, checkpoints, trainer, model card."""
