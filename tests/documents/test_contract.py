"""Every format: an identical translation changes no byte, and others change only what is text."""

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.commands.help import help_text
from seq2seq.config.documents import DocumentOptions
from seq2seq.documents import registry
from seq2seq.documents.document import Document, FormatSettings, SegmentTranslation
from seq2seq.documents.registry import DOCUMENT_FORMATS, DocumentFormat, find_format, parse_document
from seq2seq.documents.translating import translate_documents
from seq2seq.errors import ConfigError, TextError
from tests.documents.localisation_examples import LOCALISATION_EXAMPLES

ROOT = Path(__file__).resolve().parents[2]
# A document of each format, and what it is with all its texts in capitals.
EXAMPLES = {
    "html": (
        '<!DOCTYPE html>\n<html lang="fr"><head><title>A &amp; b</title><script>"<p>x"</script>\n'
        "<!-- no --><body><p class=a>See <a href='x y' title=t>all\r\n of</a> it&nbsp;!<br>\n"
        "More <li>one<pre>no\n</pre> 3 < 4",
        '<!DOCTYPE html>\n<html lang="fr"><head><title>A &amp; B</title><script>"<p>x"</script>\n'
        "<!-- no --><body><p class=a>SEE <a href='x y' title=T>ALL\r\n OF</a> IT&nbsp;!<br>\n"
        "MORE <li>ONE<pre>no\n</pre> 3 < 4",
    ),
    "markdown": (
        "---\ntitle: A page\ndate: today\n---\n# Head ##\n\n"
        "Some words (`code`)  \nof *this*, and\r\n"
        "that.\n\n> 1. Item\n>    goes on.\n\n"
        "| a | b\\|c |\n|--|--|\n| d | |\n\n    code\n\n[a]: b\n",
        "---\ntitle: A PAGE\ndate: today\n---\n# HEAD ##\n\n"
        "SOME WORDS (`code`)  \nOF *THIS*, AND\r\n"
        "THAT.\n\n> 1. ITEM\n>    GOES ON.\n\n"
        "| A | B\\|C |\n|--|--|\n| D | |\n\n    code\n\n[a]: b\n",
    ),
    "srt": (
        "1\n00:00:01,000 --> 00:00:02,000\n<i>Hello, my\nfriend</i>\n\n2\n00:00:02,000 --> "
        "00:00:03,000 X1:1\nof old. So\n- it is.\n\n",
        "1\n00:00:01,000 --> 00:00:02,000\n<i>HELLO, MY\nFRIEND</i>\n\n2\n00:00:02,000 --> "
        "00:00:03,000 X1:1\nOF OLD. SO\n- IT IS.\n\n",
    ),
    "vtt": (
        "WEBVTT\n\nNOTE a\n\nid\n00:01.000 --> 00:02.000 line:0\n<v Bob>This &amp; that,\r\n"
        "all of it\n\n00:02.000 --> 00:03.000\n<v Bob>is here.",
        "WEBVTT\n\nNOTE a\n\nid\n00:01.000 --> 00:02.000 line:0\n<v Bob>THIS &amp; THAT,\r\n"
        "ALL OF IT\n\n00:02.000 --> 00:03.000\n<v Bob>IS HERE.",
    ),
    "ass": (
        "[Script Info]\nTitle: x\n[Events]\nFormat: Start, End, Style, Text\nComment: 1,2,a,b\n"
        "Dialogue: 0:00:01.00,0:00:02.00,Sign,{\\an8}One, two\\Nthree.{\\r}\n",
        "[Script Info]\nTitle: x\n[Events]\nFormat: Start, End, Style, Text\nComment: 1,2,a,b\n"
        "Dialogue: 0:00:01.00,0:00:02.00,Sign,{\\an8}ONE, TWO\\NTHREE.{\\r}\n",
    ),
    "text": (
        "A title\n\n  This paragraph runs over\n  two lines of some text.\r\n\n\nEnd, no line end",
        "A TITLE\n\n  THIS PARAGRAPH RUNS OVER\n  TWO LINES OF SOME TEXT.\r\n\n\nEND, NO LINE END",
    ),
    "po": (
        'msgid ""\nmsgstr "Language: de\\n"\n\n#. note\n#: a.c:1\n\nmsgctxt "x"\n'
        'msgid "A \\"b\\""\n'
        'msgstr ""\n\nmsgid "kept"\nmsgstr "da"\n#~ msgid "old"\n#~ msgstr "alt"\n',
        'msgid ""\nmsgstr "Language: de\\n"\n\n#. note\n#: a.c:1\n\nmsgctxt "x"\n'
        'msgid "A \\"b\\""\n'
        'msgstr "A \\"B\\""\n\nmsgid "kept"\nmsgstr "da"\n#~ msgid "old"\n#~ msgstr "alt"\n',
    ),
    "json": (
        '{"key" :\t"a\\/b \\u00e9",\r\n "n": [1.50, null, "x", {"k": "y"}], "url": ""}\n',
        '{"key" :\t"A/B \\u00c9",\r\n "n": [1.50, null, "X", {"k": "Y"}], "url": ""}\n',
    ),
    "csv": (
        'id;text;more\r\n1;"a ""b"";\r\nc";x\r\n2;plain;"y"\r\n',
        'id;text;more\r\n1;"A ""B"";\r\nC";x\r\n2;PLAIN;"y"\r\n',
    ),
}
ZIPPED = {"docx", "pptx", "xlsx", "odt", "epub"}  # test_office.py has documents of these
NAMES = [each.name for each in DOCUMENT_FORMATS if each.name not in ZIPPED]
_TAG = re.compile(r"(</?g\d+>|<x\d+/>)")
EXAMPLES |= LOCALISATION_EXAMPLES
WITH_TARGETS = ("po", "xliff", "tmx", "xcstrings")  # what has no translation gets one
SETTINGS = FormatSettings(DocumentOptions(columns=["text"]), "en", "de")


def translated(document: Document, change: Callable[[str], str], overwrite: bool = False) -> bytes:
    (made,), _ = translate_documents(
        [document], lambda lines: [SegmentTranslation(change(line)) for line in lines], overwrite
    )
    return document.write(made)


def capitals(line: str) -> str:
    """Return a line in capitals, but for its tags."""
    return "".join(part if _TAG.fullmatch(part) else part.upper() for part in _TAG.split(line))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_capitals_change_the_texts_alone(name: str, mark: str) -> None:
    before, after = (mark + text for text in EXAMPLES[name])
    document = parse_document(before.encode(), name, SETTINGS)

    assert translated(document, capitals).decode() == after


@pytest.mark.parametrize("name", NAMES)
def test_nothing_translated_is_no_change(name: str) -> None:
    data = EXAMPLES[name][0].encode()
    document = parse_document(data, name, SETTINGS)

    assert document.write([None] * len(document.segments)) == data
    if name not in WITH_TARGETS:
        assert translated(document, str) == data


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_damaged_documents_are_one_line_that_names_the_file(name: str, data: st.DataObject) -> None:
    whole = EXAMPLES[name][0].encode()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    broken = whole[:start] + data.draw(st.binary(max_size=8)) + whole[end:]
    mistake = ""
    try:
        document = parse_document(broken, name, SETTINGS, "a.file")
    except (TextError, ConfigError) as error:
        mistake = str(error)
    else:
        assert document.write([None] * len(document.segments)) == broken
    assert "\n" not in mistake
    assert mistake.startswith(("a.file: ", "document.columns") if mistake else "")


def test_a_header_of_several_lines_is_named_in_one() -> None:
    settings = FormatSettings(DocumentOptions(columns=["text"]), "en", "de")
    with pytest.raises(ConfigError) as refusal:
        parse_document(b'b,"a\n\x1b[31m"\n1,2\n', "csv", settings, "a.file")
    assert str(refusal.value) == (
        "document.columns: no column text; the first row has b, a\\n\\x1b[31m"
    )


@given(paragraphs=st.lists(st.text(alphabet="ab é\u00a0\t\r\n.")))
def test_any_text_stays_as_it_is(paragraphs: list[str]) -> None:
    data = "\n\n".join(paragraphs).encode()

    assert translated(parse_document(data, "text"), str) == data


@pytest.mark.parametrize("each", DOCUMENT_FORMATS, ids=lambda each: each.name)
def test_documentation_and_help_list_every_format(each: DocumentFormat) -> None:
    page = (ROOT / "docs" / "documents.md").read_text(encoding="utf-8")
    endings = " ".join(f"`{ending}`" for ending in each.endings)

    assert f"| `{each.name}` | {endings} |".replace("|  |", "| |") in page
    assert each.description in help_text("translate", [])


def test_formats_are_found_by_name_and_ending() -> None:
    found = [find_format("x/A.PO"), find_format("a.txt"), find_format("a.po", "lines")]
    assert [each.name if each else None for each in found] == ["po", None, None]
    with pytest.raises(ConfigError, match=r"format=jsn must be lines, .*; did you mean json\?"):
        find_format("a", "jsn")


@pytest.mark.parametrize(
    ("data", "line"), [('id,text\n1,"a\n2,b\n', 2), ('id\ttext\n1\t"a\n2\tb"\n', 2)]
)
def test_a_quote_of_a_table_that_is_not_closed_is_refused(data: str, line: int) -> None:
    with pytest.raises(TextError, match=rf"^a\.csv: line {line}: a quote"):
        parse_document(data.encode(), "csv", SETTINGS, "a.csv")


def test_the_line_of_broken_utf8_is_named() -> None:
    with pytest.raises(TextError, match=r"^a\.json: line 2 is not UTF-8 at byte 4"):
        parse_document(b'{\n "\xff": 1}', "json", name="a.json")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-be", "shift_jis", "UTF-8-SIG"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("srt", "1\r\n00:00:01,000 --> 00:00:02,000\r\n{}\r\n\r\n"),
        ("csv", "a;b\r\n1;{}\r\n"),
        ("text", "{}\n\nx\n"),
        ("json", '{{"a": "{}"}}'),
    ],
)
def test_a_document_stays_in_the_encoding_that_an_option_tells(
    encoding: str, name: str, text: str
) -> None:
    word, translation = ("日本", "本日") if encoding == "shift_jis" else ("Café", "Kännchen")
    settings = FormatSettings(DocumentOptions(encoding=encoding, columns=["b"]))
    document = parse_document(text.format(word).encode(encoding), name, settings)

    made = [SegmentTranslation(translation) if s.text == word else None for s in document.segments]

    assert document.write(made) == text.format(translation).encode(encoding)


def test_a_wrong_encoding_is_a_line_that_tells_what_to_do() -> None:
    with pytest.raises(TextError, match=r"^a\.srt: line 1 is not UTF-8 at byte 0: tell its enc"):
        parse_document(b"\xe9", "srt", name="a.srt")
    settings = FormatSettings(DocumentOptions(encoding="cp1252"))
    with pytest.raises(ConfigError, match="encoding has no meaning for po: leave it out"):
        parse_document(b"", "po", settings)
    document = parse_document("a".encode("cp1252"), "text", settings)
    with pytest.raises(TextError, match="a translation has 'ł', which CP1252, the encoding"):
        document.write([SegmentTranslation("ł")])


def test_lines_of_a_segment_are_translated_one_by_one_and_each_once() -> None:
    asked: list[str] = []

    def translate(lines: list[str]) -> list[SegmentTranslation]:
        asked.extend(lines)
        return [SegmentTranslation(line[::-1], line != "bc") for line in lines]

    texts = (b'["ab\\n\\nbc"]', b'["ab", "7<x1/>"]')
    documents = [parse_document(text, "json") for text in texts]
    (first, second), report = translate_documents(documents, translate)  # type: ignore[arg-type]

    assert asked == ["ab", "bc"]
    assert first == [SegmentTranslation("ba\n\ncb", is_sure=False)]
    assert second == [SegmentTranslation("ba"), None]
    assert str(report) == "3 segments: 1 left, 1 not sure, 2 translated"


def test_a_missing_package_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda _: None)
    with pytest.raises(
        ConfigError, match=r"needs markdown_it: pip install 'seq2seq\[documents\]'$"
    ):
        parse_document(b"a", "markdown")


def test_items_of_a_list_in_a_text_are_by_themselves() -> None:
    data = b"You need:\n* a long\n  item\n* b\n  1. c\n\n2) d\nline\n\n-5 degrees\nin May\n"
    document = parse_document(data, "text")

    texts = ["You need:", "a long item", "b", "c", "d line", "-5 degrees in May"]
    assert [segment.text for segment in document.segments] == texts
    assert translated(document, str.upper) == data.upper()


def test_line_ends_of_windows_in_a_text_stay() -> None:
    asked = list[str]()

    def translate(lines: Sequence[str]) -> list[SegmentTranslation]:
        asked.extend(lines)
        return [SegmentTranslation(line.upper().strip()) for line in lines]

    document = parse_document(b'{"a": "b\\r\\nc", "d": "b"}', "json")
    (made,), _ = translate_documents([document], translate)

    assert asked == ["b", "c"]
    assert document.write(made) == b'{"a": "B\\r\\nC", "d": "B"}'


KEYS = ", ".join(f'"k{number}": {{}}' for number in range(8000))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("yaml", f"a: [b{', b' * 60_000}]"),
        ("yaml", "other: a\n" * 20_000),
        ("markdown", f"{'|a' * 12_000}\n{'|-' * 12_000}\n"),
        ("xcstrings", f'{{"sourceLanguage": "en", "strings": {{{KEYS}}}}}'),
    ],
)  # fmt: skip
def test_a_long_line_takes_time_in_proportion(name: str, text: str) -> None:
    start = time.process_time()

    document = parse_document(text.encode(), name, SETTINGS)
    document.write([SegmentTranslation("x") for _ in document.segments])

    assert time.process_time() - start < 3  # seconds; quadratic time is several times as long
