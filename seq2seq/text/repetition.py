"""Detection of translations that repeat themselves, as decoders do when they lose their way."""

from collections import Counter

MAX_PHRASE = 4  # words of a phrase that is repeated at once
NGRAM = 4  # words that occur twice anywhere


def repeated_phrases(line: str) -> Counter[tuple[str, ...]]:
    """Return the phrases that a line repeats, with the number of their repetitions.

    A phrase is one to `MAX_PHRASE` words twice in a row, or `NGRAM` words that occur twice. Words
    are compared in lower case. A script without spaces is compared by characters, of which a phrase
    needs at least two: doubled ones are ordinary.
    """
    words = line.lower().split()
    shortest = 1
    if len(words) <= 2 and len(line) > 12 and not line.isascii():
        words, shortest = list(line.lower()), 2
    counts: Counter[tuple[str, ...]] = Counter()
    for size in range(shortest, MAX_PHRASE + 1):
        for start in range(len(words) - 2 * size + 1):
            phrase = words[start : start + size]
            if phrase == words[start + size : start + 2 * size]:
                counts[tuple(phrase)] += 1
    ngrams = Counter(tuple(words[start : start + NGRAM]) for start in range(len(words) - NGRAM + 1))
    for ngram, count in ngrams.items():
        if count > 1 and shortest == 1:
            counts[ngram] += count - 1
    return counts


def is_repetitive(translation: str, source: str) -> bool:
    """Return whether a translation repeats more phrases than its source does."""
    repeated = repeated_phrases(translation)
    return bool(repeated) and repeated.total() > repeated_phrases(source).total()
