from dataclasses import replace
from pathlib import Path

import pytest

from seq2seq.config.protect import ProtectOptions
from seq2seq.config.training import (
    CleaningOptions,
    HeldOutOptions,
    TokenizerOptions,
)
from seq2seq.data.corpus import Pair, ParallelCorpus
from seq2seq.data.prepare_parallel import PreparedCorpus, prepare_parallel
from seq2seq.errors import TextError
from tests.toy_corpus import sentences

PAIRS = [Pair(*pair) for pair in sentences()]
SMALL = TokenizerOptions(vocab_size=330)


def corpus(train: list[Pair], mark: str = "1", **held: list[Pair]) -> ParallelCorpus:
    return ParallelCorpus({"train": train, **held}, "en", "de", "our own", {"train": mark})


def made(
    given: ParallelCorpus,
    cache: Path,
    options: TokenizerOptions = SMALL,
    heldout: HeldOutOptions | None = None,
    clean: CleaningOptions | None = None,
    protect: ProtectOptions | None = None,
) -> PreparedCorpus:
    return prepare_parallel(
        given,
        clean or CleaningOptions(),
        heldout or HeldOutOptions(),
        options,
        cache,
        protect or ProtectOptions(),
    )


def test_every_pair_is_prepared_with_its_token_ids(cache: Path) -> None:
    held = [Pair("A  dog\u00a0here", "Ein Hund ")]

    prepared = made(corpus(PAIRS, validation=held, test=held), cache)

    row = prepared.train[0]
    assert (row["source"], row["target"]) == (PAIRS[0].source, PAIRS[0].target)
    assert len(prepared.train) == len(PAIRS)
    assert prepared.source_tokenizer is prepared.target_tokenizer
    assert prepared.source_tokenizer.decode(prepared.train["source_ids"]) == [
        pair.source for pair in PAIRS
    ]
    assert row["target_length"] == len(row["target_ids"])
    # Held-out text stays as it was read; the model sees its normal form.
    assert (prepared.test[0]["source"], prepared.test[0]["target"]) == tuple(held[0][:2])
    assert prepared.test[0]["source_ids"] == prepared.source_tokenizer.encode(["A dog here"])[0]


def test_documents_and_weights_stay_with_their_pairs(cache: Path) -> None:
    pairs = [p._replace(document=f"d{i % 3}", weight=i + 0.5) for i, p in enumerate(PAIRS)]
    held = [Pair("elsewhere", "anderswo")]

    prepared = made(corpus(pairs, validation=held, test=held), cache)

    assert prepared.train["document"][:4] == ["d0", "d1", "d2", "d0"]
    assert prepared.train["weight"][:3] == [0.5, 1.5, 2.5]


def test_held_out_pairs_are_moved_and_counted(cache: Path) -> None:
    prepared = made(corpus(PAIRS), cache, heldout=HeldOutOptions(validation=5, test=4, share=0.2))

    counts = prepared.audit.split("train")
    assert (len(prepared.validation), len(prepared.test)) == (5, 4)
    assert counts.read == len(PAIRS)
    assert counts.kept == len(prepared.train)


def test_each_side_has_its_own_vocabulary_on_demand(cache: Path) -> None:
    prepared = made(corpus(PAIRS), cache, TokenizerOptions(vocab_size=360, joint=False))

    source, target = prepared.source_tokenizer, prepared.target_tokenizer
    assert source is not target
    english = PAIRS[0].source
    assert len(source.encode([english])[0]) < len(target.encode([english])[0])
    assert source.decode(prepared.train["source_ids"][:1]) == prepared.train["source"][:1]
    assert target.decode(prepared.train["target_ids"][:1]) == prepared.train["target"][:1]


def test_a_joint_vocabulary_is_trained_on_both_sides_of_a_large_corpus(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "seq2seq.text.tokenizer_training.TRAINING_LINES", len(PAIRS)
    )  # of twice as many lines

    tokenizer = made(corpus(PAIRS), cache).target_tokenizer

    # A letter that is in German alone would be spelled in two bytes.
    assert [tokenizer.piece(token) for token in tokenizer.encode(["ä"])[0]][-1] == "ä"


def test_a_prepared_corpus_is_cached_by_its_options(cache: Path) -> None:
    first = made(corpus(PAIRS), cache)

    # The text is not read again: what stands for it now is empty.
    again = made(corpus([], mark="1"), cache)
    assert again.train["source"] == first.train["source"]
    assert again.fingerprint == first.fingerprint

    others = [
        made(corpus(PAIRS, mark="2"), cache),
        made(corpus(PAIRS), cache, replace(SMALL, vocab_size=340)),
        made(corpus(PAIRS), cache, clean=CleaningOptions(max_words=50)),
        made(corpus(PAIRS), cache, heldout=HeldOutOptions(test=3)),
    ]
    assert len({p.fingerprint for p in [first, *others]}) == 5
    # How pieces are sampled is decided while training.
    assert made(corpus(PAIRS), cache, replace(SMALL, sampling=0.1)).fingerprint == first.fingerprint


def test_a_corpus_without_a_kept_pair_is_refused_with_the_counts(cache: Path) -> None:
    with pytest.raises(TextError, match="no pair is left to train on: 2 read, 2 copied"):
        made(corpus([Pair("OK", "OK"), Pair("1", "1")]), cache)
    assert not list((cache / "prepared").iterdir())  # nothing half made is left


def test_notices_are_cached_with_the_prepared_corpus(cache: Path) -> None:
    first = made(corpus(PAIRS), cache, TokenizerOptions(vocab_size=9000))

    assert "fewer than the 9,000 of tokenizer.vocab_size" in first.notices[0]
    assert made(corpus(PAIRS), cache, TokenizerOptions(vocab_size=9000)).notices == first.notices
