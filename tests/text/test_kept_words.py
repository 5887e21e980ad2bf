"""Words that are not translated: their file, and whether a translation has them."""

from pathlib import Path

import pytest

from seq2seq.errors import TextError
from seq2seq.text.glossary import Glossary, Term
from seq2seq.text.kept_words import read_words, with_kept_words


def loaded(folder: Path, words: str, terms: str = "light\tLicht\n") -> Glossary:
    (folder / "terms.tsv").write_text(terms, encoding="utf-8")
    (folder / "words.txt").write_text(words, encoding="utf-8")
    glossary = Glossary.load(folder / "terms.tsv", 4)
    made = with_kept_words(glossary, read_words(folder / "words.txt"))
    assert made is not None
    return made


def test_words_are_terms_without_a_translation(tmp_path: Path) -> None:
    made = loaded(tmp_path, "# brands\ncurl\n Home Assistant \n東京\n")

    terms = [Term("light", ("Licht",)), *(Term(w, ()) for w in ("curl", "Home Assistant", "東京"))]
    assert list(made.terms.values()) == terms
    assert made.stem_length == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("curl\n\n", r"words.txt, line 2: there is no word"),
        ("curl\n \t \n", r"words.txt, line 2: there is no word"),
        ("curl\nwget\ncurl\n", r"line 3: 'curl' is there twice \(.*words.txt, line 1\)"),
        ("curl\nCurl\n", r"line 2: 'Curl' differs from 'curl' \(.*line 1\) by its case alone"),
        ("curl\nLight\n", r"line 2: 'Light' is a term of the glossary too \(.*terms.tsv, line 1\)"),
        ("light\tLicht\n", r"line 1: 'light.*Licht' has a tab or the like; glossary= takes pairs"),
    ],
)
def test_a_wrong_word_is_named_with_file_and_line(tmp_path: Path, words: str, message: str) -> None:
    with pytest.raises(TextError, match=message):
        loaded(tmp_path, words)


def test_a_word_of_python_is_named_by_its_number() -> None:
    with pytest.raises(TextError, match="do_not_translate, word 2: there is no word"):
        with_kept_words(None, [("do_not_translate, word 2", "")])
    assert with_kept_words(None, []) is None


@pytest.mark.parametrize(
    ("line", "translation", "missing"),
    [
        ("Use curl and CURL", "Nimm curl und CURL", []),
        ("Use curl and CURL", "Nimm curl und Curl", ["CURL"]),  # as each is in the source
        ("curl calls curl", "curl ruft etwas", ["curl"]),  # as often as in the source
        ("Use curl", "Nimm curls", ["curl"]),
        ("home assistant", "", []),  # written with capitals: found as it is written
        ("Home Assistant light", "Home Assistant Lichter", []),  # a stem of 4 letters
        ("in 東京駅", "Bahnhof 東京", []),
    ],
)
def test_a_word_is_there_as_it_is_in_the_source_and_as_often(
    line: str, translation: str, missing: list[str]
) -> None:
    terms = Glossary([Term("light", ("Licht",))], 4)
    words = [("", word) for word in ("curl", "Home Assistant", "東京")]
    glossary = with_kept_words(terms, words)
    assert glossary is not None

    found = glossary.missing(glossary.find(line), translation)

    assert [match.text for match in found] == missing


def test_an_enforced_term_may_be_part_of_a_word_and_is_counted() -> None:
    glossary = with_kept_words(Glossary([Term("dog", ("Hund",))]), [("", "curl")])
    assert glossary is not None
    matches = glossary.find("curl, curl: a dog")

    def missing(translation: str, enforced: int) -> list[str]:
        found = glossary.missing(matches, translation, matches[:enforced])
        return [match.text for match in found]

    assert missing("curls curls Hunde", 3) == []
    assert missing("curls curls Hunde", 2) == ["dog"]
    assert missing("curls curls Hunde", 0) == ["curl", "curl", "dog"]
    assert missing("curls", 3) == ["curl", "dog"]
