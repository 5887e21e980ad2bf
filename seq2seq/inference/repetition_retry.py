"""Another try for translations that repeat themselves: without repeated n-grams.

A unit whose best translation repeats phrases that its source does not repeat, or that never ended,
is decoded again; one that is no better is kept as it was, and marked.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from seq2seq.inference.decode import ScoredTranslation
from seq2seq.text.repetition import repeated_phrases

BLOCKED_NGRAMS = (3, 2)  # of tokens, tried in this order

# From batches of indices, and the length of n-grams, to the translations of each batch.
Decode = Callable[[list[Sequence[int]], int], Iterable[list[list[ScoredTranslation]]]]
Batches = Callable[[Sequence[int]], Iterator[Sequence[int]]]


def retry_repetition(
    translations: list[list[ScoredTranslation]], batches: Batches, decode: Decode
) -> None:
    """Replace the translations of units that failed by better ones, if there are any.

    Args:
        translations: of each unit, the best first.
        batches: cuts the indices of units into batches.
        decode: decodes the units of batches without repeated n-grams of a length.
    """
    for n in BLOCKED_NGRAMS:
        failed = [index for index, best in enumerate(translations) if best and _has_failed(best[0])]
        found = list(batches(failed))
        for indices, decoded in zip(found, decode(found, n), strict=True):
            for index, hypotheses in zip(indices, decoded, strict=True):
                before = translations[index]
                is_better = _failures(hypotheses[0]) < _failures(before[0])
                kept = hypotheses if is_better else before
                retries = before[0].retries + 1
                translations[index] = [best._replace(retries=retries) for best in kept]


def _has_failed(best: ScoredTranslation) -> bool:
    """Return whether a translation was ended by the maximum length or repeats itself."""
    return not best.has_eos or best.is_repetitive


def _failures(best: ScoredTranslation) -> tuple[int, bool]:
    """Return how often a translation repeats itself, and whether the maximum length ended it."""
    repeats = repeated_phrases(best.text).total() if best.is_repetitive else 0
    return repeats, not best.has_eos
