"""Small documents of the zipped formats, made by the libraries of others or by hand."""

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import docx
import openpyxl
import pptx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.worksheet.table import Table
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

ODF_NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office", "text": "text", "table": "table", "style": "style", "draw": "drawing",
        "svg": "svg-compatible", "fo": "xsl-fo-compatible", "presentation": "presentation",
    }.items()
)  # fmt: skip


def saved(document: Any) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def zipped(members: Mapping[str, str]) -> bytes:
    """Return a zip file; `mimetype` is stored, as OpenDocument and EPUB want it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            info = zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6))
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(info, text)
    return buffer.getvalue()


def add_field(paragraph: Any, code: str, result: str) -> None:
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("text", result), ("end", "")):
        run = paragraph.add_run()
        if kind in ("begin", "separate", "end"):
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
            run._r.append(element)
        elif kind == "text":
            run.text = text
        else:
            element = OxmlElement("w:instrText")
            element.text = text
            run._r.append(element)


def report_docx() -> bytes:
    document = docx.Document()
    document.add_heading("Annual report", 1)
    paragraph = document.add_paragraph("This is a ")
    paragraph.add_run("very important").bold = True
    paragraph.add_run(" sentence with ")
    paragraph.add_run("red").italic = True
    paragraph.add_run(" words.")
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Cell one", "42"
    document.sections[0].header.paragraphs[0].text = "The header"
    return saved(document)


def letter_docx() -> bytes:
    document = docx.Document()
    document.add_paragraph("Name:\tValue & more")
    paragraph = document.add_paragraph("First line")
    paragraph.runs[0].add_break()
    paragraph.add_run("Second line").underline = True
    paragraph = document.add_paragraph("Page ")
    add_field(paragraph, " PAGE ", "3")
    paragraph.add_run(" of the letter").bold = True
    document.add_paragraph("One item", style="List Bullet")
    return saved(document)


def linked_docx() -> bytes:
    document = docx.Document()
    paragraph = document.add_paragraph("See ")
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), "x")
    link.append(paragraph.add_run("the web page")._r)
    paragraph._p.append(link)
    paragraph.add_run(" for more.")
    hidden = document.add_paragraph("Shown ").add_run("unseen")
    hidden.font.hidden = True
    return saved(document)


def plan_pptx() -> bytes:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = "Our plan"
    frame = slide.placeholders[1].text_frame
    frame.text = "First point"
    paragraph = frame.add_paragraph()
    paragraph.text = "Second "
    paragraph.add_run().text = "bold"
    paragraph.runs[1].font.bold = True
    paragraph.add_run().text = " point"
    slide.notes_slide.notes_text_frame.text = "Say hello"
    return saved(presentation)


def table_pptx() -> bytes:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    size = [Inches(n) for n in (1, 1, 4, 2)]
    table = slide.shapes.add_table(1, 2, *size).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Sales & more", "7"
    box = slide.shapes.add_textbox(*size)
    box.text_frame.text = "A line\vAnother line"
    return saved(presentation)


def chart_pptx() -> bytes:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Growth"
    data = CategoryChartData()
    data.categories = ["East"]
    data.add_series("Tea", (1,))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.PIE, *[Inches(n) for n in (1, 1, 4, 2)], data)
    chart.chart.has_title = True
    chart.chart.chart_title.text_frame.text = "Tea of the year"
    return saved(presentation)


def prices_xlsx() -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in (["Product", "Price"], ["Green tea & milk", 3.5], ["Total", "=SUM(B2:B2)"]):
        sheet.append(row)
    sheet.add_table(Table(displayName="T", ref="A1:B2"))
    return saved(workbook)


def rich_xlsx() -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet["A1"] = CellRichText("A ", TextBlock(InlineFont(b=True), "bold"), " word")
    sheet["A2"] = "two\nlines"
    sheet["A3"] = '="text"&"more"'
    return saved(workbook)


def shared_xlsx() -> bytes:
    """Return a workbook with shared strings, as Excel writes it, with a phonetic text."""
    name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    strings = (
        f'<?xml version="1.0"?>\n<sst xmlns="{name}"><si><t>Hello there</t></si><si><r>'
        '<t xml:space="preserve">so very </t></r><r><rPr><b/></rPr><t>good</t></r></si>'
        '<si><t>漢字 now</t><rPh sb="0" eb="2"><t>kanji</t></rPh></si></sst>'
    )
    return zipped(
        {"xl/workbook.xml": f'<workbook xmlns="{name}"/>', "xl/sharedStrings.xml": strings}
    )


def odf_content(body: str, styles: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content {ODF_NAMES}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body>{body}</office:body></office:document-content>"
    )


def odf(body: str, styles: str = "", **objects: str) -> bytes:
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": odf_content(body, styles),
            **{f"{name}/content.xml": content for name, content in objects.items()},
            "META-INF/manifest.xml": "<manifest/>",
        }
    )


SPAN_STYLES = (
    '<style:style style:name="T1" style:family="text"><style:text-properties fo:font-weight="bold"'
    '/></style:style><style:style style:name="T2" style:family="text"><style:text-properties '
    'fo:language="en"/></style:style><style:style style:name="T3" style:family="text">'
    '<style:text-properties fo:font-weight="bold" fo:country="GB"/></style:style>'
)


def letter_odt() -> bytes:
    return odf(
        '<office:text><text:h>A heading</text:h><text:p>Some <text:span text:style-name="T1">bold'
        "</text:span> words<text:note><text:note-citation>1</text:note-citation><text:note-body>"
        "<text:p>A note.</text:p></text:note-body></text:note>, then.</text:p>"
        "<text:p>Page <text:page-number>1</text:page-number> of it<office:annotation><text:p>no"
        "</text:p></office:annotation></text:p></office:text>",
        SPAN_STYLES,
    )


def slide_odp() -> bytes:
    return odf(
        "<office:presentation><draw:page><draw:frame><draw:text-box><text:p>A title</text:p>"
        "</draw:text-box><svg:desc>A cat</svg:desc></draw:frame><presentation:notes><text:p>Say it"
        "</text:p></presentation:notes></draw:page></office:presentation>"
    )


def sheet_ods() -> bytes:
    return odf(
        '<office:spreadsheet><table:table table:name="Sheet"><table:table-row><table:table-cell>'
        '<text:p>One &amp; two</text:p></table:table-cell><table:table-cell table:formula="of:=A1">'
        "<text:p>computed</text:p></table:table-cell><table:table-cell office:value-type='date'>"
        "<text:p>1 May</text:p></table:table-cell></table:table-row></table:table>"
        "</office:spreadsheet>"
    )


def chart_odt() -> bytes:
    """A chart and a formula, whose old form has the address of a file."""
    chart = odf_content(
        '<office:chart><chart:title xmlns:chart="c"><text:p>Tea of the year</text:p></chart:title>'
        '<table:table><table:table-row><table:table-cell office:value-type="string"><text:p>East'
        "</text:p><draw:g><svg:desc>Sheet1.A2:Sheet1.A4</svg:desc></draw:g></table:table-cell>"
        '<table:table-cell office:value-type="float"><text:p>4</text:p></table:table-cell>'
        "</table:table-row></table:table></office:chart>"
    )
    formula = '<!DOCTYPE math PUBLIC "-//X" "math.dtd"><math><mtext>if</mtext></math>'
    objects = {"Object 1": chart, "Object 2": formula}
    return odf("<office:text><text:p>See below.</text:p></office:text>", **objects)


def epub(chapters: Mapping[str, str], folder: str = "OEBPS/", **more: str) -> bytes:
    items = "".join(
        f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>'
        for n, name in enumerate(chapters)
    )
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/'
        'elements/1.1/"><dc:title>The river</dc:title><dc:language>fr</dc:language></metadata>'
        f'<manifest>{items}<item id="n" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
        "</manifest></package>"
    )
    pages = {
        f"{folder}{name}": f'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml" '
        f'lang="fr"><head><title>{name}</title></head><body>{body}</body></html>'
        for name, body in chapters.items()
    }
    contents = (
        '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navPoint><navLabel><text>Start</text>'
        "</navLabel></navPoint></ncx>"
    )
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:'
            f'container"><rootfile full-path="{folder}book.opf"/></container>',
            f"{folder}book.opf": package,
            **pages,
            f"{folder}toc.ncx": contents,
            f"{folder}style.css": "p { color: red }",
            **more,
        }
    )


OFFICE_FILES: dict[str, Callable[[], bytes]] = {
    "report.docx": report_docx,
    "letter.docx": letter_docx,
    "linked.docx": linked_docx,
    "plan.pptx": plan_pptx,
    "table.pptx": table_pptx,
    "chart.pptx": chart_pptx,
    "prices.xlsx": prices_xlsx,
    "rich.xlsx": rich_xlsx,
    "shared.xlsx": shared_xlsx,
    "letter.odt": letter_odt,
    "slide.odp": slide_odp,
    "sheet.ods": sheet_ods,
    "chart.odt": chart_odt,
    "river.epub": lambda: epub({"a.xhtml": "<p>It <i>runs</i> on.</p>", "b.xhtml": "<h1>End</h1>"}),
    "flat.epub": lambda: epub({"c%20d.xhtml": "<p>Only &#169; this<br/>line.</p>"}, folder=""),
    "code.epub": lambda: epub({"e.xhtml": "<pre>no</pre><p><code>x</code> is one.</p>"}),
}
