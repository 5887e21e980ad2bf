"""Pairs of tags: decoded with symbols and without, the better of both is kept."""

from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.span_placement import SpanPlacer, find_parts
from seq2seq.inference.tag_placement import encloses_better, enclosing_spans
from seq2seq.inference.translator import Translator
from seq2seq.inference.unit_decoding import UnitBatch
from seq2seq.inference.units import Splitting, UnitPlanner
from seq2seq.search.greedy import Greedy
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.rules import SpanRules
from seq2seq.text.transforms import TextTransforms
from tests.inference.networks import LIMITS, SEARCHES, random_network, toy_tokenizer

RULES = SpanRules()
PARTS = ["<b>", "</b>", "<i>", "</i>", "**", "[", "](http://x.y)", "{name}", "%s", "<br/>",
         "the dog", "sees", "a book.", "12", "犬"]  # fmt: skip


@pytest.fixture(scope="module", params=["none", "additive"])
def translator(request: pytest.FixtureRequest) -> Translator:
    """Return a translator with symbols, whose network was never trained."""
    tokenizer = toy_tokenizer()
    model = random_network(tokenizer, request.param, 5)
    planner = UnitPlanner(
        tokenizer, TextTransforms(), RULES, ("en", "de"), Splitting("auto", 60, 200)
    )
    return Translator(model, tokenizer, tokenizer, Greedy(), LIMITS, 4, planner)


@pytest.mark.parametrize("name", SEARCHES)
@settings(max_examples=15)
@given(
    lines=st.lists(
        st.lists(st.sampled_from(PARTS), max_size=9).map(" ".join), min_size=1, max_size=3
    )
)
def test_spans_are_kept_whichever_way_a_unit_was_decoded(
    translator: Translator, name: str, lines: list[str]
) -> None:
    translator.decoder.search = SEARCHES[name]()

    units = [unit for line in translator.planner.plan(lines) for unit in line.units]
    if not units:
        return
    batch = UnitBatch.of(units, range(len(units)), scored=False)
    translations, _ = translator.tags.decode(batch)

    for unit, hypotheses in zip(units, translations, strict=True):
        for text, count in Counter(span.text for span in unit.spans).items():
            for each in hypotheses:
                assert each.text.count(text) >= count, (unit.source, each.text)


def test_the_translation_with_the_larger_mean_log_probability_is_kept(
    translator: Translator,
) -> None:
    translator.decoder.search = Greedy()
    lines = [f"the <b>{word}</b> sees {{name}}" for word in ("dog", "cat", "bird", "house", "man")]
    units = [unit for line in translator.planner.plan(lines) for unit in line.units]
    batch = UnitBatch.of(units, range(len(units)), scored=True)
    stripped = [translator.planner.without(unit, enclosing_spans(unit)) for unit in units]
    with_symbols = translator.decoder.decode(batch)
    without = translator.decoder.decode(UnitBatch.of(stripped, range(len(units)), scored=True))

    translations, decoded = translator.tags.decode(batch)

    for row, unit in enumerate(units):
        means = [
            each[row][0].logprob / len(each[row][0].logprobs) for each in (with_symbols, without)
        ]
        repeats = [each[row][0].is_repetitive for each in (with_symbols, without)]
        is_stripped = (not repeats[1], means[1]) > (not repeats[0], means[0])
        if not translator.tags.weights.has_attention:
            is_stripped = False
        assert (
            translations[row][0].logprob
            == (without if is_stripped else with_symbols)[row][0].logprob
        )
        assert (decoded[row] == unit) != is_stripped


@pytest.mark.parametrize(
    ("source", "spans"),
    [
        ("press <b>the red</b> button", ["<b>", "</b>"]),
        ("press <b>{x}</b> now", []),  # no letters inside of it
        ("<i>a <b>red</b></i> {name} **x**", ["<i>", "<b>", "</b>", "</i>", "**", "**"]),
        ("a <br/> b </b> c", []),
        ("see [the page](http://x.y)", ["[", "](http://x.y)"]),
    ],
)
def test_pairs_that_enclose_letters(translator: Translator, source: str, spans: list[str]) -> None:
    [unit] = translator.planner.plan([source])[0].units

    assert [span.text for span in enclosing_spans(unit)] == spans


@pytest.mark.parametrize(
    ("source", "text", "rows", "placed"),
    [
        # Words of the source that are in the translation once are what a pair encloses, whatever
        # the attention says; a compound with a hyphen has parts of its own.
        ("<b>Turbo</b> mode", "Turbo-Modus", [[0, 1], [1, 0], [1, 0]], "<b>Turbo</b>-Modus"),
        # Else the parts with most of their weight inside; one that strays does not stretch them.
        ("<b>red</b> car now", "ein rotes Auto rot jetzt",
         [[0.4, 0.5, 0.1], [0.9, 0.1, 0], [0, 1, 0], [0.6, 0.4, 0], [0, 0, 1]],
         "ein <b>rotes</b> Auto rot jetzt"),
        ("a <b>new file</b>", "eine neue große Datei",
         [[1, 0, 0], [0, 0.9, 0.1], [0.5, 0.3, 0.2], [0, 0.1, 0.9]],
         "eine <b>neue große Datei</b>"),
        # A name may begin a compound word, and the second of two is the second in the translation.
        ("<b>Gas</b> use", "Gasverbrauch", [[0.5, 0.5]], "<b>Gas</b>verbrauch"),
        ("<b>an</b> use", "anders", [[1, 0]], "<b>anders</b>"),  # a word of two letters does not
        ("Eve and <b>Eve</b>", "Eve und Eve", [[0, 0, 1], [0, 1, 0], [1, 0, 0]],
         "Eve und <b>Eve</b>"),
    ],
)  # fmt: skip
def test_a_pair_encloses_the_parts_with_most_weight_inside(
    source: str, text: str, rows: list[list[float]], placed: str
) -> None:
    weights = torch.tensor(rows, dtype=torch.float)
    assert weights.shape[0] == len(find_parts(text))

    assert SpanPlacer(source, find_spans(source, RULES), text, weights).render(text) == placed


def test_the_translation_whose_tags_enclose_the_name_is_kept(translator: Translator) -> None:
    [unit] = translator.planner.plan(["open <b>Xiaomi</b> now"])[0].units
    name = ScoredTranslation("<b>Xiaomi</b> jetzt", -9.0, -9.0, [], [-9.0])
    other = ScoredTranslation("<b>X-Momi</b> jetzt", -1.0, -1.0, [], [-1.0])

    assert encloses_better(unit, name, other)
    assert not encloses_better(unit, other, name)
    assert not encloses_better(unit, name._replace(is_repetitive=True), other)
    both = other._replace(text="jetzt <b>Xiaomi</b>")  # by probability
    assert not encloses_better(unit, name, both)
