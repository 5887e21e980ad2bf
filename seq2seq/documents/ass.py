"""Advanced SubStation Alpha: the text of dialogue lines. Override blocks stay."""

import re
from collections.abc import Iterator

from seq2seq.documents.cues import Cue, CueSyntax
from seq2seq.documents.document import FormatSettings
from seq2seq.documents.inline import InlinePart
from seq2seq.documents.source_text import SourceText
from seq2seq.documents.srt import seconds
from seq2seq.documents.subtitles import SubtitleDocument
from seq2seq.errors import TextError

_LINE_BREAK = re.compile(r"\\[Nn]")
_SECTION = re.compile(r"\[[^\]\r\n]+\]")
_LINE = re.compile(r"(\[[^\]\r\n]+\]|Format|Dialogue)(:?[^\r\n]*)", re.IGNORECASE)
_TIME = re.compile(r"\s*(\d+):(\d{1,2}):(\d{1,2})[.:](\d{1,3})\s*")
_OVERRIDE = re.compile(r"\{[^{}\r\n]*\}")
_SWITCH = re.compile(r"\{\\([bius])([01])\}")
# Shapes are no text, and syllables of karaoke have times of their own.
_NO_TEXT = re.compile(r"\{[^{}]*\\(?:p[1-9]|[kK][fot]?\d)[^{}]*\}")
_HARD_BLANK = "\\h"
_FIELDS = ("start", "end", "text")


def parse_ass_document(data: bytes, settings: FormatSettings) -> SubtitleDocument:
    """Parse the dialogue of a .ass or .ssa file.

    Raises:
        TextError: it has no section [Events], or a line of dialogue lacks a field.
    """
    source = SourceText.decode(data)
    syntax = CueSyntax(_LINE_BREAK, _parts, lambda text: text.replace("\u00a0", _HARD_BLANK))
    return SubtitleDocument(source, list(_cues(source)), syntax, settings.source_language)


def _cues(source: SourceText) -> Iterator[Cue]:
    fields, position, section = list[str](), 0, ""
    for number, line in enumerate(source.text.splitlines(keepends=True), start=1):
        start, position = position, position + len(line)
        match = _LINE.match(line)
        if match is None:
            continue
        key, rest = match[1].lower(), match[2]
        if _SECTION.fullmatch(key):
            section = key
        elif section == "[events]" and key == "format":
            fields = [field.strip().lower() for field in rest.removeprefix(":").split(",")]
            if fields[-1] != "text" or not set(_FIELDS) <= set(fields):
                raise TextError(f"line {number}: Format needs Start and End, and Text as the last")
        elif section == "[events]" and key == "dialogue":
            if not fields:
                raise TextError(f"line {number} is a dialogue in front of the Format of [Events]")
            yield from _cue(rest, start + match.start(2), number, fields)
    if section == "" or "[events]" not in source.text.lower():
        raise TextError("line 1: there is no section [Events]")


def _cue(rest: str, offset: int, number: int, fields: list[str]) -> Iterator[Cue]:
    values = rest.removeprefix(":").split(",", len(fields) - 1)
    if len(values) < len(fields):
        raise TextError(f"line {number}: a dialogue has {len(fields)} fields")
    by_name = dict(zip(fields, values, strict=True))
    times = [_TIME.fullmatch(by_name[name]) for name in ("start", "end")]
    if times[0] is None or times[1] is None:
        raise TextError(f"line {number}: a dialogue has no time such as 0:01:02.50")
    if _NO_TEXT.search(values[-1]):
        return
    end = offset + len(rest.rstrip())
    start = offset + len(rest) - len(values[-1])
    speaker = "\0".join(by_name.get(name, "").strip() for name in ("layer", "style", "name"))
    yield Cue(
        start, max(start, end), seconds(times[0].groups()), seconds(times[1].groups()), speaker
    )


def _parts(text: str) -> list[InlinePart]:
    parts, position = list[InlinePart](), 0
    for match in _OVERRIDE.finditer(text):
        parts += _text(text[position : match.start()])
        switch = _SWITCH.fullmatch(match[0])
        kind = "single" if switch is None else "open" if switch[2] == "1" else "close"
        parts.append(InlinePart(kind, match[0], key=switch[1] if switch else ""))
        position = match.end()
    return [*parts, *_text(text[position:])]


def _text(raw: str) -> list[InlinePart]:
    return [InlinePart("text", raw, raw.replace(_HARD_BLANK, "\u00a0"))] if raw else []
