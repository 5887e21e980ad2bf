"""Variants of held-out text with the noise of people who type, and the rows of them."""

import re

from benchmarks.hard_variants import Row, Text
from benchmarks.line_checks import SPAN, base_language

WORD = re.compile(r"[^\W\d_]{4,}")
FULL_STOP = re.compile(r"(?<=[\w)\"'])[.\u3002\u0964]$")
QUOTES = {"en": "\u201c\u201d", "de": "\u201e\u201c", "fr": "\u00ab\u00bb"}  # others as English


def misspelt(line: str, number: int) -> str:
    """Return a line with two letters swapped in one of its words, or the line if it has none."""
    spans = [match.span() for match in SPAN.finditer(line)]
    words = [
        match
        for match in WORD.finditer(line)
        if not any(start < match.end() and match.start() < end for start, end in spans)
    ]
    if not words:
        return line
    word = words[number % len(words)]
    at = word.start() + 1 + number % (len(word[0]) - 2)
    return f"{line[:at]}{line[at + 1]}{line[at]}{line[at + 2 :]}"


def other_quotes(line: str, language: str) -> str:
    """Return a line with typographic quotes where it has straight ones, or the other direction."""
    quotes = QUOTES.get(base_language(language), QUOTES["en"])
    opening, closing = quotes[0], quotes[1]
    if '"' not in line and "'" not in line:
        return re.sub("[\u201c-\u201f\u00ab\u00bb]", '"', re.sub("[\u2018-\u201b]", "'", line))
    line = re.sub(r'(?<!\S)"|(?<=\()"', opening, line).replace('"', closing)
    return line.replace("'", "\u2019")


def typing_rows(text: Text) -> list[Row]:
    """Return the rows of a typing error in each line, and of quotes in their other form."""
    rows = []
    changes = {
        "with a typing error": [misspelt(line, at) for at, line in enumerate(text.sources)],
        "with other quotes": [other_quotes(line, text.source_language) for line in text.sources],
    }
    for name, sources in changes.items():
        changed = [at for at, line in enumerate(sources) if line != text.sources[at]]
        if not changed:
            continue
        references, plain = (
            [lines[at] for at in changed] for lines in (text.references, text.plain)
        )
        translations = text.translate([sources[at] for at in changed])
        values = text.bleu(translations, references), text.bleu(plain, references)
        rows.append(Row(name, "BLEU", *values, len(changed)))
    return rows


def full_stop_rows(text: Text) -> list[Row]:
    """Return the row of lines without their final full stop, which their references lack too."""
    both = zip(text.sources, text.references, text.plain, strict=True)
    chosen = [
        [FULL_STOP.sub("", line) for line in lines]
        for lines in both
        if FULL_STOP.search(lines[0]) and FULL_STOP.search(lines[1])
    ]
    if not chosen:
        return []
    sources, references, plain = (list(lines) for lines in zip(*chosen, strict=True))
    values = text.bleu(text.translate(sources), references), text.bleu(plain, references)
    return [Row("without the final full stop", "BLEU", *values, len(sources))]
