"""Message catalogues of GNU gettext (.po, .pot): what has a translation already stays.

https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
"""

import re
from collections.abc import Sequence
from itertools import zip_longest

from seq2seq.documents.document import FormatSettings, SegmentTranslation, TextSegment
from seq2seq.documents.po_header import header_edits, number_of_forms, singular_form
from seq2seq.documents.po_syntax import Entry, parse_entries, render_field, uses_width
from seq2seq.documents.source_text import Edit, SourceText, apply_edits

_CHARSET = re.compile(rb"charset=([\w.:-]+)")
_HEADER_BYTES = 2**16


def parse_po_document(data: bytes, settings: FormatSettings) -> "Catalogue":
    """Parse a catalogue. Its charset is that of its header.

    Raises:
        TextError: a line is none of a catalogue, or not in the charset.
    """
    found = _CHARSET.search(data, 0, _HEADER_BYTES)
    charset = found[1].decode("ascii", "replace") if found else "utf-8"
    source = SourceText.decode(data, "utf-8" if charset == "CHARSET" else charset.lower())
    return Catalogue(source, parse_entries(source), settings)


class Catalogue:
    """A catalogue: a segment for each message, two for a message with plural forms."""

    def __init__(
        self, source: SourceText, entries: Sequence[Entry], settings: FormatSettings
    ) -> None:
        self.source, self.settings = source, settings
        self.entries = [entry for entry in entries if entry.msgid]
        self.header = next((entry for entry in entries if not entry.msgid), None)
        header_text = self.header.fields["msgstr"].text if self.header else ""
        self.forms = number_of_forms(header_text, settings.target_language)
        self.width = uses_width(source.text)
        self.segments: Sequence[TextSegment] = [
            segment for entry in self.entries for segment in entry.segments()
        ]

    def write(self, translations: Sequence[SegmentTranslation | None]) -> bytes:
        edits, rest = list[Edit](), iter(translations)
        for entry in self.entries:
            made = [next(rest) for _ in entry.segments()]
            if None not in made:
                edits += self._entry_edits(entry, [one for one in made if one is not None])
        if self.header and edits:
            has_plurals = any(entry.is_plural for entry in self.entries)
            edits += header_edits(
                self.source, self.header, self.settings.target_language, has_plurals
            )
        return self.source.encode(apply_edits(self.source.text, edits))

    def _entry_edits(self, entry: Entry, made: Sequence[SegmentTranslation]) -> list[Edit]:
        """Return the edits of an entry: its msgstr, and its flag `fuzzy`."""
        newline, fields = self.source.newline, list[str]()
        if entry.is_plural:
            count = self.forms or len(entry.strings)
            one = singular_form(count, self.settings.target_language)
            texts = [made[0].text if form == one else made[1].text for form in range(count)]
            there = [string.text for string in entry.strings]
            is_draft = entry.is_fuzzy or self.settings.options.overwrite
            if not is_draft and not all(there):  # somebody has begun: the forms that are there stay
                texts = [old or new for old, new in zip_longest(there[:count], texts)]
            names = [f"msgstr[{form}]" for form in range(count)]
        else:
            names, texts = ["msgstr"], [made[0].text]
        # A message that was fuzzy stays so, unless something says that the new one is right.
        is_sure = all(one.is_known_sure if entry.is_fuzzy else one.is_sure for one in made)
        edits = entry.fuzzy_edits(self.source, not is_sure)
        if texts == [string.text for string in entry.strings]:
            return edits
        for name, text in zip(names, texts, strict=True):
            fields.append(render_field(name, text, newline, self.width))
        start, end = entry.strings[0].start, entry.strings[-1].end
        return [*edits, Edit(start, end, newline.join(fields))]
