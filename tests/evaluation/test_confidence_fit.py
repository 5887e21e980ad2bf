"""The stored fit of confidence, and which words are right."""

import json
from pathlib import Path
from typing import Any

import pytest

from seq2seq.errors import RunError
from seq2seq.evaluation.calibration import Calibration
from seq2seq.evaluation.confidence_fit import ConfidenceFit, right_words

FIT = ConfidenceFit(Calibration((0.6, 0.3), -0.2), Calibration((1.1,), 0.05))


def test_a_word_is_right_as_often_as_the_reference_has_it() -> None:
    reference = "Das Licht, das Haus."

    assert right_words(["das", "Haus", "das", "Licht."], reference) == [True, True, False, True]
    assert right_words(["Das", "..."], reference) == [True, False]
    assert right_words(["Licht", "\u2192"], "Licht \u2192 an") == [True, True]
    assert right_words([], reference) == []


def test_characters_are_words_where_there_are_no_spaces() -> None:
    assert right_words(["\u5bb6", "\u72ac"], "\u72ac\u732b") == [False, True]


def test_a_fit_is_stored_and_read(tmp_path: Path) -> None:
    FIT.save(tmp_path / "confidence.json")

    assert ConfidenceFit.load(tmp_path / "confidence.json") == FIT


WORD = {"weights": [0.6, 0.3], "bias": 0.1}
LINE = {"weights": [1.0], "bias": 0.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"word"', "is not JSON"),
        ("", "is not JSON"),
        ("[]", "must hold a JSON object"),
        ('{"word": {"weights": [NaN, 1], "bias": 0}}', "NaN is not JSON"),
        ('{"word": {"weights": [1e999, 1], "bias": 0}}', "beyond what a float can be"),
        ({}, "word must have 2 weights and a bias"),
        ({"word": [], "line": LINE}, "word must have 2 weights"),
        ({"word": {**WORD, "weights": [1.0]}, "line": LINE}, "word must have 2 weights"),
        ({"word": WORD, "line": {**LINE, "weights": 3}}, "line must have 1 weights"),
        ({"word": WORD, "line": {"weights": [1e308], "bias": 0}}, "from 0 to 100, not 1e+308"),
        ({"word": WORD, "line": {"weights": [-1], "bias": 0}}, "from 0 to 100, not -1"),
        ({"word": WORD, "line": {"weights": [[1]], "bias": 0}}, "from 0 to 100, not [1]"),
        ({"word": WORD, "line": {"weights": [True], "bias": 0}}, "from 0 to 100, not True"),
        ({"word": WORD, "line": {"weights": [10**400], "bias": 0}}, "from 0 to 100, not 1000"),
        ({"word": WORD, "line": {"weights": [1]}}, "line.bias must be a number"),
        ({"word": WORD, "line": {"weights": [1], "bias": 1e308}}, "from -100 to 100, not 1e+308"),
        ({"word": {**WORD, "bias": "x" * 9999}, "line": LINE}, "word.bias must be a number"),
    ],
    ids=range(17),
)
def test_a_hostile_fit_is_refused_in_one_line(tmp_path: Path, text: Any, message: str) -> None:
    path = tmp_path / "confidence.json"
    path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")

    with pytest.raises(RunError) as caught:
        ConfidenceFit.load(path)
    assert str(path) in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400 + len(str(path))
