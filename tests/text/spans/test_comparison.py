import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.spans.comparison import (
    KindCount,
    check_spans,
    choose_kinds,
    match_spans,
    spans_in_common,
)
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.rules import Span, SpanRules

RULES = SpanRules()


def texts(spans: list[Span]) -> list[str]:
    return [span.text for span in spans]


def test_equal_spans_are_matched_as_multisets_in_order() -> None:
    common = spans_in_common("{a} {b} {a} 3", "{b} {a} vier {c} {a} {a}", RULES)

    assert [(source.start, target.start) for source, target in common.pairs] == [
        (0, 4),  # the first {a} with the first
        (4, 0),
        (8, 17),
    ]
    assert texts(common.source_only) == ["3"]
    assert [(span.text, span.start) for span in common.target_only] == [("{c}", 13), ("{a}", 21)]


@pytest.mark.parametrize(
    ("source", "hypothesis", "missing", "extra"),
    [
        ("{x} hat 3", "3 von {x}", [], []),
        ("{x} hat 3", "{y} hat drei", ["{x}", "3"], ["{y}"]),
        ("{x} {x}", "{x}", ["{x}"], []),
        ("{x}", "{x} {x}", [], ["{x}"]),
        ("5", "15", ["5"], ["15"]),
        ("5", "5.5", ["5"], ["5.5"]),  # within another span
        ("<b>x</b>", "<b>x", ["</b>"], []),
        # No rule finds :name behind a letter, but it stands there.
        ("The :name", "Das:name ist", [], []),
        ("The :name", "Das:names ist", [":name"], []),
        ("kein Span", "no span", [], []),
        ("\u0644\u062f\u064a\u0643 %d", "\u3042%d\u4ef6", [], []),
    ],
)
def test_missing_and_extra_spans(
    source: str, hypothesis: str, missing: list[str], extra: list[str]
) -> None:
    errors = check_spans(find_spans(source, RULES), hypothesis, RULES)

    assert (texts(errors.missing), texts(errors.extra)) == (missing, extra)


def test_text_within_a_word_is_no_span() -> None:
    rules = SpanRules(["number"])

    assert texts(check_spans(find_spans("5", rules), "a5 5b", rules).missing) == ["5"]


@given(st.lists(st.sampled_from(["{x}", "<b>", "</b>", "3", "`c`", "wort", "a@b.de"])))
def test_a_line_lacks_nothing_of_its_own(parts: list[str]) -> None:
    line = " ".join(parts)

    assert check_spans(find_spans(line, RULES), line, RULES) == ([], [])


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_matched_and_unmatched_spans_are_all_spans(source: list[str], target: list[str]) -> None:
    def spans(words: list[str]) -> list[Span]:
        return [Span(index, index + 1, "word", word) for index, word in enumerate(words)]

    common = match_spans(spans(source), spans(target))

    assert sorted([first for first, _ in common.pairs] + common.source_only) == spans(source)
    assert sorted([second for _, second in common.pairs] + common.target_only) == spans(target)
    assert not set(texts(common.source_only)) & set(texts(common.target_only))


PAIRS = [
    *[("{x} a", "{x} b")] * 4,
    ("{x} a", "b"),  # 4 of 5 placeholders are copied
    *[("3 a", "3 b")] * 3,
    ("3 a", "drei b"),  # 3 of 4 numbers
    ("a", "<b>b</b>"),  # 0 of 1 tag
    ("a", "b"),
]


def test_kinds_that_most_pairs_copy_are_chosen() -> None:
    chosen = choose_kinds(PAIRS, RULES)

    assert chosen.kinds == ("placeholder",)
    assert chosen.counts == {
        "tag": KindCount(1, 0),
        "placeholder": KindCount(5, 4),
        "number": KindCount(4, 3),
    }
    assert chosen.counts["number"].share == 0.75


def test_the_least_share_is_an_argument() -> None:
    assert choose_kinds(PAIRS, RULES, min_share=0.75).kinds == ("placeholder", "number")


def test_kinds_of_the_user_are_always_chosen() -> None:
    rules = SpanRules(patterns=["QQ"], words=["Acme"])

    assert choose_kinds([("Acme QQ", "b")], rules).kinds == ("custom", "word")
    assert choose_kinds([("Acme QQ", "b")], rules.with_kinds(["word"])).kinds == ("word",)


def test_a_corpus_without_spans_has_no_kinds() -> None:
    assert choose_kinds([("a", "b")], RULES) == ((), {})
