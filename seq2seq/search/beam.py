"""Beam search with a length penalty and a coverage penalty, in batches."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from seq2seq.search.coverage_penalty import CoverageState, coverage_penalty
from seq2seq.search.interface import Hypothesis, S, Step, accumulation_dtype, bos_tokens
from seq2seq.search.length_penalty import length_penalty
from seq2seq.search.logit_processors import LogitProcessor, default_processors, process_logits
from seq2seq.search.topk import logsumexp, topk_of_rows
from seq2seq.text.special_tokens import EOS


class _Alive(NamedTuple):
    """Unfinished hypotheses of the sentences in the batch."""

    tokens: Tensor  # (b, K, t) generated so far
    logprobs: Tensor  # (b, K, t) of each token
    total: Tensor  # (b, K) their sums; -inf where there is no hypothesis

    @classmethod
    def first(cls, count: int, dtype: torch.dtype, device: torch.device) -> "_Alive":
        """Return the empty hypothesis of each of `count` sentences."""
        empty = torch.zeros(count, 1, 0, device=device)
        return cls(empty.long(), empty, torch.zeros(count, 1, dtype=dtype, device=device))

    def select(self, sentences: Tensor) -> "_Alive":
        """Return the hypotheses of the sentences with the indices `sentences` (b,)."""
        return _Alive(self.tokens[sentences], self.logprobs[sentences], self.total[sentences])


class _Finished(NamedTuple):
    """Hypotheses that are finished in this step, among those that were alive before it."""

    mask: Tensor  # (b, K) bool, True: finished
    by_eos: Tensor  # (b, K) bool, True: finished by EOS, and not by the maximum length
    eos_logprobs: Tensor  # (b, K) log-probability of that EOS; 0 where there is none
    score: Tensor  # (b, K) with the length penalty; -inf where not finished


class Beam:
    """Beam search with the penalties of Wu et al. (2016), https://arxiv.org/abs/1609.08144.

    Finished hypotheses are ranked by their log-probability, divided by the length penalty, plus the
    coverage penalty: equation 14.

    A hypothesis is finished when EOS is among the best K continuations of its sentence, or when it
    has the maximum length. A sentence is done when K hypotheses are finished, or when no hypothesis
    alive can still score higher than the `n_best`-th finished one. With beam_size 1 it is greedy
    search.
    """

    def __init__(
        self, beam_size: int, length_penalty: float, n_best: int, coverage_penalty: float = 0.0
    ) -> None:
        """Search with `beam_size` hypotheses.

        Args:
            beam_size: K, the number of hypotheses alive.
            length_penalty: alpha of `seq2seq.search.length_penalty`; 0: none.
            n_best: maximum number of hypotheses to return; at most `beam_size`.
            coverage_penalty: beta of `seq2seq.search.coverage_penalty`; 0: none. Else the model
                needs attention.

        Raises:
            ValueError: an argument is out of range.
        """
        if beam_size < 1:
            raise ValueError(f"beam_size must be positive, not {beam_size}")
        if not 1 <= n_best <= beam_size:
            raise ValueError(f"n_best must be from 1 to beam_size={beam_size}, not {n_best}")
        if length_penalty < 0:
            raise ValueError(f"length_penalty must be 0 or more, not {length_penalty}")
        if coverage_penalty < 0:
            raise ValueError(f"coverage_penalty must be 0 or more, not {coverage_penalty}")
        self.beam_size, self.n_best = beam_size, n_best
        self.alpha, self.beta = length_penalty, coverage_penalty
        self.processors = default_processors()

    @property
    def needs_attention(self) -> bool:
        """Return whether the model has to have attention."""
        return self.beta > 0

    def __call__(
        self,
        step: Step[S],
        state: S,
        max_lengths: Tensor,
        sentence_ids: Sequence[int],
        scored: bool = True,
        constraints: Sequence[LogitProcessor] = (),
    ) -> list[list[Hypothesis]]:
        """Generate at most `n_best` hypotheses for each sentence.

        See `seq2seq.search.interface.Search`.
        """
        del sentence_ids, scored  # nothing is random; hypotheses are ranked by their scores
        state = _track_coverage(state) if self.beta else state
        processors = [*self.processors, *constraints]
        count, device = len(max_lengths), max_lengths.device
        dtype = accumulation_dtype(device)
        hypotheses: list[list[Hypothesis]] = [[] for _ in range(count)]  # finished ones
        num_finished = torch.zeros(count, dtype=torch.long, device=device)  # (B,)
        best = torch.full((count, self.n_best), -torch.inf, dtype=dtype, device=device)  # (B, n)
        active = torch.arange(count, device=device)  # (b,) sentences in the batch
        alive = _Alive.first(count, dtype, device)
        last = bos_tokens(count, device)  # (b, K), K = 1 at first
        for length in range(int(max_lengths.max()) + 1):
            # (1) Compute the logits of the next token and advance the decoder state.
            logits, state = step(state, last)  # (b, K, V)
            logits = process_logits(processors, logits, alive.tokens, active)
            # (2) Expand to the top K continuations, and score the finished hypotheses.
            at_limit = max_lengths[active] == length  # (b,)
            penalty = self._coverage_penalty(state, alive.total)  # (b, K)
            expanded, parents, finished = self._expand(alive, logits, at_limit, penalty)
            # (3) Store the finished hypotheses, and update the n best scores.
            _store(hypotheses, active, alive, finished)
            num_finished[active] += finished.mask.sum(1)
            best[active] = torch.cat((best[active], finished.score), 1).topk(self.n_best, 1).values
            # (4) Remove the sentences that are done from the batch.
            reachable = self._best_reachable_score(expanded, max_lengths[active])  # (b,)
            are_enough = num_finished[active] >= self.beam_size  # (b,)
            done = at_limit | are_enough | (reachable <= best[active, -1])
            unfinished = (~done).nonzero().squeeze(1)  # (b',)
            if len(unfinished) == 0:
                break
            if len(unfinished) < len(active):
                active, parents = active[unfinished], parents[unfinished]
                expanded, state = expanded.select(unfinished), state.select(unfinished)
            # (5) Reorder the decoder state to the parents of the hypotheses alive.
            alive, state = expanded, state.reorder(parents)
            last = alive.tokens[:, :, -1]  # (b, K)
        return [sorted(one, key=lambda h: -h.score)[: self.n_best] for one in hypotheses]

    def _coverage_penalty(self, state: S, like: Tensor) -> Tensor:
        """Return the coverage penalty (b, K) of hypotheses that end now, in the dtype of `like`."""
        if not self.beta:
            return torch.zeros_like(like)
        assert isinstance(state, CoverageState)
        weights, mask = state.coverage()
        return coverage_penalty(weights.to(like.dtype), mask, self.beta)

    def _expand(
        self, alive: _Alive, logits: Tensor, at_limit: Tensor, penalty: Tensor
    ) -> tuple[_Alive, Tensor, _Finished]:
        """Append one token to the hypotheses alive.

        The best 2 K of the K * V continuations are candidates: at most K of them are EOS, one for
        each hypothesis, so the best K others are always among them.

        Args:
            alive: the hypotheses.
            logits: (b, K, V) of their next tokens.
            at_limit: (b,) bool, True: they have the maximum length.
            penalty: (b, K) coverage penalty of those that end now.

        Returns:
            The K best that are not EOS, their parents (b, K) in `alive`, and which of `alive` are
            finished.
        """
        # (1) The top C = 2 K continuations by their total log-probability.
        norm = logsumexp(logits)  # (b, K)
        totals, indices = topk_of_rows(logits, alive.total - norm, 2 * self.beam_size)  # (b, C)
        parents, tokens = indices // logits.shape[2], indices % logits.shape[2]  # (b, C)
        # (2) EOS among the top K finishes its hypothesis.
        is_eos = tokens == EOS  # (b, C)
        ranks = torch.arange(totals.shape[1], device=totals.device)  # (C,)
        finishing = is_eos & (ranks < self.beam_size) & (totals != -torch.inf)  # (b, C)
        by_eos = torch.zeros_like(alive.total, dtype=torch.long)  # (b, K)
        by_eos = by_eos.scatter_add(1, parents, finishing.long()) > 0
        finished = self._finished(alive, logits[..., EOS] - norm, by_eos, at_limit, penalty)
        # (3) The top K of the others stay alive.
        totals, order = _stable_topk(totals.masked_fill(is_eos, -torch.inf), self.beam_size)
        parents, tokens = parents.gather(1, order), tokens.gather(1, order)  # (b, K')
        rows = torch.arange(len(parents), device=parents.device).unsqueeze(1)  # (b, 1)
        logprob = logits[rows, parents, tokens] - norm.gather(1, parents)  # (b, K')
        total = alive.total[rows, parents] + logprob
        expanded = _Alive(
            torch.cat((alive.tokens[rows, parents], tokens.unsqueeze(-1)), -1),  # (b, K', t + 1)
            torch.cat((alive.logprobs[rows, parents], logprob.unsqueeze(-1)), -1),
            total.masked_fill(totals == -torch.inf, -torch.inf),
        )
        return expanded, parents, finished

    def _finished(
        self,
        alive: _Alive,
        eos_logprobs: Tensor,
        by_eos: Tensor,
        at_limit: Tensor,
        penalty: Tensor,
    ) -> _Finished:
        """Score the hypotheses that are finished.

        Args:
            alive: the hypotheses before this step.
            eos_logprobs: (b, K) log-probability of EOS as their next token.
            by_eos: (b, K) bool, True: finished by EOS.
            at_limit: (b,) bool, True: all hypotheses are finished, by EOS or not.
            penalty: (b, K) coverage penalty.
        """
        mask = by_eos | (at_limit.unsqueeze(1) & (alive.total != -torch.inf))  # (b, K)
        eos_logprobs = eos_logprobs.masked_fill(~by_eos, 0.0)
        lengths = torch.full_like(alive.total, alive.tokens.shape[2] + 1)  # EOS counted
        score = (alive.total + eos_logprobs) / length_penalty(lengths, self.alpha) + penalty
        return _Finished(mask, by_eos, eos_logprobs, score.masked_fill(~mask, -torch.inf))

    def _best_reachable_score(self, alive: _Alive, max_lengths: Tensor) -> Tensor:
        """Return an upper bound (b,) of the scores that hypotheses alive can still reach.

        The total log-probability only falls as tokens are added, and the penalty that divides it
        is largest at the maximum length, where EOS makes one token more. The coverage penalty is 0
        at best.
        """
        longest = (max_lengths + 1).to(alive.total.dtype)
        return alive.total.amax(1) / length_penalty(longest, self.alpha)


def _track_coverage(state: S) -> S:
    if not isinstance(state, CoverageState):
        raise ValueError("coverage_penalty needs a model that sums its attention weights")
    return state.track_coverage()


def _store(
    hypotheses: list[list[Hypothesis]], active: Tensor, alive: _Alive, finished: _Finished
) -> None:
    """Append the finished hypotheses to the lists of their sentences."""
    row, k = finished.mask.nonzero(as_tuple=True)  # (n,) of sentence and hypothesis
    if len(row) == 0:
        return
    columns = (
        active[row],
        alive.tokens[row, k],
        alive.logprobs[row, k],
        finished.eos_logprobs[row, k],
        finished.score[row, k],
        finished.by_eos[row, k],
    )
    for sentence, tokens, logprobs, eos_logprob, score, by_eos in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        logprobs_to_end = [*logprobs, eos_logprob] if by_eos else logprobs
        hypotheses[sentence].append(Hypothesis(tokens, logprobs_to_end, score, by_eos))


def _stable_topk(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the `count` largest of `scores` (b, C), or all C if fewer, and their indices.

    Of equal scores the first comes first, which `torch.topk` does not promise.
    """
    ranked = scores.sort(stable=True, dim=1, descending=True)
    return ranked.values[:, :count], ranked.indices[:, :count]
