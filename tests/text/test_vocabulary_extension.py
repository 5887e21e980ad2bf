"""Vocabularies with more pieces: old ids stay, and new pieces are used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.errors import ConfigError
from seq2seq.text.normalization import normalize
from seq2seq.text.tokenizer import ByteTokenizer, Tokenizer
from seq2seq.text.tokenizer_training import train_tokenizer
from seq2seq.text.vocabulary_extension import ExtendedVocabulary, extend_vocabulary, old_tokens
from tests.toy_corpus import sentences

OLD = [source for source, _ in sentences()]
NEW = [line.replace("dog", "zebra").replace("book", "quiz Ж") for line in OLD]
KINDS = ("unigram", "bpe", "char")


def trained(lines: list[str], kind: str, size: int | None) -> Tokenizer:
    return train_tokenizer(lines, kind, size, len(lines), len(lines)).tokenizer


OLDS = {kind: trained(OLD, kind, 340) for kind in KINDS}
EXTENDED = {kind: extend_vocabulary(OLDS[kind], trained(NEW, kind, 340)) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_old_pieces_keep_their_ids_and_new_ones_follow(kind: str) -> None:
    old, (new, added) = OLDS[kind], EXTENDED[kind]

    assert [new.piece(i) for i in range(old.vocab_size)] == [
        old.piece(i) for i in range(old.vocab_size)
    ]
    assert [new.piece(i) for i in range(old.vocab_size, new.vocab_size)] == added
    assert len(set(added)) == len(added) > 0
    assert "Ж" in added
    used = {token for ids in new.encode(NEW) for token in ids}
    assert any(token >= old.vocab_size for token in used)
    assert sum(map(len, new.encode(NEW))) < sum(map(len, old.encode(NEW)))
    assert new.decode(new.encode(NEW)) == NEW
    same = [o == n for o, n in zip(old.encode(OLD), new.encode(OLD), strict=True)]
    assert sum(same) > len(OLD) / 2  # words that have no new pieces are cut as before


def spelling(piece: str) -> bytes:
    """The bytes of a piece; a byte is written as <0x41>."""
    return bytes([int(piece[3:5], 16)]) if piece.startswith("<0x") else piece.encode()


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_piece_is_made_of_old_tokens_that_spell_it(kind: str) -> None:
    old, (_, added) = OLDS[kind], EXTENDED[kind]

    for piece in added:
        tokens = old_tokens(old, piece)
        assert tokens
        assert b"".join(spelling(old.piece(token)) for token in tokens) == piece.encode()
    if kind != "bpe":  # Ж is two bytes in UTF-8, and is in no old text
        assert [old.piece(token) for token in old_tokens(old, "Ж")] == ["<0xD0>", "<0x96>"]


@given(st.text(max_size=30))
def test_text_survives_an_extended_vocabulary(text: str) -> None:
    line = normalize(text)

    for extended in EXTENDED.values():
        assert extended.tokenizer.decode(extended.tokenizer.encode([line])) == [
            OLDS["unigram"].decode(OLDS["unigram"].encode([line]))[0]
        ]


def test_bytes_have_all_pieces() -> None:
    with pytest.raises(ConfigError, match="must be keep"):
        extend_vocabulary(ByteTokenizer(), OLDS["unigram"])


def test_the_first_ten_new_pieces_are_told() -> None:
    notice = ExtendedVocabulary(OLDS["unigram"], [f"\u2581{n}" for n in range(1200)]).notice()

    assert notice == (
        "pieces of the new text that are added: 1,200 (_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, …)"
    )
    assert "none is added" in ExtendedVocabulary(OLDS["unigram"], []).notice()
