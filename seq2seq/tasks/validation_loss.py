"""Validation loss: the cross-entropy of held-out data, teacher-forced."""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from seq2seq.config.training import BatchOptions
from seq2seq.data.datasets import BatchSource
from seq2seq.model.evaluation_mode import evaluation_mode
from seq2seq.training.task import CarriedStates, SegmentFunction
from seq2seq.training.train_step import label_perplexity

MAX_LOSS_EXAMPLES = 1000  # of the validation data: their loss costs little beside decoding
MAX_LOSS_LOGITS = 2**22  # computed at a time


class ValidationLoss:
    """Perplexity of a network on held-out batches, without label smoothing.

    The network is in evaluation mode, no gradient is computed, and no global random number is
    drawn, so that training leads to the same weights with and without it.
    """

    def __init__(self, model: Any, segments: SegmentFunction, data: BatchSource) -> None:
        """Evaluate `model`, a module with an output layer, on the first epoch of `data`."""
        self.model, self.segments, self.data = model, segments, data

    @torch.inference_mode()
    def perplexity(self) -> float:
        """Return the exponential of the mean cross-entropy per label; infinity on overflow."""
        device = next(self.model.parameters()).device
        nats, count = 0.0, 0
        carried: CarriedStates = None
        with evaluation_mode(self.model):
            for rows in self.data.epoch(0):
                batch = self.data.load(rows, 0).to(device)
                for segment in self.segments(self.model, batch, carried):
                    carried = segment.carried
                    nats += self._nats(segment.features, segment.labels)
                count += batch.tokens
        return label_perplexity(nats, count)

    def _nats(self, features: Tensor, labels: Tensor) -> float:
        """Return the summed cross-entropy of `labels` (N,), given `features` (N, E)."""
        rows = max(1, MAX_LOSS_LOGITS // self.model.output.linear.out_features)
        total = 0.0
        for part, target in zip(features.split(rows), labels.split(rows), strict=True):
            logits = self.model.output(part).float()  # (n, V)
            total += float(functional.cross_entropy(logits, target, reduction="sum"))
        return total


def perplexity_of(loss: ValidationLoss | None) -> dict[str, float]:
    """Return the perplexity as an entry of metrics.jsonl; empty without a validation loss."""
    return {} if loss is None else {"perplexity": loss.perplexity()}


def any_fits(source_lengths: Any, target_lengths: Any, options: BatchOptions) -> bool:
    """Return whether at least one example fits into a batch, with EOS.

    Args:
        source_lengths: (N,) numbers of tokens.
        target_lengths: (N,) numbers of tokens, without EOS.
        options: the limits of a batch.
    """
    positions = np.asarray(source_lengths) + np.asarray(target_lengths) + 1
    return bool((positions <= options.tokens).any())
