"""Cues of subtitles: sentences that run over several of them, and their layout."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from seq2seq.documents.inline import InlinePart
from seq2seq.documents.inline_pieces import InlinePieces, TrimmedParts, trim_parts
from seq2seq.documents.source_text import SourceText
from seq2seq.text.sentences import split_sentences
from seq2seq.text.spans.characters import stands_without_blank

MAX_LINES = 50  # of a cue; one with more is no text on a screen, and stays
MAX_CHAIN = 8  # cues that a sentence may run over
_MAX_PAUSE = 3.0  # seconds between cues of a sentence
_SPEAKER = re.compile(r"(?:[-\u2010-\u2015](?!\d)|[♪♫])\s*")
# A line that begins with a dash, a note, a sound or the name of a speaker; and a sound alone.
_STARTS = re.compile(
    r"\s*(?:(?:<[^<>]*>|\{[^{}]*\})\s*)*"
    r"(?:[-\u2010-\u2015](?!\d)|[♪♫\[]|[A-Z][A-Z0-9 .'-]{1,30}:(?=\s|$))"
)
_SOUND = re.compile(r"\s*\[[^\[\]]*\]\s*")
_FINISHED = re.compile(
    r"(?:[.!?。！？](?<!\.\.)[\"'”’»)\]]*|[♪♫]|\])$"  # noqa: RUF001
)
_SUSPENDED = re.compile(r"(?:\.\.\.?|…)$")


class Cue(NamedTuple):
    """A text on the screen."""

    start: int  # extent of its text in the document
    end: int
    begin: float  # seconds
    finish: float
    speaker: str = ""  # a sentence does not run from one speaker to another


class CueSyntax(NamedTuple):
    """The way that a format writes the text of cues."""

    line_break: re.Pattern[str]
    parts: Callable[[str], list[InlinePart]]  # of text without line breaks
    escape: Callable[[str], str]
    arrow: str = "-->"  # what is written for an arrow, which may be a sign of the format


@dataclass
class CueBlock:
    """The text of a cue, or of one of its speakers."""

    cue: Cue
    start: int  # extent of its core in the document
    end: int
    core: list[InlinePart]  # a line break is a blank
    line_lengths: list[int]  # characters of its lines
    breaks: list[str]  # line breaks as they are written
    is_first: bool  # of its cue
    is_last: bool
    has_speaker: bool  # it begins with a dash or a note

    @property
    def text(self) -> str:
        """Return the characters without markup."""
        return "".join(part.text for part in self.core if part.kind == "text")


def cue_blocks(source: SourceText, cue: Cue, syntax: CueSyntax) -> Iterator[CueBlock]:
    """Yield the blocks of a cue that have text."""
    lines, breaks, position = list[tuple[int, str]](), list[str](), cue.start
    for match in syntax.line_break.finditer(source.text, cue.start, cue.end):
        lines.append((position, source.text[position : match.start()]))
        breaks.append(match[0])
        position = match.end()
    lines.append((position, source.text[position : cue.end]))
    if len(lines) > MAX_LINES:
        return
    texts = [text for _, text in lines]
    begins = [
        index
        for index in range(1, len(lines))
        if _STARTS.match(texts[index]) or _SOUND.fullmatch(texts[index - 1])
    ]
    firsts = [0, *begins, len(lines)]
    for first, last in pairwise(firsts):
        parts = list[InlinePart]()
        for index in range(first, last):
            if index > first:
                parts.append(InlinePart("text", breaks[index - 1], _joint(parts, lines[index][1])))
            parts += syntax.parts(lines[index][1])
        trimmed, has_speaker = _without_speaker(trim_parts(parts))
        if not trimmed.core:
            continue
        start = lines[first][0] + sum(len(part.raw) for part in trimmed.before)
        end = start + sum(len(part.raw) for part in trimmed.core)
        lengths, inside = _line_lengths(trimmed.core, syntax)
        yield CueBlock(
            cue, start, end, trimmed.core, lengths, inside,
            first == 0, last == len(lines), has_speaker,
        )  # fmt: skip


def _line_lengths(parts: Sequence[InlinePart], syntax: CueSyntax) -> tuple[list[int], list[str]]:
    """Return the characters of each line, and the breaks between the lines."""
    lines, breaks = [""], list[str]()
    for part in parts:
        if part.kind == "text" and syntax.line_break.fullmatch(part.raw):
            lines.append("")
            breaks.append(part.raw)
        elif part.kind == "text":
            lines[-1] += part.text
    return [len(line.strip()) for line in lines], breaks


def _joint(parts: Sequence[InlinePart], following: str) -> str:
    """Return what stands between two lines: a blank, or nothing in scripts without blanks."""
    before = "".join(part.text for part in parts if part.kind == "text").rstrip()
    after = following.lstrip()
    is_dense = before and after and stands_without_blank(before[-1])
    return "" if is_dense and stands_without_blank(after[0]) else " "


def _without_speaker(trimmed: TrimmedParts) -> tuple[TrimmedParts, bool]:
    """Take the dash of a speaker from the text, and whether there was one."""
    before, core, after = trimmed
    match = _SPEAKER.match(core[0].raw) if core and core[0].kind == "text" else None
    if match is None:
        return trimmed, False
    rest = core[0]._replace(raw=core[0].raw[match.end() :])
    more = trim_parts([rest, *core[1:]] if rest.raw else core[1:])
    return (
        TrimmedParts(
            [*before, InlinePart("text", match[0]), *more.before],
            more.core,
            [*more.after, *after],
        ),
        True,
    )


@dataclass
class CueSentence:
    """A sentence, and the blocks that it runs over with its characters in each."""

    pieces: InlinePieces
    lengths: dict[int, int] = field(default_factory=dict)  # by the index of the block in its chain

    @property
    def text(self) -> str:
        """Return the text with tags."""
        return self.pieces.text


def chains(blocks: Sequence[CueBlock]) -> Iterator[list[CueBlock]]:
    """Yield blocks through which text runs on."""
    chain = list[CueBlock]()
    for block in blocks:
        if chain and (len(chain) == MAX_CHAIN or not _goes_on(chain[-1], block)):
            yield chain
            chain = []
        chain.append(block)
    if chain:
        yield chain


def _goes_on(block: CueBlock, following: CueBlock) -> bool:
    """Return whether a sentence runs from a block into the one behind it."""
    if not block.is_last or not following.is_first or following.has_speaker:
        return False
    if block.cue.speaker != following.cue.speaker:
        return False
    if not -1e-6 <= following.cue.begin - block.cue.finish <= _MAX_PAUSE:
        return False
    if _STARTS.match(following.text):
        return False
    text, after = block.text.rstrip(), following.text.lstrip("… .\"'")
    if _SUSPENDED.search(text):
        return after[:1].islower()
    return not _FINISHED.search(text)


_Placed = tuple[InlinePart, int]  # a part, and the index of its block in a chain


def chain_sentences(chain: Sequence[CueBlock], language: str) -> list[CueSentence]:
    """Return the sentences of a chain, each of which begins and ends outside of pairs of markup."""
    parts = list[_Placed]()
    for index, block in enumerate(chain):
        if index:
            joint = _joint(chain[index - 1].core, block.text)
            parts.append((InlinePart("text", joint), index - 1))
        parts += [(part, index) for part in block.core]
    borders = _borders("".join(p.text for p, _ in parts if p.kind == "text"), language)
    placed, current, position, depth = list[list[_Placed]](), list[_Placed](), 0, 0
    for part, index in parts:
        if part.kind != "text":
            depth += (part.kind == "open") - (part.kind == "close")
            current.append((part, index))
            continue
        begin = position
        position += len(part.text)
        inside = [border - begin for border in borders if begin <= border < position]
        ahead = _opening(current)
        outside = depth - sum(each.kind == "open" for each, _ in ahead)
        if inside[:1] == [0] and outside <= 0 and len(ahead) < len(current):
            placed.append(current[: len(current) - len(ahead)])
            current = ahead
        cuts = [0, *(cut for cut in inside if cut and depth <= 0), len(part.text)]
        for number, (first, last) in enumerate(pairwise(cuts)):
            if number:
                placed.append(current)
                current = []
            current.append((InlinePart("text", part.text[first:last]), index))
    return [_sentence(each) for each in _with_text([*placed, current])]


def _with_text(sentences: Sequence[list[_Placed]]) -> list[list[_Placed]]:
    """Return the parts of sentences; markup without text is a part of its neighbour."""
    joined, ahead = list[list[_Placed]](), list[_Placed]()
    for parts in sentences:
        if any(part.kind == "text" and part.text.strip() for part, _ in parts):
            joined.append([*ahead, *parts])
            ahead = []
        elif joined:
            joined[-1] += parts
        else:
            ahead += parts
    return joined


def _opening(parts: Sequence[_Placed]) -> list[_Placed]:
    """Return the markup at the end of parts that belongs to the text behind it."""
    count = 0
    while count < len(parts) and parts[-1 - count][0].kind in ("open", "single"):
        count += 1
    return list(parts[len(parts) - count :])


def _borders(text: str, language: str) -> list[int]:
    """Return where sentences begin, but the first."""
    position, borders = 0, list[int]()
    for sentence in split_sentences(text, language or "en"):
        is_suspended = _SUSPENDED.search(text[:position].rstrip()) and sentence.text[:1].islower()
        if sentence.text and position and not is_suspended:
            borders.append(position)
        position += len(sentence.text) + len(sentence.blank_after)
    return borders


def _sentence(parts: Sequence[_Placed]) -> CueSentence:
    texts = dict[int, str]()
    for part, index in parts:
        if part.kind == "text":
            texts[index] = texts.get(index, "") + part.text
    lengths = {index: len(text.strip()) for index, text in texts.items() if text.strip()}
    core = [part for part, _ in parts]
    core[0] = InlinePart("text", core[0].raw.lstrip()) if core[0].kind == "text" else core[0]
    core[-1] = InlinePart("text", core[-1].raw.rstrip()) if core[-1].kind == "text" else core[-1]
    return CueSentence(InlinePieces(core), lengths)
