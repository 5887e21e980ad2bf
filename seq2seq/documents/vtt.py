"""WebVTT: cues of web pages. Notes, styles, regions, settings and identifiers stay."""

import re
from collections.abc import Iterator

from seq2seq.documents.cues import Cue, CueSyntax
from seq2seq.documents.document import FormatSettings
from seq2seq.documents.inline import InlinePart
from seq2seq.documents.source_text import SourceText
from seq2seq.documents.srt import LINE_BREAK, seconds, tag_parts
from seq2seq.documents.subtitles import SubtitleDocument
from seq2seq.errors import TextError

_SIGNATURE = re.compile(r"WEBVTT(?:[ \t][^\r\n]*)?(?:\r\n|\n|\r|\Z)")
_BLOCK = re.compile(r"(?:[^\r\n]+(?:\r\n|\n|\r|\Z))+")
_TIME = r"(?:(\d{2,}):)?(\d{2}):(\d{2})\.(\d{3})"
_TIMING = re.compile(rf"[ \t]*{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t][^\r\n]*)?(?:\r\n|\n|\r|\Z)")
_RUBY = r"<rt\b[^<>]*>[^<>]*</rt>"
_MARKUP = re.compile(rf"{_RUBY}|</?(?:[a-z][^<>]*)>|<\d[\d:.]*>|<>", re.IGNORECASE)
_VOICE = re.compile(r"\s*<v(?:\.[^\s<>]*)?\s+([^<>]*)>")
_ESCAPES = {
    "&": "&amp;", "<": "&lt;", "\u00a0": "&nbsp;", "\u200e": "&lrm;", "\u200f": "&rlm;",
}  # fmt: skip


def parse_vtt_document(data: bytes, settings: FormatSettings) -> SubtitleDocument:
    """Parse the cues of a .vtt file.

    Raises:
        TextError: it does not begin with WEBVTT, or a line of times is broken.
    """
    source = SourceText.decode(data)
    if not _SIGNATURE.match(source.text):
        raise TextError("line 1 does not begin with WEBVTT")
    syntax = CueSyntax(LINE_BREAK, _parts, lambda text: _ESCAPES.get(text, text), "--&gt;")
    return SubtitleDocument(source, list(_cues(source)), syntax, settings.source_language)


def _cues(source: SourceText) -> Iterator[Cue]:
    text = source.text
    for block in _BLOCK.finditer(text):
        arrow = text.find("-->", *block.span())
        if arrow < 0 or text.startswith(("NOTE", "STYLE", "REGION"), block.start()):
            continue
        line_start = max(text.rfind("\n", 0, arrow), text.rfind("\r", 0, arrow)) + 1
        timing = _TIMING.match(text, line_start)
        if timing is None:
            raise TextError(f"line {source.line_of(arrow)} has an arrow, but not two times")
        start, end = timing.end(), max(timing.end(), block.start() + len(block[0].rstrip()))
        voice = _VOICE.match(text, start, end)
        yield Cue(start, end, seconds(timing.groups()[:4]), seconds(timing.groups()[4:]),
                  voice[1] if voice else "")  # fmt: skip


def _parts(text: str) -> list[InlinePart]:
    return [
        part._replace(kind="single") if part.raw.lower().startswith("<rt") else part
        for part in tag_parts(text, _MARKUP, escaped=True)
    ]
