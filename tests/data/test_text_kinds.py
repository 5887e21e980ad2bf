"""Kinds of doubtful text: which pairs are of which kind."""

import pytest

from seq2seq.config.corpus_options import DOUBTFUL_KINDS
from seq2seq.data.text_kinds import KINDS_OF_PAIRS


@pytest.mark.parametrize(
    ("source", "target", "kinds"),
    [
        ("The girl", "Das MÃ¤dchen", ["mojibake"]),
        ("It isnâ€™t", "Es ist nicht", ["mojibake"]),
        ("lost", "verl\ufffdrt", ["mojibake"]),
        ("\u043f\u0440\u0438\u0432\u0435\u0442".encode().decode("cp1252"), "hello", ["mojibake"]),
        ("São João, «café»", "Ärger über Ÿ und Ã", []),
        ("AT&amp;T", "AT&amp;T", ["entities"]),
        ("It &apos;s", "Das ist's", ["entities"]),
        ("R&D; a & b", "F&E; a & b", []),
        ("1,000.50 of 007", "1.000,50 von 7", []),  # without separators and leading zeros
        ("3 dogs, 4 cats", "4 Katzen, 3 Hunde", []),
        ("two dogs", "2 Hunde", ["numbers"]),
        ("in 1984", "im Jahr 1985", ["numbers"]),
        ("\u0661\u0662", "12", []),  # digits of Arabic
        ("7" * 5000, "8" * 5000, ["numbers"]),
        ("fine \u2764\ufe0f", "\u2764 gut", []),
        ("fine \U0001f600", "gut", ["emoji"]),
        ("CLICK HERE NOW", "Klicken Sie hier", ["capitals"]),
        ("USA and NATO agree", "NATO OK", []),
        ("the the the a a a", "das", ["repetition"]),
        ("bye bye now", "tschüss tschüss jetzt", []),
    ],
)
def test_the_kinds_of_a_pair(source: str, target: str, kinds: list[str]) -> None:
    for one, other in ((source, target), (target, source)):
        assert [kind for kind, holds in KINDS_OF_PAIRS.items() if holds(one, other)] == kinds


def test_every_kind_can_be_dropped() -> None:
    others = {"swapped", "language", "foreign", "near-duplicates", "many-to-one"}

    assert set(KINDS_OF_PAIRS) | others == set(DOUBTFUL_KINDS)
