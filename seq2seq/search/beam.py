"""The best few hypotheses at a time."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from seq2seq.errors import ConfigError
from seq2seq.search.length import length_penalty
from seq2seq.search.step import Hypothesis, S, Step, begin, forbid
from seq2seq.text.tokenizer import END, PAD


class _Live(NamedTuple):
    """The hypotheses that still grow, of the sentences that are still in the batch."""

    tokens: Tensor  # (b, K, t) said so far
    logprobs: Tensor  # (b, K, t) of each
    total: Tensor  # (b, K) their sums; -inf where there is no hypothesis

    def keep(self, sentences: Tensor) -> "_Live":
        """Of some sentences only."""
        return _Live(self.tokens[sentences], self.logprobs[sentences], self.total[sentences])


class Beam:
    """Beam search with the length penalty of Wu et al. (2016), https://arxiv.org/abs/1609.08144.

    A hypothesis is finished when END is among the best K continuations of its sentence. A sentence
    is done when K are finished, or no other can overtake the worst of the `n_best` best, or the
    limit is reached. With size 1 it is greedy search.
    """

    def __init__(self, size: int, length_penalty: float, n_best: int) -> None:
        """Search with `size` hypotheses.

        Args:
            size: K, hypotheses that grow at a time.
            length_penalty: alpha of `length_penalty`; 0 is none.
            n_best: how many are returned, at most; no more than `size`.

        Raises:
            ConfigError: a value is out of range.
        """
        if size < 1:
            raise ConfigError(f"search.size must be positive, not {size}")
        if not 1 <= n_best <= size:
            raise ConfigError(f"search.n_best must be from 1 to search.size={size}, not {n_best}")
        if length_penalty < 0:
            raise ConfigError(f"search.length_penalty must be 0 or more, not {length_penalty}")
        self.size, self.alpha, self.n_best = size, length_penalty, n_best

    def __call__(
        self, step: Step[S], state: S, limits: Tensor, keys: Sequence[int]
    ) -> list[list[Hypothesis]]:
        """See `seq2seq.search.step.Search`."""
        del keys
        count, device = len(limits), limits.device
        finished: list[list[Hypothesis]] = [[] for _ in range(count)]
        here = torch.arange(count, device=device)  # (b,) sentences still in the batch
        empty = torch.zeros(count, 1, 0, device=device)
        live = _Live(empty.long(), empty, torch.zeros(count, 1, device=device))
        last = begin(count, device)  # (b, K), K = 1 at first
        for said in range(int(limits.max()) + 1):
            logits, state = step(state, last)  # (b, K, V)
            logp = forbid(logits.float(), first=said == 0).log_softmax(-1)
            stop = (limits[here] == said).unsqueeze(1)  # (b, 1) these may only end now
            live, parents, ended = self._grow(live, logp, stop)
            self._finish(finished, here, ended, stop)
            left = self._undecided(finished, here, live, limits, said + 1)
            if len(left) == 0:
                break
            state = state.reorder(parents)
            if len(left) < len(here):
                here, live, state = here[left], live.keep(left), state.keep(left)
            last = live.tokens[:, :, -1]
        return [sorted(found, key=lambda h: -h.score)[: self.n_best] for found in finished]

    def _grow(self, live: _Live, logp: Tensor, stop: Tensor) -> tuple[_Live, Tensor, _Live]:
        """One token more.

        Of the K * V continuations the best 2 K are looked at: at most K of them are ends, so K
        that grow are always among them.

        Returns:
            The K best that grow, the parents (b, K) they grow from, and K that have ended: each
            hypothesis, with a total of -inf where its END is not among the K best.
        """
        b, k, v = logp.shape
        total = live.total.unsqueeze(-1) + logp  # (b, K, V)
        best, place = total.flatten(1).topk(min(2 * self.size, k * v), dim=1)  # (b, 2 K)
        parent, token = place // v, place % v
        at_end = token == END
        ends = torch.full_like(live.total, -torch.inf)  # (b, K)
        counts = at_end & (torch.arange(best.shape[1], device=best.device) < self.size)
        ends = ends.scatter_reduce(1, parent, best.masked_fill(~counts, -torch.inf), "amax")
        # At the limit a hypothesis is returned as it is, without END, if it has not come to one.
        ends = torch.where(stop & ends.isinf(), live.total, ends)
        closing = torch.where(stop & (ends == live.total), 0.0, ends - live.total)
        ended = _Live(live.tokens, torch.cat((live.logprobs, closing.unsqueeze(-1)), -1), ends)
        best = best.masked_fill(at_end | stop, -torch.inf)
        kept, order = best.topk(min(self.size, best.shape[1]), dim=1)  # (b, K)
        parents, tokens = parent.gather(1, order), token.gather(1, order)
        rows = torch.arange(b, device=logp.device).unsqueeze(1)
        grown = _Live(
            torch.cat((live.tokens[rows, parents], tokens.unsqueeze(-1)), -1),
            torch.cat(
                (live.logprobs[rows, parents], logp[rows, parents, tokens].unsqueeze(-1)), -1
            ),
            kept,
        )
        return grown, parents, ended

    def _finish(
        self, finished: list[list[Hypothesis]], here: Tensor, ended: _Live, stop: Tensor
    ) -> None:
        """Put the hypotheses that have ended with those of their sentences."""
        sentences, stopped = here.tolist(), stop.squeeze(1).tolist()
        for row, k in (~ended.total.isinf()).nonzero().tolist():
            tokens = [t for t in ended.tokens[row, k].tolist() if t != PAD]
            logprobs = ended.logprobs[row, k].tolist()
            closed = not (stopped[row] and logprobs[-1] == 0.0)
            if not closed:
                logprobs.pop()
            length = torch.tensor(float(len(tokens) + 1))
            score = float(ended.total[row, k]) / float(length_penalty(length, self.alpha))
            finished[sentences[row]].append(Hypothesis(tokens, logprobs, score, closed))

    def _undecided(
        self, finished: list[list[Hypothesis]], here: Tensor, live: _Live, limits: Tensor, said: int
    ) -> Tensor:
        """Which rows still have a hypothesis that can come among the n best finished ones.

        A total only falls as tokens are added, and it is divided by a penalty that is largest at
        the limit: so total / penalty(limit + 1) bounds whatever a hypothesis can reach.
        """
        longest = limits[here] + 1  # END counted
        bound = live.total.max(1).values / length_penalty(longest.float(), self.alpha)  # (b,)
        rows = []
        for row, (sentence, reach) in enumerate(zip(here.tolist(), bound.tolist(), strict=True)):
            scores = sorted((h.score for h in finished[sentence]), reverse=True)
            best = len(scores) >= self.n_best and scores[self.n_best - 1] >= reach
            enough = best or len(scores) >= self.size
            if not enough and said <= int(limits[sentence]) and reach > -float("inf"):
                rows.append(row)
        return torch.tensor(rows, dtype=torch.long, device=here.device)
