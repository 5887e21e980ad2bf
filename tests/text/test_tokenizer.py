from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq.errors import RunError, TextError
from seq2seq.text.normalization import normalize
from seq2seq.text.special_tokens import SPECIAL_TOKENS, UNK
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.tokenizer_training import (
    PieceOptions,
    TrainedTokenizer,
    default_vocab_size,
    required_characters,
    subsample,
    train_tokenizer,
)
from tests.toy_corpus import sentences

TRAINING = "seq2seq.text.tokenizer_training"
TEXT = [normalize(side) for pair in sentences() for side in pair]


def trained(kind: str, size: int | None = 330) -> TrainedTokenizer:
    return train_tokenizer(TEXT, kind, size, len(TEXT), len(TEXT) // 2)


@pytest.fixture(scope="module", params=["unigram", "bpe", "char"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return trained(request.param).tokenizer


@settings(max_examples=100)
@given(line=st.text(st.characters(exclude_characters="\ue581\ue00a")).map(normalize))
def test_any_normalized_text_survives_encoding_without_unknown_tokens(
    tokenizer: Tokenizer, line: str
) -> None:
    ids = tokenizer.encode([line])

    assert tokenizer.decode(ids) == [line]
    assert not set(ids[0]) & set(SPECIAL_TOKENS)


@pytest.mark.parametrize("line", ["▁", "a▁b ▁ c", "<s>", "</s> <pad> <unk>", "<0x41>", "🦊 狐"])
def test_symbols_of_sentencepiece_are_plain_text(tokenizer: Tokenizer, line: str) -> None:
    assert tokenizer.decode(tokenizer.encode([line])) == [line]


def test_an_empty_line_has_no_tokens(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode([""]) == [[]]
    assert tokenizer.decode([[]]) == [""]


def test_encoding_many_lines_equals_encoding_each(tokenizer: Tokenizer) -> None:
    lines = TEXT * 3  # more than a thousand: threads share them

    together = tokenizer.encode(lines)

    assert together[: len(TEXT)] == [tokenizer.encode([line])[0] for line in TEXT]
    assert together[len(TEXT) : 2 * len(TEXT)] == together[: len(TEXT)]


def test_frequent_words_become_pieces() -> None:
    pieces = trained("bpe", 420).tokenizer

    assert [pieces.piece(token) for token in pieces.encode(["likes"])[0]] == ["▁likes"]
    assert len(trained("char").tokenizer.encode(["likes"])[0]) == 6  # with the space before it


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_split_digits_are_tokens_of_their_own(kind: str) -> None:
    lines = [f"{word} 2024" for word in TEXT]  # so frequent that it would be one piece
    together, split = (
        train_tokenizer(
            lines, kind, 330, len(lines), len(lines), pieces=PieceOptions(split_digits=is_split)
        ).tokenizer
        for is_split in (False, True)
    )

    def digits(tokenizer: Tokenizer) -> list[str]:
        pieces = map(tokenizer.piece, tokenizer.encode(["2024"])[0])
        return [piece.strip("\u2581") for piece in pieces if piece.strip("\u2581")]

    assert digits(together) == ["2024"]
    assert digits(split) == ["2", "0", "2", "4"]


def test_a_piece_that_is_no_utf8_is_refused_when_the_tokenizer_is_loaded(tmp_path: Path) -> None:
    model = trained("unigram").tokenizer.model
    piece = trained("unigram").tokenizer.piece(300).encode()
    file = tmp_path / "tokenizer.model"
    file.write_bytes(
        model.replace(
            b"\n" + bytes([len(piece)]) + piece,
            b"\n" + bytes([len(piece)]) + b"\xff" * len(piece),
            1,
        )
    )

    with pytest.raises(RunError, match=r"tokenizer\.model cannot be read: 'utf-8' codec"):
        Tokenizer.load(file)


def test_training_twice_gives_the_same_bytes() -> None:
    assert trained("unigram").tokenizer.model == trained("unigram").tokenizer.model


def test_a_vocabulary_that_the_text_cannot_fill_is_lowered_with_a_notice() -> None:
    made = trained("unigram", 8000)

    assert made.tokenizer.vocab_size < 1000
    assert made.notices == [
        f"the vocabulary has {made.tokenizer.vocab_size:,} pieces (words and parts of words), "
        "fewer than the 8,000 of tokenizer.vocab_size: the text has too few different words"
    ]


def test_a_vocabulary_that_is_too_small_for_the_characters_is_raised_with_a_notice() -> None:
    made = trained("unigram", 270)  # 256 bytes, 4 special tokens, and 10 characters

    assert made.tokenizer.vocab_size > 270
    assert made.notices == [
        f"the vocabulary has {made.tokenizer.vocab_size:,} pieces (words and parts of words), more "
        "than the 270 of tokenizer.vocab_size: each character of the text needs one"
    ]
    assert "<0x" not in "".join(map(made.tokenizer.piece, made.tokenizer.encode(["house"])[0]))


def test_a_size_that_fits_gives_no_notice() -> None:
    made = trained("bpe", 330)

    assert (made.tokenizer.vocab_size, made.notices) == (330, [])


@pytest.mark.parametrize(
    ("pairs", "size"),
    # 23 √30,000 = 3,984; 23 √300,000 = 12,598; both ends are reached
    [(100, 1000), (30_000, 4000), (300_000, 12_600), (5_000_000, 32_000)],
)
def test_the_default_vocabulary_size_grows_with_the_root_of_the_corpus(
    pairs: int, size: int
) -> None:
    assert default_vocab_size(pairs) == size


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_sampled_segmentations_differ_but_are_the_same_text(kind: str) -> None:
    tokenizer = trained(kind).tokenizer
    line = TEXT[0]

    segmentations = [tokenizer.sample([line], 0.2, seed)[0] for seed in range(20)]

    assert len({tuple(segmentation) for segmentation in segmentations}) > 3
    assert set(tokenizer.decode(segmentations)) == {line}
    assert tokenizer.sample([line] * 3, 0.2, 7) == tokenizer.sample([line] * 3, 0.2, 7)


def test_special_tokens_are_skipped_in_decoding() -> None:
    tokenizer = trained("unigram").tokenizer
    ids = tokenizer.encode(["the dog"])[0]

    assert tokenizer.decode([[1, *ids, UNK, 2, 0]]) == ["the dog"]


@pytest.mark.parametrize("pairs", [1050, 1500, 2000, 3300, 4000, 10_000])
def test_a_subsample_has_as_many_source_as_target_lines(
    pairs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{TRAINING}.TRAINING_LINES", 2000)
    lines = [f"{side} {number}" for number in range(pairs) for side in ("source", "target")]

    kept = list(subsample(lines, len(lines)))

    # Standard deviations of at most 45 around 2,000 and 32 around 1,000.
    assert 1900 < len(kept) < 2100
    assert 900 < sum(line.startswith("source") for line in kept) < 1100
    assert kept == sorted(kept, key=lines.index) == list(subsample(lines, len(lines)))
    assert int(kept[-1].split()[1]) > 0.98 * pairs  # to the end


def test_a_corpus_below_the_limit_is_not_subsampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{TRAINING}.TRAINING_LINES", len(TEXT))

    assert list(subsample(TEXT, len(TEXT))) == TEXT


def test_training_on_no_text_is_refused() -> None:
    with pytest.raises(TextError, match="no text"):
        train_tokenizer(["", ""], "unigram", None, 2, 1)


def test_a_tokenizer_is_saved_and_read(tmp_path: Path) -> None:
    tokenizer = trained("unigram").tokenizer
    tokenizer.save(tmp_path / "t.model")

    assert Tokenizer.load(tmp_path / "t.model").encode(TEXT) == tokenizer.encode(TEXT)
    assert [p.name for p in tmp_path.iterdir()] == ["t.model"]
    (tmp_path / "t.model").write_bytes(b"no model")
    for name in ("t.model", "none"):
        with pytest.raises(RunError, match="cannot be read"):
            Tokenizer.load(tmp_path / name)


@pytest.mark.parametrize(
    ("coverage", "characters"),
    [
        (None, 4),  # 1.0 for a small alphabet
        (1.0, 4),
        (0.9, 3),  # 6 + 2 + 1 of 10
        (0.8, 2),  # 6 + 2
        (0.5, 1),
    ],
)
def test_the_frequent_characters_that_make_up_a_share_of_the_text_are_counted(
    coverage: float | None, characters: int
) -> None:
    assert required_characters({"a": 6, "b": 1, "c": 2, "d": 1}, coverage) == characters


def test_a_large_alphabet_leaves_its_rarest_characters_to_bytes() -> None:
    counts = {"a": 10_000} | {chr(0x4E00 + i): 1 for i in range(400)}

    assert required_characters(counts, None) == 396  # 10,395 of 10,400: 0.9995, rounded up
    assert required_characters(counts, 1.0) == 401


def test_characters_beyond_the_coverage_are_spelled_in_bytes() -> None:
    lines = ["a" * 99 + "b"] * 50  # a hundredth of the characters is b

    pieces = [
        {tokenizer.piece(token) for token in tokenizer.encode(["b"])[0]}
        for tokenizer in (
            train_tokenizer(lines, "unigram", 263, 50, 50, pieces=PieceOptions(coverage)).tokenizer
            for coverage in (1.0, 0.98)
        )
    ]

    assert "<0x62>" not in pieces[0]
    assert "<0x62>" in pieces[1]
