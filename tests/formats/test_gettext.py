"""Message catalogues of GNU gettext."""

import struct

import pytest

from seq2seq.formats.mo import parse_mo
from seq2seq.formats.po import parse_po

PO = r"""
# The header has no msgid.
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\n"

#. The label of a button.
#: button.c:12
msgid "Open"
msgstr "Öffnen"

msgctxt "door"
msgid "Open"
msgstr "Offen"

msgid ""
"Two "
"parts\t\"quoted\""
msgstr ""
"Zwei "
"Teile"

#, fuzzy
msgid "Guess"
msgstr "Vermutung"

#, c-format
msgid "%d file"
msgid_plural "%d files"
msgstr[0] "%d Datei"
msgstr[1] "%d Dateien"

msgid "Untranslated"
msgstr ""

#~ msgid "Old"
#~ msgstr "Alt"
msgid "Close together"
msgstr "Dicht"
msgid "at the end"
msgstr "am Ende"
"""


def test_a_po_file_gives_its_translated_singular_messages() -> None:
    assert parse_po(PO) == {
        "Open": "Öffnen",
        "door\x04Open": "Offen",
        'Two parts\t"quoted"': "Zwei Teile",
        "Close together": "Dicht",
        "at the end": "am Ende",
    }


def test_a_string_that_is_not_closed_is_an_error() -> None:
    with pytest.raises(ValueError, match="not a string"):
        parse_po('msgid "open\nmsgstr "offen"\n')


def mo(messages: dict[str, str], order: str) -> bytes:
    """Return a .mo file by the manual: header, two tables of length and offset, strings."""
    keys = [k.encode() for k in messages]
    values = [v.encode() for v in messages.values()]
    count = len(messages)
    start = 28 + 16 * count
    table, strings = [], b""
    for string in keys + values:
        table += [len(string), start + len(strings)]
        strings += string + b"\0"
    header = struct.pack(f"{order}7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0)
    return header + struct.pack(f"{order}{len(table)}I", *table) + strings


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_mo_file_of_either_byte_order_gives_its_singular_messages(order: str) -> None:
    messages = {"": "header", "Open": "Öffnen", "door\x04Open": "Offen", "one\0many": "ein\0viele"}

    assert parse_mo(mo(messages, order)) == {"Open": "Öffnen", "door\x04Open": "Offen"}


@pytest.mark.parametrize("data", [b"", b"PK\3\4", mo({"Open": "Offen"}, "<")[:30]])
def test_other_and_truncated_files_are_an_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\.mo file"):
        parse_mo(data)
