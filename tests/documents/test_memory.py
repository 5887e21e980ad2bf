"""Translation memories: equal texts are taken over, similar ones are found."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from seq2seq.documents.document import SegmentTranslation
from seq2seq.documents.memory import (
    MIN_SIMILARITY,
    MemoryMatch,
    TranslationMemory,
    read_memory,
    require_similarity,
)
from seq2seq.documents.registry import parse_document
from seq2seq.documents.translating import translate_documents
from seq2seq.errors import ConfigError

FILES = Path(__file__).parent / "files"


def test_memories_of_each_format_are_read() -> None:
    names = ["tmx/tool.tmx", "xliff/angular.xlf", "xliff/version2.xlf", "po/kitchen.po"]
    memory = read_memory([str(FILES / name) for name in names], "en", "de")

    assert len(memory) == 4  # no fuzzy message, no state new
    assert memory.recall("Switch off the light.") == "Schalten Sie das Licht aus."
    assert memory.recall("Search & replace") == "Suchen und ersetzen"
    assert memory.recall("Yes") == "Ja"
    assert memory.recall("Welcome") == "Witamy"
    with pytest.raises(ConfigError, match=r"memory=a\.txt must be a \.tmx"):
        read_memory(["a.txt"])


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    require_similarity()
    monkeypatch.setattr("seq2seq.documents.memory.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"rapidfuzz: pip install 'seq2seq\[documents\]'$"):
        require_similarity()


def test_similar_texts_by_hand() -> None:
    memory = TranslationMemory([("Open the door", "A"), ("Open a door", "B"), ("Wait", "C")])

    # 2 of 13 characters differ
    assert memory.nearest("Open thy doors") == MemoryMatch("Open the door", "A", 1 - 2 / 14)
    assert memory.nearest("Wart") == MemoryMatch("Wait", "C", 0.75)
    assert memory.nearest("Wai") == MemoryMatch("Wait", "C", 0.75)  # the shortest that counts
    assert memory.nearest("Waits") == MemoryMatch("Wait", "C", 0.8)
    assert memory.nearest("What") is None


@given(
    texts=st.lists(st.text(alphabet="abc", min_size=1, max_size=9), min_size=1, max_size=9),
    text=st.text(alphabet="abc", min_size=1, max_size=9),
)
def test_the_nearest_of_all_is_found(texts: list[str], text: str) -> None:
    found = TranslationMemory([(each, "") for each in texts]).nearest(text)
    best = max(Levenshtein.normalized_similarity(text, each) for each in texts)

    assert (found.similarity if found else 0) == (best if best >= MIN_SIMILARITY else 0)


def test_equal_texts_are_taken_over_and_marked() -> None:
    unit = "<trans-unit><source>{}</source>{}</trans-unit>"
    data = f"<xliff version='1.2'>{unit.format('Yes', '')}{unit.format('No', '')}</xliff>"
    document = parse_document(data.encode(), "xliff")
    asked: list[str] = []

    def translate(lines: Sequence[str]) -> list[SegmentTranslation]:
        asked.extend(lines)
        return [SegmentTranslation("Nein", repaired=2) for _ in lines]

    (made,), report = translate_documents(
        [document],
        translate,
        memory=TranslationMemory([("Yes", "Ja")]),
    )

    assert asked == ["No"]
    assert str(report) == "2 segments: 1 from memory, 2 spans repaired, 1 translated"
    after = document.write(made).decode()
    assert '<target state="translated" state-qualifier="exact-match">Ja</target>' in after
    assert '<target state="translated">Nein</target>' in after


def test_what_a_memory_has_is_no_longer_fuzzy() -> None:
    document = parse_document(b'#, fuzzy\nmsgid "Yes"\nmsgstr "Nein"\n', "po")
    (made,), _ = translate_documents(
        [document], lambda _: [], memory=TranslationMemory([("Yes", "Ja")])
    )

    assert document.write(made) == b'msgid "Yes"\nmsgstr "Ja"\n'
