"""The best few hypotheses at a time."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from seq2seq.errors import ConfigError
from seq2seq.search.interface import (
    Hypothesis,
    S,
    Step,
    accumulation_dtype,
    bos_tokens,
    mask_special_tokens,
)
from seq2seq.search.length_penalty import length_penalty
from seq2seq.search.topk import logsumexp, topk_of_rows
from seq2seq.text.special_tokens import EOS


class _Alive(NamedTuple):
    """The hypotheses that still grow, of the sentences that are still in the batch."""

    tokens: Tensor  # (b, K, t) said so far
    logprobs: Tensor  # (b, K, t) of each
    total: Tensor  # (b, K) their sums; -inf where there is no hypothesis

    def select(self, sentences: Tensor) -> "_Alive":
        """Of some sentences only."""
        return _Alive(self.tokens[sentences], self.logprobs[sentences], self.total[sentences])


class _Finished(NamedTuple):
    """Which of the live hypotheses are finished as they stand."""

    mask: Tensor  # (b, K) bool, finished
    by_eos: Tensor  # (b, K) bool, by END, and not by the limit
    eos_logprobs: Tensor  # (b, K) the log-probability of that END, or 0
    score: Tensor  # (b, K) with the length penalty; -inf where not finished


class Beam:
    """Beam search with the length penalty of Wu et al. (2016), https://arxiv.org/abs/1609.08144.

    A hypothesis is finished when END is among the best K continuations of its sentence, or when it
    is as long as the limit. A sentence is done when K hypotheses are finished, or no other can
    overtake the worst of the `n_best` best. With beam_size 1 it is greedy search.
    """

    def __init__(self, beam_size: int, length_penalty: float, n_best: int) -> None:
        """Search with `size` hypotheses.

        Args:
            beam_size: K, hypotheses that grow at a time.
            length_penalty: alpha of `length_penalty`; 0 is none.
            n_best: how many are returned, at most; no more than `size`.

        Raises:
            ConfigError: a value is out of range.
        """
        if beam_size < 1:
            raise ConfigError(f"search.beam_size must be positive, not {beam_size}")
        if not 1 <= n_best <= beam_size:
            raise ConfigError(
                f"search.n_best must be from 1 to search.beam_size={beam_size}, not {n_best}"
            )
        if length_penalty < 0:
            raise ConfigError(f"search.length_penalty must be 0 or more, not {length_penalty}")
        self.beam_size, self.alpha, self.n_best = beam_size, length_penalty, n_best

    def __call__(
        self, step: Step[S], state: S, limits: Tensor, keys: Sequence[int], scored: bool = True
    ) -> list[list[Hypothesis]]:
        """See `seq2seq.search.interface.Search`. At most `n_best` hypotheses for each sentence."""
        del keys, scored  # hypotheses are ranked by their scores
        count, device = len(limits), limits.device
        finished: list[list[Hypothesis]] = [[] for _ in range(count)]
        # Of these the numbers (B,) and the best scores (B, n_best), the best first.
        number = torch.zeros(count, dtype=torch.long, device=device)
        best = torch.full(
            (count, self.n_best), -torch.inf, dtype=accumulation_dtype(device), device=device
        )
        here = torch.arange(count, device=device)  # (b,) sentences still in the batch
        empty = torch.zeros(count, 1, 0, device=device)
        live = _Alive(empty.long(), empty, torch.zeros(count, 1, dtype=best.dtype, device=device))
        last = bos_tokens(count, device)  # (b, K), K = 1 at first
        for said in range(int(limits.max()) + 1):
            logits, state = step(state, last)  # (b, K, V)
            logits = mask_special_tokens(logits.float(), first=said == 0)
            stop = limits[here] == said  # (b,) these may only end now
            grown, parents, over = self._grow(live, logits, stop)
            self._collect(finished, here, live, over)
            number[here] += over.mask.sum(1)
            best[here] = torch.cat((best[here], over.score), 1).topk(self.n_best, 1).values
            beaten = self._reach(grown, limits[here]) <= best[here, -1]  # (b,)
            left = (
                (~(stop | beaten | (number[here] >= self.beam_size))).nonzero().squeeze(1)
            )  # (b',)
            if len(left) == 0:
                break
            if len(left) < len(here):
                here, parents = here[left], parents[left]
                grown, state = grown.select(left), state.select(left)
            live, state = grown, state.reorder(parents)
            last = live.tokens[:, :, -1]
        return [sorted(found, key=lambda h: -h.score)[: self.n_best] for found in finished]

    def _grow(self, live: _Alive, logits: Tensor, stop: Tensor) -> tuple[_Alive, Tensor, _Finished]:
        """One token more.

        Of the K * V continuations the best 2 K are looked at: at most K of them are ends, so K
        that grow are always among them.

        Returns:
            The K best that grow, the parents (b, K) they grow from, and which of `live` finished.
        """
        norm = logsumexp(logits)  # (b, K)
        most, place = topk_of_rows(logits, live.total - norm, 2 * self.beam_size)  # (b, C), C = 2 K
        parent, token = place // logits.shape[2], place % logits.shape[2]
        at_end = token == EOS  # (b, C)
        ranks = torch.arange(most.shape[1], device=most.device)
        counts = at_end & (ranks < self.beam_size) & (most != -torch.inf)
        over = self._over(live, logits[..., EOS] - norm, (parent, counts), stop)

        grows, order = _topk_scores(most.masked_fill(at_end, -torch.inf), self.beam_size)
        parents, token = parent.gather(1, order), token.gather(1, order)  # (b, K')
        rows = torch.arange(len(parents), device=parents.device).unsqueeze(1)
        logp = logits[rows, parents, token] - norm.gather(1, parents)  # (b, K')
        tokens = torch.cat((live.tokens[rows, parents], token.unsqueeze(-1)), -1)
        logprobs = torch.cat((live.logprobs[rows, parents], logp.unsqueeze(-1)), -1)
        total = (live.total[rows, parents] + logp).masked_fill(grows == -torch.inf, -torch.inf)
        return _Alive(tokens, logprobs, total), parents, over

    def _over(
        self, live: _Alive, end: Tensor, ends: tuple[Tensor, Tensor], stop: Tensor
    ) -> _Finished:
        """What has finished.

        Args:
            live: the hypotheses.
            end: (b, K) the log-probability that each ends here.
            ends: parents (b, C) of continuations, and (b, C) which of these are ENDs that count.
            stop: (b,) the sentences whose hypotheses finish, with END or without.
        """
        parent, counts = ends
        ended = torch.zeros_like(live.total, dtype=torch.long).scatter_add(1, parent, counts.long())
        there = (ended > 0) | (stop.unsqueeze(1) & (live.total != -torch.inf))
        closing = end.masked_fill(ended == 0, 0.0)
        length = torch.full_like(live.total, live.tokens.shape[2] + 1)
        score = (live.total + closing) / length_penalty(length, self.alpha)
        return _Finished(there, ended > 0, closing, score.masked_fill(~there, -torch.inf))

    def _reach(self, live: _Alive, limits: Tensor) -> Tensor:
        """The best score (b,) that a live hypothesis can still come to.

        A total only falls as tokens are added, and it is divided by a penalty that is largest at
        the limit, where END makes one token more.
        """
        longest = (limits + 1).to(live.total.dtype)
        return live.total.amax(1) / length_penalty(longest, self.alpha)

    def _collect(
        self, finished: list[list[Hypothesis]], here: Tensor, live: _Alive, over: _Finished
    ) -> None:
        """Put the hypotheses that have finished with those of their sentences."""
        row, k = over.mask.nonzero(as_tuple=True)
        if len(row) == 0:
            return
        parts = (here[row], live.tokens[row, k], live.logprobs[row, k])
        closes = (over.eos_logprobs[row, k], over.score[row, k], over.by_eos[row, k])
        columns = [column.tolist() for column in parts + closes]
        for sentence, tokens, logprobs, closing, score, ended in zip(*columns, strict=True):
            said = [*logprobs, closing] if ended else logprobs
            finished[sentence].append(Hypothesis(tokens, said, score, ended))


def _topk_scores(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The `count` largest of `scores` (b, C), fewer if there are not as many, and their places.

    The first of a tie comes first, which `topk` does not promise.
    """
    ranked = scores.sort(stable=True, dim=1, descending=True)
    return ranked.values[:, :count], ranked.indices[:, :count]
