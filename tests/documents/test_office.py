"""Zipped documents: identity, capitals, formatting on its words, and hostile files."""

import io
import re
import zipfile
from collections.abc import Callable
from functools import cache

import docx
import openpyxl
import pptx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq.documents import zip_members
from seq2seq.documents.document import Document, FormatSettings, SegmentTranslation
from seq2seq.documents.registry import find_format, parse_document
from seq2seq.errors import TextError
from tests.documents.office_files import (
    OFFICE_FILES,
    SPAN_STYLES,
    add_field,
    epub,
    odf,
    saved,
    zipped,
)

SETTINGS = FormatSettings(source_language="en", target_language="de")
_TAG = re.compile(r"(</?g\d+>|<x\d+/>)")


@cache
def example(name: str) -> bytes:
    return OFFICE_FILES[name]()


def parse(data: bytes, name: str) -> Document:
    found = find_format(name)
    assert found is not None
    return parse_document(data, found.name, SETTINGS, name)


def texts(data: bytes, name: str) -> list[str]:
    return [segment.text for segment in parse(data, name).segments]


def write(data: bytes, name: str, change: Callable[[str], str]) -> bytes:
    document = parse(data, name)
    return document.write([SegmentTranslation(change(each.text)) for each in document.segments])


def capitals(text: str) -> str:
    return "".join(part if _TAG.fullmatch(part) else part.upper() for part in _TAG.split(text))


def members(data: bytes) -> list[tuple[str, int, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [
            (each.filename, each.compress_type, archive.read(each)) for each in archive.infolist()
        ]


def word(body: str) -> bytes:
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return zipped({"word/document.xml": f'<w:document xmlns:w="{name}">{body}</w:document>'})


def member(data: bytes, name: str) -> str:
    return next(part.decode() for each, _, part in members(data) if each == name)


@pytest.mark.parametrize("name", OFFICE_FILES)
def test_capitals_change_the_texts_of_members_alone(name: str) -> None:
    data = example(name)
    assert write(data, name, str) == data
    assert parse(data, name).write([None] * len(texts(data, name))) == data

    after = write(data, name, capitals)

    assert after != data
    assert [(n, kind, part.decode().lower()) for n, kind, part in members(after) if _is_xml(n)] == [
        (n, kind, part.decode().lower()) for n, kind, part in members(data) if _is_xml(n)
    ]
    assert [each for each in members(after) if not _is_xml(each[0])] == [
        each for each in members(data) if not _is_xml(each[0])
    ]
    assert [each[0] for each in members(after)] == [each[0] for each in members(data)]
    assert texts(after, name) == [capitals(each) for each in texts(data, name)]


def _is_xml(name: str) -> bool:
    return name.endswith((".xml", ".xhtml", ".ncx", ".opf"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report.docx", ["Annual report", "This is a <g1>very important</g1> sentence with <g2>red"
                         "</g2> words.", "Cell one", "42", "The header"]),
        ("letter.docx", ["Name:", "Value & more", "First line", "Second line",
                         "<g1>Page</g1> <x2/> of the letter", "One item"]),
        ("linked.docx", ["See <g1>the web page</g1> for more.", "Shown"]),
        ("plan.pptx", ["Our plan", "First point", "Second <g1>bold</g1> point", "Say hello"]),
        ("table.pptx", ["Sales & more", "7", "A line", "Another line"]),
        ("chart.pptx", ["Growth", "Tea of the year", "Tea", "East"]),
        ("prices.xlsx", ["Green tea & milk", "Total"]),
        ("rich.xlsx", ["A <g1>bold</g1> word", "two\nlines"]),
        ("shared.xlsx", ["Hello there", "so very <g1>good</g1>", "漢字 now"]),
        ("letter.odt", ["A heading", "A note.", "Some <g1>bold</g1> words<x2/>, then.",
                        "Page <x1/> of it"]),
        ("slide.odp", ["A title", "A cat", "Say it"]),
        ("sheet.ods", ["One & two"]),
        ("chart.odt", ["See below.", "Tea of the year", "East"]),
        ("river.epub", ["The river", "a.xhtml", "It <g1>runs</g1> on.", "b.xhtml", "End", "Start"]),
    ],
)  # fmt: skip
def test_texts_and_their_tags(name: str, expected: list[str]) -> None:
    assert texts(example(name), name) == expected


def test_formatting_goes_to_its_words() -> None:
    german = "Das ist ein Satz mit <g2>roten</g2> Wörtern, <g1>sehr wichtig</g1>."
    after = write(example("report.docx"), "a.docx", lambda t: german if "<g1>" in t else t)
    paragraph = docx.Document(io.BytesIO(after)).paragraphs[1]

    assert [(run.text, run.bold, run.italic) for run in paragraph.runs] == [
        ("Das ist ein Satz mit ", None, None),
        ("roten", None, True),
        (" Wörtern, ", None, None),
        ("sehr wichtig", True, None),
        (".", None, None),
    ]


def test_runs_of_equal_formatting_are_joined() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("Spl")
    for index, text in enumerate(["it ", "wo", "rds ", "here"]):
        run = paragraph.add_run(text)
        run.bold = True if index == 3 else None
        run._r.set(
            "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}rsidR", f"0{index}"
        )
    data = saved(document)
    assert texts(data, "a.docx") == ["Split words <g1>here</g1>"]

    after = docx.Document(io.BytesIO(write(data, "a.docx", lambda _: "<g1>Hier</g1> geteilt")))

    assert [(run.text, run.bold) for run in after.paragraphs[0].runs] == [
        ("Hier", True),
        (" geteilt", None),
    ]


def test_a_link_made_by_a_field_is_a_part_of_its_sentence() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("See ")
    add_field(paragraph, ' HYPERLINK "https://example.org" ', "this page")
    paragraph.add_run(" now")
    data = saved(document)
    assert texts(data, "a.docx") == ["See <g1>this page</g1> now"]

    after = write(data, "a.docx", lambda _: "<g1>Seite</g1> ansehen")
    xml = member(after, "word/document.xml")

    assert (
        re.sub(r"<[^>]*>", "|", xml).replace("|", "").strip()
        == 'HYPERLINK "https://example.org" Seite ansehen'
    )
    assert xml.index("separate") < xml.index("Seite") < xml.index('"end"') < xml.index(" ansehen")


def text_run(text: str, properties: str = "") -> str:
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


def field(role: str) -> str:
    return f'<w:r><w:fldChar w:fldCharType="{role}"/></w:r>'


BODIES = {
    "contents over several paragraphs": (
        f"<w:p>{field('begin')}<w:r><w:instrText> TOC </w:instrText></w:r>{field('separate')}"
        f'<w:hyperlink w:anchor="a">{text_run("Start")}<w:r><w:tab/></w:r>{field("begin")}<w:r>'
        f"<w:instrText> PAGEREF a </w:instrText></w:r>{field('separate')}{text_run('3')}"
        f"{field('end')}</w:hyperlink></w:p><w:p>{field('end')}</w:p>",
        ["Start"],
    ),
    "contents of one line": (
        f"<w:p>{field('begin')}<w:r><w:instrText> TOC </w:instrText></w:r>{field('separate')}"
        f"{text_run('Start')}<w:r><w:tab/></w:r>{text_run('3')}{field('end')}</w:p>",
        ["Start", "3"],
    ),
    "changes": (
        f"<w:p>{text_run('We ')}<w:del><w:r><w:delText>never </w:delText></w:r></w:del><w:ins>"
        f"{text_run('always')}</w:ins>{text_run(' win.')}</w:p>",
        ["We <x1/><g2>always</g2> win."],
    ),
    "comments": (
        f"<w:p><w:commentRangeStart/>{text_run('A big')}<w:commentRangeEnd/><w:r>"
        f"<w:commentReference/></w:r>{text_run(' word.')}</w:p>",
        ["A big<x1/> word."],
    ),
    "a box": (
        f"<w:p>{text_run('Dear ')}<w:sdt><w:sdtPr/><w:sdtContent>{text_run('you')}</w:sdtContent>"
        f"</w:sdt>{text_run(', hello.')}</w:p>",
        ["Dear <g1>you</g1>, hello."],
    ),
    "spelling": (
        f"<w:p><w:proofErr/>{text_run('Mis')}<w:proofErr/>"
        f"{text_run('spelt', '<w:rPr><w:noProof/></w:rPr>')}<w:bookmarkStart/>"
        f"{text_run('.')}</w:p>",
        ["Misspelt<x1/>."],
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_marks_of_a_word_processor_stay(name: str) -> None:
    body, expected = BODIES[name]
    data = word(body)
    assert texts(data, "a.docx") == expected

    after = member(write(data, "a.docx", capitals), "word/document.xml")

    assert _marks(after) == _marks(member(data, "word/document.xml"))


def _marks(xml: str) -> list[str]:
    """Return the tags of a document but for those of runs, which are joined."""
    return re.findall(r"</?w:(?!r[ />]|t[ />]|rPr|noProof|proofErr)[^>]*>", xml)


TEXT_BOX = """<x:document xmlns:x="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
 xmlns:d="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:m="other">
<x:p><x:r><x:t xml:space="preserve">Around </x:t></x:r><x:r><m:Choice><d:docPr descr="A &amp; cat"/>
<x:p><x:r><x:t>inside</x:t></x:r></x:p></m:Choice></x:r>
<x:r><x:t xml:space="preserve"> it</x:t></x:r><m:r><m:t>formula</m:t></m:r></x:p></x:document>"""


def test_a_text_box_in_a_paragraph_is_a_text_of_its_own() -> None:
    data = zipped({"word/document.xml": TEXT_BOX})
    assert texts(data, "a.docx") == ["A & cat", "inside", "Around <x1/> it"]

    after = member(
        write(data, "a.docx", lambda t: f"<x1/> {t}" if "<" in t else t.upper()),
        "word/document.xml",
    )

    assert 'descr="A &amp; CAT"' in after
    assert re.sub(r"<[^>]*>|\s", "", after) == "INSIDEArounditformula"
    assert texts(zipped({"word/document.xml": after}), "a.docx")[1] == "INSIDE"


TRANSLATIONS = st.lists(
    st.sampled_from(["<g1>", "</g1>", "<g2>", "</g2>", "<x3/>", "<x9/>", "a b", " ", "&<", "\n"]),
    max_size=12,
).map("".join)


@given(translation=TRANSLATIONS)
def test_any_translation_gives_a_document_that_has_its_text(translation: str) -> None:
    runs = (
        "<w:r><w:t>aaa </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>b</w:t></w:r><w:hyperlink><w:r>"
        "<w:t>c</w:t></w:r></w:hyperlink><w:r><w:footnoteReference/><w:t> d</w:t></w:r>"
    )
    data = word(f"<w:p>{runs}</w:p>")
    assert texts(data, "a.docx") == ["aaa <g1>b</g1><g2>c</g2><x3/> d"]

    after = write(data, "a.docx", lambda _: translation)
    xml = member(after, "word/document.xml")

    assert parse(after, "a.docx").segments is not None
    assert (xml.count("<w:hyperlink>"), xml.count("<w:footnoteReference/>")) == (1, 1)
    written = "".join(re.findall(r"<w:t\b[^>]*>([^<]*)</w:t>", xml))
    expected = (
        re.sub(r"</?g[12]>|<x3/>", "", translation).replace("&", "&amp;").replace("<", "&lt;")
    )
    assert written.replace("&gt;", ">") == expected


def test_libraries_open_what_is_written() -> None:
    slides = pptx.Presentation(io.BytesIO(write(example("plan.pptx"), "a.pptx", capitals))).slides
    assert slides[0].shapes.title.text == "OUR PLAN"
    assert slides[0].notes_slide.notes_text_frame.text == "SAY HELLO"
    assert [r.text for r in slides[0].placeholders[1].text_frame.paragraphs[1].runs] == [
        "SECOND ",
        "BOLD",
        " POINT",
    ]
    sheet = openpyxl.load_workbook(
        io.BytesIO(write(example("prices.xlsx"), "a.xlsx", capitals))
    ).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["Product", "Price"], ["GREEN TEA & MILK", 3.5], ["TOTAL", "=SUM(B2:B2)"]
    ]  # fmt: skip


def test_spans_without_a_visible_difference_are_joined() -> None:
    spans = "".join(
        f'<text:span text:style-name="{style}">{text}</text:span>'
        for style, text in (("T2", "so "), ("T1", "bo"), ("T3", "ld"), ("T2", " it is"))
    )
    data = odf(f"<office:text><text:p>{spans}</text:p></office:text>", SPAN_STYLES)
    assert texts(data, "a.odt") == ["so <g1>bold</g1> it is"]

    after = write(data, "a.odt", lambda _: "<g1>fett</g1>  ist es")
    xml = member(after, "content.xml")
    assert '<text:p><text:span text:style-name="T1">fett</text:span>  ist es</text:p>' in xml


def test_the_language_of_a_book_is_set() -> None:
    data = epub({"a.xhtml": "<p>One</p>"})
    french = FormatSettings(source_language="fr", target_language="de")
    document = parse_document(data, "epub", french)
    made = document.write([SegmentTranslation(f"{each.text}!") for each in document.segments])
    found = {name: part.decode() for name, _, part in members(made)}

    assert "<dc:language>de</dc:language>" in found["OEBPS/book.opf"]
    assert ' lang="de">' in found["OEBPS/a.xhtml"]
    assert members(made)[0] == ("mimetype", zipfile.ZIP_STORED, b"application/epub+zip")


def patched(data: bytes, flag: int) -> bytes:
    """Return a zip file with a flag in the directory's entry of its first member."""
    start = data.index(b"PK\x01\x02")
    return data[: start + 8] + bytes([flag]) + data[start + 9 :]


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><a>&b;</a>'
CIPHER = '<e><CipherReference URI="OEBPS/a.xhtml"/></e>'
OTHER_FILE = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><a>&a;</a>'


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.docx", b"", "it is no zip file, or a damaged one"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1x", "it is encrypted, or in an old format"),
        ("a.docx", zipped({"x": ""}), "it is no document of Word: it has no member word/docu"),
        ("a.pptx", zipped({"x": ""}), "it is no presentation of PowerPoint"),
        ("a.xlsx", zipped({"x": ""}), "it is no workbook of Excel"),
        ("a.odt", zipped({"x": ""}), "it is no OpenDocument"),
        ("a.epub", zipped({"x": ""}), "it is no EPUB"),
        ("a.docx", zipped({"../x": ""}), "the member '../x' is outside of the document"),
        ("a.docx", zipped({"/x": ""}), "the member '/x' is outside of the document"),
        ("a.docx", patched(zipped({"x": ""}), 1), "the member 'x' is encrypted"),
        ("a.docx", zipped({"word/document.xml": "<a>\n<b></a>"}),
         "word/document.xml: line 2 is not XML"),
        ("a.docx", zipped({"word/document.xml": BOMB}),
         "word/document.xml: the entity 'b' is made of"),
        ("a.docx", zipped({"word/document.xml": OTHER_FILE}),
         "word/document.xml: the entity 'a' stands"),
        ("a.odt", zipped({"content.xml": "<a/>", "META-INF/manifest.xml": "<encryption-data/>"}),
         "it is encrypted: save it without a password"),
        ("a.epub", epub({"a.xhtml": ""}, **{"META-INF/encryption.xml": CIPHER}),
         "the member 'OEBPS/a.xhtml' is encrypted"),
        ("a.epub", zipped({"META-INF/container.xml": '<a><rootfile full-path="../x"/></a>'}),
         "META-INF/container.xml: there is no member '../x'"),
    ],
)  # fmt: skip
def test_a_hostile_or_damaged_file_is_one_line(name: str, data: bytes, message: str) -> None:
    with pytest.raises(TextError, match=f"^{re.escape(f'{name}: {message}')}") as caught:
        parse(data, name)
    assert "\n" not in str(caught.value)


def test_a_file_that_expands_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_members, "MAX_EXPANDED_BYTES", 1000)
    with pytest.raises(TextError, match="it expands to more than 1,000 bytes"):
        parse(zipped({"word/document.xml": "a" * 1001}), "a.docx")
    monkeypatch.setattr(zip_members, "MAX_MARKUP_BYTES", 100)
    with pytest.raises(TextError, match="its texts expand to more than 100 bytes"):
        parse(zipped({"word/document": "a" * 60, "b.xml": "a" * 41}), "a.docx")
    with pytest.raises(TextError, match=r"it is no document of Word: it has no"):
        parse(zipped({"a.png": "a" * 101}), "a.docx")  # a picture is never parsed
    monkeypatch.setattr(zip_members, "MAX_MEMBERS", 1)
    with pytest.raises(TextError, match="it has more than 1 members"):
        parse(zipped({"a": "", "b": ""}), "a.docx")


@settings(max_examples=40)
@given(name=st.sampled_from(["shared.xlsx", "letter.odt", "river.epub"]), data=st.data())
def test_any_damage_is_one_line_that_names_the_file(name: str, data: st.DataObject) -> None:
    whole = example(name)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 200)))
    broken = whole[:start] + data.draw(st.binary(max_size=8)) + whole[end:]
    mistake = f"{name}: "
    try:
        document = parse(broken, name)
    except TextError as error:
        mistake = str(error)
    else:
        assert document.write([None] * len(document.segments)) == broken
    assert mistake.startswith(f"{name}: ")
    assert "\n" not in mistake


RUNS = st.lists(
    st.tuples(
        st.text(alphabet="ab é&<\u00a0.", max_size=6), st.sampled_from(["", "b", "i"]),
        st.sampled_from(["", "tab", "br", "bookmarkStart", "noBreakHyphen"]),
    ),
    max_size=7,
)  # fmt: skip


@given(runs=RUNS)
def test_any_runs_keep_their_formatting_in_capitals(runs: list[tuple[str, str, str]]) -> None:
    xml = "".join(_run(*each) for each in runs)
    data = word(f"<w:p><w:pPr/>{xml}</w:p>")
    after = member(write(data, "a.docx", capitals), "word/document.xml")

    assert _looks(after) == [
        (each.upper(), look) for each, look in _looks(member(data, "word/document.xml"))
    ]


def _run(text: str, look: str, more: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    properties = f"<w:rPr><w:{look}/></w:rPr>" if look else "<w:rPr><w:lang w:val='en'/></w:rPr>"
    inside = f"<w:{more}/>" if more in ("tab", "br", "noBreakHyphen") else ""
    between = f"<w:{more}/>" if more == "bookmarkStart" else ""
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f"<w:r>{properties}<w:t{space}>{escaped}</w:t>{inside}</w:r>{between}"


def _looks(xml: str) -> list[tuple[str, str]]:
    """Return each character that is no blank with its formatting, and each mark, in order."""
    found = list[tuple[str, str]]()
    for run in re.findall(r"<w:r>.*?</w:r>|<w:bookmarkStart/>", xml):
        look = re.search(r"<w:([bi])/>", run)
        for text, mark in re.findall(r"<w:t\b[^>]*>([^<]*)</w:t>|<w:(tab|br|noBreakHyphen)/>", run):
            characters = text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
            characters += "\u2011" if mark == "noBreakHyphen" else ""
            found += [(each, look[1] if look else "") for each in characters if not each.isspace()]
            found += [(mark.upper(), "mark")] if mark and mark != "noBreakHyphen" else []
    return found
