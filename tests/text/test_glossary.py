"""Glossaries: terms in lines and their translations, worked by hand."""

from pathlib import Path

import pytest

from seq2seq.errors import TextError
from seq2seq.text.glossary import Glossary, Term

LIGHT = Term("light", ("Licht", "Lampe"))
LIGHT_BULB = Term("light bulb", ("Glühbirne",))
API = Term("API", ("Schnittstelle",))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("A light bulb and a Light.", ["light bulb", "Light"]),
        ("Lights and lightning", []),
        ("LIGHT BULB", ["LIGHT BULB"]),
        ("the API, no api", ["API"]),  # written with capitals: as it is written
        ("", []),
        ("İ light", ["light"]),  # whose lower case is two characters
    ],
)
def test_terms_are_found_from_boundary_to_boundary(line: str, found: list[str]) -> None:
    matches = Glossary([LIGHT, LIGHT_BULB, API]).find(line)

    assert [line[match.start : match.end] for match in matches] == found


def test_text_without_spaces_has_terms_anywhere() -> None:
    glossary = Glossary([Term("カメラ", ("camera",))])

    assert [match.start for match in glossary.find("新カメラは")] == [1]


@pytest.mark.parametrize(
    ("translation", "stem", "is_met"),
    [
        ("Das Licht ist an", 0, True),
        ("LAMPE", 0, True),
        ("Die Lichter", 0, False),
        ("Die Lichter", 4, True),  # begins with Lich
        ("Das Deckenlicht", 4, True),  # ends in licht
        ("Das Deckenlicht", 0, False),
        ("Nichts", 4, False),
    ],
)
def test_a_term_is_met_by_one_of_its_targets(translation: str, stem: int, is_met: bool) -> None:
    assert Glossary([LIGHT], stem).is_met(LIGHT, translation) == is_met


def test_a_file_of_terms(tmp_path: Path) -> None:
    file = tmp_path / "terms.tsv"
    file.write_text("# ours\nlight\tLicht\tnoun\n\nlight\tLampe\nAPI\tAPI\n", encoding="utf-8")

    glossary = Glossary.load(file)

    assert list(glossary.terms.values()) == [LIGHT, Term("API", ("API",))]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\nlight\n", r"terms.tsv, line 2: a term needs a source, a tab and a target"),
        ("\tLicht\n", r"line 1: a term needs a source"),
        (
            "light\tLicht\nLight\tLampe\n",
            r"line 2: 'Light' differs from 'light' \(.*terms.tsv, line 1\) by its case alone",
        ),
        ("light\tLicht\nlight\tLicht\n", r"line 2: 'light' has the target 'Licht' twice"),
        (" \tLicht\n", r"line 1: a term needs a source"),
        ("light\t \n", r"line 1: a term needs a source"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "terms.tsv"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(TextError, match=message):
        Glossary.load(file)
