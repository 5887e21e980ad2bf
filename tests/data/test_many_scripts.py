"""Small corpora in scripts with many characters: each gets a vocabulary that holds its characters.

The sentences are composed from word lists of ours; names made of consecutive characters of a
script stand for the many rare characters of real text.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from seq2seq.config.protect import ProtectOptions
from seq2seq.config.training import CleaningOptions, HeldOutOptions, TokenizerOptions
from seq2seq.data.corpus import Pair, ParallelCorpus
from seq2seq.data.prepare_parallel import PreparedCorpus, prepare_parallel
from seq2seq.text.tokenizer_training import PieceOptions, train_tokenizer
from seq2seq.training.sizing import CorpusFacts, choose_vocab_size

# By language: a sentence with room for a name and a thing, things, and the first of the characters
# that names are made of, with how many there are.
SCRIPTS = {
    "zh": ("{}每天都买{}。", ["苹果", "面包", "书", "茶", "鱼"], 0x4E00, 1500),
    "ja": ("{}さんは{}を毎日買います。", ["リンゴ", "パン", "本", "お茶", "さかな"], 0x5200, 1500),
    "ko": ("{} 씨는 매일 {}을 삽니다.", ["빵", "책", "생선", "수박", "꽃"], 0xAC00, 1500),
    "hi": ("{} हर दिन {} खरीदता है।", ["सेब", "रोटी", "किताब", "चाय", "मछली"], 0x0905, 45),
    "th": ("{}ซื้อ{}ทุกวัน", ["แอปเปิล", "ขนมปัง", "หนังสือ", "ชา", "ปลา"], 0x0E01, 44),
    "ar": ("يشتري {} {} كل يوم.", ["تفاحة", "خبزا", "كتابا", "شايا", "سمكة"], 0x0627, 20),
    "ka": ("{} ყოველდღე ყიდულობს {}.", ["ვაშლს", "პურს", "წიგნს", "ჩაის", "თევზს"], 0x10D0, 33),
}
THINGS = ["an apple", "bread", "a book", "tea", "a fish"]
PAIRS = 500


def pairs(language: str) -> Iterator[Pair]:
    """Yield 500 pairs, English first."""
    form, things, first, count = SCRIPTS[language]
    for name, thing in product(range(PAIRS // 5), range(5)):
        start = 3 * name  # the last letter tells the rounds through a small alphabet apart
        letters = [chr(first + n % count) for n in (start, start + 1, start + 2 + start // count)]
        english = f"{chr(65 + name % 26)}{chr(97 + name // 26)}l buys {THINGS[thing]} every day."
        yield Pair(english, form.format("".join(letters), things[thing]))


def prepare(language: str, options: TokenizerOptions, folder: Path) -> PreparedCorpus:
    corpus = ParallelCorpus({"train": list(pairs(language))}, "en", language, "", {"": language})
    clean, heldout, protect = CleaningOptions(), HeldOutOptions(), ProtectOptions()
    return prepare_parallel(corpus, clean, heldout, options, folder, protect)


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
@pytest.mark.parametrize("language", SCRIPTS)
def test_five_hundred_pairs_of_any_script_get_a_vocabulary(
    language: str, kind: str, cache: Path
) -> None:
    prepared = prepare(language, TokenizerOptions(kind=kind), cache)

    tokenizer, targets = prepared.target_tokenizer, list(prepared.train["target"])
    ids = tokenizer.encode(targets)
    assert len(targets) > 0.7 * PAIRS
    assert tokenizer.decode(ids) == targets
    spelled = sum(tokenizer.piece(token).startswith("<0x") for line in ids for token in line)
    assert spelled / sum(map(len, ids)) < 0.02  # the characters have pieces of their own
    assert sum(map(len, ids)) < 1.1 * sum(map(len, targets))


@pytest.mark.parametrize("language", ["zh", "ko", "hi"])
def test_a_size_that_is_too_small_for_the_characters_is_raised_and_a_notice_has_both(
    language: str, cache: Path
) -> None:
    prepared = prepare(language, TokenizerOptions(vocab_size=300), cache)

    [notice] = [each for each in prepared.notices if "of tokenizer.vocab_size" in each]
    size = prepared.target_tokenizer.vocab_size
    assert notice == (
        f"the vocabulary has {size:,} pieces (words and parts of words), more than the 300 of "
        "tokenizer.vocab_size: each character of the text needs one"
    )


def test_the_size_that_the_rules_choose_has_room_for_every_character() -> None:
    targets = [pair.target for pair in pairs("zh")]
    characters = len({character for target in targets for character in target})
    size = choose_vocab_size(CorpusFacts(PAIRS, characters), 300).value

    made = train_tokenizer(
        targets, "unigram", size, PAIRS, PAIRS, pieces=PieceOptions(coverage=1.0)
    )

    assert characters > 300  # of which SentencePiece would spell some in bytes
    assert not any("need" in notice for notice in made.notices)


def test_a_vocabulary_of_characters_has_all_of_them(cache: Path) -> None:
    options = TokenizerOptions(kind="char", character_coverage=1.0)
    prepared = prepare("zh", options, cache)

    tokenizer, line = prepared.target_tokenizer, prepared.train["target"][0]
    pieces = [tokenizer.piece(token) for token in tokenizer.encode([line])[0]]
    assert "".join(pieces).removeprefix("\u2581") == line
    assert len(pieces) - 1 == len(line)
