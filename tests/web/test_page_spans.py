"""The page protects spans as Python does: the same spans, symbols, numbers and constraints."""

import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch

from seq2seq.errors import ConfigError
from seq2seq.search.constraints import NoRepeatedNgrams, RequiredTokens
from seq2seq.text.protection import as_written, outside, protect, translated
from seq2seq.text.scripts import FOREIGN, ForeignText
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.number_format import NumberFormat
from seq2seq.text.spans.rules import SpanRules
from seq2seq.web.expressions import to_javascript
from seq2seq.web.spans import describe_spans
from tests.web.made_lines import made_lines
from tests.web.page_functions import call_page, copy_page

SIGNS = NumberFormat((".", ","), (",", "."))
RULES = SpanRules(
    patterns=[r"foo\d++bar", "[A-Z]{3}-\\d+(?=[^x]|$)"], words=["Acme", "Acme One", "\u65e5"],
    localized=SIGNS.localized,
)  # fmt: skip
# Latin and Greek letters are known, and single ones of other scripts.
FOREIGN_TEXT = ForeignText(
    "abcdefghijklmnopqrstuvwxyz\u03b1\u03b2\u03b3\u03b4\u03b5\u03b6\u03b7\u03b8\u03b9\u03ba\u65e5"
)
FRAGMENTS = (
    *("<b>", "</b>", '<a href="https://x.de/?a=1">', "</a>", "<br/>", "<", ">", "&nbsp;", "<!--"),
    *("-->", "{name}", "{{x}}", "${x}", "%s", "%1$d", "100%", "{", "}", "%", "$", ":name", "__V__"),
    *(
        "https://x.de/(a)",
        "www.x.de/a.",
        "info@x.de",
        "`a`",
        "`",
        "**",
        "*",
        "__",
        "[",
        "](u)",
        ")",
    ),
    *("/usr/bin/x", "C:\\x\\y", "./a", "notes.txt", "snake_case", "getValue", "0x1F", "--option"),
    *("UTF-8", "a::b", "f()", "3.5", "1,000", "1,000.25", "v1.2", "Version 1.2", "2026-11-27"),
    *("10.0.0.1", "20 km", "\U0001f600", "\u2764\ufe0f", "\U0001f1e9\U0001f1ea", ":smile:", "Acme"),
    *("foo12bar", "ABC-12", "\u65e5\u672c", "\u0645\u0631", ".", ",", "'", '"', "\ue5a1", "\\"),
)


def lines_with_spans(count: int) -> list[str]:
    random = Random(3)
    words = [*FRAGMENTS * 2, *["Turn", "on", "the", "LIGHTS", "in", "a", "Room", "with", "lamps"]]
    return [
        random.choice(("", " ", " ")).join(random.choices(words, k=random.randint(1, 12)))
        for _ in range(count)
    ]


LINES = [*lines_with_spans(8000), *made_lines(2000), "{a} " * 40, "<b>{a} {c}</b>", "<i>x</b></i>"]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    copy_page(folder)
    return folder


def protected(line: str) -> tuple[object, ...]:
    """Spans with their texts in the target, the line with symbols, what these are, and pairs."""
    spans = [s._replace(text=RULES.localized(s, line)) for s in find_spans(line, RULES)]
    spans = sorted([*spans, *outside(FOREIGN_TEXT.find(line), spans)])
    made = protect(line, as_written(spans, line))
    texts = [translated(span, spans, line).text for span in made.spans]
    return [[s.kind, s.text] for s in spans], made.text, texts, made.closes


def test_spans_of_10000_lines_are_those_of_python(page: Path) -> None:
    request = {
        "spans": describe_spans(RULES, FOREIGN_TEXT),
        "numbers": SIGNS.facts(),
        "lines": LINES,
    }

    (found,) = call_page(page, [("protect", request)])

    ours = [
        (each["found"], each["text"], [span["text"] for span in each["spans"]], each["closes"])
        for each in found
    ]
    assert ours == [protected(line) for line in LINES]
    assert {kind for each in found for kind, _ in each["found"]} == {*RULES.kinds, FOREIGN}


def test_constraints_leave_the_tokens_possible_that_they_leave_in_python(page: Path) -> None:
    random = Random(4)
    size, first, symbols = 14, 5, 6
    cases: list[dict[str, Any]] = []
    expected = []
    for _ in range(500):
        closes = [random.choice([-1, *range(i)]) if i else -1 for i in range(random.randint(0, 6))]
        limit, ngram = random.randint(6, 12), random.choice((0, 2, 3))
        generated = random.choices(range(4, size), k=random.randint(0, limit))
        case = {"first": first, "symbols": symbols, "closes": closes, "limit": limit}
        cases.append({**case, "ngram": ngram, "generated": generated})
        required = torch.zeros(1, symbols, dtype=torch.bool)
        required[0, : len(closes)] = True
        partners = torch.full((1, symbols), -1)
        partners[0, : len(closes)] = torch.tensor(closes, dtype=torch.long)
        constraints: list[Any] = [RequiredTokens(first, required, partners, torch.tensor([limit]))]
        constraints += [NoRepeatedNgrams(ngram)] if ngram else []
        logits = torch.zeros(1, 1, size)
        for constrain in constraints:
            tokens = torch.tensor(generated, dtype=torch.long).view(1, 1, -1)
            logits = constrain(logits, tokens, torch.tensor([0]))
        expected.append((logits[0, 0] == 0).nonzero().flatten().tolist())

    (found,) = call_page(page, [("constrain", {"size": size, "cases": cases})])

    assert found == expected


@pytest.mark.parametrize(
    ("pattern", "flags", "expected"),
    [
        ("ab+", 0, "a(?:b){1,}"),
        (r"[a-c\d]*?", 0, r"(?:[a-c\p{Nd}]){0,}?"),
        (r"(?P<x>a)\1", 0, r"(?<g1>a)\k<g1>"),
        ("a++b", 0, r"(?=(?<a1>(?:a){1,}))\k<a1>b"),
        ("(?<!x)y(?=z)", 0, "(?<!x)y(?=z)"),
        ("a.  # any", re.VERBOSE, r"a[^\n]"),
        (".", re.DOTALL, "[^]"),
        (r"[^\W_]", 0, r"(?![\u{5f}]|[^\p{L}\p{N}_])[^]"),
        ("-", 0, r"\u{2d}"),
    ],
)
def test_an_expression_of_python_in_javascript(pattern: str, flags: int, expected: str) -> None:
    assert to_javascript(pattern, flags) == expected


def test_an_expression_that_javascript_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="the flags of the regular expression"):
        to_javascript("(?i)a")
    with pytest.raises(ConfigError, match=r"protect\.patterns: a page cannot have the flags"):
        describe_spans(SpanRules(patterns=["(?i)a"]), FOREIGN_TEXT)


def test_nothing_is_protected_without_rules() -> None:
    assert describe_spans(None, FOREIGN_TEXT) == {"kinds": []}
