"""Files as people have them, of each format: identity, and capitals."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from seq2seq.config.documents import DocumentOptions
from seq2seq.documents.document import FormatSettings, SegmentTranslation
from seq2seq.documents.registry import find_format, parse_document
from seq2seq.documents.translating import translate_documents

SAMPLES = sorted(path for path in (Path(__file__).parent / "samples").iterdir() if path.is_file())
_TAG = re.compile(r"(</?g\d+>|<x\d+/>)")


def capitals(line: str) -> str:
    return "".join(part if _TAG.fullmatch(part) else part.upper() for part in _TAG.split(line))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_capitals_change_the_texts_of_a_file_alone(path: Path) -> None:
    found = find_format(path.name)
    assert found is not None
    data = path.read_bytes()
    settings = FormatSettings(DocumentOptions(), "en", "en")
    document = parse_document(data, found.name, settings, path.name)
    (same,), _ = translate_documents([document], lambda lines: map(SegmentTranslation, lines))
    (made,), report = translate_documents(
        [document], lambda lines: [SegmentTranslation(capitals(line)) for line in lines]
    )
    after = document.write(made)

    assert document.write(same) == document.write([None] * len(same)) == data
    assert report.counts["translated"] >= 1
    assert after != data
    assert after.decode().lower() == data.decode().lower()
    again = parse_document(after, found.name, settings, path.name)
    assert _letters(each.text for each in again.segments) == _letters(
        capitals(each.text) for each in document.segments
    )


def _letters(texts: Iterable[str]) -> str:
    return re.sub(r"\s|</?[gx]\d+/?>", "", "".join(texts))
