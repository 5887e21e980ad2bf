"""Logit processors: changes of the logits of the next token before a search selects from them."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from seq2seq.text.special_tokens import BOS, EOS, PAD, UNK


class LogitProcessor(Protocol):
    """Change of the logits that depends on the tokens generated so far."""

    def __call__(self, logits: Tensor, generated: Tensor, sentences: Tensor) -> Tensor:
        """Return the changed logits.

        Args:
            logits: (b, K, V) of the next token, fp32; may be overwritten.
            generated: (b, K, t) tokens generated so far, without BOS. They may not be changed.
            sentences: (b,) indices of the sentences among the B of the search.
        """
        ...


class MaskSpecialTokens:
    """Mask on PAD, BOS and UNK at every step, and on EOS as the first token."""

    def __call__(self, logits: Tensor, generated: Tensor, sentences: Tensor) -> Tensor:
        """Return `logits` with -inf for the masked tokens, changed in place."""
        del sentences
        return mask_special_tokens(logits, first=generated.shape[-1] == 0)


def mask_special_tokens(logits: Tensor, first: bool) -> Tensor:
    """Set the `logits` (..., V) of PAD, BOS and UNK to -inf in place; of EOS too if `first`."""
    logits[..., PAD] = -torch.inf
    logits[..., BOS] = -torch.inf
    logits[..., UNK] = -torch.inf
    if first:
        logits[..., EOS] = -torch.inf
    return logits


def default_processors() -> list[LogitProcessor]:
    """Return the processors that every search applies."""
    return [MaskSpecialTokens()]


def process_logits(
    processors: Sequence[LogitProcessor], logits: Tensor, generated: Tensor, sentences: Tensor
) -> Tensor:
    """Return `logits` (b, K, V) in fp32 after all `processors`, applied in their order.

    Args:
        processors: each sees the logits that the one before it returned.
        logits: (b, K, V) from the model; overwritten if they are fp32.
        generated: (b, K, t) tokens generated so far.
        sentences: (b,) indices of the sentences among the B of the search.
    """
    logits = logits.float()
    for process in processors:
        logits = process(logits, generated, sentences)
    return logits
