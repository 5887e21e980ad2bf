"""An n-gram language model as a baseline: interpolated Kneser-Ney smoothing.

Chen and Goodman (1998), section 2.7 and equation 24, with one discount for each order:
https://dash.harvard.edu/handle/1/25104739
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LineTokens = NDArray[np.int32]
Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

# Tokens whose probabilities are computed together: some 100 bytes of memory for each.
CHUNK_TOKENS = 1_000_000
NGRAM_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio in 64 bits: spreads keys evenly


class _NgramCounts(NamedTuple):
    """Counts of the n-grams of one order. G n-grams, C contexts."""

    keys: Keys  # (G,) hash of each n-gram, ascending
    # (G,) occurrences; below the largest order, the number of different tokens that precede it
    counts: Floats
    contexts: Keys  # (C,) hash of each n-gram without its last token, ascending
    totals: Floats  # (C,) the sum of the counts of each context
    kinds: Floats  # (C,) the number of different tokens that follow each context
    discount: float


class KneserNey:
    """An interpolated Kneser-Ney model over tokens.

    It needs 16 bytes of memory for each different n-gram and 24 for each different context.
    """

    def __init__(self, tokens: LineTokens, order: int, vocab_size: int) -> None:
        """Count the n-grams of a text.

        Args:
            tokens: (T,) the training text, T at least `order`.
            order: the largest n.
            vocab_size: the number of tokens of the uniform distribution below the unigrams.
        """
        self.vocab_size = vocab_size
        self.orders = []
        for n in range(1, order + 1):
            if n == order:
                keys, counts = np.unique(_keys(tokens, n), return_counts=True)
            else:
                # The count of a lower order is the number of different tokens before an n-gram.
                _, firsts = np.unique(_keys(tokens, n + 1), return_index=True)
                keys, counts = np.unique(_keys(tokens, n)[1:][firsts], return_counts=True)
            self.orders.append(_count_contexts(tokens, n, keys, counts.astype(np.float64)))

    def probabilities(self, tokens: LineTokens) -> Floats:
        """Compute the probability (T,) of each of `tokens` (T,) after the tokens before it."""
        p = np.full(len(tokens), 1 / self.vocab_size)
        for n, order in enumerate(self.orders, 1):
            if len(tokens) < n:
                break
            counts = _look_up(order.keys, order.counts, _keys(tokens, n))
            contexts = _context_keys(tokens, n)
            totals = _look_up(order.contexts, order.totals, contexts)
            kinds = _look_up(order.contexts, order.kinds, contexts)
            is_known = totals > 0  # an unseen context has the probability of the lower order
            divisors = np.where(is_known, totals, 1.0)
            discounted = np.maximum(counts - order.discount, 0) / divisors
            interpolated = discounted + order.discount * kinds / divisors * p[n - 1 :]
            p[n - 1 :] = np.where(is_known, interpolated, p[n - 1 :])
        return p

    def nats(self, tokens: LineTokens) -> float:
        """Compute the negative log-likelihood of `tokens` (T,), a chunk in memory at a time."""
        nats = 0.0
        for start in range(0, len(tokens), CHUNK_TOKENS):
            # The chunk begins with the preceding tokens that the largest order needs.
            context_start = max(0, start - len(self.orders) + 1)
            chunk = np.asarray(tokens[context_start : start + CHUNK_TOKENS])
            nats -= float(np.log(self.probabilities(chunk)[start - context_start :]).sum())
        return nats


def _keys(tokens: LineTokens, n: int) -> Keys:
    """Hash each n-gram of `tokens` (T,) to 64 bits: (T - n + 1,)."""
    key = np.zeros(len(tokens) - n + 1, np.uint64)
    for offset in range(n):
        token = tokens[offset : len(tokens) - n + 1 + offset].astype(np.uint64) + np.uint64(1)
        key = (key ^ token) * NGRAM_MULTIPLIER
        key ^= key >> np.uint64(29)
    return key


def _context_keys(tokens: LineTokens, n: int) -> Keys:
    """Hash the context of each n-gram, which is all but its last token: (T - n + 1,)."""
    if n == 1:
        return np.zeros(len(tokens), np.uint64)
    return _keys(tokens[:-1], n - 1)


def _first_indices(all_keys: Keys, keys: Keys) -> Indices:
    """Return the index of the first occurrence in `all_keys` of each of `keys`."""
    unique, firsts = np.unique(all_keys, return_index=True)
    return firsts[np.searchsorted(unique, keys)]


def _count_contexts(tokens: LineTokens, n: int, keys: Keys, counts: Floats) -> _NgramCounts:
    """Sum the `counts` of the n-grams `keys` by context, and estimate the discount."""
    firsts = _first_indices(_keys(tokens, n), keys)
    contexts, inverse = np.unique(_context_keys(tokens, n)[firsts], return_inverse=True)
    totals = np.bincount(inverse, weights=counts, minlength=len(contexts)).astype(np.float64)
    kinds = np.bincount(inverse, minlength=len(contexts)).astype(np.float64)
    once, twice = (counts == 1).sum(), (counts == 2).sum()
    # Equation 25; it is undefined for a text so small that no count is 1, or none is 2.
    discount = float(once / (once + 2 * twice)) if once and twice else 0.5
    return _NgramCounts(keys, counts, contexts, totals, kinds, discount)


def _look_up(keys: Keys, values: Floats, queries: Keys) -> Floats:
    """Return the value of each of `queries`, or 0 where it is not in `keys` (ascending)."""
    indices = np.minimum(np.searchsorted(keys, queries), len(keys) - 1)
    return np.where(keys[indices] == queries, values[indices], 0.0)
