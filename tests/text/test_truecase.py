"""Truecasing: forms worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.special_tokens import SYMBOLS
from seq2seq.text.truecase import Recased, Truecaser, is_capitals

LINES = ["The API of Home Assistant", "Turn on the Light at home", "At Home Assistant",
         "Turn the light on", "A light", "THE API", "Lamp"]  # fmt: skip
TRUECASER = Truecaser.train(LINES)


def test_the_form_of_a_word_is_its_most_frequent_one_within_lines() -> None:
    # light: Light once, light twice. home: Home twice, home once. turn and lamp begin lines alone.
    # "THE API" is in capitals and counts for nothing.
    assert TRUECASER.forms["light"] == "light"
    assert TRUECASER.forms["home"] == "Home"
    assert TRUECASER.forms["api"] == "API"
    assert TRUECASER.forms["turn"] == "turn"
    assert TRUECASER.forms["lamp"] == "lamp"


@pytest.mark.parametrize(
    ("line", "recased"),
    [
        ("TURN ON THE LIGHT", Recased("Turn on the light", True)),
        ("OPEN HOME ASSISTANT", Recased("Open Home Assistant", True)),
        ("Turn On The Light", Recased("Turn on the light", False)),
        ("Open Home Assistant Zigbee", Recased("Open Home Assistant Zigbee", False)),
        ("turn on the api", Recased("Turn on the API", False)),
        ("Turn on the LIGHT", Recased("Turn on the LIGHT", False)),  # its case says something
        ("API", Recased("API", False)),  # three letters are no line in capitals
        (f"{SYMBOLS[0]} TURN {SYMBOLS[1]}!", Recased(f"{SYMBOLS[0]} Turn {SYMBOLS[1]}!", True)),
        ("", Recased("", False)),
        ("\u72ac 123", Recased("\u72ac 123", False)),
    ],
)
def test_lines_whose_case_says_nothing_are_recased(line: str, recased: Recased) -> None:
    assert TRUECASER(line) == recased


@given(st.text(max_size=30))
def test_recasing_changes_nothing_but_case(line: str) -> None:
    recased = TRUECASER(line)

    assert recased.text.upper() == line.upper()
    assert recased.is_capitals == is_capitals(line)
