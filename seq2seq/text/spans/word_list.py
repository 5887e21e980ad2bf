"""Words that are not translated, found by the first of their parts in one pass over the line."""

import re
from collections.abc import Iterable, Iterator

from seq2seq.text.spans.characters import WORD, is_word_boundary

# The letters of a word in an alphabet of `WORD`, or any other character.
_ATOM = re.compile(rf"[{WORD}_]++|\S")


class WordList:
    """Words and phrases, matched with their case, from word boundary to word boundary.

    In text without spaces, as Japanese, a word may begin and end anywhere.
    """

    def __init__(self, words: Iterable[str]) -> None:
        """Index `words`.

        Raises:
            ValueError: a word is empty or begins or ends with a space.
        """
        self.words = tuple(words)
        self._by_first_atom: dict[str, list[str]] = {}
        for word in sorted(set(self.words), key=lambda word: (-len(word), word)):
            if not word or word != word.strip():
                raise ValueError(
                    f"the word {word!r} is empty or has a space at an end; a word not to be "
                    "translated has neither"
                )
            first = _first_atom(word)
            self._by_first_atom.setdefault(first, []).append(word)

    def find(self, line: str) -> Iterator[tuple[int, int]]:
        """Yield start and end of each word, the longest of those that begin at one index."""
        if not self._by_first_atom:
            return
        for match in _ATOM.finditer(line):
            start = match.start()
            for word in self._by_first_atom.get(match[0], ()):
                end = start + len(word)
                if (
                    line.startswith(word, start)
                    and is_word_boundary(line, start)
                    and is_word_boundary(line, end)
                ):
                    yield start, end
                    break


def _first_atom(word: str) -> str:
    """Return the first atom of a word without a space at its start."""
    match = _ATOM.match(word)
    return match[0] if match else word
