"""SubRip subtitles: numbers, times, and text with a few tags."""

import re
from collections.abc import Iterator
from html import unescape

from seq2seq.documents.cues import Cue, CueSyntax
from seq2seq.documents.document import FormatSettings
from seq2seq.documents.inline import InlinePart
from seq2seq.documents.source_text import SourceText
from seq2seq.documents.subtitles import SubtitleDocument
from seq2seq.errors import TextError

LINE_BREAK = re.compile(r"\r\n|\n|\r")
_TIME = r"(\d{1,4}):(\d{1,2}):(\d{1,2})[,.:](\d{1,3})"
_HEADER = re.compile(
    rf"^(?:[ \t]*\d+[ \t]*\r?\n)?[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}[^\r\n]*\r?$", re.MULTILINE
)
_MARKUP = re.compile(r"</?(?:i|b|u|s|font)\b[^<>\n]*>|\{\\[^{}\n]*\}|\{[a-zA-Z]:[^{}\n]*\}", re.I)
_TAG_NAME = re.compile(r"</?(\w+)")


def parse_srt_document(data: bytes, settings: FormatSettings) -> SubtitleDocument:
    """Parse the cues of a .srt file.

    Raises:
        TextError: a line has no number and time where a cue should begin, or a broken time.
    """
    source = SourceText.decode(data)
    syntax = CueSyntax(LINE_BREAK, tag_parts, lambda text: text, arrow="->")
    return SubtitleDocument(source, list(_cues(source)), syntax, settings.source_language)


def _cues(source: SourceText) -> Iterator[Cue]:
    headers = list(_HEADER.finditer(source.text))
    first = headers[0].start() if headers else len(source.text)
    if source.text[:first].strip():
        line = source.line_of(len(source.text) - len(source.text.lstrip()))
        raise TextError(f"line {line} is not the number or the time of a cue")
    for index, match in enumerate(headers):
        is_last = index == len(headers) - 1
        end = len(source.text) if is_last else headers[index + 1].start()
        start = min(match.end() + 1, end)
        broken = source.text.find("-->", start, end)
        if broken >= 0:
            raise TextError(f"line {source.line_of(broken)} has an arrow, but not two times")
        text = source.text[start:end].rstrip()
        yield Cue(start, start + len(text), seconds(match.groups()[:4]),
                  seconds(match.groups()[4:]))  # fmt: skip


def seconds(digits: tuple[str | None, ...]) -> float:
    """Return seconds of hours, minutes, seconds and a fraction, as they are written."""
    hours, minutes, whole, fraction = (each or "0" for each in digits)
    return int(hours) * 3600.0 + int(minutes) * 60 + int(whole) + float(f"0.{fraction}")


def tag_parts(
    text: str, markup: re.Pattern[str] = _MARKUP, escaped: bool = False
) -> list[InlinePart]:
    """Return the parts of a line: text, and tags that open and close by their names.

    Args:
        text: a line of a cue.
        markup: matches what is no text.
        escaped: the text has character references.
    """
    parts, position = list[InlinePart](), 0
    for match in markup.finditer(text):
        parts += _text(text[position : match.start()], escaped)
        name = _TAG_NAME.match(match[0])
        kind = "single" if name is None else "close" if match[0][1] == "/" else "open"
        parts.append(InlinePart(kind, match[0], key=name[1].lower() if name else ""))
        position = match.end()
    return [*parts, *_text(text[position:], escaped)]


def _text(raw: str, escaped: bool) -> list[InlinePart]:
    return [InlinePart("text", raw, unescape(raw) if escaped else None)] if raw else []
