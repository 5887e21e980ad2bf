from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.masking import LITERAL, mask, unmask
from seq2seq.text.spans.rules import SpanRules

RULES = SpanRules()


def bracketed(number: int) -> str:
    return f"\u27e6{number}\u27e7"


def private(number: int) -> str:
    return chr(0xE000 + number)


LINES = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                *("{x}", "<b>", "3", "\u27e6", "\u27e70", "\u27e60\u27e7", "\u27e61\u27e7"),
                *("\ue000", "\ue001", "\ue002", "0", "1", "wort", " "),
            ]
        )
    ).map("".join),
)


def test_spans_become_numbered_symbols() -> None:
    line = "Hi {name}, <b>3</b>!"

    masked = mask(line, find_spans(line, RULES), bracketed)

    assert masked.line == ("Hi \u27e60\u27e7, \u27e61\u27e7\u27e62\u27e7\u27e63\u27e7!")
    assert [span.text for span in masked.spans] == ["{name}", "<b>", "3", "</b>"]


def test_symbols_come_back_in_any_order_and_number() -> None:
    line = "{a} {b}"
    masked = mask(line, find_spans(line, RULES), bracketed)

    translated = "\u27e61\u27e7 x \u27e60\u27e7\u27e61\u27e7 \u27e67\u27e7"

    assert unmask(translated, masked.spans, bracketed) == "{b} x {a}{b} \u27e67\u27e7"


def test_given_numbers_name_the_spans_of_a_target_as_those_of_the_source() -> None:
    line = "{b} vor {a}"

    masked = mask(line, find_spans(line, RULES), private, numbers=[1, 0])

    assert masked.line == "\ue001 vor \ue000"
    assert [span.text for span in masked.spans] == ["{a}", "{b}"]


def test_text_that_looks_like_a_symbol_is_masked_too() -> None:
    line = "\ue000 und {x} und \ue001 \ue002 \ue003"

    masked = mask(line, find_spans(line, RULES), private)

    # {x} is 0; U+E000 would then be taken for it and is 1, for which U+E001 is 2, and so on.
    assert masked.line == "\ue001 und \ue000 und \ue002 \ue003 \ue004"
    assert [span.kind for span in masked.spans] == ["placeholder", *[LITERAL] * 4]
    assert unmask(masked.line, masked.spans, private) == line


@given(LINES, st.sampled_from([bracketed, private]))
def test_unmask_of_a_masked_line_is_the_line(line: str, symbol: Callable[[int], str]) -> None:
    masked = mask(line, find_spans(line, RULES), symbol)

    assert unmask(masked.line, masked.spans, symbol) == line


@given(LINES, st.randoms(use_true_random=False))
def test_unmask_holds_for_any_numbers(line: str, random: Random) -> None:
    spans = find_spans(line, RULES)
    numbers = list(range(len(spans)))
    random.shuffle(numbers)

    masked = mask(line, spans, bracketed, numbers)

    assert unmask(masked.line, masked.spans, bracketed) == line


@pytest.mark.parametrize("numbers", [[0], [0, 0], [1, 2], [0, 1, 2]])
def test_numbers_are_each_once(numbers: list[int]) -> None:
    line = "{a} {b}"

    with pytest.raises(ValueError, match="numbers must be 0 to 1, each once"):
        mask(line, find_spans(line, RULES), private, numbers)


def test_an_empty_symbol_is_refused() -> None:
    with pytest.raises(ValueError, match="a symbol is empty"):
        mask("{a}", find_spans("{a}", RULES), lambda _: "")


def test_a_symbol_may_begin_another() -> None:
    line = "{a} {b}"

    masked = mask(line, find_spans(line, RULES), lambda number: "_" * (number + 1))

    assert masked.line == "_ __"


def test_symbols_that_form_from_text_beside_them_are_refused() -> None:
    line = "{a}" * 13  # 0, 1 and 2 side by side read as 0 and 12

    with pytest.raises(ValueError, match="symbols as '0' form from text beside them"):
        mask(line, find_spans(line, RULES), str)


def test_a_line_without_spans_is_itself() -> None:
    assert mask("\ue000 text", [], private) == ("\ue000 text", [])
