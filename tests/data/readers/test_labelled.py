"""Lines with labels from files, and the languages of a package's catalogues."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from seq2seq.config.training import TokenizerOptions
from seq2seq.data.corpus import LabelledCorpus, Pair
from seq2seq.data.prepare_labelled import PreparedLabels, prepare_labelled
from seq2seq.data.readers.catalogues import read_messages
from seq2seq.data.readers.labelled import labelled, split_of_key
from seq2seq.data.readers.languages import languages
from seq2seq.errors import TextError
from tests.data.readers.test_catalogues import wheel

SPLITS = ("train", "validation", "test")
Rows = list[tuple[str, str]]


def rows(found: LabelledCorpus, split: str = "train") -> Rows:
    return [(pair.source, pair.target) for pair in found.splits[split]]


def read(folder: Path, text: str, **more: str) -> LabelledCorpus:
    (folder / "train.tsv").write_text(text, encoding="utf-8", newline="\n")
    given: dict[str, Any] = {"validation": None, "test": None} | more
    return labelled(str(folder), "train.tsv", **given, licence="our own")


def test_lines_are_text_and_a_label_between_a_tab(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "test.gz", "wt", encoding="utf-8") as file:
        file.write("drei\u2028vier\tde\n")
    text = "one, two\ten \n\neins\tde\r\nfünf\rsechs\tde"

    found = read(tmp_path, text, validation="train.tsv", test="test.gz")

    expected = [("one, two", "en"), ("eins", "de"), ("fünf\rsechs", "de")]
    assert rows(found) == rows(found) == expected  # can be read again
    assert rows(found, "validation") == expected
    assert rows(found, "test") == [("drei\u2028vier", "de")]
    assert len(found.origin) == 3


def test_splits_without_a_file_are_held_out_by_the_text_and_not_by_its_position(
    tmp_path: Path,
) -> None:
    lines = [f"line {number}\t{'ab'[number % 2]}\n" for number in range(400)]

    first, second = (read(tmp_path, "".join(part)) for part in (lines, [*lines[::-1], *lines]))

    parts = {split: set(rows(first, split)) for split in SPLITS}
    assert sum(len(part) for part in parts.values()) == len(set.union(*parts.values())) == 400
    for split in ("validation", "test"):
        assert 5 <= len(parts[split]) <= 40  # a twentieth, 20; the deviation is 4.4
    # A text is in the same split however often it occurs, and whatever is around it.
    assert {split: set(rows(second, split)) for split in SPLITS} == parts
    with_test = read(tmp_path, "".join(lines), test="train.tsv")
    assert set(rows(with_test)) == parts["train"] | parts["test"]


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("three\ten\tde", "2 labels"),
        ("three", "no label"),
        ("three\t ", "no label"),
        ("three\t\t", "no label"),
        ("\ten", "no text"),
        ("three\t\ten", "no text"),
    ],
)
def test_a_line_without_one_label_is_named(tmp_path: Path, line: str, count: str) -> None:
    found = read(tmp_path, f"one\ten\n\n{line}\n")

    with pytest.raises(TextError, match=rf"train.tsv, line 3, has {count}: it needs") as error:
        rows(found)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_reported_before_reading(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"there is no file .*none\.tsv"):
        read(tmp_path, "one\ten\n", test="none.tsv")


MESSAGES = {
    "en": {f"m{n}": f"message {n}" for n in range(300)},
    "de": {f"m{n}": f"Nachricht {n}" for n in range(300)},
    "fr": {f"m{n}": f"texte {n}" for n in range(0, 300, 2)},
}


def catalogue(
    folder: Path, messages: dict[str, dict[str, str]], most: int = 1000
) -> LabelledCorpus:
    path = wheel(folder, **{f"toy/{code}.json": found for code, found in messages.items()})
    return languages(
        package="toy", version="1.0", sha256="0" * 64, files=["toy/{lang}.json"], path=str(path),
        codes=list(messages), most=most, licence="our own",
    )  # fmt: skip


def test_a_message_is_in_one_split_in_all_languages(tmp_path: Path) -> None:
    found = catalogue(tmp_path, MESSAGES)

    homes: dict[str, set[str]] = {}
    for split in SPLITS:
        for text, code in rows(found, split):
            assert text in MESSAGES[code].values()
            homes.setdefault(text.split()[-1], set()).add(split)
    assert len(homes) == 300
    assert all(len(splits) == 1 for splits in homes.values())
    assert sum(len(rows(found, split)) for split in SPLITS) == 300 + 300 + 150
    for split in ("validation", "test"):
        assert {code for _, code in rows(found, split)} == {"en", "de", "fr"}


def test_a_text_that_training_has_under_another_key_is_not_held_out(tmp_path: Path) -> None:
    numbered = {f"m{n}": f"Message {n % 40}" for n in range(400)}  # each text under ten keys
    found = catalogue(tmp_path, {"en": numbered, "de": {k: f"de {v}" for k, v in numbered.items()}})

    parts = [set(rows(found, split)) for split in SPLITS]
    assert sum(len(part) for part in parts) == len(set.union(*parts)) == 80
    assert sum(len(rows(found, split)) for split in SPLITS) == 80  # each once
    trained = {text for key, text in numbered.items() if split_of_key(key, SPLITS[1:]) == "train"}
    assert {text for text, code in parts[0] if code == "en"} == trained


def test_messages_equal_to_the_original_are_dropped(tmp_path: Path) -> None:
    found = catalogue(tmp_path, {
        "en": {"a": "Wi-Fi", "b": "On", "c": " "}, "de": {"a": "Wi-Fi", "b": "An", "c": "x\n y"},
    })  # fmt: skip

    everything = [row for split in SPLITS for row in rows(found, split)]
    assert sorted(everything) == [("An", "de"), ("On", "en"), ("Wi-Fi", "en"), ("x y", "de")]


def test_a_limit_of_messages_takes_always_the_same(tmp_path: Path) -> None:
    few, more = (
        {row for split in SPLITS for row in rows(catalogue(tmp_path, MESSAGES, most), split)}
        for most in (20, 60)
    )

    assert (len(few), len(more)) == (60, 180)
    assert few < more


def test_a_missing_language_is_named(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="has no messages in fr"):
        rows(catalogue(tmp_path, {**MESSAGES, "fr": {}}))


def test_the_catalogues_are_parsed_once_and_only_when_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    parsed: list[str] = []

    def read_and_count(archive: Any, name: str) -> Any:
        parsed.append(name)
        return read_messages(archive, name)

    monkeypatch.setattr("seq2seq.data.readers.languages.read_messages", read_and_count)
    found = catalogue(tmp_path, MESSAGES)
    assert parsed == []

    with caplog.at_level("INFO", "seq2seq"):
        assert [rows(found, split) for split in SPLITS] == [rows(found, split) for split in SPLITS]

    assert parsed == ["toy/en.json", "toy/de.json", "toy/fr.json"]
    assert caplog.messages == ["reading messages in 3 languages from toy-1.0-py3-none-any.whl"]


def test_slow_preparation_prints_its_steps_the_first_time(
    cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):  # the second time, the result is loaded
        with caplog.at_level("INFO", "seq2seq"):
            prepared(cache, [("a b", "x"), ("c", "y"), ("d", "y")], [("a", "x")])

    assert caplog.messages == ["training the tokenizer on 3 lines"]


def prepared(cache: Path, train: Rows, test: Rows) -> PreparedLabels:
    held = [Pair(*row) for row in test]
    splits = {"train": [Pair(*row) for row in train], "validation": held, "test": held}
    origin = {"made here": str((train, test))}
    return prepare_labelled(
        LabelledCorpus(splits, "our own", origin), TokenizerOptions("char"), cache
    )


def test_prepared_lines_are_normalised_and_blank_ones_dropped(cache: Path) -> None:
    train = [("b  c\u200b", "zwei"), ("a", "eins"), ("\u200b", "drei"), ("c", "zwei")]

    found = prepared(cache, train, [("c", "eins")])

    assert found.labels == ["eins", "zwei"]
    assert found.splits["train"]["text"][:] == ["b c", "a", "c"]
    assert found.splits["train"]["label"][:] == [1, 0, 1]
    assert found.splits["train"]["length"][:] == [len(i) for i in found.splits["train"]["ids"]]
    assert found.counts["train"] == {"zwei": 2, "eins": 1}
    assert found.table().splitlines()[2].split() == ["zwei", "2", "0", "0"]


@pytest.mark.parametrize(
    ("train", "test", "message"),
    [
        ([], [("a", "x")], "there must be 2 to 10,000 labels in the training lines, not 0"),
        ([("a", "x"), ("b", "x")], [("a", "x")], "labels in the training lines, not 1"),
        ([("a", "x"), ("b", "y")], [("a", "z")], "no training line has the label z, which valid"),
        ([("a", "x"), ("b", "y")], [(" ", "x")], "there are no lines for validation"),
    ],
)
def test_lines_that_no_classifier_can_be_trained_on_are_refused(
    cache: Path, train: Rows, test: Rows, message: str
) -> None:
    with pytest.raises(TextError, match=message):
        prepared(cache, train, test)
    assert list((cache / "labelled").iterdir()) == []  # no temporary folder remains
