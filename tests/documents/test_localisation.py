"""Formats of localisation: files as tools write them, and what is special to each."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.config.documents import DocumentOptions
from seq2seq.documents.document import Document, FormatSettings, SegmentTranslation
from seq2seq.documents.registry import find_format, parse_document
from seq2seq.errors import TextError

FILES = Path(__file__).parent / "files"
EACH_FILE = sorted(path for path in FILES.rglob("*.*"))
ENGLISH_GERMAN = FormatSettings(source_language="en", target_language="de")
# Of these, write puts targets beside the sources.
WITH_TARGETS = ("xliff", "tmx", "xcstrings", "po")
# Tags, placeholders and references, which a translator leaves as they are.
_KEPT = re.compile(r"</?g\d+>|<x\d+/>|</?[a-z][^<>]*>|%[-\d$.l]*[a-zA-Z@]|%?\{[^{}]*\}+|\$\w+\$")


def parse(path: Path, language: str = "de") -> Document:
    found = find_format(path.name)
    assert found is not None
    return parse_document(path.read_bytes(), found.name, FormatSettings(
        source_language="en", target_language=language), path.name)  # fmt: skip


def capitals(text: str) -> str:
    pieces = _KEPT.split(text)
    kept = [*_KEPT.findall(text), ""]
    return "".join(a.upper() + b for a, b in zip(pieces, kept, strict=True))


def filled(document: Document, texts: list[str]) -> bytes:
    return document.write([SegmentTranslation(text) for text in texts])


@pytest.mark.parametrize("path", EACH_FILE, ids=lambda path: path.name)
def test_files_of_tools_change_their_texts_alone(path: Path) -> None:
    before = parse(path)
    texts = [segment.text for segment in before.segments]
    after_data = filled(before, [capitals(text) for text in texts])
    after = parse_document(after_data, path.parent.name, ENGLISH_GERMAN)

    assert texts
    assert before.write([None] * len(texts)) == path.read_bytes()
    if path.parent.name in WITH_TARGETS:
        assert [segment.text for segment in after.segments] == texts
        found = [segment.existing or "" for segment in after.segments]
    else:
        if path.name != "rails.yml":  # its top key becomes the target language
            assert filled(before, texts) == path.read_bytes()
        found = [segment.text for segment in after.segments]
    assert found == [capitals(text) for text in texts]
    same = ["Text"] * len(texts)
    assert filled(before, same) == filled(after, same)


# Characters that some format escapes, or takes for a sign of its own.
ANY_TEXT = st.text(
    alphabet="aB0 \n\t\r\"'\\<>&;:#{}[]%@?=-|!*,.~`éł\U0001f600\u00a0\u2028\ufeff",
    min_size=1,
    max_size=12,
)
BLOCK = b"x:\n  y: |-\n    a b\n    c\n"
TEXTS_OF_EACH = [
    ("android", b"<resources><string name='a'>It\\'s</string><string name='b'>\"x 'y'\"</string>"
                b"<string name='c'><![CDATA[<b>x</b>]]></string></resources>"),
    ("strings", b'"a" = "b c";\n"d" = "e\nf";'),
    ("properties", b"a = b c\\\n d\n"),
    ("properties", "a = ä".encode("latin-1")),
    ("yaml", b"a: b c # d\ne: 'f'\ng: \"h\"\ni: [j, k]\n"),
    ("json", b'{"a": "b c", "d": ["e\\u00e4"]}'),
    ("xliff", b"<xliff version='1.2' xml:space='preserve'><trans-unit><source>a</source>"
              b"<target state='new'>x</target></trans-unit></xliff>"),
    ("tmx", b"<tmx xml:space='preserve'><tu><tuv xml:lang='en'><seg>a</seg></tuv></tu></tmx>"),
    ("xcstrings", b'{"sourceLanguage": "en", "strings": {"a b": {}, "c": {}}}'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data"), TEXTS_OF_EACH)
@given(draw=st.data())
def test_any_text_can_be_written_and_is_read_again(
    name: str, data: bytes, draw: st.DataObject
) -> None:
    document = parse_document(data, name, ENGLISH_GERMAN)
    texts = [draw.draw(ANY_TEXT) for _ in document.segments]
    after = parse_document(filled(document, texts), name, ENGLISH_GERMAN)
    found = [(s.existing or "") if name in WITH_TARGETS else s.text for s in after.segments]

    if name in ("android", "xliff", "tmx"):  # blanks around a text, and carriage returns
        texts, found = (
            [re.sub(r"\r\n?", "\n", text).strip() for text in side] for side in (texts, found)
        )
    assert found == texts


@pytest.mark.parametrize(
    "data", [b"a: |2\n    b\n    c\n", b"a: >\n  b\n    - c\n", b"a: |\n\r    b\r\n"]
)
def test_blocks_of_yaml_whose_layout_would_be_lost_stay(data: bytes) -> None:
    assert parse_document(data, "yaml").segments == []


def test_a_localization_of_xcode_is_put_in_the_order_of_languages() -> None:
    path = FILES / "xcstrings" / "Localizable.xcstrings"
    after = json.loads(filled(parse(path), ["x" for _ in parse(path).segments]))

    languages = list(after["strings"]["%lld files"]["localizations"])
    assert languages == ["de", "en", "fr"]


def test_a_second_byte_order_mark_moves_nothing() -> None:
    data = "\ufeff\ufeffa: b".encode()

    assert filled(parse_document(data, "yaml"), ["c"]) == "\ufeff\ufeffa: c".encode()


def test_a_new_variant_of_tmx_is_well_formed() -> None:
    data = b"<tmx><tu><tuv xml:lang='en'>note<seg type='x'/></tuv></tu></tmx>"
    after = filled(parse_document(data, "tmx", ENGLISH_GERMAN), ["x"])

    assert after == data.replace(b"</tu>", b"<tuv xml:lang=\"de\"><seg type='x'>x</seg></tuv></tu>")


def test_a_block_of_yaml_keeps_its_blank_lines() -> None:
    data = b"a: |\n\n  b\n    \n  c\nd: e\n"
    document = parse_document(data, "yaml")

    assert [each.text for each in document.segments] == ["b\n  \nc", "e"]
    assert filled(document, ["B\n  \nC\n\nD", "e"]) == (b"a: |\n\n  B\n    \n  C\n\n  D\nd: e\n")


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("strings.xml", "days"), ("rails.yml", "en.shop.items.*"), ("messages.properties", "u*"),
     ("Localizable.strings", "greeting*"), ("Localizable.xcstrings", "%lld files")],
)  # fmt: skip
def test_keys_are_chosen_or_left(name: str, pattern: str) -> None:
    (path,) = (path for path in EACH_FILE if path.name == name)
    chosen, rest = (
        parse_document(path.read_bytes(), path.parent.name, FormatSettings(options))
        for options in (DocumentOptions(keys=[pattern]), DocumentOptions(leave=[pattern]))
    )

    assert len(chosen.segments) in (1, 2)
    assert len(chosen.segments) + len(rest.segments) == len(parse(path).segments)


@given(text=st.text(alphabet="ab: #-\n'", min_size=1, max_size=12).filter(str.strip))
def test_any_lines_can_be_written_into_a_block_of_yaml(text: str) -> None:
    lines = "\n".join(line.strip() for line in text.strip().split("\n"))
    (after,) = parse_document(filled(parse_document(BLOCK, "yaml"), [lines]), "yaml").segments

    assert after.text == lines


@pytest.mark.parametrize(("name", "count"), [("rails.yml", 13), ("strings.xml", 9),
                         ("Localizable.strings", 4), ("messages.properties", 6),
                         ("office.xlf", 4), ("version2.xlf", 3), ("tool.tmx", 2)])  # fmt: skip
def test_only_what_should_be_is_a_segment(name: str, count: int) -> None:
    (path,) = (path for path in EACH_FILE if path.name == name)

    assert len(parse(path).segments) == count


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.xlf", "<a/>", "line 1: XLIFF begins with xliff, not a"),
        ("a.xlf", "<xliff version='1.2'>\n<trans-unit/></xliff>", "line 2: a trans-unit needs a s"),
        ("a.tmx", "<a/>", "line 1: TMX begins with tmx"),
        ("strings.xml", "<a/>", "line 1: a file of strings begins with resources"),
        ("a.strings", '"a" = "b"\n"c"', "line 2 needs ;, not "),
        ("a.strings", '"a" = "b', "line 1 needs a value in double quotes, not "),
        ("a.properties", "a=b\nc=\\u12", r"line 2: \\u needs four hexadecimal digits"),
        ("a.yaml", "a: [b", "line 2 is not YAML: did not find"),
        ("a.yml", "a:\n\t- b", "line 2 is not YAML: found character"),
        ("a.yaml", "[" * 101 + "]" * 101, "line 1 has more than 100 levels"),
        ("a.yaml", "a: \x01", "the text is not YAML: "),
        ("a.xcstrings", "{}", "a string catalogue has an object `strings`"),
        ("a.xcstrings", "{", "its text"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(name: str, data: str, message: str) -> None:
    found = find_format(name)
    assert found is not None
    with pytest.raises(TextError, match=f"^{name}: {message}") as caught:
        parse_document(data.encode(), found.name, name=name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", EACH_FILE, ids=lambda path: path.name)
def test_plural_categories_of_the_language_are_added(path: Path) -> None:
    document = parse(path, "pl")
    written = filled(document, ["Text" for _ in document.segments]).decode("utf-8", "replace")
    expected = {
        "strings.xml": '\n        <item quantity="many">Text</item>\n',
        "rails.yml": '\n      many: "Text"\n',
        "Localizable.xcstrings": '\n              "many" : {\n',
    }

    assert expected.get(path.name, "") in written


def test_targets_that_are_there_are_kept_and_states_are_set() -> None:
    unit = (
        '<trans-unit approved="yes"><source>A</source><target state="{}">{}</target></trans-unit>'
    )
    data = f"<xliff version='1.2'>{unit.format('final', 'B')}{unit.format('new', 'A')}</xliff>"
    document = parse_document(data.encode(), "xliff", ENGLISH_GERMAN)

    assert [segment.is_kept for segment in document.segments] == [True, False]
    made = [None, SegmentTranslation("C", is_sure=False)]
    after = unit.format("needs-review-translation", "C").replace("yes", "no")
    assert document.write(made).decode() == data.replace(unit.format("new", "A"), after)


def test_a_translation_without_its_tags_needs_a_review() -> None:
    data = b'<xliff version="1.2"><trans-unit><source>A<x id="1"/>b</source></trans-unit></xliff>'
    document = parse_document(data, "xliff")

    after = document.write([SegmentTranslation("B")]).decode()
    assert '<target state="needs-review-translation">B<x id="1"/></target>' in after


def test_states_of_xliff_2() -> None:
    document = parse(FILES / "xliff" / "version2.xlf")
    made = [SegmentTranslation("A", False), SegmentTranslation("<g1>b</g1><x2/><x3/>"), None]
    after = document.write(made).decode()

    assert '<segment id="s1" state="initial">' in after
    assert '<segment id="s2" state="translated">' in after


@pytest.mark.parametrize(
    ("text", "written"),
    [("Yes", '"Yes"'), ("1:30", '"1:30"'), ("a: b", '"a: b"'), ("a #b", '"a #b"'),
     ("- a", '"- a"'), ("it's", "it's"), ("a\nb", r'"a\nb"'), ("a:", '"a:"'), ("¿Qué?", "¿Qué?"),
     ("", '""'), ("null", '"null"'), (" a", '" a"'), ("@a", '"@a"'), ("a:b", "a:b")],
)  # fmt: skip
def test_yaml_is_quoted_where_it_would_be_no_string(text: str, written: str) -> None:
    assert filled(parse_document(b"a: Go on\n", "yaml"), [text]).decode() == f"a: {written}\n"


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        ("It\\'s", 'Don\'t \\ "x"\ny', 'Don\\\'t \\\\ \\"x\\"\\ny'),
        ('"It\'s"', "Don't", '"Don\'t"'),
        ("Home", "@home", "\\@home"),
        ("a &lt;b> c", "<b> & c", "&lt;b> &amp; c"),
        ("a &lt;b&gt; <i>c</i>", "<b> <g1>c</g1>", "&lt;b&gt; <i>c</i>"),
    ],
)
def test_escapes_of_android(before: str, text: str, after: str) -> None:
    form = '<resources><string name="a">{}</string></resources>'
    document = parse_document(form.format(before).encode(), "android")

    assert filled(document, [text]).decode() == form.format(after)


def test_properties_have_escapes_where_their_encoding_lacks_a_character() -> None:
    ascii_data, latin = b"a=b\n", "a=ß\n".encode("latin-1")

    assert filled(parse_document(ascii_data, "properties"), ["ł😀"]) == b"a=\\u0142\\ud83d\\ude00\n"
    assert filled(parse_document(latin, "properties"), ["éł"]) == b"a=\xe9\\u0142\n"
    assert filled(parse_document("a=Ł\n".encode(), "properties"), ["ł"]) == "a=ł\n".encode()


def test_the_locale_of_arb_becomes_the_target_language() -> None:
    data = b'{"@@locale": "en_GB", "a": "b"}'
    document = parse_document(data, "json", ENGLISH_GERMAN)

    assert filled(document, ["c"]) == b'{"@@locale": "de", "a": "c"}'
    assert filled(document, ["b"]) == data
    other = data.replace(b"en_GB", b"fr")
    assert b'"fr"' in filled(parse_document(other, "json", ENGLISH_GERMAN), ["c"])


@pytest.mark.parametrize(("is_recalled", "approved"), [(False, "no"), (True, "yes")])
def test_what_a_machine_has_translated_is_not_approved(is_recalled: bool, approved: str) -> None:
    data = (
        b"<xliff version='1.2'><trans-unit approved='yes'><source>A</source></trans-unit></xliff>"
    )
    document = parse_document(data, "xliff")

    after = document.write([SegmentTranslation("B", is_recalled=is_recalled)]).decode()

    assert f"approved={approved!r}" in after.replace('"', "'")
