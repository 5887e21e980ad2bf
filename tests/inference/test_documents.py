"""A document is translated from Python as its lines are."""

from pathlib import Path

import pytest

import seq2seq
from seq2seq.errors import ConfigError

FROZEN = Path(__file__).resolve().parent.parent / "frozen_runs" / "9491cbe" / "translation"


def test_texts_of_a_document_are_translated_as_lines_are(tmp_path: Path) -> None:
    translator = seq2seq.load(FROZEN, device="cpu")
    lines = ["Today Anna paints the door.", "The door is new."]
    first, second = translator.translate(lines)
    (tmp_path / "a.json").write_text(f'["{lines[0]}", "{lines[1]}", "7"]')

    report = seq2seq.translate_document(translator, tmp_path / "a.json", tmp_path / "b.json")

    assert (tmp_path / "b.json").read_text() == f'["{first}", "{second}", "7"]'
    assert str(report) == "3 segments: 1 left, 2 translated"
    with pytest.raises(ConfigError, match="has no ending of a format: name the format"):
        seq2seq.translate_document(translator, tmp_path / "a.txt", tmp_path / "b.txt")
