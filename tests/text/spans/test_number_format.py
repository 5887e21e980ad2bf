"""The form of numbers in a target text: worked by hand, and what has to stay."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.protection import protect_pair
from seq2seq.text.spans.comparison import spans_in_common
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.number_format import FormatCounts, NumberFormat
from seq2seq.text.spans.rules import SpanRules
from seq2seq.text.special_tokens import SYMBOLS

RULES = SpanRules()
GERMAN = NumberFormat((".", ","), (",", "."))  # of English
FRENCH = NumberFormat((".", ","), (",", "\u202f"))
SPANISH = NumberFormat((".", ","), (",", ""))
ENGLISH = NumberFormat((",", "."), (".", ","))  # of German
JAPANESE = NumberFormat((".", "."), (",", ","))


def written(line: str, made: NumberFormat) -> str:
    """Return a line with its spans as the target has them."""
    for span in reversed(find_spans(line, RULES)):
        line = line[: span.start] + made.localized(span, line) + line[span.end :]
    return line


@pytest.mark.parametrize(
    ("made", "line", "expected"),
    [
        (
            GERMAN,
            "It costs 3.5 or 1,000 or 12,345,678.90",
            "It costs 3,5 or 1.000 or 12.345.678,90",
        ),
        (GERMAN, "0.125 of 1234.5 and 7", "0,125 of 1234,5 and 7"),
        (FRENCH, "1,234.5 km", "1\u202f234,5 km"),
        (SPANISH, "1,234.5 km", "1234,5 km"),
        (ENGLISH, "1.234,5 km und 3,5", "1,234.5 km und 3.5"),
        (ENGLISH, "1.000.000.000 Menschen", "1,000,000,000 Menschen"),  # no address has 000
        (JAPANESE, "1,234.5 km", "1,234.5 km"),
        (NumberFormat((".", ",")), "3.5, but 1,000 and 1,234.5", "3,5, but 1,000 and 1,234.5"),
        (
            NumberFormat(None, (",", ".")),
            "1,000, but 3.5 and 1,234.5",
            "1.000, but 3.5 and 1,234.5",
        ),
        (NumberFormat(), "3.5", "3.5"),
        # What is no decimal number stays.
        (GERMAN, "1.2.3 v2.0 2026-11-27 192.168.1.10 8:30 0x80F0", None),
        (GERMAN, "The version 3.5, for Python 3.11 and USB 3.0, release 1.5", None),
        (GERMAN, "https://a.b/1.5 sensor.temp_1 {0.5} `1.5` 1680x1050 1.5e-3 1,5 10,00,000", None),
        (ENGLISH, "192.168.100.200 und Version 3.5, 27.11.2026, 3.50", None),
        (GERMAN, "Volume 3.5", "Volume 3,5"),  # a capital begins the line
    ],
)
def test_numbers_get_the_form_of_the_target(
    made: NumberFormat, line: str, expected: str | None
) -> None:
    assert written(line, made) == (line if expected is None else expected)


def counted(pairs: list[tuple[str, str]]) -> FormatCounts:
    counts = FormatCounts()
    for source, target in pairs:
        counts.add(source, find_spans(source, RULES), find_spans(target, RULES))
    return counts


DECIMALS = [(f"{n}.5 V", f"{n},5 V") for n in range(20)]
GROUPS = [(f"{n + 1},000 lines", f"{n + 1}.000 Zeilen") for n in range(20)]
COPIED = [(f"{n}.25 V", f"{n}.25 V") for n in range(5)]


def test_a_form_is_found_in_twenty_pairs_of_which_four_in_five_have_it() -> None:
    assert counted(DECIMALS + GROUPS).format() == GERMAN
    assert counted(DECIMALS + GROUPS[1:]).format() == NumberFormat((".", ","))  # 19 pairs
    assert counted(DECIMALS + COPIED).format().decimal == (".", ",")  # 20 of 25
    assert counted(DECIMALS[1:] + COPIED).format().decimal is None  # 19 of 24
    assert not counted([(target, target) for _, target in DECIMALS]).format().changes


def test_versions_and_addresses_do_not_count() -> None:
    others = [(f"Use Python 3.{n}", f"Nimm Python 3.{n}") for n in range(30)]
    others += [("192.168.100.200", "192.168.100.200")] * 30

    assert counted(DECIMALS + others).format() == NumberFormat((".", ","))


def test_spaces_of_both_kinds_are_one_form_the_more_frequent_one() -> None:
    thin = [(f"{n + 1},000", f"{n + 1}\u202f000") for n in range(12)]
    wide = [(f"{n + 1},000", f"{n + 1}\u00a0000") for n in range(9)]

    assert counted(thin + wide).format().group == (",", "\u202f")


def test_the_notice_has_shares_and_numbers_of_pairs() -> None:
    counts = counted(DECIMALS + COPIED + GROUPS)

    assert counts.notice(counts.format()) == (
        "numbers are written as the target's: 3.5 as 3,5 (80% of 25 pairs), "
        "1,000 as 1.000 (100% of 20 pairs) (protect.number_format)"
    )


def test_both_forms_of_a_number_are_one_span_of_a_pair() -> None:
    rules = SpanRules(localized=GERMAN.localized)

    source, target = protect_pair("3.5 V, v2.0, 1,000", "1.000; 3,5 V; v2.0", rules)

    symbols = [c for c in source if c in SYMBOLS]
    assert len(symbols) == 3
    assert target == f"{symbols[2]}; {symbols[0]} V; {symbols[1]}"
    common = spans_in_common("3.5 and 3.5", "3.5 und 3,5", rules)  # the form first, then the text
    assert [(a.start, b.text) for a, b in common.pairs] == [(0, "3,5"), (8, "3.5")]


@given(st.from_regex(r"[0-9]{1,4}([.,][0-9]{1,3}){0,3}", fullmatch=True))
def test_back_and_forth_a_number_is_itself_and_its_digits_stay(text: str) -> None:
    there = written(f"x {text}", GERMAN)

    assert [c for c in there if c.isdigit()] == [c for c in text if c.isdigit()]
    is_like_address = there.count(".") == 3  # 1.111.111.111 may be one, and stays
    assert is_like_address or written(there, ENGLISH) == f"x {text}" or there == f"x {text}"


@pytest.mark.parametrize(
    "facts",
    [[], "x", {"decimal": "., "}, {"decimal": [".", "x"]}, {"decimal": [".", ""]},
     {"decimal": [".", ","], "group": [".", ","]}, {"decimal": ["."]}, {"decimal": [[], {}]},
     {"x": [".", ","]}],
)  # fmt: skip
def test_facts_that_are_no_signs_are_refused(facts: Any) -> None:
    with pytest.raises(ValueError, match="are no signs of numbers"):
        NumberFormat.from_facts(facts)


@pytest.mark.parametrize(
    "made", [GERMAN, FRENCH, SPANISH, NumberFormat(), NumberFormat((".", ","))]
)
def test_a_format_is_read_from_its_facts(made: NumberFormat) -> None:
    assert NumberFormat.from_facts(made.facts()) == made
