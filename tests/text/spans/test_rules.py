import pytest

from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.rules import SpanRules, has_nested_repeat


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(a", r"regular expression '\(a' is wrong: missing \)"),
        ("[z-a]", "is wrong: bad character range"),
        ("a*", r"'a\*' matches the empty string"),
        ("", "'' matches the empty string"),
        (r"\b", "matches the empty string"),
        ("(?=a)", "matches the empty string"),
        ("(a+)+", "repeats a group that holds a repeat"),
        ("(?:x(a*)b){2,}", "repeats a group that holds a repeat"),
        ("a" * 1001, "has 1,001 characters, more than 1,000"),
        ("a{99999999999999999999}", "is wrong"),
    ],
)
def test_a_wrong_expression_is_named(pattern: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        SpanRules(patterns=["fine", pattern])


@pytest.mark.parametrize("word", ["", " ", " Acme", "Acme "])
def test_an_empty_word_or_one_with_spaces_around_it_is_named(word: str) -> None:
    with pytest.raises(ValueError, match=f"the word '{word}' is empty or has a space at an end"):
        SpanRules(words=["fine", word])


def test_an_unknown_kind_is_named_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match="no kind of span 'digit'; there are custom, word, code"):
        SpanRules(kinds=["number", "digit"])


@pytest.mark.parametrize(
    ("pattern", "is_nested"),
    [
        ("(a+)+", True),
        ("(a+)*b", True),
        ("((a*))+", True),
        ("(?:[a-z]+[.])+com", True),  # not slow, but nothing tells it from the others
        ("(a{2,}){3,}", True),
        ("(?:[a-z]++[.])+com", False),  # the inner repeat gives nothing back
        ("(a+)++", False),
        ("(ab)+", False),
        ("a+b+c*", False),
        ("(a+)?", False),
        ("[(+)]+(x)+", False),  # brackets and signs of a character class
        (r"\(a+\)+", False),
        ("[]+(]+(x)+", False),
        ("(a{3})+", False),
        ("[](a+)+]b", False),  # the first ] of a class is one of its characters
    ],
)
def test_nested_repeats_are_noticed(pattern: str, is_nested: bool) -> None:
    assert has_nested_repeat(pattern) is is_nested


def test_expressions_are_found_within_stretches_of_a_long_line() -> None:
    line = "ab-7 " * 2_000
    rules = SpanRules(["custom"], [r"ab-\d"])

    # 10,000 characters are five stretches; 2,000 is a multiple of 5, so that no match is cut.
    assert len(find_spans(line, rules)) == 2_000


def test_a_match_that_is_empty_in_the_line_only_is_no_span() -> None:
    assert find_spans("xyz", SpanRules(["custom"], ["(?<=y)(?=z)|q"])) == []
