"""Translations that differ from where a given prefix ends: words to choose from."""

from collections.abc import Sequence

import torch
from torch import Tensor

from seq2seq.search.decode_loop import decode_loop
from seq2seq.search.interface import Hypothesis, S, Step
from seq2seq.search.logit_processors import LogitProcessor, default_processors
from seq2seq.search.topk import argmax


class Branching:
    """Search that goes on with each of the K most probable tokens, and greedily behind them.

    The tokens are those of the first position at which more than one is possible: the first one, or
    the one behind a forced prefix. A beam would follow the best of them alone.
    """

    def __init__(self, branches: int) -> None:
        """Take K, the number of tokens; positive."""
        self.branches = branches
        self.processors = default_processors()

    def __call__(
        self,
        step: Step[S],
        state: S,
        max_lengths: Tensor,
        sentence_ids: Sequence[int],
        scored: bool = True,
        constraints: Sequence[LogitProcessor] = (),
    ) -> list[list[Hypothesis]]:
        """Generate at most K different hypotheses, ranked by their log-probability.

        See `seq2seq.search.interface.Search`.
        """
        del sentence_ids, scored  # nothing is random; hypotheses are ranked by their scores
        has_branched = torch.zeros(len(max_lengths), dtype=torch.bool, device=max_lengths.device)

        def select_token(logits: Tensor, sentences: Tensor, position: int) -> Tensor:
            del position
            best = argmax(logits)  # (b, K)
            is_free = (logits[:, 0] > -torch.inf).sum(-1) > 1  # (b,)
            rows = (is_free & ~has_branched[sentences]).nonzero().squeeze(1)  # (b',)
            if len(rows):
                count = min(self.branches, logits.shape[-1])
                top = logits[rows, 0].topk(count, -1)  # (b', K)
                is_possible = top.values > -torch.inf
                best[rows, :count] = torch.where(is_possible, top.indices, top.indices[:, :1])
                has_branched[sentences[rows]] = True
            return best

        hypotheses = decode_loop(
            step, state, max_lengths, select_token, self.branches, True,
            [*self.processors, *constraints],
        )  # fmt: skip
        return [_distinct(of_sentence) for of_sentence in hypotheses]


def _distinct(hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Return different hypotheses, the best first."""
    found = {tuple(hypothesis.tokens): hypothesis for hypothesis in hypotheses}
    return sorted(found.values(), key=lambda hypothesis: -hypothesis.score)
