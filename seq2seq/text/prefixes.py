"""Target prefixes: beginnings of translations that are given, for interactive translation."""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import NamedTuple, Self

from seq2seq.errors import TextError
from seq2seq.text.protection import ProtectedLine, symbol


class PrefixedLine(str):
    """A line to translate, with the beginning of its translation.

    It is a line like any other, so that lines with and without a prefix are translated together.
    """

    prefix: str

    def __new__(cls, line: str, prefix: str) -> Self:
        made = super().__new__(cls, line)
        made.prefix = prefix
        return made

    @classmethod
    def parse(cls, row: str) -> Self:
        """Return the line of a row SOURCE<TAB>PREFIX; without a tab the prefix is empty."""
        line, _, prefix = row.partition("\t")
        return cls(line, prefix)


def prefixed_lines(lines: Iterable[str], prefixes: Sequence[str]) -> list[PrefixedLine]:
    """Return each line with its prefix.

    Raises:
        TextError: there is not one prefix for each line.
    """
    lines = list(lines)
    if isinstance(prefixes, str) or len(lines) != len(prefixes):
        raise TextError(f"{len(lines)} lines and {len(prefixes)} prefixes: one for each is needed")
    return [PrefixedLine(*pair) for pair in zip(lines, prefixes, strict=True)]


class Prefix(NamedTuple):
    """The beginning of a translation."""

    typed: str  # as it was given; the translation begins with it
    text: str  # transformed, as a tokenizer reads it

    @classmethod
    def of(cls, line: str, transforms: Callable[[str], str]) -> Self | None:
        """Return the prefix of a line, None if it has none or a blank one."""
        typed = " ".join(line.prefix.splitlines()) if isinstance(line, PrefixedLine) else ""
        text = transforms(typed)
        return cls(typed, text) if text else None

    @property
    def ends_word(self) -> bool:
        """Return whether a blank follows the last word, so that this cannot go on."""
        return self.typed[-1:].isspace()

    def masked(self, line: ProtectedLine) -> str:
        """Return the text with the symbols of `line` in place of the first of each of its spans.

        A span that closes another is replaced only behind that one, so that pairs stay nested.
        """
        text = self.text
        order = sorted(range(len(line.spans)), key=lambda i: -len(line.spans[i].text))
        pairs = {number: _find(self.text, line.spans[number].text) for number in order}
        for number in order:
            partner, start = line.closes[number], pairs[number]
            if start < 0 or (partner >= 0 and not 0 <= pairs[partner] < start):
                continue
            current = line.spans[number].text
            at = _find(text, current)
            if at >= 0:
                text = text[:at] + symbol(number) + text[at + len(current) :]
        return text

    def join(self, rest: str) -> str:
        """Return the translation, of which `rest` follows the prefix."""
        if not self.ends_word:
            return self.typed + rest
        blanks = "".join(takewhile(str.isspace, rest))
        return self.typed + rest[len(blanks) :]


def _find(text: str, span: str) -> int:
    """Return the start of the first `span` in `text` that no letter or digit continues; or -1."""
    before = r"(?<!\w)" if span[:1].isalnum() else ""
    after = r"(?!\w)" if span[-1:].isalnum() else ""
    match = re.search(before + re.escape(span) + after, text)
    return match.start() if match else -1
