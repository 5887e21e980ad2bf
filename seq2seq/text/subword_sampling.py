"""Subword regularisation: random segmentations of words, the same in every process for a seed.

SentencePiece samples too, but its generator cannot be seeded so that two processes agree, and a
resumed training run must read the same pieces as an uninterrupted one.

Pieces never cross a space, so each word is segmented by itself: the space before a word belongs to
it, as U+2581.
"""

import heapq
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from random import Random
from typing import NamedTuple, Protocol

CACHED_WORDS = 2**16  # number of lattices that are cached: words repeat

_WORD = re.compile("\u2581?[^\u2581]+|\u2581")


class Vocabulary(NamedTuple):
    """The pieces that a word may be cut into."""

    scores: Mapping[str, float]  # of each piece: log-probability (unigram), or minus its rank (BPE)
    ids: Mapping[str, int]
    byte_ids: tuple[int, ...]  # ids of the 256 bytes, which spell characters that are no pieces

    def encode(self, piece: str) -> list[int]:
        """Return the id of `piece`, or the ids of its bytes if it is no piece."""
        known = self.ids.get(piece)
        return [self.byte_ids[byte] for byte in piece.encode()] if known is None else [known]


class WordSampler(Protocol):
    """Draws a segmentation of a word."""

    def sample(self, word: str, alpha: float, random: Random) -> list[str]:
        """Return pieces, and single characters that are no pieces, that spell `word`."""
        ...


class UnigramSampler:
    """Segmentations by their probability under a unigram model, smoothed (Kudo 2018, section 3).

    A segmentation of pieces x_1 ... x_n is drawn with a probability in proportion to
    (p(x_1) ... p(x_n)) ** alpha, by forward filtering and backward sampling.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Sample from the pieces of `vocabulary`, which has one or more."""
        scores = vocabulary.scores
        self._scores = scores
        self._longest = max(map(len, scores))
        self._unknown = min(scores.values()) - 10.0  # as SentencePiece scores unknown characters
        self._lattice = lru_cache(CACHED_WORDS)(self._build_lattice)

    def sample(self, word: str, alpha: float, random: Random) -> list[str]:
        """Return one segmentation of `word`; see the class."""
        lattice = self._lattice(word, alpha)
        pieces: list[str] = []
        end = len(word)
        while end:
            starts, weights = lattice[end]
            start = starts[0] if len(starts) == 1 else random.choices(starts, weights)[0]
            pieces.append(word[start:end])
            end = start
        return pieces[::-1]

    def _build_lattice(self, word: str, alpha: float) -> list[tuple[list[int], list[float]]]:
        """Return, for each end of a piece, its possible starts and their probabilities."""
        total = [0.0]  # log of the summed weights of all segmentations of word[:end]
        lattice: list[tuple[list[int], list[float]]] = [([], [])]
        for end in range(1, len(word) + 1):
            starts, logits = [], []
            for start in range(max(0, end - self._longest), end):
                score = self._scores.get(word[start:end])
                if score is None and start == end - 1:
                    score = self._unknown
                if score is not None:
                    starts.append(start)
                    logits.append(total[start] + alpha * score)
            highest = max(logits)
            weights = [math.exp(logit - highest) for logit in logits]
            total.append(highest + math.log(sum(weights)))
            lattice.append((starts, weights))
        return lattice


class BpeDropoutSampler:
    """BPE that skips each merge with probability alpha (Provilkov et al. 2020)."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Merge characters into the pieces of `vocabulary`; the highest score is merged first."""
        self._scores = vocabulary.scores

    def sample(self, word: str, alpha: float, random: Random) -> list[str]:
        """Return one segmentation of `word`; see the class."""
        pieces: list[str] = list(word)
        following: list[int] = list(range(1, len(word) + 1))  # index of the next piece
        previous: list[int] = list(range(-1, len(word) - 1))
        candidates: list[tuple[float, int, str]] = []

        def push(left: int) -> None:
            right = following[left]
            if left >= 0 and right < len(pieces):
                merged = pieces[left] + pieces[right]
                if (score := self._scores.get(merged)) is not None:
                    heapq.heappush(candidates, (-score, left, merged))

        for index in range(len(pieces) - 1):
            push(index)
        while candidates:
            _, left, merged = heapq.heappop(candidates)
            right = following[left]
            is_stale = not pieces[left] or right >= len(pieces)
            if is_stale or pieces[left] + pieces[right] != merged or random.random() < alpha:
                continue
            pieces[left], pieces[right] = merged, ""
            following[left] = following[right]
            if following[left] < len(pieces):
                previous[following[left]] = left
            push(left)
            if previous[left] >= 0:
                push(previous[left])
        return [piece for piece in pieces if piece]


def words(text: str) -> list[str]:
    """Return the words of a text whose spaces are U+2581, each with the space before it."""
    return _WORD.findall(text)
