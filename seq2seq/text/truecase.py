"""Truecasing of lines in capitals, in Title Case or lower case: words as in training text.

A network has seen few lines of such a form. The form of a word is the most frequent one within the
lines of the training text, as in the truecaser of Moses (Koehn et al. 2007); here only lines whose
case says nothing are changed. What is translated from a line in capitals is put in capitals.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from seq2seq.storage.files import atomic_write
from seq2seq.storage.regular import read_regular

MAX_WORDS = 100_000  # that are remembered, the most frequent ones
MAX_BYTES = 2**24  # of the file
MIN_TITLE_WORDS = 2  # of a line in Title Case
_SMALL = re.compile("[a-z]")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


class Recased(NamedTuple):
    """A line with the case of training text."""

    text: str
    is_capitals: bool  # the line was in capitals: so will be its translation


class FormCounts:
    """Counts of the forms of words; those of the parts of a text add up to those of the text."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.first: Counter[str] = Counter()  # words at the beginning of lines, in lower case
        self.others: Counter[str] = Counter()  # other words in their forms

    @classmethod
    def of(cls, lines: Iterable[str]) -> "FormCounts":
        """Count the words of lines that are not in capitals."""
        counts = cls()
        for line in lines:
            if not is_capitals(line):
                words = _WORD.findall(line)
                counts.first.update(word.lower() for word in words[:1])
                counts.others.update(words[1:])
        return counts

    def add(self, others: "FormCounts") -> None:
        """Add the counts of the lines that follow."""
        self.first.update(others.first)
        self.others.update(others.others)

    def truecaser(self) -> "Truecaser":
        """Return the truecaser of the lines."""
        forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for word, count in self.others.items():
            forms[word.lower()][word] = count
        total = self.first + Counter({word: of.total() for word, of in forms.items()})
        kept = (word for word, _ in total.most_common(MAX_WORDS))
        return Truecaser({word: _most_frequent(forms[word], word) for word in kept})


class Truecaser:
    """The most frequent form of each word, by its lower case."""

    def __init__(self, forms: Mapping[str, str]) -> None:
        """Take the forms."""
        self.forms = dict(forms)

    @classmethod
    def train(cls, lines: Iterable[str]) -> "Truecaser":
        """Count the forms of words that are not the first of a line, or in lines in capitals.

        Of a word that occurs at the beginning of lines alone, the form is its lower case.
        """
        return FormCounts.of(lines).truecaser()

    @classmethod
    def load(cls, path: Path) -> "Truecaser":
        """Read what `save` wrote.

        Raises:
            TextError: the file is missing, too large or not UTF-8.
        """
        forms = read_regular(path, MAX_BYTES).split("\n")[:-1]
        return cls({form.lower(): form for form in forms[:MAX_WORDS]})

    def save(self, path: Path) -> None:
        """Write the forms to `path` atomically, one a line."""
        with atomic_write(path) as file:
            file.writelines(f"{form}\n" for form in self.forms.values())

    def __call__(self, line: str) -> Recased:
        """Return `line` as training text would write it, if its case says nothing."""
        capitals = is_capitals(line)
        if capitals:
            recased = self._recase(line.lower(), keeps_unknown=False)
        elif _is_title(line) or not any(character.isupper() for character in line):
            recased = self._recase(line, keeps_unknown=True)
        else:
            return Recased(line, False)
        if capitals and recased.upper() != line.upper():  # a letter without an equal lower case
            return Recased(line, True)
        return Recased(recased, capitals)

    def _recase(self, line: str, keeps_unknown: bool) -> str:
        """Return `line` with each word in its form, the first with a capital."""

        def form(match: re.Match[str]) -> str:
            word = match[0]
            return self.forms.get(word.lower(), word if keeps_unknown else word.lower())

        recased = _WORD.sub(form, line)
        first = _WORD.search(recased)
        if first is None:
            return recased
        start = first.start()
        return recased[:start] + recased[start].upper() + recased[start + 1 :]


def is_capitals(line: str) -> bool:
    """Return whether all letters of a line that have a case are capitals, four of them or more."""
    if _SMALL.search(line):  # as in most lines
        return False
    letters = [character for character in line if character.upper() != character.lower()]
    return len(letters) >= 4 and all(character.isupper() for character in letters)


def _is_title(line: str) -> bool:
    """Return whether every word of a line begins with a capital."""
    words = _WORD.findall(line)
    return len(words) >= MIN_TITLE_WORDS and all(word[0].isupper() for word in words)


def _most_frequent(forms: Counter[str], word: str) -> str:
    """Return the most frequent form, the first in the alphabet of several; `word` if none."""
    return min(forms, key=lambda form: (-forms[form], form)) if forms else word
