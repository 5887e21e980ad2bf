"""Split lines into sentences, and sentences that are too long into clauses, without any loss.

Sentence borders are those of sentencex (github.com/wikimedia/sentencex, MIT), a wheel of 1.2 MB
without dependencies that knows abbreviations and marks of about 300 languages and takes some
microseconds per line. Borders inside protected spans are dropped here, and so are borders that
leave a part that is no sentence.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import regex  # type: ignore[import-untyped]
import sentencex  # type: ignore[import-untyped]

Interval = tuple[int, int]  # start and end of characters
SpanFinder = Callable[[str], Sequence[Interval]]

_TAG = re.compile(r"</?[^<>]*>")
_BLANK = re.compile(r"\s")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LIST_MARK = re.compile(r"\W*(?:\d{1,3}|[^\W\d_\u0900-\U0010ffff])[.)]\s*")  # "1. ", "M. "
_QUOTED = re.compile("[\u300d\u300f\u201d]$")
_PARTICLE = re.compile("[\u3068\u3063]")  # the quotation before it is a part of its sentence
_CLOSING = "[\"'\u201c\u201d\u2019\u00bb)\\]]*"
# Borders at which a sentence is cut, the better ones first. A mark inside a number has no blank
# behind it; marks of Chinese and Japanese have none either.
_CUTS = (
    regex.compile(
        rf"[.;:!?\u2026\u061b\u061f\u06d4\u0964]{_CLOSING}\s+|[\u3002\uff01\uff1f\uff1b]+"
    ),
    regex.compile(rf"[,\u060c]{_CLOSING}\s+|\s[\u2013\u2014-]\s+|\u2014|[\uff0c\u3001\uff1a]"),
    regex.compile(r"\s+"),
    regex.compile(r"\X"),  # a grapheme cluster
    regex.compile(r"(?s)."),
)


class Sentence(NamedTuple):
    """A part of a line, and the blanks between it and the next."""

    text: str  # without surrounding blanks; empty before blanks that begin a line
    blank_after: str


def no_spans(_: str) -> Sequence[Interval]:
    """Return no spans: nothing is protected."""
    return ()


def split_sentences(line: str, language: str, protected: SpanFinder = no_spans) -> list[Sentence]:
    """Split `line` into sentences; the texts and blanks of all, joined, are the line.

    Args:
        line: text of any length, with any characters; an empty line has no sentences.
        language: language code; English rules hold for languages that sentencex does not know.
        protected: the spans of a line inside which nothing is cut.
    """
    spans = [span for span in protected(line) if span[0] < span[1]]
    return _sentences(line, _outside(_sentence_borders(line, language, spans), spans), spans)


def _sentence_borders(line: str, language: str, spans: Sequence[Interval]) -> Iterator[int]:
    """Yield the positions at which a sentence of `line` begins, but the first.

    Tags among the `spans` are no text: they do not come between a mark and the blank behind it, an
    opening tag goes with the sentence behind it, and a closing tag with that before it.
    """
    tags = [span for span in sorted(spans) if _TAG.fullmatch(line, *span)]
    between = pairwise([0, *(position for tag in tags for position in tag), len(line)])
    text = "".join(line[start:end] for start, end in list(between)[::2])
    number = shift = 0  # numbers of tags before the border, and of their characters
    for border in _text_borders(text, language):
        while number < len(tags):
            start, end = tags[number]
            is_before = start < border + shift
            if not (is_before or (start == border + shift and line.startswith("</", start))):
                break
            number, shift = number + 1, shift + end - start
        yield border + shift


def _text_borders(text: str, language: str) -> Iterator[int]:
    """Yield the positions at which a sentence of a text without tags begins, but the first."""
    # sentencex 1.0 panics at "A\u00a0.", so blanks become plain ones; and it takes UTF-8, in which
    # half of a surrogate pair has no form.
    plain = _SURROGATE.sub("\ufffd", _BLANK.sub(" ", text))
    try:
        parts = sentencex.segment(language, plain)
    except BaseException as error:  # a panic is no Exception, and its class has no public name
        if type(error).__name__ != "PanicException":
            raise
        return
    if sum(map(len, parts)) != len(text):
        return
    position = 0
    for part, following in pairwise(parts):
        position += len(part)
        has_word = any(character.isalnum() for character in following)
        is_quoted = _QUOTED.search(part) and _PARTICLE.match(following)
        if has_word and not _LIST_MARK.fullmatch(part) and not is_quoted:
            yield position


def split_clauses(
    sentence: str, fits: Callable[[str], bool], protected: SpanFinder = no_spans
) -> list[Sentence]:
    """Cut a sentence into parts that fit; the texts and blanks of all, joined, are the sentence.

    It is cut behind a semicolon or colon if that is enough, else behind a comma or dash, at blanks,
    between grapheme clusters, and at last between characters. Only a part of one character, or of
    one protected span, may not fit: the latter needs no translation.

    Args:
        sentence: text of any length.
        fits: whether a text is short enough. It is called a few times for each part. Of a text that
            fits, the beginning should fit too; else parts are shorter than they could be.
        protected: the spans of a line inside which nothing is cut.
    """
    spans = [span for span in protected(sentence) if span[0] < span[1]]
    if fits(sentence.strip()):
        return _sentences(sentence, [], spans)
    cuts = [_outside((match.end() for match in cut.finditer(sentence)), spans) for cut in _CUTS]
    borders = [end for _, end in _pack(sentence, (0, len(sentence)), cuts, fits)]
    return _sentences(sentence, borders[:-1], spans)


def _pack(
    text: str, part: Interval, cuts: Sequence[Sequence[int]], fits: Callable[[str], bool]
) -> Iterator[Interval]:
    """Yield parts of `part` of `text` that fit, cut at the first of `cuts` where that is enough."""
    start, stop = part
    if not cuts or fits(text[start:stop].strip()):
        yield part
        return
    positions = cuts[0][bisect_right(cuts[0], start) : bisect_left(cuts[0], stop)]
    ends, number = [*positions, stop], 0
    while number < len(ends):

        def does_fit(index: int, begin: int = start) -> bool:
            return index < len(ends) and fits(text[begin : ends[index]].strip())

        if does_fit(number):
            number = _last_true(number, does_fit)
            yield start, ends[number]
        else:
            yield from _pack(text, (start, ends[number]), cuts[1:], fits)
        start, number = ends[number], number + 1


def _last_true(index: int, holds: Callable[[int], bool]) -> int:
    """Return the last index for which `holds` is true if it is true up to that, from `index` on."""
    step = 1
    while holds(index + step):
        index, step = index + step, 2 * step
    while step := step // 2:
        if holds(index + step):
            index += step
    return index


def _outside(borders: Iterable[int], spans: Sequence[Interval]) -> list[int]:
    """Return the ascending `borders` that are not inside one of `spans`, which may overlap."""
    kept, rest, reach = [], sorted(spans, reverse=True), 0
    for border in borders:
        while rest and rest[-1][0] < border:
            reach = max(reach, rest.pop()[1])
        if border >= reach:
            kept.append(border)
    return kept


def _sentences(line: str, borders: Sequence[int], spans: Sequence[Interval]) -> list[Sentence]:
    """Return the parts of `line` between ascending `borders`; a span begins and ends with text."""
    characters = list(line)
    for start, end in spans:
        characters[start:end] = "x" * (end - start)
    replaced = "".join(characters)
    parts = [Sentence("", "")]
    for start, end in pairwise([0, *borders, len(line)]):
        text = replaced[start:end]
        begin = start + len(text) - len(text.lstrip())
        stop = begin + len(text.strip())
        parts[-1] = Sentence(parts[-1].text, parts[-1].blank_after + line[start:begin])
        if begin < stop:
            parts.append(Sentence(line[begin:stop], line[stop:end]))
    return parts if parts[0].blank_after else parts[1:]
