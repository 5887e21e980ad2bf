"""A count-based language model to measure others against: interpolated Kneser-Ney.

Chen and Goodman (1998), section 2.7 and equation 24, with one discount for each order:
https://dash.harvard.edu/handle/1/25104739
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

TokenArray = NDArray[np.int32]
Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]

CHUNK_TOKENS = (
    1_000_000  # tokens whose probabilities are looked up at once: some 100 bytes for each
)
HASH_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio in 64 bits: spreads keys evenly


class _NgramCounts(NamedTuple):
    """The n-grams of one length."""

    keys: Keys  # of each n-gram, rising
    counts: Floats  # how often, or after how many different tokens, each is seen
    contexts: Keys  # of the n-grams without their last token, rising
    totals: Floats  # the sum of the counts in each context
    kinds: Floats  # how many different tokens follow each context
    discount: float


class KneserNey:
    """n-grams of tokens, in memory: 16 bytes for each different one of each length."""

    def __init__(self, tokens: TokenArray, order: int, vocabulary: int) -> None:
        """Count the n-grams of `tokens` up to length `order`; there are `vocabulary` tokens."""
        self.vocabulary = vocabulary
        self.orders = []
        for n in range(1, order + 1):
            if n == order:
                keys, counts = np.unique(_keys(tokens, n), return_counts=True)
                firsts = _first(_keys(tokens, n), keys)
            else:
                # Lower orders count how many different tokens an n-gram is seen after.
                _, places = np.unique(_keys(tokens, n + 1), return_index=True)
                keys, counts = np.unique(_keys(tokens, n)[1:][places], return_counts=True)
                firsts = _first(_keys(tokens, n), keys)
            self.orders.append(_count_ngrams(tokens, n, keys, counts.astype(np.float64), firsts))

    def probabilities(self, tokens: TokenArray) -> Floats:
        """Of each of `tokens` after those before it (as many as the order takes)."""
        p = np.full(len(tokens), 1 / self.vocabulary)
        for n, order in enumerate(self.orders, 1):
            if len(tokens) < n:
                break
            counts = _find(order.keys, order.counts, _keys(tokens, n))
            contexts = _context(tokens, n)
            totals = _find(order.contexts, order.totals, contexts)
            kinds = _find(order.contexts, order.kinds, contexts)
            seen = totals > 0  # else the lower order is all there is
            safe = np.where(seen, totals, 1.0)
            own = np.maximum(counts - order.discount, 0) / safe
            mixed = own + order.discount * kinds / safe * p[n - 1 :]
            p[n - 1 :] = np.where(seen, mixed, p[n - 1 :])
        return p

    def nats(self, tokens: TokenArray) -> float:
        """The cross-entropy of all `tokens` together, some of which are in memory at a time."""
        found = 0.0
        for start in range(0, len(tokens), CHUNK_TOKENS):
            before = max(0, start - len(self.orders) + 1)  # as many as the order takes
            part = self.probabilities(np.asarray(tokens[before : start + CHUNK_TOKENS]))
            found -= float(np.log(part[start - before :]).sum())
        return found


def _keys(tokens: TokenArray, n: int) -> Keys:
    """A number of 64 bits for each n-gram, by its last token: (T - n + 1,)."""
    key = np.zeros(len(tokens) - n + 1, np.uint64)
    for place in range(n):
        part = tokens[place : len(tokens) - n + 1 + place].astype(np.uint64) + np.uint64(1)
        key = (key ^ part) * HASH_MULTIPLIER
        key ^= key >> np.uint64(29)
    return key


def _context(tokens: TokenArray, n: int) -> Keys:
    """The keys of what stands before the last token of each n-gram."""
    if n == 1:
        return np.zeros(len(tokens), np.uint64)
    return _keys(tokens[:-1], n - 1)


def _first(all_keys: Keys, keys: Keys) -> NDArray[np.int64]:
    """Where each of `keys`, which rise, is found first in `all_keys`."""
    found, places = np.unique(all_keys, return_index=True)
    return places[np.searchsorted(found, keys)]


def _count_ngrams(
    tokens: TokenArray, n: int, keys: Keys, counts: Floats, firsts: NDArray[np.int64]
) -> _NgramCounts:
    contexts, inverse = np.unique(_context(tokens, n)[firsts], return_inverse=True)
    totals = np.bincount(inverse, weights=counts, minlength=len(contexts)).astype(np.float64)
    kinds = np.bincount(inverse, minlength=len(contexts)).astype(np.float64)
    once, twice = (counts == 1).sum(), (counts == 2).sum()
    # Equation 25; a text so small that nothing is seen twice is discounted by half.
    discount = float(once / (once + 2 * twice)) if once and twice else 0.5
    return _NgramCounts(keys, counts, contexts, totals, kinds, discount)


def _find(keys: Keys, values: Floats, wanted: Keys) -> Floats:
    """The values of the `wanted` keys, 0 where there is none."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0.0)
