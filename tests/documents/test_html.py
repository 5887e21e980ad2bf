"""HTML: what is text, what is a sentence, and what stays."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.documents import inline
from seq2seq.documents.document import FormatSettings, SegmentTranslation
from seq2seq.documents.html import parse_html_text
from seq2seq.documents.html_tokens import html_tokens
from seq2seq.documents.registry import parse_document
from seq2seq.errors import TextError

SETTINGS = FormatSettings(source_language="en", target_language="de")
TAGS = """<p>|</p>|<b>|</b>|<i class='a b'>|</i>|<br>|<img src=x alt='a b'>|<a href="x>y">|</a>|<li>
|<!-- c -->|<script>|</script>|<pre>|</pre>|<td title="a" translate=no>|<x-y>|</x-y>|<title>"""
SIGNS = ["<!", "<!--", "&amp;", "&nbsp;", "&", "<", ">", "</", "'", '"', "word", "a b", "é", " "]
PIECES = st.sampled_from([*TAGS.split("|"), *SIGNS, "\n  "])


def segments(text: str) -> list[str]:
    return [each.text for each in parse_document(text.encode(), "html", SETTINGS).segments]


def write(text: str, *translations: str | None) -> str:
    document = parse_document(text.encode(), "html", SETTINGS)
    made = [None if each is None else SegmentTranslation(each) for each in translations]
    return document.write(made).decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>a <b>b</b> c<p>d", ["a <g1>b</g1> c", "d"]),
        ("<b><i>a</i></b>", ["a"]),
        ("a <code>b</code> c", ["a <x1/> c"]),
        ("a <span translate=no>b <b>c</b></span> d", ["a <x1/> d"]),
        ("<div class='x notranslate'>a<div>b</div>c</div>d", ["d"]),
        ("<pre>a</pre><textarea>b</textarea><svg><text>c</text></svg><script>d</script>", []),
        ("<p translate=no>a <b translate=yes>b</b></p>", ["b"]),
        ("a <i translate=no>b <b translate=yes>c</b></i> d", ["c", "a <x1/> d"]),
        ("A<p lang=fr>b<p>c</p></p><i lang=EN-us>d</i> e", ["A", "<g1>d</g1> e"]),
        ("the <i lang=la>ad hoc</i> rule", ["the <x1/> rule"]),
        ("<p lang=fr>b<p>c", ["b", "c"]),  # it has no end: nobody knows what is in it
        ("<html lang=fr><p>a</p><p lang=fr>b</p>", ["a", "b"]),  # the page says what is not so
        ("A.<br>B", ["A.", "B"]),
        ("a<br>b", ["a<x1/>b"]),
        ("<a>A</a> | <a>B</a>", ["A", "B"]),
        ("<a>A</a> and <a>B</a>", ["<g1>A</g1> and <g2>B</g2>"]),
        ("<img alt='a'><i title='b'>c</i>", ["a", "b", "c"]),
        ("<input type=submit value=a><input value=b>", ["a"]),
        ("<meta name=description content=a><meta name=x content=b>", ["a"]),
        ("<meta property='og:title' content='a &amp; b'>", ["a & b"]),
        ("&lt;b&gt; &eacute;\n\t x", ["<b> é x"]),
        ("<title>a <b></title>", ["a <b>"]),
        ("a <!-- b --> c", ["a <x1/> c"]),
        ('<html xmlns="http://www.w3.org/1999/xhtml"><p>a <i/> b</p></html>', ["a <x1/> b"]),
        ('<html xmlns="http://www.w3.org/1999/xhtml"><p>a <i/> b', ["a <x1/> b"]),
        ('<?xml version="1.0"?><html><title/><p>a</p></html>', ["a"]),
        ('<html xmlns="http://www.w3.org/1999/xhtml"><script>a <p> b</script>c', ["c"]),
    ],
)
def test_texts_and_their_tags(text: str, expected: list[str]) -> None:
    assert segments(text) == expected


def test_attributes_inside_a_sentence_are_translated_with_it() -> None:
    text = 'See <a title="a &quot;b&quot;" href=x>this</a>!'

    assert write(text, 'c "d"', "<g1>Dies</g1> sehen!") == (
        '<a title="c &quot;d&quot;" href=x>Dies</a> sehen!'
    )
    assert write("<img alt=a>", "b c") == '<img alt="b c">'


def test_what_is_to_be_translated_inside_what_is_not_is_written() -> None:
    text = "a <i translate=no>b <b translate=yes>c</b></i> d"

    assert write(text, "C", "D <x1/> A") == "D <i translate=no>b <b translate=yes>C</b></i> A"


def test_entities_are_written_as_they_were() -> None:
    assert write("a&nbsp;b &euro; &amp; c", "€\u00a0<&") == "&euro;&nbsp;&lt;&amp;"
    latin = '<meta charset="iso-8859-1"><p>é'.encode("latin-1")
    document = parse_document(latin, "html", SETTINGS)
    assert document.write(
        [SegmentTranslation("è ł")]
    ) == '<meta charset="iso-8859-1"><p>è &#322;'.encode("latin-1")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<html lang="en-GB">', '<html lang="de">'),
        ('<html lang="en" xml:lang=en>', '<html lang="de" xml:lang=de>'),
        ('<html lang="fr">', '<html lang="fr">'),
    ],
)
def test_the_language_of_a_page_is_set(before: str, after: str) -> None:
    assert write(f"{before}<p>a", "b") == f"{after}<p>b"
    assert write(f"{before}<p>a", None) == f"{before}<p>a"


def test_a_page_of_a_request_is_text() -> None:
    document = parse_html_text('<meta charset="latin-1">a € &amp; <b>b</b>', SETTINGS)

    assert document.write_text([SegmentTranslation("ł <g1>c</g1>")]) == (
        '<meta charset="latin-1">ł <b>c</b>'
    )


def test_a_wrapped_paragraph_stays_wrapped() -> None:
    assert write("<p>aaa bbb\n   ccc <b>ddd</b>", "aaaaa bb <g1>cc</g1> dd") == (
        "<p>aaaaa bb\n   <b>cc</b> dd"
    )


def test_a_sentence_with_too_many_tags_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inline, "MAX_TAGS", 2)
    with pytest.raises(TextError, match=r"^a: a sentence has more than 2 tags$"):
        parse_document(b"a <b>b</b> c <b>d</b> e <b>f</b> g", "html", SETTINGS, "a")


def test_a_page_in_the_wrong_encoding_is_one_line() -> None:
    with pytest.raises(TextError, match=r"^a: line 2 is not UTF-8 at byte 4$"):
        parse_document(b"<p>\n\xff", "html", SETTINGS, "a")


@given(pieces=st.lists(PIECES, max_size=16))
def test_any_page_comes_back_and_capitals_keep_its_tags(pieces: list[str]) -> None:
    text = "".join(pieces)
    assert "".join(token.raw for token in html_tokens(text)) == text
    document = parse_document(text.encode(), "html", SETTINGS)
    same = document.write([SegmentTranslation(each.text) for each in document.segments])
    assert same == text.encode()

    other = document.write([_capitals(each.text) for each in document.segments]).decode()

    assert _tags(other) == _tags(text)


@given(
    translation=st.lists(
        st.sampled_from(["<g1>", "</g1>", "<g2>", "</g2>", "<x3/>", "<x9/>", "a b", "&", "<i>"]),
        max_size=12,
    ).map("".join)
)
def test_any_translation_keeps_the_tags_of_a_page(translation: str) -> None:
    text = '<p>a <b class="x">b <i>c</i></b> d<code>e</code> f</p>'
    assert segments(text) == ["a <g1>b <g2>c</g2></g1> d<x3/> f"]

    after = write(text, translation)

    assert sorted(_tags(after)) == sorted(_tags(text))
    plain = re.sub("</?g[12]>|<x3/>", "", translation).replace("&", "&amp;")
    written = re.sub("<code>.*</code>|<[^>]*>", "", after)
    assert written == plain.replace("<", "&lt;").replace(">", "&gt;")


def _capitals(text: str) -> SegmentTranslation:
    return SegmentTranslation(text.replace("word", "WORD").replace("é", "É"))


def _tags(text: str) -> list[str]:
    return [token.raw for token in html_tokens(text) if token.kind != "text"]


class _Oracle(HTMLParser):
    """The parser of the standard library, for a page without faults."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, str(dict(attrs))))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((tag, "end"))


def test_tags_are_those_of_the_parser_of_the_standard_library() -> None:
    text = (
        "<!DOCTYPE html><html><body class='a b' hidden><p data-x=\"1 > 0\">a<br>b</p><!-- <p> -->"
        "<script>x < '</p>'</script><img src=a.png alt=b></body></html>"
    )
    oracle = _Oracle()
    oracle.feed(text)
    found = [
        (token.name, "end" if token.kind == "close" else str(token.attributes))
        for token in html_tokens(text)
        if token.kind in ("open", "close", "single")
    ]

    assert found == [(tag, each.replace("None", "''")) for tag, each in oracle.found]
