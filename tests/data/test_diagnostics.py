import pytest

from seq2seq.commands import check
from seq2seq.data.corpus import Pair, ParallelCorpus
from seq2seq.data.diagnostics import length_statistics, split_overlap
from tests.toy_corpus import sentences

PAIRS = [Pair(*pair) for pair in sentences()]


def test_overlap_counts_pairs_of_the_second_split() -> None:
    train = [Pair("One", "Eins"), Pair("two", "zwei"), Pair("three", "drei")]
    test = [Pair("one!", "eins"), Pair("Two", "beide"), Pair("2", "Zwei"), Pair("four", "vier")]

    found = split_overlap(("train", train), ("test", test))

    assert (found.sources, found.targets, found.pairs) == (2, 2, 1)
    assert found.examples == ["one!", "Two"]
    assert (found.first, found.second) == ("train", "test")


def test_length_statistics_of_lines_worked_by_hand() -> None:
    found = length_statistics(["a", "bbbb", "cc", "dddd"], 2)

    assert found.mean == pytest.approx(2.75)
    assert found.median == 3
    assert found.longest == [(2, 4), (4, 4)]  # lines from 1, the first of two equals first


def test_an_empty_split_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    splits = {"train": PAIRS, "validation": [], "test": PAIRS[:2]}
    corpus = ParallelCorpus(splits, "en", "de", "our own", {})

    check.overlap_lines(corpus)
    check.side_lines(corpus)

    printed = capsys.readouterr().out.splitlines()
    assert printed.count("validation: there is nothing in it") == 1
    assert not any(line.startswith("validation source") for line in printed)
    assert "of validation, in train too: 0 sources, 0 targets, 0 pairs" in printed
    assert any(line.startswith("test target: ") for line in printed)
