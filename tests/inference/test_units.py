"""Units: nothing of a line is lost, and what is protected comes out as it went in."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq.inference.engines.ensemble import Ensemble
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.inference.translator import Translator
from seq2seq.inference.units import Splitting, UnitPlanner
from seq2seq.search.greedy import Greedy
from seq2seq.text.glossary import Glossary, Term
from seq2seq.text.kept_words import with_kept_words
from seq2seq.text.normalization import normalize
from seq2seq.text.scripts import FOREIGN
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.number_format import NumberFormat
from seq2seq.text.spans.rules import SpanRules
from seq2seq.text.special_tokens import SYMBOLS
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.transforms import TextTransforms
from seq2seq.text.truecase import Truecaser
from tests.inference.networks import LIMITS, SEARCHES, random_network, toy_tokenizer

RULES = SpanRules()
MARKUP = ["<b>", "</b>", "<br/>", "{name}", "%s", "%1$d", "https://a.b/c?d=1", "`x y`", "**", "😀",
          "3.5", "[", "](http://x.y)", "a@b.cd", "sensor.temp_1", "0x80F0"]  # fmt: skip
WORDS = ["the dog", "sees", "a book.", "The cat likes bread!", "犬", "no", "water?", " ", "\u00a0"]
LINE = st.lists(st.sampled_from([*MARKUP, *WORDS]), max_size=14).map(" ".join)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return toy_tokenizer()


def planner(tokenizer: Tokenizer, split: str = "auto", max_length: int = 40) -> UnitPlanner:
    return UnitPlanner(
        tokenizer, TextTransforms(), RULES, ("en", "de"), Splitting(split, 12, max_length)
    )


@pytest.fixture(scope="module", params=["none", "additive", "int8", "ensemble"])
def translator(request: pytest.FixtureRequest, tokenizer: Tokenizer) -> Translator:
    attention = "additive" if request.param == "additive" else "none"
    networks = [random_network(tokenizer, attention, seed) for seed in (5, 6)]
    model: Any = networks[0]
    if request.param == "int8":
        model = IncrementalModel(networks[0], "int8")
    elif request.param == "ensemble":
        model = Ensemble([IncrementalModel(each, "fp32") for each in networks])
    return Translator(model, tokenizer, tokenizer, Greedy(), LIMITS, 4, planner(tokenizer))


def spans(line: str) -> Counter[str]:
    return Counter(span.text for span in find_spans(line, RULES))


@pytest.mark.parametrize("name", SEARCHES)
@settings(max_examples=15)
@given(lines=st.lists(LINE, min_size=1, max_size=4))
def test_spans_of_a_line_are_in_each_of_its_translations(
    translator: Translator, name: str, lines: list[str]
) -> None:
    translator.decoder.search = SEARCHES[name]()

    for line, hypotheses in zip(lines, translator.hypotheses(lines), strict=True):
        for hypothesis in hypotheses:
            rest = hypothesis.text
            for text, count in spans(line).items():
                assert hypothesis.text.count(text) >= count, (line, hypothesis.text, text)
            for text in sorted(spans(line), key=len, reverse=True):
                rest = rest.replace(text, " ")
            assert not any(character in rest for character in SYMBOLS)


@settings(max_examples=60)
@given(
    line=st.one_of(LINE, st.text(max_size=60)),
    split=st.sampled_from(["auto", "off", "always"]),
    max_length=st.integers(3, 40),
)
def test_the_units_of_a_line_are_the_line(
    tokenizer: Tokenizer, line: str, split: str, max_length: int
) -> None:
    made = planner(tokenizer, split, max_length).plan([line])[0]

    if not normalize(line):
        assert made.units == []
    if made.units and made.icu is None:
        assert made.join([unit.source for unit in made.units]) == line
        restored = [unit.protected.restore(unit.protected.text) for unit in made.units]
        expected = [normalize(unit.source) for unit in made.units]
        assert [normalize(text) for text in restored] == expected


def test_tags_of_a_translation_are_well_nested(translator: Translator) -> None:
    line = "<b>the dog <i>sees</i></b> a <u>book</u>"

    for name in SEARCHES:
        translator.decoder.search = SEARCHES[name]()
        for hypothesis in next(translator.hypotheses([line])):
            tags = [span.text for span in find_spans(hypothesis.text, RULES) if span.kind == "tag"]
            assert sorted(tags) == sorted(["<b>", "<i>", "</i>", "</b>", "<u>", "</u>"])
            opened: list[str] = []
            for tag in tags:
                if tag.startswith("</"):
                    assert opened.pop() == tag.replace("/", "")
                else:
                    opened.append(tag)


@pytest.mark.parametrize(
    ("line", "units"),
    [
        ("The dog sees. The cat likes it.", [("The dog sees.", " "), ("The cat likes it.", "")]),
        ("See example.com. It works.\u00a0", [("See example.com.", " "), ("It works.", "\u00a0")]),
        ("Dr. Smith sees {a. B} here.", [("Dr. Smith sees {a. B} here.", "")]),
    ],
)
def test_sentences_of_a_line(tokenizer: Tokenizer, line: str, units: list[tuple[str, str]]) -> None:
    made = planner(tokenizer, "always").plan([line])[0]

    assert [(unit.source, unit.blank_after) for unit in made.units] == units


def test_auto_splits_only_lines_that_are_longer_than_those_of_training(
    tokenizer: Tokenizer,
) -> None:
    short, long = "No. No.", "The dog sees the house today. The girl likes the bread again."
    assert len(tokenizer.encode([short])[0]) <= 12 < len(tokenizer.encode([long])[0])

    made = planner(tokenizer).plan([short, long])

    assert [len(line.units) for line in made] == [1, 2]
    assert [len(line.units) for line in planner(tokenizer, "off", 99).plan([short, long])] == [1, 1]


def test_a_unit_without_letters_is_copied(translator: Translator) -> None:
    lines = ["😀 https://a.b/c", "{name}: 3.5", "3.5 < {x}"]

    assert translator.translate(lines) == lines


def test_icu_messages_keep_their_syntax_and_get_the_plurals_of_the_target(
    tokenizer: Tokenizer,
) -> None:
    line = "  {count, plural, one {# dog} other {# dogs}} "
    polish = UnitPlanner(
        tokenizer, TextTransforms(), RULES, ("en", "pl"), Splitting("auto", 12, 40)
    ).plan([line])[0]

    assert [unit.source for unit in polish.units] == ["{#count} dog", "{#count} dogs"]
    assert polish.join(["{#count} pies", "{#count} psy"]) == (
        "  {count, plural, one {# pies} few {# psy} many {# psy} other {# psy}} "
    )


def test_a_no_break_space_stays_behind_its_word(tokenizer: Tokenizer) -> None:
    made = planner(tokenizer).plan(["about 10\u00a0km or 5 km"])[0]

    assert made.join(["etwa 10 km oder 5 km"]) == "etwa 10\u00a0km oder 5 km"


def test_terms_of_a_glossary_are_in_the_translation(tokenizer: Tokenizer) -> None:
    glossary = Glossary([Term("dog", ("Waldi", "Hund")), Term("the house", ("Haus",))])
    made = planner(tokenizer)
    made.glossary = glossary
    translator = Translator(
        random_network(tokenizer, "none", 5), tokenizer, tokenizer, Greedy(), LIMITS, 4, made
    )

    for name in SEARCHES:
        translator.decoder.search = SEARCHES[name]()
        both, one = translator.translate(["The Dog {a} sees the house.", "a dog"])
        assert "Waldi" in both
        assert "Haus" in both
        assert both.count("{a}") == 1
        assert "Waldi" in one
    assert translator.term_counts["dog", "enforced"] == 2 * len(SEARCHES)
    assert translator.term_counts["dog", "met"] == 0


@pytest.mark.parametrize("name", SEARCHES)
def test_words_that_are_not_translated_are_in_the_translation(
    translator: Translator, name: str
) -> None:
    words = [("", word) for word in ("dog", "Home Assistant", "the cat", "犬")]
    lines = ["The DOG {a} sees a dog.", "Home Assistant", "<b>the cat</b> 新犬 https://the.dog/x"]
    translator.decoder.search = SEARCHES[name]()
    translator.planner.glossary = with_kept_words(Glossary([Term("a", ("Ein",))]), words)
    translator.term_counts.clear()
    try:
        first, second, third = translator.translate(lines)
    finally:
        translator.planner.glossary = None

    assert all(text in first for text in ("DOG", "dog", "Ein"))  # the last one is translated
    assert first.count("{a}") == 1
    assert second == "Home Assistant"
    assert "the cat" in third
    assert "犬" in third
    assert third.count("https://the.dog/x") == 1  # of a span no part is a term
    assert sum(translator.term_counts.values()) == 6
    assert not [outcome for _, outcome in translator.term_counts if outcome == "missing"]


def test_a_unit_that_is_a_term_alone_becomes_its_translation(tokenizer: Tokenizer) -> None:
    made = planner(tokenizer)
    made.glossary = Glossary([Term("dog", ("Waldi",))])
    translator = Translator(
        random_network(tokenizer, "none", 5), tokenizer, tokenizer, Greedy(), LIMITS, 4, made
    )

    assert translator.translate(["dog", "{x}"]) == ["Waldi", "{x}"]


@pytest.mark.parametrize("name", SEARCHES)
def test_numbers_are_in_the_translation_as_the_target_writes_them(
    translator: Translator, name: str
) -> None:
    translator.decoder.search = SEARCHES[name]()
    german = NumberFormat((".", ","), (",", "."))
    translator.planner.rules = SpanRules(localized=german.localized)
    lines = ["The dog costs 1,234.5 or 3.5 {x}.", "3.5", "THE DOG 0.5", "<b>192.168.1.10</b> v1.2"]
    try:
        first, *others = translator.translate(lines)
    finally:
        translator.planner.rules = RULES

    for text in ("1.234,5", "3,5", "{x}"):
        assert text in first
    assert others[0] == "3,5"  # a line without letters is copied but for that
    assert "0,5" in others[1]
    assert others[2].count("192.168.1.10") == others[2].count("v1.2") == 1


def test_a_line_in_capitals_is_recased_and_answered_in_capitals(tokenizer: Tokenizer) -> None:
    truecaser = Truecaser({"dog": "dog", "the": "the", "anna": "Anna", "sees": "sees"})
    made = UnitPlanner(
        tokenizer, TextTransforms(), RULES, ("en", "de"), Splitting("auto", 12, 40), None, truecaser
    )

    lines = ["THE DOG SEES ANNA {name}", "the dog sees anna", "The Dog Sees Anna", "The dog"]
    units = [line.units[0] for line in made.plan(lines)]

    texts = [unit.protected.text for unit in units]
    assert texts == [f"The dog sees Anna {SYMBOLS[0]}", *["The dog sees Anna"] * 2, "The dog"]
    restored = [unit.protected.restore(f"Hund {SYMBOLS[0]}") for unit in units[:2]]
    assert restored == ["HUND {name}", f"Hund {SYMBOLS[0]}"]


@pytest.mark.parametrize(
    ("line", "before", "text", "after"),
    [
        ("\U0001f600 The dog. \U0001f1e9\U0001f1ea\U0001f600 ", "\U0001f600 ", "The dog.",
         " \U0001f1e9\U0001f1ea\U0001f600 "),
        ("The \U0001f600 dog", "", "The \U0001f600 dog", ""),
        ("\U0001f600", "", "\U0001f600", ""),
        ("{x} the dog\U0001f600", "", "{x} the dog", "\U0001f600"),
    ],
)  # fmt: skip
def test_emoji_at_the_ends_of_a_line_are_outside_its_text(
    tokenizer: Tokenizer, line: str, before: str, text: str, after: str
) -> None:
    made = planner(tokenizer, max_length=99).plan([line])[0]

    assert made.blank_before == before
    assert [(unit.source, unit.blank_after) for unit in made.units] == [(text, after)]


def test_other_scripts_are_split_protected_and_get_their_plurals(tokenizer: Tokenizer) -> None:
    splitting = Splitting("always", 12, 99)
    japanese = UnitPlanner(tokenizer, TextTransforms(), RULES, ("ja", "en"), splitting)
    arabic = UnitPlanner(tokenizer, TextTransforms(), RULES, ("en", "ar"), splitting)

    [line] = japanese.plan(["犬がいます。{name}さんは猫が好きですか\uff1fはい。"])
    [message] = arabic.plan(["{n, plural, one {# dog} other {# dogs}}"])

    assert [unit.source for unit in line.units] == [
        "犬がいます。",
        "{name}さんは猫が好きですか\uff1f",
        "はい。",
    ]
    spans = [[span.text for span in unit.spans if span.kind != FOREIGN] for unit in line.units]
    assert spans == [[], ["{name}"], []]
    translated = message.join(["كلب", "{#n} كلاب"])
    assert translated.startswith("{n, plural, zero {")
    for category in ("zero", "one", "two", "few", "many", "other"):  # those of CLDR
        assert f"{category} {{" in translated


def test_a_translation_has_no_sign_of_markup_that_its_source_has_not(
    translator: Translator,
) -> None:
    lines = ["the dog sees a book", "the {name} dog < no"]

    for name in SEARCHES:
        translator.decoder.search = SEARCHES[name]()
        [plain], [signs] = (each[:1] for each in translator.hypotheses(lines))
        assert not set(plain.text) & set("{}<>|`*_@\\$")
        assert not set(signs.text.replace("{name}", "")) & set("{}>|`*_@\\$")
