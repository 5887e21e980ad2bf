# ruff: noqa: RUF001
"""Lines with a Japanese and an Arabic side: blanks, sentences, spans, terms and messages."""

from collections.abc import Sequence

import pytest
import torch

from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.joining import join_units
from seq2seq.inference.repair import count_errors, insert_spans
from seq2seq.inference.span_placement import find_parts, remove_spans
from seq2seq.inference.translator import Translator
from seq2seq.inference.units import Splitting, UnitPlanner
from seq2seq.text.glossary import Glossary, Term
from seq2seq.text.kept_words import with_kept_words
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.rules import SpanRules
from seq2seq.text.special_tokens import SYMBOLS
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.tokenizer_training import train_tokenizer
from seq2seq.text.transforms import TextTransforms
from tests.inference.networks import LIMITS, SEARCHES, random_network

RULES = SpanRules()
LINES = [
    "犬は家を見ます。", "猫は水を飲みますか？", "今日は本を読みます！", "設定を開いてください。",
    "الكلب يرى البيت.", "هل تشرب القطة الماء؟", "اليوم أقرأ كتابا!", "افتح الإعدادات.",
    "The dog sees the house.", "Does the cat drink water?", "Today I read a book!",
]  # fmt: skip
MARKED = {
    "ja": "<b>犬</b>は{name}を見ます。猫は %s を3.5回飲みますか？😀 終わり。",
    "ar": "<b>الكلب</b> يرى {name}. هل تشرب القطة %s ثم 3.5؟ 😀 انتهى.",
}
EXPECTED = ["<b>", "</b>", "{name}", "%s", "3.5", "😀"]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    count = len(LINES)
    return train_tokenizer(LINES, "unigram", 420, count, count, symbols=SYMBOLS).tokenizer


def planner(tokenizer: Tokenizer, languages: tuple[str, str], mode: str = "always") -> UnitPlanner:
    splitting = Splitting(mode, 12, 60)
    return UnitPlanner(tokenizer, TextTransforms(), RULES, languages, splitting)


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("languages", [("ja", "ar"), ("ar", "ja"), ("en", "ja"), ("ja", "en")])
def test_spans_are_kept(tokenizer: Tokenizer, languages: tuple[str, str], name: str) -> None:
    made = planner(tokenizer, languages)
    made.glossary = with_kept_words(Glossary([Term("猫", ("القطة",))]), [("", "家"), ("", "البيت")])
    model = random_network(tokenizer, "additive", 3)
    translator = Translator(model, tokenizer, tokenizer, SEARCHES[name](), LIMITS, 8, made)

    marked, japanese, arabic = translator.translate(
        [MARKED.get(languages[0], MARKED["ja"]), "犬は家と猫を見ます。", "الكلب يرى البيت."]
    )

    for text in EXPECTED:
        assert marked.count(text) == 1, (marked, text)
    assert marked.index("<b>") < marked.index("</b>")
    assert "家" in japanese  # a term within unspaced text, as it is in the source
    assert "القطة" in japanese
    assert "البيت" in arabic
    assert not [outcome for _, outcome in translator.term_counts if outcome == "missing"]


def joined(
    tokenizer: Tokenizer, languages: tuple[str, str], line: str, translations: Sequence[str]
) -> str:
    planned = planner(tokenizer, languages).plan([line])
    assert len(planned[0].units) == len(translations), [u.source for u in planned[0].units]
    made = [[ScoredTranslation(text, 0, 0, [], [])] for text in translations]
    return join_units(planned, made)[0][0].text


@pytest.mark.parametrize(
    ("languages", "line", "translations", "expected"),
    [
        # A blank is put in between sentences that had none, and left out where none belongs.
        (("ja", "en"), "犬です。猫ですか？水！", ["A dog.", "A cat?", "Water!"],
         "A dog. A cat? Water!"),
        (("ja", "ar"), "犬です。猫ですか？", ["كلب.", "قطة؟"], "كلب. قطة؟"),
        (("en", "ja"), "A dog. A cat? Water!", ["犬です。", "猫ですか？", "水！"],
         "犬です。猫ですか？水！"),
        (("ar", "ja"), "هذا كلب. هل هذه قطة؟ هذا ماء.", ["犬です。", "猫ですか？", "水です。"],
         "犬です。猫ですか？水です。"),
        (("en", "zh-Hans"), "A dog. A cat.", ["狗。", "猫。"], "狗。猫。"),
        (("en", "ja"), "A dog. A cat.", ["Home Assistant.", "猫。"], "Home Assistant. 猫。"),
        (("en", "ja"), " A dog.  A cat. ", ["犬。", "猫。"], " 犬。  猫。 "),  # two stay
        (("en", "ar"), "A dog. A cat?", ["كلب.", "قطة؟"], "كلب. قطة؟"),
        (("ar", "en"), "هل هذا كلب؟ هذه قطة.", ["A dog?", "A cat."], "A dog? A cat."),
        (("ja", "zh"), "犬です。猫です。", ["狗。", "猫。"], "狗。猫。"),
        (("en", "ko"), "A dog. A cat.", ["개입니다.", "고양이입니다."], "개입니다. 고양이입니다."),
    ],
)  # fmt: skip
def test_sentences_are_split_and_joined_as_the_languages_do(
    tokenizer: Tokenizer,
    languages: tuple[str, str],
    line: str,
    translations: list[str],
    expected: str,
) -> None:
    assert joined(tokenizer, languages, line, translations) == expected


@pytest.mark.parametrize(
    ("language", "other", "expected"),
    [
        ("ja", "{#n}匹の犬です。", "{n, plural, other {#匹の犬です。}}"),
        ("ar", "{#n} كلاب.", "{n, plural, zero {# كلاب.} one {# كلاب.} two {# كلاب.} "
         "few {# كلاب.} many {# كلاب.} other {# كلاب.}}"),
    ],
)  # fmt: skip
def test_messages_have_the_plurals_of_the_target(
    tokenizer: Tokenizer, language: str, other: str, expected: str
) -> None:
    line = "{n, plural, one {# dog.} other {# dogs.}}"
    [planned] = planner(tokenizer, ("en", language), "auto").plan([line])

    assert planned.join([other] * len(planned.units)) == expected


def placed(source: str, text: str, links: dict[int, int]) -> str:
    """Return a translation with the spans of its source, aligned by indices of parts."""
    spans = find_spans(source, RULES)
    parts, target = find_parts(remove_spans(source, spans).text), find_parts(text)
    weights = torch.zeros(len(target), len(parts))
    for row, column in links.items():
        weights[row, column] = 1.0
    inserted = insert_spans(source, spans, text, weights, RULES)
    assert count_errors(spans, inserted, RULES) == 0
    return inserted


def test_tags_enclose_their_words_without_blanks_in_japanese() -> None:
    # "Open the settings now": 設定 (0, 1) is settings, を (2), 今 (3) is now.
    links = {0: 2, 1: 2, 2: 0, 3: 3, 4: 0, 5: 0}

    assert placed("Open the <b>settings</b> now", "設定を今開く", links) == "<b>設定</b>を今開く"
    assert placed("Open {name} now", "今開く", {0: 1, 2: 0}) == "今開く{name}"


def test_tags_enclose_their_words_in_arabic() -> None:
    # Open (0) the (1) settings (2): افتح (0) الإعدادات (1).
    assert placed("Open the <b>settings</b>", "افتح الإعدادات", {0: 0, 1: 2}) == (
        "افتح <b>الإعدادات</b>"
    )


@pytest.mark.parametrize(
    ("term", "line", "translation", "stem", "is_met"),
    [
        (Term("dog", ("犬",)), "the dog", "新しい犬は", 0, True),  # no word boundaries
        (Term("dog", ("犬",)), "the dog", "猫は", 0, False),
        (Term("設定", ("settings",)), "新設定画面", "New settings", 0, True),
        (Term("dog", ("كلب",)), "a dog", "هذا كلب.", 0, True),
        (Term("dog", ("كلب",)), "the dog", "الكلب", 0, False),  # with the article: another form
        (Term("dog", ("كلب",)), "the dog", "الكلب", 3, True),
        (Term("كلب", ("dog",)), "هذا كلب؟", "a dog", 0, True),
    ],
)  # fmt: skip
def test_terms_of_japanese_and_arabic(
    term: Term, line: str, translation: str, stem: int, is_met: bool
) -> None:
    glossary = Glossary([term], stem)
    matches = glossary.find(line)

    assert len(matches) == 1
    assert (glossary.missing(matches, translation) == []) == is_met
