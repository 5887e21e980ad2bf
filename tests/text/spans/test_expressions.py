import re
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seq2seq.errors import ConfigError
from seq2seq.text.spans import expressions
from seq2seq.text.spans.expressions import Expressions, measure

# Each takes a time that doubles with every character or two of its line.
EXPONENTIAL = [
    ("(a|a)*b", "a" * 60 + "cb"),
    ("(a|aa)+$", "a" * 60 + "!"),
    (r"(?:a|a|a){0,60}z", "a" * 60 + "yz"),
    (r"(x|xx)*(y|z)", "x" * 60 + "-z"),
]
# Parts of expressions, with all signs that mean something in some dialect.
PARTS = st.sampled_from(
    [
        *"abAB1_ -.^$|()[]{},:&~#<>=!?*+\u00e9\u0130",
        *("[ab]", "[^a]", "[a-c]", "[[:alpha:]]", "[a&&b]", "[a--b]", "[a||b]", "[]a]", "[^]a]"),
        *(r"\d", r"\s", r"\.", r"\\", r"\[", r"\{", r"\x61", r"\N{DIGIT ONE}", r"[\]\d]", r"[[\]]"),
        *("{2}", "{1,2}", "{,2}", "{2,}", "{}", "{,}", "{e}", "{i<=1}", "{s}", "{name}", "a{d}"),
        *(
            "(?:a|b)",
            "(a)",
            "(?i:a)",
            "(?=a)",
            "(?<!a)",
            "(?>a)",
            "(?P<n>a)",
            r"\1",
            "a?",
            "a*?",
            "b++",
        ),
    ]
)


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
        # A compiler that writes repeats out takes minutes, or all of the memory.
        ("(?:(?:(?:a?){1000}){1000}){1000}x", "have more than 300,000 characters"),
        ("a{1000000000}", "have more than 300,000 characters"),
        ("(?x)a # [", "has a comment or the flag x"),
        ("(?sx:a)", "has a comment or the flag x"),
        ("a(?#[)b", "has a comment or the flag x"),
    ],
)
def test_a_wrong_expression_is_named(pattern: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Expressions(["fine", pattern])


def test_all_expressions_together_have_a_size() -> None:
    with pytest.raises(
        ValueError,
        match="to '(ab-){300}' have more than 300,000".replace("(", "\\(")
        .replace(")", "\\)")
        .replace("{", "\\{"),
    ):
        Expressions(["(ab-){300}"] * 1_000)


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
    assert measure(pattern).is_nested is is_nested


def test_expressions_are_found_within_stretches_of_a_long_line() -> None:
    line = "ab-7 " * 2_000
    expressions = Expressions([r"ab-\d"])

    # 10,000 characters are five stretches; 2,000 is a multiple of 5, so that no match is cut.
    assert len(list(expressions.find(line))) == 2_000


def test_a_match_that_is_empty_in_the_line_only_is_no_span() -> None:
    assert list(Expressions(["(?<=y)(?=z)|q"]).find("xyz")) == []


@pytest.mark.parametrize(("pattern", "line"), EXPONENTIAL)
def test_a_search_of_exponential_time_ends_in_one_line(
    pattern: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expressions, "LINE_SECONDS", 0.2)
    start = time.process_time()
    with pytest.raises(ConfigError) as caught:
        list(Expressions([pattern]).find(line))

    assert time.process_time() - start < 3
    message = str(caught.value)
    assert f"protect.patterns: the regular expression {pattern!r} takes more than 0.2 s" in message
    assert message.endswith(f"for a line of {len(line)} characters")


def test_the_time_of_all_expressions_together_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each takes some hundredths of a second, and there are a thousand.
    monkeypatch.setattr(expressions, "LINE_SECONDS", 0.5)
    start = time.process_time()
    with pytest.raises(ConfigError, match=r"takes more than 0\.\d s"):
        list(Expressions([r"(?:a|a|a){0,9}z"] * 1_000).find("a" * 90 + "yz"))

    assert time.process_time() - start < 3


@given(
    st.lists(PARTS, max_size=6).map("".join), st.text("abAB1_-.[]{}eisname :&|~\u00e9", max_size=12)
)
def test_an_expression_means_what_it_means_to_re(pattern: str, line: str) -> None:
    try:
        found = Expressions([pattern])
    except ValueError:
        assume(False)
        return
    matches = [match.span() for match in re.finditer(pattern, line) if match[0]]

    assert list(found.find(line)) == matches
