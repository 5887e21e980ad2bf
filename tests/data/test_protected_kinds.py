"""Kinds of spans that a corpus copies are protected; symbols stand for them in training pairs."""

from pathlib import Path

import pytest

from seq2seq.config.protect import ProtectOptions
from seq2seq.config.training import (
    CleaningOptions,
    HeldOutOptions,
    TokenizerOptions,
)
from seq2seq.data.corpus import Pair, ParallelCorpus
from seq2seq.data.masked_pairs import mask_pairs
from seq2seq.data.prepare_parallel import PreparedCorpus, prepare_parallel
from seq2seq.data.protected_kinds import choose_protection
from seq2seq.errors import ConfigError
from seq2seq.text.protection import SYMBOL
from seq2seq.text.special_tokens import SYMBOLS
from tests.toy_corpus import sentences

PLAIN = [Pair(*pair) for pair in sentences()]
# Placeholders are copied, numbers are spelled out in the target.
COPIED = [Pair(f"{s} {{name}}", f"{t} {{name}}") for s, t in sentences()[:30]]
SPELLED = [Pair(f"{s} {3 + i}", f"{t} drei") for i, (s, t) in enumerate(sentences()[:30])]


def prepared(
    pairs: list[Pair], cache: Path, options: ProtectOptions, adds_spans: bool = False
) -> PreparedCorpus:
    corpus = ParallelCorpus({"train": pairs}, "en", "de", "our own", {"train": "1"})
    return prepare_parallel(
        corpus,
        CleaningOptions(),
        HeldOutOptions(share=0.1),
        TokenizerOptions(vocab_size=370),
        cache,
        options,
        adds_spans,
    )


def test_kinds_that_pairs_copy_are_protected_and_others_are_not() -> None:
    chosen = choose_protection(
        lambda: [*PLAIN, *COPIED, *SPELLED], ProtectOptions(), adds_spans=False
    )

    assert "placeholder" in chosen.kinds
    assert "url" in chosen.kinds  # no pair has one: nothing speaks against it
    assert "number" not in chosen.kinds
    assert chosen.is_trained
    assert chosen.notices == [
        "spans that pairs copy: placeholder (100% of 30 pairs), number (0% of 30 pairs); "
        "translated as text: number (protect.kinds)"
    ]


@pytest.mark.parametrize(
    ("options", "adds_spans", "is_trained"),
    [
        (ProtectOptions(), False, False),
        (ProtectOptions(), True, True),  # augmentation adds spans
        (ProtectOptions(kinds=[]), True, False),
    ],
)
def test_a_corpus_without_spans_needs_symbols_only_for_augmentation(
    options: ProtectOptions, adds_spans: bool, is_trained: bool
) -> None:
    assert choose_protection(lambda: PLAIN, options, adds_spans).is_trained == is_trained


def test_symbols_stand_for_the_spans_of_training_pairs(cache: Path) -> None:
    made = prepared([*PLAIN, *COPIED], cache, ProtectOptions())

    rows = [row for row in made.train if any(symbol in row["source"] for symbol in SYMBOLS)]
    assert rows
    for row in rows:
        [symbol] = [character for character in row["source"] if character in SYMBOLS]
        assert row["target"].count(symbol) == 1
        assert "{name}" not in row["source"] + row["target"]
        ids = made.source_tokenizer.ids([symbol])
        assert row["source_ids"].count(ids[0]) == row["target_ids"].count(ids[0]) == 1
    assert made.source_tokenizer.has_symbols
    assert made.typical_length == sorted(made.train["source_length"])[len(made.train) // 2]
    held_out = [*made.validation, *made.test]
    assert not any(symbol in row["source"] for row in held_out for symbol in SYMBOLS)  # raw


def test_without_protection_nothing_is_as_if_there_were_no_symbols(cache: Path) -> None:
    off = prepared([*PLAIN, *COPIED], cache, ProtectOptions(kinds=[]))

    assert not off.source_tokenizer.has_symbols
    assert any("{name}" in source for source in off.train["source"])
    assert off.protected_kinds == []
    on = prepared([*PLAIN, *COPIED], cache, ProtectOptions())
    assert on.fingerprint == off.fingerprint  # of the data, which resuming compares


def test_a_wrong_pattern_is_one_message() -> None:
    with pytest.raises(ConfigError, match=r"protect: the regular expression '\(' is wrong"):
        choose_protection(lambda: PLAIN, ProtectOptions(patterns=["("]), adds_spans=False)


DECIMALS = [Pair(f"{n}.5 volts are {n}", f"{n},5 Volt sind {n}") for n in range(30)]


def test_numbers_in_another_form_are_copied_numbers_and_said() -> None:
    chosen = choose_protection(lambda: DECIMALS, ProtectOptions(), adds_spans=False)

    assert chosen.number_format.facts() == {"decimal": [".", ","]}
    assert "number" in chosen.kinds
    assert "numbers are written as the target's: 3.5 as 3,5 (100% of 30 pairs)" in chosen.notices[0]
    [sides] = mask_pairs(chosen, ProtectOptions(), [Pair("Use 1.5 V", "Nimm 1,5 V")])
    assert [SYMBOL.sub("*", side) for side in sides] == ["Use * V", "Nimm * V"]


@pytest.mark.parametrize(
    "options", [ProtectOptions(number_format="keep"), ProtectOptions(kinds=["tag"])]
)
def test_numbers_stay_as_they_are_if_asked_for_or_not_protected(options: ProtectOptions) -> None:
    chosen = choose_protection(lambda: DECIMALS, options, adds_spans=False)

    assert chosen.number_format.facts() == {}
    assert "number" not in chosen.kinds
    assert not any("number_format" in notice for notice in chosen.notices)
