"""Constraints on hypotheses as logit processors: required tokens, and no repeated n-grams."""

import torch
from torch import Tensor

from seq2seq.text.special_tokens import EOS


class RequiredTokens:
    """Logit processor: of a range of tokens, a hypothesis has its required ones exactly once.

    Every other token of the range is masked; so is EOS while a required token is missing. When as
    many required tokens are missing as the hypothesis may still grow, nothing else is possible: a
    hypothesis of the maximum length has them all too, if that is not less than their number.

    A required token may close another, as `</b>` closes `<b>`: it is possible after the token that
    it closes, when whatever was opened between them is closed. So pairs are well-nested.
    """

    def __init__(self, first: int, required: Tensor, closes: Tensor, max_lengths: Tensor) -> None:
        """Constrain the tokens first, ..., first + S - 1.

        Args:
            first: token id.
            required: (B, S) bool, True: the sentence requires the token.
            closes: (B, S) index in the range of the token that it closes; -1: none.
            max_lengths: (B,) maximum numbers of tokens.
        """
        self.first, self.size = first, required.shape[1]
        self.required, self.closes, self.max_lengths = required, closes, max_lengths
        # Asked for once: at each step Python would wait for the device.
        self.has_pairs = bool((closes >= 0).any())
        self.is_bound = required.any(1)  # (B,) sentences that require something
        self.has_required = bool(self.is_bound.any())
        self.all_bound = bool(self.is_bound.all())
        # No hypothesis that is shorter must consist of required tokens alone from now on.
        first_steps = torch.where(self.is_bound, max_lengths - required.sum(1), max_lengths.max())
        self.first_forced = int(first_steps.min()) if len(required) else 0
        self.range = torch.arange(first, first + self.size, device=required.device)  # (S,)

    def __call__(self, logits: Tensor, generated: Tensor, sentences: Tensor) -> Tensor:
        """Return `logits` with -inf for the tokens that are not possible, changed in place."""
        of_range = logits[..., self.first : self.first + self.size]  # (b, K, S), a view
        if not self.has_required:
            of_range.fill_(-torch.inf)
            return logits
        if self.all_bound:
            self._mask(logits, generated, sentences)
            return logits
        rows = self.is_bound[sentences].nonzero().squeeze(1)  # (b',)
        of_rows = logits[rows]
        if len(rows):
            self._mask(of_rows, generated[rows], sentences[rows])
        of_range.fill_(-torch.inf)
        logits[rows] = of_rows
        return logits

    def _mask(self, logits: Tensor, generated: Tensor, sentences: Tensor) -> None:
        """Mask the `logits` (b, K, V) of sentences of which each requires something, in place."""
        of_range = logits[..., self.first : self.first + self.size]
        # (1) A token of the range is possible while it is required and missing.
        position = self._positions(generated)  # (b, K, S)
        missing = self.required[sentences].unsqueeze(1) & (position < 0)  # (b, K, S)
        is_possible = missing & self._may_close(position, sentences) if self.has_pairs else missing
        of_range.masked_fill_(~is_possible, -torch.inf)
        # (2) EOS is possible when none is missing.
        count = missing.sum(-1)  # (b, K)
        logits[..., EOS].masked_fill_(count > 0, -torch.inf)
        # (3) Nothing but them is possible when the rest of the hypothesis must consist of them.
        if generated.shape[-1] < self.first_forced:
            return
        growth = (self.max_lengths[sentences] - generated.shape[-1]).unsqueeze(1)  # (b, 1)
        must = ((count > 0) & (count >= growth)).unsqueeze(-1)  # (b, K, 1)
        logits[..., : self.first].masked_fill_(must, -torch.inf)
        logits[..., self.first + self.size :].masked_fill_(must, -torch.inf)

    def _positions(self, generated: Tensor) -> Tensor:
        """Return the position at which each token of the range was generated, (b, K, S), or -1."""
        length = generated.shape[-1]
        if not length:
            return torch.full((*generated.shape[:-1], self.size), -1, device=generated.device)
        steps = torch.arange(length, device=generated.device).view(-1, 1)
        return torch.where(generated.unsqueeze(-1) == self.range, steps, -1).amax(-2)

    def _may_close(self, position: Tensor, sentences: Tensor) -> Tensor:
        """Return whether each token closes nothing, or what was opened last: (b, K, S) bool."""
        closes = self.closes[sentences].unsqueeze(1).expand_as(position)  # (b, K, S)
        is_closing = closes >= 0
        partner = closes.clamp(min=0)
        opened_at = position.gather(-1, partner)  # (b, K, S)
        is_unclosed = is_closing & (opened_at >= 0) & (position < 0)
        last_opened = torch.where(is_unclosed, opened_at, -1).amax(-1, keepdim=True)  # (b, K, 1)
        return ~is_closing | ((opened_at >= 0) & (opened_at == last_opened))


class NoRepeatedNgrams:
    """Logit processor: no n-gram of tokens occurs twice in a hypothesis.

    Blocking of repeated n-grams is of Paulus et al. (2018), https://arxiv.org/abs/1705.04304.
    """

    def __init__(self, n: int) -> None:
        """Block repeated n-grams, n >= 2."""
        self.n = n

    def __call__(self, logits: Tensor, generated: Tensor, sentences: Tensor) -> Tensor:
        """Return `logits` with -inf for tokens that would repeat an n-gram, changed in place."""
        del sentences
        length = generated.shape[-1]
        if length < self.n:
            return logits
        windows = generated.unfold(-1, self.n, 1)  # (b, K, t - n + 1, n)
        prefix = generated[..., length - self.n + 1 :].unsqueeze(-2)  # (b, K, 1, n - 1)
        is_repeated = (windows[..., :-1] == prefix).all(-1)  # (b, K, t - n + 1)
        counts = torch.zeros_like(logits).scatter_add_(
            -1, windows[..., -1], is_repeated.to(logits.dtype)
        )
        return logits.masked_fill_(counts > 0, -torch.inf)


class NoRepeatedWord:
    """Logit processor: no token that begins a word follows itself."""

    def __init__(self, word_starts: Tensor) -> None:
        """Block the repetition of the tokens for which `word_starts` (V,) is True."""
        self.word_starts = word_starts

    def __call__(self, logits: Tensor, generated: Tensor, sentences: Tensor) -> Tensor:
        """Return `logits` with -inf for the last token if it begins a word, changed in place."""
        del sentences
        if generated.shape[-1] == 0:
            return logits
        last = generated[..., -1:]  # (b, K, 1)
        is_blocked = self.word_starts.to(logits.device)[last]
        kept = logits.gather(-1, last).masked_fill(is_blocked, -torch.inf)
        return logits.scatter_(-1, last, kept)


class AllowedTokens:
    """Logit processor: some tokens are possible in some sentences alone."""

    def __init__(self, tokens: Tensor, is_allowed: Tensor) -> None:
        """Mask `tokens` (n,) in the sentences where `is_allowed` (B, n) is False."""
        self.tokens, self.is_masked = tokens, ~is_allowed

    def __call__(self, logits: Tensor, generated: Tensor, sentences: Tensor) -> Tensor:
        """Return `logits` with -inf for the tokens that are not allowed, changed in place."""
        del generated
        masked = self.is_masked[sentences].unsqueeze(1)  # (b, 1, n)
        logits[..., self.tokens] = logits[..., self.tokens].masked_fill(masked, -torch.inf)
        return logits
