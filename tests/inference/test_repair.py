"""Repair: a network without symbols keeps spans, too."""

import logging
from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq.inference.repair import count_errors, insert_spans
from seq2seq.inference.span_placement import find_parts, relative_weights, remove_spans
from seq2seq.inference.translator import Translator
from seq2seq.inference.units import Splitting, UnitPlanner
from seq2seq.search.greedy import Greedy
from seq2seq.text.glossary import count_word
from seq2seq.text.kept_words import with_kept_words
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.number_format import NumberFormat
from seq2seq.text.spans.pairing import pair_tags
from seq2seq.text.spans.rules import SpanRules
from seq2seq.text.tokenizer import ByteTokenizer, Tokenizer
from seq2seq.text.transforms import TextTransforms
from tests.inference.networks import LIMITS, SEARCHES, random_network, toy_tokenizer

RULES = SpanRules()
MARKUP = ["<b>", "</b>", "<br/>", "{name}", "%s", "%1$d", "https://a.b/c?d=1", "`x y`", "**", "😀",
          "3.5", "[", "](http://x.y)", "a@b.cd", "sensor.temp_1", "0x80F0", "<", "`",
          "{"]  # fmt: skip
WORDS = ["the dog", "sees", "a book.", "The cat likes bread!", "犬", "no", "water?", " ", "\u00a0"]
PARTS = st.lists(st.sampled_from([*MARKUP, *WORDS]), max_size=14)
LINE = st.one_of(PARTS.map(" ".join), PARTS.map("".join))


@pytest.fixture(scope="module", params=["pieces", "bytes"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    if request.param == "bytes":
        return ByteTokenizer()
    return toy_tokenizer(has_symbols=False)


@pytest.fixture(scope="module", params=["none", "additive"])
def translator(request: pytest.FixtureRequest, tokenizer: Tokenizer) -> Translator:
    """Return a translator with a network that was never trained: its hypotheses are random."""
    model = random_network(tokenizer, request.param, 5)
    splitting = Splitting("auto", 60, 200)
    planner = UnitPlanner(tokenizer, TextTransforms(), RULES, ("en", "de"), splitting)
    return Translator(model, tokenizer, tokenizer, Greedy(), LIMITS, 4, planner)


@pytest.mark.parametrize("name", SEARCHES)
@settings(max_examples=15)
@given(lines=st.lists(LINE, min_size=1, max_size=4))
def test_spans_of_each_unit_are_in_its_best_translation_as_often(
    translator: Translator, name: str, lines: list[str]
) -> None:
    translator.decoder.search = SEARCHES[name]()

    best = [hypotheses[0] for hypotheses in translator.hypotheses(lines)]

    assert len(best) == len(lines)
    for line, translation in zip(lines, best, strict=True):
        planned = translator.planner.plan([line])[0]
        counts = Counter(span.text for unit in planned.units for span in unit.spans)
        for text, count in counts.items():
            assert translation.text.count(text) >= count, (line, translation.text)
        if len(planned.units) == 1 and planned.icu is None:
            assert count_errors(find_spans(line, RULES), translation.text, RULES) == 0


def test_words_that_are_not_translated_are_inserted(translator: Translator) -> None:
    translator.decoder.search = Greedy()
    words = [("", word) for word in ("dog", "<b>a book</b>", "犬")]
    translator.planner.glossary = with_kept_words(None, words)
    translator.term_counts.clear()
    try:
        [best, other] = translator.translate(["the dog {name} sees <b>a book</b>.", "新犬 DOG"])
    finally:
        translator.planner.glossary = None

    assert count_word(best, "dog") == 1
    assert best.count("{name}") == best.count("<b>a book</b>") == 1
    assert "犬" in other
    assert "DOG" in other
    assert sum(translator.term_counts.values()) == 4
    assert not [outcome for _, outcome in translator.term_counts if outcome == "missing"]


def test_numbers_are_inserted_as_the_target_writes_them(translator: Translator) -> None:
    translator.decoder.search = Greedy()
    french = NumberFormat((".", ","), (",", "\u202f"))
    translator.planner.rules = SpanRules(localized=french.localized)
    try:
        best, copied = translator.translate(["the dog sees 1,234.5 books {x}", "3.5"])
    finally:
        translator.planner.rules = RULES

    assert "1\u202f234,5" in best
    assert best.count("{x}") == 1
    assert copied == "3,5"


def test_spans_that_were_missing_are_counted(translator: Translator) -> None:
    translator.decoder.search = Greedy()
    lines = ["the dog {name} sees <b>a book</b>.", "the dog sees a book.", "{name}", ""]

    best = [hypotheses[0] for hypotheses in translator.hypotheses(lines)]

    assert [translation.repaired for translation in best] == [3, 0, 0, 0]
    assert best[2].text == "{name}"


def test_pairs_of_a_repaired_translation_are_well_nested(translator: Translator) -> None:
    translator.decoder.search = Greedy()

    text = translator.translate(["<b>the dog <i>sees</i></b> a <u>book</u> <i>today</i>"])[0]

    spans = [span for span in find_spans(text, RULES) if span.kind == "tag"]
    assert len(spans) == 8
    assert len(pair_tags(spans)) == 4


def test_without_attention_it_says_once_that_positions_place_spans(
    translator: Translator, caplog: pytest.LogCaptureFixture
) -> None:
    translator.decoder.search, translator.repair._has_warned = Greedy(), False

    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            translator.translate(["the dog {name} sees"])

    expected = 0 if translator.repair.weights.has_attention else 1
    assert sum("relative position" in record.message for record in caplog.records) == expected


@pytest.mark.parametrize(
    ("source", "stripped"),
    [
        ("Click <b>here</b> now.", "Click here now."),
        ("Hi {name}, welcome", "Hi, welcome"),
        ("{a} of {b}", "of"),
        ("one<br/>two", "one two"),
        ("in {a} {b} out", "in out"),
        ("see https://a.b/c.", "see."),
    ],
)
def test_text_without_spans(source: str, stripped: str) -> None:
    assert remove_spans(source, find_spans(source, RULES)).text == stripped


@pytest.mark.parametrize(
    ("source", "text", "translation"),
    [
        ("Click <b>here</b> now", "Jetzt hier klicken", "Jetzt <b>hier</b> klicken"),
        ("Hi {name}, welcome", "Hallo, willkommen", "Hallo {name}, willkommen"),
        ("{a} is new", "ist neu", "{a} ist neu"),
        ("the <i>new <b>red</b></i> file", "die neue rote Datei",
         "die <i>neue <b>rote</b></i> Datei"),
        ("not saved: %s", "nicht gespeichert:", "nicht gespeichert: %s"),
        ("one<br/>two", "eins zwei", "eins<br/> zwei"),
        ("<b>{a}</b> is new", "ist neu", "<b>{a}</b> ist neu"),
        ("the {a} file", "die {a} Datei", "die {a} Datei"),  # the network made it up
        ("the {a} file", "", "{a}"),
    ],
)  # fmt: skip
def test_spans_are_inserted_by_the_diagonal(source: str, text: str, translation: str) -> None:
    spans = find_spans(source, RULES)
    parts = find_parts(remove_spans(source, spans).text)
    weights = relative_weights(parts, find_parts(text))

    assert insert_spans(source, spans, text, weights, RULES) == translation


def test_a_pair_encloses_what_attention_aligns_with_its_content() -> None:
    source, text = "Press <b>the red</b> button", "Knopf drücken den roten"
    spans = find_spans(source, RULES)
    # Press, the, red, button; a row for each target word.
    weights = torch.tensor([[0, 0, 0, 1.0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])

    assert insert_spans(source, spans, text, weights, RULES) == "Knopf drücken <b>den roten</b>"


def test_a_pair_encloses_all_words_that_are_aligned_with_its_content() -> None:
    source, text = "press <b>go</b>", "drücken auf los"
    weights = torch.tensor([[1.0, 0], [0.4, 0.6], [0.1, 0.9]])

    found = insert_spans(source, find_spans(source, RULES), text, weights, RULES)

    assert found == "drücken <b>auf los</b>"


def test_pairs_whose_contents_are_mixed_do_not_cross() -> None:
    source, text = "<b>one</b> <i>two</i>", "p q r s"
    weights = torch.tensor([[1.0, 0], [0, 1], [1, 0], [0, 1]])  # p and r are one, q and s are two

    found = insert_spans(source, find_spans(source, RULES), text, weights, RULES)

    assert found == "<b>p</b> q r <i>s</i>"  # q, r and s would be as many parts of two as of one
