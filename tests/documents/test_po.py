"""PO catalogues: plural forms, flags, wrapping, headers."""

from pathlib import Path

import polib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.documents.document import FormatSettings, SegmentTranslation
from seq2seq.documents.po_syntax import render_field
from seq2seq.documents.registry import parse_document
from seq2seq.errors import TextError

HEADER = 'msgid ""\nmsgstr ""\n"Language: {}\\n"\n"Plural-Forms: {}\\n"\n\n'
PLURAL = 'msgid "%d file"\nmsgid_plural "%d files"\nmsgstr[0] ""\nmsgstr[1] ""\n'


def write(text: str, translations: list[tuple[str, bool]], language: str = "de") -> str:
    document = parse_document(text.encode(), "po", FormatSettings(target_language=language))
    return document.write([SegmentTranslation(*each) for each in translations]).decode()


def test_a_template_gets_the_plural_forms_of_the_language() -> None:
    template = HEADER.format("", "nplurals=INTEGER; plural=EXPRESSION;") + PLURAL
    after = write(template, [("%d plik", True), ("%d plików", True)], "pl")

    assert '"Language: pl\\n"\n"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2' in after
    assert 'msgstr[0] "%d plik"\nmsgstr[1] "%d plików"\nmsgstr[2] "%d plików"\n' in after


def test_forms_that_somebody_has_begun_with_stay() -> None:
    begun = PLURAL.replace('msgstr[0] ""', 'msgstr[0] "mein"')

    for flag, first in (("", "mein"), ("#, fuzzy\n", "a")):
        text = HEADER.format("de", "nplurals=2; plural=(n != 1);") + flag + begun
        after = write(text, [("a", True), ("b", True)])
        assert after.endswith(f'msgstr[0] "{first}"\nmsgstr[1] "b"\n')


def test_a_language_without_plurals_gets_the_plural_text() -> None:
    after = write(HEADER.format("ja", "nplurals=1; plural=0;") + PLURAL, [("a", True), ("b", True)])

    assert after.endswith('msgid_plural "%d files"\nmsgstr[0] "b"\n')


@pytest.mark.parametrize(
    ("flags", "is_sure", "after"),
    [
        ("", False, "#, fuzzy\n"),
        ("#, c-format\n", False, "#, fuzzy, c-format\n"),
        ("", None, ""),
        ("#, fuzzy\n", True, ""),
        ('#, c-format, fuzzy\n#| msgid "Old"\n', True, "#, c-format\n"),
        ('#, fuzzy\n#| msgid "Old"\n', False, '#, fuzzy\n#| msgid "Old"\n'),
        ('#, fuzzy\n#| msgid "Old"\n', None, '#, fuzzy\n#| msgid "Old"\n'),
    ],
)
def test_what_is_not_sure_is_fuzzy(flags: str, is_sure: bool | None, after: str) -> None:
    text = f'#: a.c\n{flags}msgid "New"\nmsgstr "Alt"\n'
    rated = SegmentTranslation("Neu", is_sure is not False, None if is_sure is None else 0.5)

    expected = f'#: a.c\n{after}msgid "New"\nmsgstr "Neu"\n'
    assert parse_document(text.encode(), "po").write([rated]).decode() == expected


STRINGS = st.text(alphabet='ab \n\t"\\é', min_size=1, max_size=90).filter(str.strip)


@given(texts=st.lists(STRINGS, min_size=1, max_size=4, unique=True), data=st.data())
def test_polib_reads_what_is_written(texts: list[str], data: st.DataObject) -> None:
    catalogue = polib.POFile()
    for text in texts:
        catalogue.append(polib.POEntry(msgid=text, comment=data.draw(st.sampled_from(["", "c"]))))
    document = parse_document(str(catalogue).encode(), "po")
    translations = [data.draw(STRINGS) for _ in texts]
    after = document.write([SegmentTranslation(text) for text in translations]).decode()

    assert [segment.text for segment in document.segments] == texts
    assert [(e.msgid, e.msgstr) for e in polib.pofile(after)] == list(
        zip(texts, translations, strict=True)
    )


def test_polib_agrees_on_a_catalogue_of_tools() -> None:
    path = Path(__file__).parent / "files" / "po" / "kitchen.po"
    document = parse_document(path.read_bytes(), "po", FormatSettings(target_language="pl"))
    entries = {entry.msgid: entry for entry in polib.pofile(path.read_text()) if not entry.obsolete}

    assert {s.text for s in document.segments if s.plural != "other"} == set(entries)
    kept = {s.text for s in document.segments if s.is_kept and not s.plural}
    assert kept == {e.msgid for e in entries.values() if e.translated() and not e.msgid_plural}
    after = document.write([SegmentTranslation(s.text.upper()) for s in document.segments])
    for entry in polib.pofile(after.decode()):
        strings = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if not entry.obsolete:
            assert set(strings) <= {entry.msgid.upper(), entry.msgid_plural.upper()}
            assert entry.occurrences == entries[entry.msgid].occurrences


def test_long_strings_are_wrapped_as_gettext_does() -> None:
    words = "word " * 20
    first, second = '"' + "word " * 15 + '"', '"word word word word word "'
    assert render_field("msgstr", words, "\n", 79) == f'msgstr ""\n{first}\n{second}'
    assert render_field("msgstr", words, "\n", 0) == f'msgstr "{words}"'
    assert render_field("msgstr", "a\nb\n", "\r\n", 79) == 'msgstr ""\r\n"a\\n"\r\n"b\\n"'
    assert render_field("msgstr", "a\n", "\n", 79) == 'msgstr "a\\n"'


def test_existing_and_obsolete_messages_are_kept() -> None:
    text = 'msgid "a"\nmsgstr "A"\n\n#~ msgid "b"\n#~ msgstr ""\n'
    document = parse_document(text.encode(), "po")

    assert [(s.text, s.existing, s.is_kept) for s in document.segments] == [("a", "A", True)]


def test_the_charset_of_the_header_is_read_and_written() -> None:
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=ISO-8859-1\\n"\n\n'
    text = f'{header}msgid "é"\nmsgstr ""\n'
    document = parse_document(text.encode("latin-1"), "po")

    assert document.segments[0].text == "é"
    assert document.write([SegmentTranslation("è")]).decode("latin-1").endswith('msgstr "è"\n')
    with pytest.raises(TextError, match="a translation has '€', which ISO-8859-1, the encoding"):
        document.write([SegmentTranslation("€")])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("msgid a\n", "line 1 is no line of a .po file: 'msgid a'"),
        ('msgid "a"\n', "line 1: a message needs a msgid and one msgstr"),
        ('msgid "a\nmsgstr ""\n', "line 1 is no line of a .po file: 'msgid \"a'"),
        ('msgid "a"b"\nmsgstr ""\n', "line 1: a string is not closed, or a quote in it"),
        ('"a"\n', "line 1 is no line"),
        ('msgstr ""\n', "line 1: msgstr has no place here"),
        ('msgid "a"\nmsgid_plural "b"\nmsgstr ""\n', r"line 1: a message needs .* msgstr\[0\]"),
        ('"charset=rot13"', "there is no text encoding 'rot13'"),
    ],
)
def test_a_wrong_line_is_named(text: str, message: str) -> None:
    with pytest.raises(TextError, match=rf"^a\.po: {message}"):
        parse_document(text.encode(), "po", name="a.po")
