"""Character references of HTML in the text of a corpus."""

import pytest

from seq2seq.data.entities import count_entities, entities_of


@pytest.mark.parametrize(
    ("line", "references"),
    [
        ("It &apos;s &quot; fine &quot; .", ["&apos;", "&quot;", "&quot;"]),
        ("&#39; &#x27; &#124;", ["&#39;", "&#x27;", "&#124;"]),
        ("escaped twice: &amp;#39; &amp;amp;quot;", ["&amp;#39;", "&amp;amp;quot;"]),
        ("Tom &amp; Jerry", ["&amp;"]),
        ("cut by a tokenizer: & quot ; &apos ; & #39 ;", ["& quot ;", "&apos ;", "& #39 ;"]),
        ("caf&eacute;", ["&eacute;"]),
        ("R&D; AT&T; Tom & Jerry; a & b ; &nosuch;", []),
        ("a & it ; &amp", []),
        ("", []),
    ],
)
def test_references_of_html_are_found_and_ampersands_are_not(
    line: str, references: list[str]
) -> None:
    assert entities_of(line) == references


def test_lines_and_references_are_counted_with_examples() -> None:
    lines = ["fine", "&apos;a&apos;", "&quot;", "&apos;", "R&D", "&apos;"]

    counts = count_entities(lines)

    assert counts.lines == 4
    assert list(counts.counts.items()) == [("&apos;", 4), ("&quot;", 1)]
    assert counts.examples == [(2, "&apos;a&apos;"), (3, "&quot;"), (4, "&apos;")]


def test_a_text_without_references_has_none() -> None:
    assert count_entities(["one", "two & three"]) == (0, {}, [])
