"""Detection of translations that repeat themselves, as decoders do when they lose their way."""

from collections import Counter

from seq2seq.text.spans.characters import is_unspaced

MAX_PHRASE = 4  # words of a phrase that is repeated at once
NGRAM = 4  # words that occur twice anywhere
# The same in characters, of scripts without spaces.
SHORTEST_PHRASE, LONGEST_PHRASE = 3, 12


def repeated_phrases(line: str) -> Counter[tuple[str, ...]]:
    """Return the phrases that a line repeats, with the number of their repetitions.

    A phrase is one to `MAX_PHRASE` words twice in a row, or `NGRAM` words that occur twice. Words
    are compared in lower case. A script without spaces is compared by characters: a phrase is
    `SHORTEST_PHRASE` to `LONGEST_PHRASE` of them twice in a row, or the latter number that occur
    twice. Shorter ones are words that double, as ordinary ones do.
    """
    letters = [c for c in line if c.isalpha()]
    if 2 * sum(map(is_unspaced, letters)) > len(letters):
        characters = [c for c in line.lower() if not c.isspace()]
        counts = _repeated(characters, range(SHORTEST_PHRASE, LONGEST_PHRASE + 1), LONGEST_PHRASE)
        return Counter({p: n for p, n in counts.items() if any(map(is_unspaced, p))})
    return _repeated(line.lower().split(), range(1, MAX_PHRASE + 1), NGRAM)


def _repeated(words: list[str], sizes: range, ngram: int) -> Counter[tuple[str, ...]]:
    """Return the phrases of `sizes` words twice in a row, and of `ngram` words there twice."""
    counts: Counter[tuple[str, ...]] = Counter()
    for size in sizes:
        for start in range(len(words) - 2 * size + 1):
            phrase = words[start : start + size]
            if phrase == words[start + size : start + 2 * size]:
                counts[tuple(phrase)] += 1
    ngrams = Counter(tuple(words[start : start + ngram]) for start in range(len(words) - ngram + 1))
    for phrase_, count in ngrams.items():
        if count > 1:
            counts[phrase_] += count - 1
    return counts


def is_repetitive(translation: str, source: str) -> bool:
    """Return whether a translation repeats more phrases than its source does."""
    repeated = repeated_phrases(translation)
    return bool(repeated) and repeated.total() > repeated_phrases(source).total()
