"""YAML: the strings of mappings and sequences, as Rails has them for its texts.

A key at the top that is the source language becomes the target language. Comments, anchors and the
styles of scalars stay. PyYAML finds the places of scalars; nothing is constructed.
"""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from seq2seq.documents.document import FormatSettings, SegmentTranslation, TextSegment
from seq2seq.documents.json import is_chosen
from seq2seq.documents.plural_keys import is_plural, missing_categories
from seq2seq.documents.source_text import Edit, Slot, SlottedDocument, SourceText
from seq2seq.documents.yaml_scalars import LINE_BREAKS, YamlString, render_scalar, yaml_strings
from seq2seq.text.spans.icu_tree import CATEGORIES

_BLOCK = re.compile(r"[|>][^\n]*\n(?:[ \t\r]*\n)*(?P<indent> *)(?P<text>.*\S)", re.DOTALL)

_OTHER_BREAKS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")


@dataclass(frozen=True)
class _Localized(SlottedDocument):
    """A document whose top key names its language."""

    header: Sequence[Edit] = ()

    def edits(self, translations: Sequence[SegmentTranslation | None]) -> list[Edit]:
        is_translated = any(each is not None for each in translations)
        return [*super().edits(translations), *(self.header if is_translated else ())]


def parse_yaml_document(data: bytes, settings: FormatSettings) -> SlottedDocument:
    """Parse the strings of YAML.

    Raises:
        TextError: it is not YAML, or nested too deeply.
    """
    source = SourceText.decode(data)
    strings = yaml_strings(source)
    siblings: dict[tuple[str, ...], list[str]] = {}
    for string in strings.values:
        siblings.setdefault(string.path[:-1], []).append(string.path[-1] if string.path else "")
    slots = []
    for string in strings.values:
        if is_chosen(".".join(string.path), settings.options):
            keys = siblings[string.path[:-1]]
            slots += _slot(source, string, keys, settings.target_language)
    return _Localized(source, slots, _header(strings.top, settings))


def _header(top: Sequence[YamlString], settings: FormatSettings) -> list[Edit]:
    """Return the edit of the top key, if it is the source language."""
    target = settings.target_language
    codes = [key.text.lower().replace("_", "-") for key in top]
    if not target or codes != [settings.source_language.lower().replace("_", "-")]:
        return []
    # no: is a truth value without quotes
    return [Edit(top[0].start, top[0].end, render_scalar(target, top[0]))]


def _slot(source: SourceText, string: YamlString, keys: Sequence[str], language: str) -> list[Slot]:
    """Return the slot of a string; none for a block with a layout that would be lost."""
    location = f"line {source.line_of(string.start)}"
    key = string.path[-1] if string.path else ""
    category = key if key in CATEGORIES and is_plural(keys) else ""
    if string.style in ("|", ">"):
        return _block_slot(source, string, TextSegment(
            string.text.strip("\n"), location, ".".join(string.path), category
        ))  # fmt: skip
    segment = TextSegment(string.text, location, ".".join(string.path), category)
    added = missing_categories(keys, language) if category == "other" else []
    indent = ""
    if added:
        begin = source.text.rfind("\n", 0, max(string.key_start, 0)) + 1
        indent = source.text[begin : string.key_start]
        if indent.strip() or string.is_flow or string.key_start < 0:
            added = []  # the key begins no line

    def render(text: str) -> str:
        value = render_scalar(text, string)
        return value + "".join(f"{source.newline}{indent}{each}: {value}" for each in added)

    return [Slot(segment, string.start, string.end, render)]


def _block_slot(source: SourceText, string: YamlString, segment: TextSegment) -> list[Slot]:
    match = _BLOCK.match(source.text, string.start, string.end)
    is_folded = string.style == ">"
    if match is None or _OTHER_BREAKS.search(match[0]) or segment.text.startswith(" "):
        return []
    if is_folded and re.search(r"^[ \t]", string.text, re.MULTILINE):
        return []
    indent = match["indent"]
    width = max(len(line.strip()) for line in match["text"].split("\n"))

    def render(text: str) -> str:
        lines = LINE_BREAKS.sub(" ", text).lstrip(" ").split("\n")
        if is_folded:  # a line break of the text is an empty line
            folded = [_wrapped(line, width) for line in lines]
            lines = [line for each in folded for line in [*each, ""]][:-1]
        first, *others = lines
        rest = (f"{indent}{line}" if line else "" for line in others)
        return source.newline.join([first, *rest])

    return [Slot(segment, match.start("text"), match.end("text"), render)]


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]
