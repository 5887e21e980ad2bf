import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.config.training import CleaningOptions
from seq2seq.data.cleaning import first_broken_rule
from seq2seq.text.normalization import dedup_key, display_width, normalize


@pytest.mark.parametrize(
    ("line", "normal"),
    [
        ("  two\t spaces ", "two spaces"),
        ("no\u00a0break and\u3000wide", "no break and wide"),
        ("line\u2028and\x0bpage", "line and page"),
        ("e\u0301", "\u00e9"),  # NFC: e and an acute accent are one character
        ("soft\u00adhyphen, zero\u200bwidth, \ufeffmark", "softhyphen, zerowidth, mark"),
        ("bell\x07 and \x7fdelete", "bell and delete"),
        ("e\u200b\u0301", "\u00e9"),  # what comes together when something goes
        (
            "\u0645\u06cc\u200c\u062e\u0648",
            "\u0645\u06cc\u200c\u062e\u0648",
        ),  # the joiner has a meaning in Persian
        ("half \ud800 pair", "half pair"),
        (" \u00a0\u2003", ""),
    ],
)
def test_normalization_of_lines_worked_by_hand(line: str, normal: str) -> None:
    assert normalize(line) == normal


@given(st.text())
def test_an_invisible_character_at_the_end_changes_nothing(line: str) -> None:
    assert normalize(f"{line}\u200b") == normalize(line)


@given(
    st.text(st.sampled_from("aAß .,-_\u0301\u0967\u0903\u3001\u201e\u2460\u00b2") | st.characters())
)
def test_a_key_is_the_letters_numbers_and_marks_of_a_line(line: str) -> None:
    folded = unicodedata.normalize("NFKC", line).casefold()
    kept = "".join(c for c in folded if unicodedata.category(c)[0] in "LNM")
    assert dedup_key(line) == (kept or (line if line.isascii() else folded))


@given(st.text())
def test_normalization_is_idempotent(line: str) -> None:
    once = normalize(line)

    assert normalize(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Hello, World!", "hello world", True),
        ("Straße.", "STRASSE", True),
        ("a b", "ab", True),
        ("one", "two", False),
        ("...", "?!", False),  # nothing but punctuation: compared as it is
        ("\uff11\uff12", "12", True),  # full-width digits
    ],
)
def test_deduplication_keys_ignore_case_spaces_and_punctuation(
    one: str, other: str, same: bool
) -> None:
    assert (dedup_key(one) == dedup_key(other)) is same


@pytest.mark.parametrize(
    ("source", "target", "rule"),
    [
        ("yes", "ja", None),
        ("", "ja", "blank"),
        ("yes", "", "blank"),
        ("a" * 11, "b" * 10, "too long"),
        ("a b c d", "a b c", "too long"),
        ("a" * 8, "bb", None),  # four times as long is allowed
        ("a" * 9, "bb", "uneven lengths"),
        ("a" * 4, "b", None),  # short ones may be as uneven as they like
        ("same", "same", "copied"),
    ],
)
def test_each_cleaning_rule_at_its_bound(source: str, target: str, rule: str | None) -> None:
    options = CleaningOptions(max_characters=10, max_words=3, max_ratio=4.0, ratio_from=5)

    assert first_broken_rule(source, target, options) == rule


def test_copies_are_kept_on_demand() -> None:
    assert first_broken_rule("OK", "OK", CleaningOptions(copies=True)) is None


def test_an_ideograph_counts_for_three_letters() -> None:
    assert display_width("猫が") == 6
    assert display_width("cat") == 3
    assert display_width("Katzenbäume") == 11
