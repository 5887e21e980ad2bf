"""Protected lines: symbols for spans, and back."""

from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.protection import protect, protect_pair, translated
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.rules import Span, SpanRules
from seq2seq.text.special_tokens import MAX_SYMBOLS, SYMBOLS

RULES = SpanRules()
MARKUP = st.sampled_from(
    ["<b>", "</b>", "{name}", "%s", "https://a.b/c?d=1", "`x y`", "**", "\U0001f600", "3.5",
     SYMBOLS[0], SYMBOLS[3], " ", "word", "Ärger", "。", "[", "](http://x.y)", "a@b.cd"]
)  # fmt: skip


@given(st.lists(st.one_of(MARKUP, st.text(max_size=5)), max_size=60).map("".join))
def test_a_restored_line_is_the_line_and_has_few_symbols(line: str) -> None:
    protected = protect(line, find_spans(line, RULES))

    assert protected.restore(protected.text) == line
    used = [character for character in protected.text if character in SYMBOLS]
    assert len(used) == len(set(used)) == len(protected.spans) <= MAX_SYMBOLS


def test_tags_close_what_they_close() -> None:
    line = "<b>Press</b> <i>{key} now"

    protected = protect(line, find_spans(line, RULES))

    assert protected.text == f"{SYMBOLS[0]}Press{SYMBOLS[1]} {SYMBOLS[2]}{SYMBOLS[3]} now"
    assert protected.closes == [-1, 0, -1, -1]
    assert [span.text for span in protected.spans] == ["<b>", "</b>", "<i>", "{key}"]


def test_a_pair_shares_the_symbols_of_equal_spans() -> None:
    source, target = protect_pair("{a} sees {b}, {c}", "{b} wird von {a} gesehen", RULES)

    symbols = [character for character in source if character in SYMBOLS]
    assert len(symbols) == 2
    assert source == f"{symbols[0]} sees {symbols[1]}, {{c}}"
    assert target == f"{symbols[1]} wird von {symbols[0]} gesehen"


def test_a_pair_without_common_spans_stays() -> None:
    assert protect_pair("plain {a}", "einfach {b}", RULES) == ("plain {a}", "einfach {b}")


def test_symbols_of_a_pair_stay_and_further_spans_get_others() -> None:
    line = f"{SYMBOLS[2]} {{a}}"

    source, target = protect_pair(line, line, RULES)

    assert source == target
    assert source[:2] == f"{SYMBOLS[2]} "
    assert source[2:] in SYMBOLS
    assert source[2] != SYMBOLS[2]
    full = "".join(SYMBOLS) + "{a}"
    assert protect_pair(full, full, RULES) == (full, full)


def test_neighbours_are_merged_when_there_are_more_spans_than_symbols() -> None:
    line = " and ".join(f"{{x{number}}}" for number in range(MAX_SYMBOLS)) + "{y}"

    protected = protect(line, find_spans(line, RULES))

    assert len(protected.spans) == MAX_SYMBOLS
    assert protected.spans[-1].text == f"{{x{MAX_SYMBOLS - 1}}}{{y}}"


def test_tags_around_spans_alone_have_one_symbol_with_them() -> None:
    line = 'Open <b>RS485</b>, <a href="x"><i>{name} 3.5</i></a> or <b>a</b>'
    spans = find_spans(line, SpanRules())

    protected = protect(line, spans)

    assert [span.text for span in protected.spans] == [
        "<b>RS485</b>", '<a href="x"><i>{name} 3.5</i></a>', "<b>", "</b>"
    ]  # fmt: skip
    assert protected.closes == [-1, -1, -1, 2]
    assert protected.restore(protected.text) == line


def test_a_merged_span_has_the_translations_of_its_parts() -> None:
    line = "<b>3.5</b>"
    parts = [Span(0, 3, "tag", "<b>"), Span(3, 6, "number", "3,5"), Span(6, 10, "tag", "</b>")]

    made = translated(Span(0, 10, "merged", line), parts, line)

    assert made.text == "<b>3,5</b>"
