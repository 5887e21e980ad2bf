"""Markdown: what is text, and text that would be markup."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from seq2seq.config.documents import DocumentOptions
from seq2seq.documents.document import FormatSettings, SegmentTranslation
from seq2seq.documents.registry import parse_document

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKS = [
    "*",
    "**",
    "_",
    "`",
    "[",
    "](x)",
    "][a]",
    "]",
    "!",
    "\\",
    "<b>",
    "</b>",
    "&amp;",
    "<http://a.b>",
]
BLOCKS = [
    "\n",
    "  \n",
    "\n\n",
    "\n> ",
    "\n- ",
    "\n1. ",
    "# ",
    "\n    ",
    "| ",
    " |\n",
    "\n|-|\n",
    "~~~",
    "\n===",
]
PIECES = st.sampled_from([*MARKS, *BLOCKS, "word", "a b", "é.", " "])


def segments(text: str, keys: list[str] | None = None) -> list[str]:
    settings = FormatSettings(DocumentOptions(keys=keys or []))
    return [each.text for each in parse_document(text.encode(), "markdown", settings).segments]


def write(text: str, *translations: str) -> str:
    document = parse_document(text.encode(), "markdown")
    return document.write([SegmentTranslation(each) for each in translations]).decode()


@pytest.mark.parametrize(
    "text",
    [
        "```\na\n```",
        "    a",
        "<div>\na\n</div>",
        "[a]: b",
        "<!-- a -->",
        "`a`",
        "***",
        "{% a %}",
        "![](a.png)",
    ],
)
def test_what_is_no_text_stays(text: str) -> None:
    assert not any(any(map(str.isalpha, each.replace("x1", ""))) for each in segments(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a *b* **c**", ["a <g1>b</g1> <g2>c</g2>"]),
        ("a `b` <c@d.e>", ["a"]),
        ("**a**", ["a"]),
        ("see [b](c) and ![d](e)", ["see <g1>b</g1> and <g2>d</g2>"]),
        ("a  \nb\\\nc", ["a\nb\nc"]),
        ("a\nb", ["a b"]),
        ("One.\nTwo.\nThree", ["One.\nTwo.\nThree"]),
        ("> a\n> b\n\n- c\n\n      d", ["a b", "c"]),
        ("a&nbsp;b \\* c", ["a\u00a0b * c"]),
        ("| a | `b` c |\n|--|--|\n| d \\| e | |", ["a", "c", "d | e"]),
        ("a <b>c</b> https://e.f d", ["a <g1>c</g1> <x2/> d"]),
        ("- [ ] a[^1] b\n\n[^1]: c d", ["a<x1/> b", "c d"]),
    ],
)  # fmt: skip
def test_texts_and_their_tags(text: str, expected: list[str]) -> None:
    assert segments(text) == expected


def test_keys_of_front_matter_are_chosen() -> None:
    text = '---\ntitle: A\nnav: "B"\nlayout: C\n---\nD\n'

    assert segments(text) == ["A", "D"]
    assert segments(text, ["nav"]) == ["B", "D"]
    assert write("---\ntitle: A\n---\n", "B: c") == '---\ntitle: "B: c"\n---\n'


def test_values_of_several_lines_are_folded_again_or_kept_in_lines() -> None:
    text = "---\ntitle: >-\n  aa bb\n  cc\nsummary: |\n  One.\n\n  Two.\nother: |\n  no\n---\n"

    assert segments(text) == ["aa bb cc", "One.\n\nTwo."]
    assert write(text, "dd ee ff", "Eins.\n\nZwei.") == text.replace(
        "aa bb\n  cc", "dd ee\n  ff"
    ).replace("One", "Eins").replace("Two", "Zwei")


@pytest.mark.parametrize(
    "text",
    [
        '!!! note "Title"\n    Body word\n    goes on.\n',
        "Term\n: Definition of it\n: Another\n",
        ":::tip\nSome word here\nand there\n:::\n",
        "A word\n{: .class}\n",
        "> [!NOTE]\n> A word\n> more\n\n[TOC]\n",
    ],
)
def test_lines_of_dialects_stay_lines(text: str) -> None:
    document = parse_document(text.encode(), "markdown")
    upper = [SegmentTranslation(each.text.replace("word", "WORD")) for each in document.segments]

    assert document.write(upper).decode() == text.replace("word", "WORD")


def test_a_reference_keeps_its_label() -> None:
    text = "A [page] or [a page][].\n\n[page]: x\n[a page]: y\n"

    assert write(text, "Eine <g1>Seite</g1> oder <g2>eine Seite</g2>.").startswith(
        "Eine [Seite][page] oder [eine Seite][a page].\n"
    )
    assert write("[page]\n\n[page]: x\n", "Seite").startswith("[Seite][page]\n")


def test_signs_of_a_translation_are_text() -> None:
    assert write("a", "*b* [c] <d> _e_ `f`") == "\\*b\\* \\[c] \\<d> \\_e\\_ \\`f\\`".replace(
        "c]", "c\\]"
    )
    assert write("a", "1. b") == "1\\. b"
    assert write("a", "# b") == "\\# b"
    assert write("| a |\n|--|\n", "b|c") == "| b\\|c |\n|--|\n"
    assert write("aa bb\ncc dd", "aa bb - cc") == "aa bb - cc"  # no item begins a line


def test_a_paragraph_is_wrapped_as_it_was() -> None:
    text = "> 1. aaa bbb\n>    ccc ddd\n"

    assert write(text, "aaaa bbb cc ddd") == "> 1. aaaa\n>    bbb cc\n>    ddd\n"


@given(pieces=st.lists(PIECES, max_size=14))
def test_any_text_comes_back_and_capitals_keep_its_structure(pieces: list[str]) -> None:
    text = "".join(pieces)
    document = parse_document(text.encode(), "markdown")
    assert (
        document.write([SegmentTranslation(each.text) for each in document.segments])
        == text.encode()
    )

    other = document.write([_capitals(each.text) for each in document.segments]).decode()

    kinds, same = ([_structure(each) for each in READER.parse(each)] for each in (text, other))
    assert kinds == same


def _capitals(text: str) -> SegmentTranslation:
    return SegmentTranslation(text.replace("word", "WORD").replace("é", "É"))


def _structure(token: object) -> object:
    children = getattr(token, "children", None) or []
    kinds = [
        each.type for each in children if each.type not in ("text", "softbreak", "text_special")
    ]
    return getattr(token, "type", ""), kinds
