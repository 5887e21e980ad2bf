"""Text in scripts that a vocabulary has no pieces of, such as a Japanese name in an English line.

A network has never seen such letters, which reach it as bytes: it cannot translate them, and what
it says instead is about nothing.
"""

from collections.abc import Collection, Iterable, Sequence

import regex  # type: ignore[import-untyped]

from seq2seq.text.spans.rules import Span

FOREIGN = "foreign"  # the kind of these spans
_KNOWN_LETTERS = 10  # of a script among the pieces of a vocabulary, for the script to be known
_SCRIPTS = (
    "Latin", "Greek", "Cyrillic", "Armenian", "Georgian", "Hebrew", "Arabic", "Syriac", "Thaana",
    "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil", "Telugu", "Kannada",
    "Malayalam", "Sinhala", "Thai", "Lao", "Tibetan", "Myanmar", "Khmer", "Ethiopic", "Cherokee",
    "Mongolian", "Hangul", "Hiragana", "Katakana", "Han", "Bopomofo", "Yi", "Tifinagh", "Nko",
)  # fmt: skip


class ForeignText:
    """Search for words in scripts that are not known."""

    def __init__(self, letters: Collection[str]) -> None:
        """Take the letters of a vocabulary; without any, no text is foreign.

        A script is known if many of them are of it. A word of single letters of another script,
        such as the sign for Ohm, is known too.
        """
        text = "".join(letters)
        self.known = [
            name
            for name in _SCRIPTS
            if len(regex.findall(rf"\p{{Script={name}}}", text)) >= _KNOWN_LETTERS
        ]
        names = "".join(rf"--\p{{Script={name}}}" for name in ("Common", "Inherited", *self.known))
        letter = rf"[\p{{L}}{names}]"
        # Marks and the sign of long vowels; between letters spaces and ideographic punctuation.
        self._expression = regex.compile(
            rf"{letter}(?:[{letter}\p{{M}}\u30fc]|[ \u3001-\u301f\u30fb]+(?={letter}))*+", regex.V1
        )
        self.letters = frozenset(letters)
        self._has_latin = "Latin" in self.known

    def find(self, line: str) -> list[Span]:
        """Return the foreign spans, sorted; words with spaces between are one span."""
        if not self.letters or (line.isascii() and self._has_latin):
            return []
        return [
            Span(match.start(), match.end(), FOREIGN, match[0])
            for match in self._expression.finditer(line)
            if not self.letters.issuperset(c for c in match[0] if c.isalpha())
        ]


def cut_foreign(spans: Iterable[Span], terms: Sequence[Span]) -> list[Span]:
    """Return spans, of the foreign ones the parts outside `terms`, whose translation is given."""
    cut = []
    for span in spans:
        if span.kind != FOREIGN:
            cut.append(span)
            continue
        start = span.start
        for term in [*terms, Span(span.end, span.end, "", "")]:
            if start < term.start <= span.end:
                text = span.text[start - span.start : term.start - span.start]
                cut.append(Span(start, term.start, FOREIGN, text))
            start = max(start, term.end)
    return cut
