"""Words of translations with probabilities, and the confidence of lines."""

import math

import pytest

from seq2seq.evaluation.calibration import Calibration
from seq2seq.evaluation.confidence_fit import ConfidenceFit
from seq2seq.inference.confidence import rate, score_words
from seq2seq.inference.confidence_report import fit_confidence, measure_confidence
from seq2seq.inference.decode import ScoredTranslation, ScoredWord
from seq2seq.inference.translator import Translator
from seq2seq.inference.units import Splitting, UnitPlanner
from seq2seq.search.interface import Search
from seq2seq.text.prefixes import PrefixedLine
from seq2seq.text.spans.rules import SpanRules
from seq2seq.text.tokenizer import ByteTokenizer, Tokenizer
from seq2seq.text.transforms import TextTransforms
from seq2seq.text.words import find_words
from tests.inference.networks import LIMITS, SEARCHES, random_network, toy_tokenizer

IDENTITY = ConfidenceFit(Calibration((1.0, 0.0), 0.0), Calibration((1.0,), 0.0))
LINES = [
    "the dog sees {a b} now.", "", "  <b>a book</b> ", "No. The cat likes \u72ac bread.",
    "{name} \U0001f600", "{n, plural, one {# dog} other {# dogs}}", "\U0001f600 my friend",
]  # fmt: skip


@pytest.fixture(scope="module", params=["symbols", "no symbols"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return toy_tokenizer(request.param == "symbols")


def make_translator(tokenizer: Tokenizer, search: Search) -> Translator:
    splitting = Splitting("always", 12, 40)
    planner = UnitPlanner(tokenizer, TextTransforms(), SpanRules(), ("en", "de"), splitting)
    model = random_network(tokenizer, "additive", 5)
    translator = Translator(model, tokenizer, tokenizer, search, LIMITS, 4, planner)
    translator.fit = IDENTITY
    return translator


def byte_unit(text: str) -> tuple[ScoredTranslation, UnitPlanner]:
    """Return a translation of bytes, each with the log-probability -1, and a planner."""
    tokenizer = ByteTokenizer()
    (ids,) = tokenizer.encode([text])
    tokens = [tokenizer.piece(token) for token in ids]
    planner = UnitPlanner(
        tokenizer, TextTransforms(), None, ("en", "de"), Splitting("off", 12, 999)
    )
    return ScoredTranslation(text, 0, -len(ids), tokens, [-1.0] * len(ids)), planner


def test_the_log_probability_of_a_word_is_that_of_its_tokens_and_the_blank_before_it() -> None:
    translation, planner = byte_unit("ab \u00e9 c")
    (unit,) = planner.plan(["x"])[0].units

    words = score_words(translation, unit, ByteTokenizer())

    # 2 letters; a blank and a letter of 2 bytes; a blank and a letter.
    assert words == [("ab", -2, False, None), ("\u00e9", -3, False, None), ("c", -2, False, None)]


def test_the_words_of_a_prefix_are_certain() -> None:
    translation, planner = byte_unit("ab cd ef")
    (unit,) = planner.plan([PrefixedLine("x", "ab c")])[0].units

    words = score_words(translation, unit, ByteTokenizer())

    assert [word.is_given for word in words] == [True, False, False]


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES.keys())
def test_words_are_those_of_the_text_and_every_probability_is_one(
    tokenizer: Tokenizer, search: type[Search]
) -> None:
    translator = make_translator(tokenizer, search())

    for line, hypotheses in zip(LINES, translator.hypotheses(LINES), strict=True):
        for each in hypotheses:
            texts = [word.text for word in each.words]
            if "plural" not in line:
                assert texts == [each.text[start:end] for start, end in find_words(each.text)]
            assert each.confidence is not None
            assert 0 <= each.confidence <= 1
            assert all(0 <= (word.probability or 0) <= 1 for word in each.words)

    plain = translator.translate(LINES)
    assert [best.text for best in translator.best(LINES)] == plain


def test_copied_and_blank_lines_are_certain(tokenizer: Tokenizer) -> None:
    best = make_translator(tokenizer, SEARCHES["greedy"]()).best(["{name} \U0001f600", "", " "])

    assert [each.confidence for each in best] == [1, 1, 1]
    assert [word.probability for word in best[0].words] == [1, 1]
    assert [list(each.words) for each in best[1:]] == [[], []]


def test_without_a_fit_there_is_no_probability(tokenizer: Tokenizer) -> None:
    translator = make_translator(tokenizer, SEARCHES["greedy"]())
    translator.fit = None
    (best,) = translator.best(["the dog"])

    assert best.confidence is None
    assert best.words
    assert {word.probability for word in best.words} == {None}


def scored(words: list[tuple[str, float]], given: str = "") -> ScoredTranslation:
    """Return a translation of words with these probabilities, each a token, and no EOS."""
    made = [ScoredWord(text, math.log(p), text == given) for text, p in words]
    logprobs = [math.log(p) for _, p in words]
    text = " ".join(text for text, _ in words)
    return ScoredTranslation(text, 0, sum(logprobs), [t for t, _ in words], logprobs, words=made)


def test_the_confidence_of_a_line_by_hand() -> None:
    rated = rate(IDENTITY, scored([("a", 0.5), ("b", 0.8), ("{x}", 0.3)], given="{x}"))

    assert [word.probability for word in rated.words] == pytest.approx([0.5, 0.8, 1.0])
    assert rated.confidence == pytest.approx((0.5 + 0.8 + 1.0) / 3)
    assert rate(IDENTITY, scored([])).confidence == 0  # an empty translation of a line


def test_the_mean_of_the_line_moves_its_words() -> None:
    # The geometric mean of 0.2 and 0.8 is 0.4: the logit of a word is log(2/3) lower.
    fit = ConfidenceFit(Calibration((1.0, 1.0), 0.0), Calibration((1.0,), 0.0))
    rated = rate(fit, scored([("a", 0.2), ("b", 0.8)]))

    assert [word.probability for word in rated.words] == pytest.approx([1 / 7, 8 / 11])


def test_a_fit_learns_how_often_words_of_a_probability_are_right() -> None:
    # Words said to be 0.9 are right in 7 of 10 lines; a word of a span tells nothing.
    lines = [scored([("a", 0.9), ("{x}", 1e-9)], given="{x}") for _ in range(1000)]
    references = ["a" if number % 10 < 7 else "b" for number in range(1000)]

    fit = fit_confidence(lines, references)

    words = [rate(fit, line).words[0].probability for line in lines]
    assert words == pytest.approx([0.7] * 1000, abs=0.01)
    # The word {x} is certain and is in no reference: of two words 0.7 / 2 are right.
    assert rate(fit, lines[0]).confidence == pytest.approx(0.35, abs=0.01)


def test_a_fit_of_nothing_changes_nothing() -> None:
    assert fit_confidence([], []) == IDENTITY
    assert fit_confidence([scored([])], ["a"]) == IDENTITY


def test_a_report_by_hand() -> None:
    lines = [scored([("a", 0.9), ("b", 0.7)]), scored([("c", 0.2)]), scored([])]
    report = measure_confidence([rate(IDENTITY, line) for line in lines], ["a b", "d", "e"])

    assert report.word_error == pytest.approx((0.1 + 0.3 + 0.2) / 3)
    assert report.line_error == pytest.approx((0.2 + 0.2) / 2)  # the empty one is left out
    assert [each[:2] for each in report.correlations] == [
        ("confidence", "chrF"),
        ("mean log-probability of tokens", "chrF"),
        ("confidence", "share of right words"),
        ("mean log-probability of tokens", "share of right words"),
    ]
    assert report.correlations[0].pearson == pytest.approx(1)  # of two lines
    card = report.markdown()
    assert "expected calibration error of 3 words: 0.200" in card
    assert "| confidence | chrF | 1.000 | 1.000 |" in card
    assert "| confidence | chrF | - | - |" in measure_confidence([], []).markdown()
