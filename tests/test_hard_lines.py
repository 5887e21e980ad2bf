import re
from collections import Counter

import pytest

from benchmarks.hard_lines import cells, hard_lines
from benchmarks.hard_variants import MARKUP, Row, Text, bleu_row, insert, share_row
from benchmarks.line_checks import (
    edges,
    keeps_icu,
    keeps_markup,
    keeps_numbers,
    numbers,
    parse_icu,
    repeats,
    shared_word,
)
from benchmarks.noise_variants import misspelt, other_quotes

# What a line is translated to is the line itself, so that its reference is its source.
LINES = [
    "Anna opens the file {name} and closes 12 windows.",
    "The train leaves at 8:30 from platform 4 b.",
    "Please call 1,000 people before the end of the month and write to all the others.",
    "Peter lives in a small house by the sea.",
    "Press the green button to save all your work.",
    "My brother has never been to Paris in winter.",
    "We sold 3.5 tonnes of apples last year.",
    "Nobody knew who had left the door open.",
]
PAIRS = [(line, line) for line in LINES] * 3  # so many that every kind of span comes up


def rows(translate: object) -> dict[tuple[str, str], Row]:
    """Return the rows of a translation of one line."""
    made = hard_lines(PAIRS, ("en", "en"), lambda lines: [translate(line) for line in lines])  # type: ignore[operator]
    return {(row.lines, row.metric): row for row in made}


def letters_only(line: str) -> str:
    return " ".join(re.findall(r"[^\W\d_]+", line))


def test_a_translation_that_changes_nothing_meets_every_condition() -> None:
    made = rows(lambda line: line)

    assert [key for key, row in made.items() if row.met is False] == []
    assert made["as they are", "BLEU"].value == pytest.approx(100)
    assert {lines for lines, _ in made} == {
        *("as they are", "with placeholders of their own", "with numbers of their own"),
        *(f"with {kind}" for kind in MARKUP),
        *("with tags around a name", "with tags around a name that the translation has"),
        *("with an emoji at the end",),
        *("in CAPITALS", "in Title Case", "in lower case", "four sentences on a line"),
        *("of 12 words or more", "ICU messages", "with blanks around them"),
        *("with a no-break space behind a number", "with a typing error"),
        "without the final full stop",
    }


def test_one_word_of_a_line_is_misspelt_and_no_placeholder() -> None:
    assert misspelt("Turn on {light_name} now", 0) == "Trun on {light_name} now"
    assert misspelt("a {light_name} is on", 0) == "a {light_name} is on"


def test_quotes_get_their_other_form() -> None:
    assert other_quotes('He says "it\'s on"', "de") == "He says \u201eit\u2019s on\u201c"
    assert other_quotes("He says \u201eit\u2019s on\u201c", "de") == 'He says "it\'s on"'


def test_a_translation_of_the_letters_alone_keeps_no_span_and_no_blank() -> None:
    made = rows(letters_only)

    kept = {lines: row.value for (lines, metric), row in made.items() if metric.startswith("kept")}
    assert set(kept.values()) == {0.0}
    assert {"with tags", "with URLs", "with an emoji at the end", "with blanks around them"} <= {
        *kept
    }
    assert made["with numbers of their own", "keep the digits, %"].value == 0
    assert made["with placeholders of their own", "keep each, %"].value == 0
    assert made["ICU messages", "syntax kept, %"].value == 0
    assert made["with tags around a name", "enclose the name, %"].value == 0
    # Capitals stay capitals but for {name}, which has become a word; the rest of a line with an
    # emoji is what it was.
    assert made["in CAPITALS", "answered in capitals, %"].value == 87.5
    assert made["with an emoji at the end", "BLEU of the rest"].met


def test_a_translation_in_lower_case_answers_capitals_in_lower_case() -> None:
    made = rows(str.lower)

    assert made["in CAPITALS", "BLEU lower-cased"].value == pytest.approx(100)
    assert made["in CAPITALS", "answered in capitals, %"].value == 0
    assert made["with placeholders of their own", "keep each, %"].value == 100
    assert made["with printf", "kept exactly, %"].value == 100
    # 0x8024402C has a capital, sensor.temp_1 and /etc/hosts have none.
    assert 0 < made["with identifiers and paths", "kept exactly, %"].value < 100


def test_a_translation_of_the_first_sentence_alone_fails_with_four_on_a_line() -> None:
    made = rows(lambda line: re.split(r"(?<=[.])\s", line)[0])

    four = made["four sentences on a line", "BLEU"]
    assert four.number == 6
    assert four.plain == pytest.approx(100)
    assert not four.met
    assert four.value < 50


def test_a_translation_that_stammers_is_counted_among_long_lines_only() -> None:
    made = rows(lambda line: f"{line} the sea the sea")

    row = made["of 12 words or more", "repeat themselves, % (plain: references)"]
    assert (row.number, row.value, row.plain, row.met) == (3, 100, 0, False)


def test_a_language_without_case_and_blanks_has_no_rows_of_case() -> None:
    pairs = [("彼はNHKを見る。", "يشاهد NHK في البيت.")] * 4

    made = hard_lines(pairs, ("ja", "ar"), lambda lines: list(lines))

    assert {row.lines for row in made}.isdisjoint({"in CAPITALS", "in Title Case"})
    assert "four sentences on a line" in {row.lines for row in made}


@pytest.mark.parametrize(
    ("line", "digits"),
    [
        ("12 of 1,000", ["12", "1000"]),
        ("1.000,50 €", ["100050"]),
        ("1 000 000 Leute", ["1000000"]),
        ("1\u00a0000 und 3'000", ["1000", "3000"]),
        ("um 8:30.", ["830"]),
        ("1990-95", ["1990", "95"]),
        ("%1$d von {0} auf https://a.org/7", []),
        ("\u0663\u066b\u0665", ["35"]),
        ("none", []),
    ],
)
def test_a_number_is_its_digits(line: str, digits: list[str]) -> None:
    assert numbers(line) == Counter(digits)


@pytest.mark.parametrize(
    ("source", "translation", "reference", "is_kept"),
    [
        ("1,000.5 km", "1.000,5 km", "1000,5 km", True),
        ("7 cats", "8 Katzen", "7 Katzen", False),
        ("7 and 7", "7", "7 und 7", False),
        ("2 cats", "zwei Katzen", "zwei Katzen", None),  # spelt out in the reference
        ("2 of 9", "zwei von 9", "zwei von 9", True),
        ("cats", "2 Katzen", "Katzen", None),
    ],
)
def test_numbers_that_source_and_reference_share_are_kept(
    source: str, translation: str, reference: str, is_kept: bool | None
) -> None:
    assert keeps_numbers(source, translation, reference) is is_kept


@pytest.mark.parametrize(
    ("translation", "is_kept"),
    [
        ("Das <b>Haus</b> da", True),
        ("<b>Das Haus da</b>", True),
        ("Das </b>Haus<b> da", False),
        ("Das <b>Haus da", False),
        ("Das <b><b>Haus</b> da", False),
        ("Das < b >Haus</b> da", False),
    ],
)
def test_tags_are_kept_once_and_in_their_order(translation: str, is_kept: bool) -> None:
    assert keeps_markup("The <b>house</b> there", translation, ("<b>", "</b>")) is is_kept


def test_a_span_is_inserted_at_another_word_in_each_line() -> None:
    assert [insert("a b c", number, ("%s", "")) for number in (0, 1, 3)] == [
        "%s a b c",
        "a %s b c",
        "%s a b c",
    ]
    assert insert("a b c", 5, ("**", "**")) == "a b **c**"


def test_a_shared_word_is_once_in_both_sides() -> None:
    assert shared_word("Tom is in Boston.", "Tom ist in Boston.") == "Tom"
    assert shared_word("Tom met Tom in an inn.", "Tom traf Tom in Inn.") is None


@pytest.mark.parametrize(
    ("line", "language", "does"),
    [
        ("sehr sehr gut", "de", True),
        ("Kamera → Kamera → Kamera", "de", True),
        ("ein Haus am See ein Haus am See", "de", True),
        ("ich sah das Haus am See und er sah das Haus am See", "de", True),  # a 4-gram
        ("das Haus am See und das Haus am Meer", "de", False),  # a 3-gram
        ("a b c d e a b c d f", "de", True),
        ("a b c d e a b c d e", "de", True),
        ("", "de", False),
        ("ここにいる", "ja", False),
        ("食べたい食べたい", "ja", True),
    ],
)
def test_a_line_repeats_words_in_a_row_or_four_words_anywhere(
    line: str, language: str, does: bool
) -> None:
    assert repeats(line, language) is does


SOURCE = "{count, plural, one {A cat} other {# cats}}"


@pytest.mark.parametrize(
    ("translation", "is_kept"),
    [
        ("{count, plural, one {Eine Katze} other {# Katzen}}", True),
        ("{count, plural, one {A} few {# B} many {# C} other {# D}}", True),
        ("{count, plural, one {A} few {B} other {# D}}", False),  # the number sign is lost
        ("{count, plural, one {A} some {# B} other {# D}}", False),
        ("{count, plural, other {# Katzen}}", False),
        ("{zahl, plural, one {Eine Katze} other {# Katzen}}", False),
        ("{count, select, one {Eine Katze} other {# Katzen}}", False),
        ("{count, plural, one {Eine Katze} other {# Katzen}", False),
        ("{count, plural, one {Eine {Katze} other {# Katzen}}", False),
        ("Eine Katze", False),
    ],
)
def test_the_syntax_of_a_message_is_kept(translation: str, is_kept: bool) -> None:
    source = parse_icu(SOURCE)
    assert source is not None

    assert keeps_icu(source, parse_icu(translation)) is is_kept


def test_branches_of_a_message_are_read_with_their_braces() -> None:
    message = parse_icu("{n, select, a {x {y} z} other {}}")

    assert message is not None
    assert message.branches == {"a": "x {y} z", "other": ""}


@pytest.mark.parametrize(
    ("line", "blanks"), [("\u00a0 a b\t", ("\u00a0 ", "\t")), ("a", ("", "")), ("  ", ("", "  "))]
)
def test_blanks_around_a_line(line: str, blanks: tuple[str, str]) -> None:
    assert edges(line) == blanks


def test_a_condition_is_met_up_to_its_bound() -> None:
    assert bleu_row("x", "BLEU", (42.5, 44.5), 9, 2.0).met
    assert not bleu_row("x", "BLEU", (42.4, 44.5), 9, 2.0).met
    (row,) = share_row("x", "kept", [("a", "b", True)] * 199 + [("c", "d", False)], 99.5)
    assert (row.value, row.met, row.failed) == (99.5, True, [("c", "d")])
    assert share_row("x", "kept", []) == []
    assert cells(row) == ["x", "kept, %", "99.5", "", "200", "at least 99.5 %", "yes"]


def test_bleu_ignores_case_where_it_is_asked_to() -> None:
    text = Text([], [], [], "en", "de", lambda lines: lines)

    line = "das ist ein Haus am See"
    assert text.bleu([line.upper()], [line], lower_cased=True) == pytest.approx(100)
    assert text.bleu([line.upper()], [line]) < 1
