"""Files of localisation as training pairs."""

from pathlib import Path

import pytest

from seq2seq.data.corpus import Pair
from seq2seq.data.readers.bilingual import bilingual, bilingual_pairs
from seq2seq.errors import ConfigError, TextError

PO = """msgid ""
msgstr ""

msgid "Yes"
msgstr "Ja"

#, fuzzy
msgid "No"
msgstr "Ja"

msgid "One\\nTwo"
msgstr "Eins\\nZwei"

msgid "Three\\nFour"
msgstr "Drei und vier"

msgid "%d file"
msgid_plural "%d files"
msgstr[0] "%d Datei"
msgstr[1] "%d Dateien"

msgid "Empty"
msgstr ""
"""
TMX = """<tmx version="1.4"><header srclang="fr"/><body>
<tu><tuv xml:lang="de-AT"><seg>Ja</seg></tuv><tuv xml:lang="en"><seg>Yes</seg></tuv></tu>
<tu><tuv xml:lang="fr"><seg>Oui</seg></tuv><tuv xml:lang="en"><seg>Yes</seg></tuv></tu>
</body></tmx>"""


def pairs(tmp_path: Path, kind: str, text: str) -> list[Pair]:
    (tmp_path / "a").write_text(text)
    return list(bilingual_pairs(tmp_path / "a", kind, "en", "de"))


def test_messages_that_are_no_drafts_are_pairs(tmp_path: Path) -> None:
    assert pairs(tmp_path, "po", PO) == [
        Pair("Yes", "Ja"), Pair("One", "Eins"), Pair("Two", "Zwei"),
        Pair("Three Four", "Drei und vier"), Pair("%d file", "%d Datei"),
        Pair("%d files", "%d Dateien"),
    ]  # fmt: skip


def test_variants_of_the_two_languages_are_pairs(tmp_path: Path) -> None:
    assert pairs(tmp_path, "tmx", TMX) == [Pair("Yes", "Ja")]


def test_tags_of_both_sides_are_the_same(tmp_path: Path) -> None:
    target = '<target><g id="2">B</g><x id="1"/> a</target>'
    unit = f'<source>A <x id="1"/><g id="2">b</g></source>{target}'
    text = f'<xliff version="1.2"><trans-unit>{unit}</trans-unit></xliff>'

    assert pairs(tmp_path, "xliff", text) == [Pair("A <x1/><g2>b</g2>", "<g2>B</g2><x1/> a")]


def test_a_corpus_has_its_files_and_their_kind(tmp_path: Path) -> None:
    (tmp_path / "a.po").write_text(PO)
    corpus = bilingual(str(tmp_path), "a.po", None, None, "po", "en", "de", "CC0-1.0")

    assert next(iter(corpus.splits["train"])) == Pair("Yes", "Ja")
    assert list(corpus.origin) == ["train: a.po po en de"]


def test_each_mistake_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^data\.kind=odt must be tmx, xliff, po$"):
        bilingual(str(tmp_path), "a", None, None, "odt", "en", "de", "")
    with pytest.raises(TextError, match=r"a: line 1 is not XML: "):
        pairs(tmp_path, "tmx", "<tmx>")
