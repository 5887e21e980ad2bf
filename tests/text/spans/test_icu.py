import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.spans.icu import MAX_CHOICE_DEPTH, parse
from seq2seq.text.spans.icu_tree import (
    Argument,
    Choice,
    Message,
    Pound,
    Text,
    iterate_texts,
    quote,
    serialize,
)

BLANKS = st.sampled_from(["", " ", "  ", "\n"])
NAMES = st.sampled_from(["n", "count", "user.name", "0", "gr\u00f6\u00dfe"])
TEXTS = st.text(st.sampled_from("ab '{}#|\u3042"), max_size=8)


def formats(in_plural: bool) -> st.SearchStrategy[str]:
    """Return text, arguments and formats, as they stand in a message."""
    return st.one_of(
        TEXTS.map(lambda text: quote(text, in_plural)),
        st.builds("{{{}{}{}}}".format, BLANKS, NAMES, BLANKS),
        st.builds("{{{},{} number, #,##0.0 '{{' x}}".format, NAMES, BLANKS),
        st.builds("{{{}, date,{}short}}".format, NAMES, BLANKS),
    )


def messages(in_plural: bool, depth: int) -> st.SearchStrategy[str]:
    parts = formats(in_plural)
    if in_plural:
        parts = st.one_of(parts, st.just("#"))
    if depth:
        parts = st.one_of(parts, plurals(depth - 1), selects(depth - 1))
    return st.lists(parts, max_size=3).map("".join)


def plurals(depth: int) -> st.SearchStrategy[str]:
    branch = messages(in_plural=True, depth=depth)
    return st.builds(
        lambda name, kind, offset, blank, one, other: (
            f"{{{name},{blank}{kind},{offset}{blank}one{blank}{{{one}}}=3 {{{one}}}"
            f" other{blank}{{{other}}}{blank}}}"
        ),
        NAMES,
        st.sampled_from(["plural", "selectordinal"]),
        st.sampled_from(["", " offset:2 ", "offset: 1"]),
        BLANKS,
        branch,
        branch,
    )


def selects(depth: int) -> st.SearchStrategy[str]:
    branch = messages(in_plural=False, depth=depth)
    return st.builds(
        "{{{},select,{}female{{{}}} other {{{}}}}}".format, NAMES, BLANKS, branch, branch
    )


def parsed(line: str) -> Message:
    message = parse(line)
    assert message is not None
    return message


@given(st.one_of(plurals(2), selects(2), st.tuples(plurals(1), selects(1)).map("x".join)))
def test_serialize_of_a_parsed_message_is_its_text(line: str) -> None:
    assert serialize(parsed(line)) == line


@given(TEXTS, TEXTS, TEXTS)
def test_quoted_text_is_parsed_as_text(outside: str, plural: str, select: str) -> None:
    line = (
        f"{quote(outside, False)}{{n, plural, other {{{quote(plural, True)}}}}}"
        f"{{g, select, other {{{quote(select, False)}}}}}"
    )

    texts = {path: text.value for path, text in iterate_texts(parsed(line))}

    assert texts.get((), "") == outside
    assert texts.get((("n", "other"),), "") == plural
    assert texts.get((("g", "other"),), "") == select


def test_the_tree_of_a_plural() -> None:
    message = parsed("You have {n, plural, offset:1 =0 {none} other {# of {name}}}.")

    before, choice, after = message.parts
    assert before == Text("You have ", "You have ")
    assert isinstance(choice, Choice)
    assert (choice.name, choice.kind, choice.offset) == ("n", "plural", 1)
    assert [branch.selector for branch in choice.branches] == ["=0", "other"]
    assert choice.branches[1].message.parts == (
        Pound(),
        Text(" of ", " of "),
        Argument("{name}", "name", None),
    )
    assert after == Text(".", ".")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("I don't", "I don't"),  # an apostrophe before a letter is one
        ("I don''t", "I don't"),
        ("'{x}' y", "{x} y"),
        ("a '{''}' b", "a {'} b"),
        ("'#' 1", "# 1"),
        ("it''''s", "it''s"),
    ],
)
def test_apostrophes_quote_in_a_plural(raw: str, value: str) -> None:
    texts = list(iterate_texts(parsed(f"{{n, plural, other {{{raw}}}}}")))

    assert texts == [((("n", "other"),), Text(raw, value))]


def test_a_pound_outside_of_plurals_is_text() -> None:
    message = parsed("# {g, select, other {#}} {n, plural, other {{g, select, other {#}}}}")

    assert [text.value for _, text in iterate_texts(message)] == ["# ", "#", " ", "#"]


def test_texts_come_with_their_path() -> None:
    message = parsed("a{g,select,f{b{n,plural,one{c}other{d}}}other{e}}")

    assert [(path, text.value) for path, text in iterate_texts(message)] == [
        ((), "a"),
        ((("g", "f"),), "b"),
        ((("g", "f"), ("n", "one")), "c"),
        ((("g", "f"), ("n", "other")), "d"),
        ((("g", "other"),), "e"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "plain text",
        "",
        "Hello {name}",  # a placeholder
        "{",
        "}{",
        "{a, b, c}",
        "{n, foo}",
        "a '{n, plural, other {x}}'",  # quoted
        '{"json": {"number": 1}}',
    ],
)
def test_a_line_without_a_typed_argument_is_no_message(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize(
    ("line", "position", "problem"),
    [
        ("{n, plural, one {x}}", 1, "'n' has no branch 'other'"),
        ("{n, plural, other {x}", 22, "a branch or the } of 'n' is missing"),
        ("{n, plural, other {x", 19, "the branch 'other' of 'n' has no }"),
        ("{n, plural, uno {x} other {}}", 13, "'uno' is no plural category"),
        ("{n, plural, one {x} one {y} other {}}", 21, "the branch 'one' occurs twice"),
        ("{g, select, =1 {x} other {}}", 13, "a select has no branch for a number"),
        ("{n, plural}", 11, "a comma is missing behind plural"),
        ("{n, number", 11, "the } of the argument 'n' is missing"),
        ("a {n, number}}", 14, "a } closes nothing"),
        ("{n, number} {x y}", 16, "a comma or } is missing behind the argument 'x'"),
        ("{n, number} {}", 14, "the name of an argument is missing"),
        ("{n, number} {x,}", 16, "the type of the argument 'x' is missing"),
        ("{n, number} {x, foo}", 17, "there is no type 'foo'"),
        ("{n, plural, other '{x}'}", 13, "a branch or the } of 'n' is missing"),
    ],
)
def test_a_mistake_has_its_position(line: str, position: int, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^ICU message, position {position}: ") as error:
        parse(line)

    assert problem in str(error.value)


def test_depth_is_bounded() -> None:
    def nested(depth: int) -> str:
        return "{g, select, other {" * depth + "x" + "}}" * depth

    assert serialize(parsed(nested(MAX_CHOICE_DEPTH))) == nested(MAX_CHOICE_DEPTH)
    with pytest.raises(ValueError, match="position 381: more than 20 choices"):
        parse(nested(100_000))


@pytest.mark.parametrize(
    "line",
    [
        "{g, select, " + " ".join(f"b{i} {{x}}" for i in range(20_000)) + " other {y}}",
        "{n, plural, other {" + "'{" * 50_000,
        "{n, plural, other {#}}" * 10_000,
        "{n, number, " + "{" * 100_000,
        "{" + " " * 100_000 + "{n, number}",
        "{ n " * 50_000 + ", number}",
    ],
)
def test_a_long_message_takes_less_than_two_seconds(line: str) -> None:
    start = time.process_time()
    with contextlib.suppress(ValueError):
        parse(line)

    assert time.process_time() - start < 2.0


@given(st.text("{}n,' #plural=0selectother", max_size=40).map("{n, plural, other {x}}".__add__))
def test_any_text_is_parsed_or_refused_with_a_position(line: str) -> None:
    try:
        message = parse(line)
    except ValueError as error:
        assert str(error).startswith("ICU message, position ")  # noqa: PT017
    else:
        assert message is not None
        assert serialize(message) == line
