"""XML and markup in sentences: hostile documents, positions, escapes, tags."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.documents.document import SegmentTranslation, TextSegment
from seq2seq.documents.inline import InlinePart, InlineText
from seq2seq.documents.source_text import SlottedDocument
from seq2seq.documents.xml_source import MAX_XML_DEPTH, XmlElement, XmlText, parse_xml, unescape_xml
from seq2seq.documents.xml_text import attribute_slot, element_slot, inline_parts
from seq2seq.errors import TextError


def document(data: bytes, is_preserved: bool = False) -> SlottedDocument:
    """Make a document whose root is one sentence, beside its attribute `title`."""
    xml = parse_xml(data)
    root = xml.root
    parts = list(inline_parts(root.children, xml, lambda e: e.name == "code", is_preserved))
    slots = [element_slot(xml, parts, root.inner_start, root.inner_end, segment)]
    if "title" in root.attributes:
        slots.append(attribute_slot(xml, root, "title", segment))
    return SlottedDocument(xml.source, slots)


def segment(text: str) -> TextSegment:
    return TextSegment(text, "here")


def rewritten(data: bytes, change: Callable[[str], str]) -> bytes:
    made = document(data)
    return made.write([SegmentTranslation(change(each.text)) for each in made.segments])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("<a>", "line 1 is not XML: no element found"),
        ("<a>\n</b>", "line 2 is not XML: mismatched tag"),
        ("<a>&nbsp;</a>", "line 1 is not XML: undefined entity"),
        ('<a b="1" b="2"/>', "line 1 is not XML: duplicate attribute"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "the entity 'x' sta"),
        ('<!DOCTYPE a [<!ENTITY % x SYSTEM "http://e.org/x">%x;]><a/>', "the entity 'x' stands"),
        ('<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><a>&y;</a>', "the entity 'y' is made"),
        ('<!DOCTYPE a [<!ENTITY x "&#38;y;">]><a>&x;</a>', "the entity 'x' is made of other"),
        ("<a>" * (MAX_XML_DEPTH + 1) + "</a>" * (MAX_XML_DEPTH + 1), "line 1 has more than 256"),
        ('<?xml version="1.0" encoding="punycode"?><a/>', "there is no text encoding 'punycode'"),
        ('<?xml version="1.0" encoding="undefined"?><a/>', "there is no text encoding 'undefined'"),
        ('<?xml version="1.0" encoding="ascii"?>\n<a>é</a>', "line 2 is not ASCII at byte"),
    ],
)
def test_hostile_and_damaged_documents_are_refused(data: str, message: str) -> None:
    with pytest.raises(TextError, match=f"^{message}"):
        parse_xml(data.encode())


def capitals(text: str) -> str:
    """Return text in capitals, all but its tags."""
    return re.sub(r"(</?g\d+>|<x\d+/>)|(.)", lambda m: m[1] or m[2].upper(), text, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (
            '<!DOCTYPE a [<!ENTITY app "A >b">]><a>Open &app; &#8230; &quot;now&quot;!</a>',
            'Open <x1/> … "now"!',
            '<!DOCTYPE a [<!ENTITY app "A >b">]><a>OPEN &app; &#8230; &quot;NOW&quot;!</a>',
        ),
        (
            "<a> <!-- n --><b\tid='1'> x <i>y</i> &lt;g1> </b >\n</a>",
            "x <g2>y</g2> <g1>",
            "<a> <!-- n --><b\tid='1'> X <i>Y</i> &lt;g1> </b >\n</a>",
        ),
        (
            "<a>run <code>ls <b>-l</b></code> and<br/>\n   stop</a>",
            "run <x1/> and<x2/> stop",
            "<a>RUN <code>ls <b>-l</b></code> AND<br/> STOP</a>",
        ),
        ("<a>\r\n <![CDATA[x < y]]></a>", "x < y", "<a>\r\n <![CDATA[X < Y]]></a>"),
        ("<a>x<![CDATA[<y>]]></a>", "x<g1><y></g1>", "<a>X<![CDATA[<Y>]]></a>"),
        (
            "<?xml version='1.0' encoding='ascii'?><a>&#223;&#228;</a>",
            "ßä",
            "<?xml version='1.0' encoding='ascii'?><a>SS&#196;</a>",
        ),
    ],
)  # fmt: skip
def test_capitals_change_only_characters(before: str, text: str, after: str) -> None:
    data = before.encode()

    assert document(data).segments[0].text == text
    assert rewritten(data, str) == data
    assert rewritten(data, capitals).decode() == after


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "iso-8859-1"])
def test_the_encoding_stays(encoding: str) -> None:
    name = encoding.removesuffix("-sig").removesuffix("-le")
    text = f"<?xml version='1.0' encoding='{name}'?>\r\n<a title='é &quot;'>ü\r\n</a>"

    assert document(text.encode(encoding)).segments == [segment("ü"), segment('é "')]
    after = rewritten(text.encode(encoding), str.upper).decode(encoding)
    assert after == text.replace("ü", "Ü").replace("é", "É")


@pytest.mark.parametrize(
    ("translation", "written"),
    [
        ("<g2>b</g2> <g1>a</g1><x3/>", "<i>b</i> <b>a</b><br/>"),
        ("a <x3/>b", "a <br/>b<b></b><i></i>"),  # missing ones at the end
        ("<g1>a <g2>b</g1> c</g2><x3/>", "<b>a <i>b</i></b> c<br/>"),  # crossed
        ("<g1>a <g1>b</g1><x3/><x3/>", "<b>a b</b><br/><i></i>"),  # twice
        ("</g2>a</g1><x3/><g2>", "a<br/><i></i><b></b>"),  # without an end, or a beginning
        ("<g3>a</g3> <x1/><g9>", "&lt;g3>a&lt;/g3> &lt;x1/>&lt;g9><b></b><i></i><br/>"),
    ],
)
def test_tags_are_put_back_well_nested(translation: str, written: str) -> None:
    inline = InlineText(
        [
            InlinePart("open", "<b>", key="b"), InlinePart("text", "A"),
            InlinePart("close", "</b>", key="b"), InlinePart("open", "<i>", key="i"),
            InlinePart("text", "B"), InlinePart("close", "</i>", key="i"),
            InlinePart("single", "<br/>"), InlinePart("text", "."),
        ]
    )  # fmt: skip

    assert inline.text == "<g1>A</g1><g2>B</g2><x3/>."
    assert inline.write(translation, lambda text: text.replace("<", "&lt;")) == written
    is_complete = all(translation.count(tag) == 1 for tag in ("<g1>", "</g2>", "<x3/>"))
    assert inline.has_all_tags(translation) == is_complete


def test_pairs_that_cross_stand_alone() -> None:
    parts = [
        InlinePart("text", "a"), InlinePart("open", "<bpt i='1'/>", key="1"),
        InlinePart("open", "<bpt i='2'/>", key="2"), InlinePart("text", "b"),
        InlinePart("close", "<ept i='1'/>", key="1"), InlinePart("close", "<ept i='2'/>", key="2"),
    ]  # fmt: skip

    assert InlineText(parts).text == "a<x1/><g2>b<x3/></g2>"


XML_TEXT = st.text(alphabet="ab \n\té]>&\u00a0", max_size=5).map(
    lambda text: text.replace("&", "&amp;").replace("]]>", "]]&gt;")
)
CONTENT = st.recursive(
    XML_TEXT
    | st.sampled_from(
        ["<x/>", "<!-- c -->", "<?p i?>", "<![CDATA[<c>]]>", "&#228;", "&gt;", "<g1/>"]
    ),
    lambda inner: st.builds(
        lambda name, pieces: f"<{name} k='>'>{''.join(pieces)}</{name}>",
        st.sampled_from(["b", "code", "n:i"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


def structure(node: XmlElement | XmlText) -> object:
    """Return names, attributes and order of elements, comments and CDATA, without characters."""
    if isinstance(node, XmlText):
        return node.kind if node.kind == "cdata" else node.raw
    inside = [c for c in node.children if isinstance(c, XmlElement) or c.kind != "text"]
    return node.tag, [structure(child) for child in inside]


@given(pieces=st.lists(CONTENT, max_size=5))
def test_generated_documents(pieces: list[str]) -> None:
    data = f"<a>{''.join(pieces)}</a>".encode()
    (before,) = document(data).segments

    assert rewritten(data, str) == data
    after = rewritten(data, capitals)
    (text,) = document(after).segments
    assert text.text == capitals(before.text)
    assert structure(parse_xml(after).root) == structure(parse_xml(data).root)


@given(pieces=st.lists(CONTENT, max_size=5), data=st.data())
def test_any_translation_of_tags_is_well_formed(pieces: list[str], data: st.DataObject) -> None:
    original = f"<a>{''.join(pieces)}</a>".encode()
    tags = re.findall(r"</?g\d+>|<x\d+/>", document(original).segments[0].text)
    chosen = data.draw(st.lists(st.sampled_from([*tags, "a", "<b>", "]]>", "&"]), max_size=12))
    after = rewritten(original, lambda _: "".join(chosen))

    def names(document: bytes) -> list[str]:
        return sorted(e.tag for e in parse_xml(document).root.descendants("b", "x", "code", "i"))

    assert names(after) == names(original)


def test_references_are_characters() -> None:
    assert unescape_xml("&amp;lt; &#65;&#x42; &app;") == "&lt; AB &app;"
