import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.pairing import pair_tags
from seq2seq.text.spans.rules import SpanRules

RULES = SpanRules(["tag", "markup", "code", "placeholder"])


@pytest.mark.parametrize(
    ("line", "pairs"),
    [
        ("<b>x</b>", {0: 1}),
        ("<b>x <i>y</i></b>", {0: 3, 1: 2}),
        ("<b>x</b> <b>y</b>", {0: 1, 2: 3}),
        ("<b><b>x</b></b>", {0: 3, 1: 2}),
        ("<b>x <br> y<img src=a></b>", {0: 3}),  # void elements stand alone
        ("<b>x <br/> &nbsp; {y}</b>", {0: 4}),
        ("<b><i>x</b></i>", {0: 2}),  # crossed: the inner ones stand alone
        ("</b>x<b>", {}),
        ("<br>x</br>", {}),
        ("<p>x<b>y</b>", {1: 2}),
        ("<0>x</0> <>y</>", {0: 1, 2: 3}),
        ("<!-- <b> --></b>", {}),
        ("**x** *y*", {0: 1, 2: 3}),
        ("**x [y](u) z**", {0: 3, 1: 2}),
        ("![a](b)", {0: 1}),
        ("<b>**x</b>**", {0: 2}),
        ("plain", {}),
    ],
)
def test_opening_and_closing_spans_are_paired(line: str, pairs: dict[int, int]) -> None:
    assert pair_tags(find_spans(line, RULES)) == pairs


@given(
    st.lists(
        st.sampled_from(["<a>", "</a>", "<b>", "</b>", "<br>", "**", "[", "](u)", "x", "*", " "])
    ).map("".join)
)
def test_pairs_are_well_nested_and_each_span_is_in_one(line: str) -> None:
    spans = find_spans(line, RULES)
    pairs = pair_tags(spans)

    indices = [*pairs, *pairs.values()]
    assert len(set(indices)) == len(indices)
    assert all(opening < closing for opening, closing in pairs.items())
    for opening, closing in pairs.items():
        for other_opening, other_closing in pairs.items():
            assert not opening < other_opening < closing < other_closing


def test_time_is_linear_for_tags_that_close_nothing() -> None:
    line = "<a>" * 10_000 + "</b>" * 10_000 + "</a>" * 10_000

    pairs = pair_tags(find_spans(line, RULES))

    assert len(pairs) == 10_000
    assert pairs[0] == 29_999
