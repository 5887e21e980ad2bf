"""JSON: texts under keys. Order, indentation and escapes stay.

Shapes that are recognised: Chrome's messages.json, where only `message` is a text; ARB, where what
begins with @ is about a text; plural keys of i18next (`_one`, `_other`), which get the categories
of the target language; references of Home Assistant, `[%key:...%]`, which stay.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from seq2seq.config.documents import DocumentOptions
from seq2seq.documents.document import FormatSettings, TextSegment
from seq2seq.documents.json_tree import JSON_TOKEN
from seq2seq.documents.plural_keys import missing_categories
from seq2seq.documents.source_text import Edit, Slot, SlottedDocument, SourceText
from seq2seq.storage.plain_json import parse_plain_json
from seq2seq.text.languages import base_language
from seq2seq.text.spans.icu_tree import CATEGORIES

MAX_DOCUMENT_DEPTH = 100
_PLURAL_KEY = re.compile(rf"(.+?)(_ordinal)?_({'|'.join(CATEGORIES)})")
_REFERENCE = re.compile(r"\[%key:[^\]]*%\]")


class _String(NamedTuple):
    """A value that is a string."""

    path: tuple[str, ...]
    start: int
    end: int
    text: str
    before_key: str  # blanks in front of the key
    after_key: str  # colon and blanks behind it


def parse_json_document(data: bytes, settings: FormatSettings) -> SlottedDocument:
    """Parse the strings of a JSON document.

    Raises:
        TextError: it is not JSON, or nested too deeply.
    """
    source = SourceText.decode(data)
    tree = parse_plain_json(source.text, MAX_DOCUMENT_DEPTH, "its text")
    is_text = _shape(tree)
    found = list(_strings(source.text))
    strings = [
        string
        for string in found
        if is_text(string.path)
        and is_chosen(".".join(string.path), settings.options)
        and not _REFERENCE.fullmatch(string.text)
    ]
    keys = {string.path for string in strings}
    is_ascii = source.text.isascii() and "\\u" in source.text
    slots = [_slot(string, keys, settings.target_language, is_ascii) for string in strings]
    return SlottedDocument(source, slots, _locale_edits(found, settings))


def _locale_edits(strings: Sequence["_String"], settings: FormatSettings) -> list[Edit]:
    """Return the edit of the language that a file of ARB says it is in."""
    source, target = settings.source_language, settings.target_language
    return [
        Edit(string.start, string.end, json.dumps(target))
        for string in strings
        if string.path == ("@@locale",)
        and source
        and target
        and base_language(string.text) == base_language(source)
    ]


def is_chosen(key: str, options: DocumentOptions) -> bool:
    """Return whether the options have the text under a dotted key translated."""
    if any(fnmatchcase(key, pattern) for pattern in options.leave):
        return False
    return not options.keys or any(fnmatchcase(key, pattern) for pattern in options.keys)


def _shape(tree: Any) -> Callable[[tuple[str, ...]], bool]:
    """Return the function that tells, by its path, whether a string is a text."""
    if isinstance(tree, Mapping) and tree:
        if all(isinstance(each, dict) and isinstance(each.get("message"), str)
               for each in tree.values()):  # fmt: skip
            return lambda path: path[1:] == ("message",)
        if any(key.startswith("@@") or (key[:1] == "@" and key[1:] in tree) for key in tree):
            return lambda path: not path[0].startswith("@")
    return lambda _: True


def _strings(text: str) -> Iterator[_String]:
    """Yield the strings of valid JSON that are values, with their paths."""
    path: list[str] = []  # the key or index in each open object or array
    counts: list[int] = []  # the index in each open array; -1 for an object
    key, before, previous_end = None, "", 0
    key_end = 0
    for match in JSON_TOKEN.finditer(text):
        token = match[0]
        if token in "{[":
            counts.append(0 if token == "[" else -1)
            path.append("0")
            key = None
        elif token in "}]":
            counts.pop()
            path.pop()
            key = None
        elif token == ",":
            key = None
            if counts[-1] >= 0:
                counts[-1] += 1
                path[-1] = str(counts[-1])
        elif token[0] == '"':
            if counts and counts[-1] < 0 and key is None:
                key, key_end = json.loads(token), match.end()
                path[-1], before = key, text[previous_end : match.start()]
            else:
                between = text[key_end : match.start()] if counts and counts[-1] < 0 else ""
                yield _String(
                    tuple(path), match.start(), match.end(), json.loads(token), before, between
                )
        previous_end = match.end()


def _slot(string: _String, keys: set[tuple[str, ...]], language: str, is_ascii: bool) -> Slot:
    category, added = _plural_keys(string, keys, language)

    def render(text: str) -> str:
        value = json.dumps(text, ensure_ascii=is_ascii)
        names = (json.dumps(each, ensure_ascii=is_ascii) for each in added)
        more = (f",{string.before_key}{name}{string.after_key}{value}" for name in names)
        return "".join([value, *more])

    segment = TextSegment(string.text, ".".join(string.path), plural=category)
    return Slot(segment, string.start, string.end, render)


def _plural_keys(
    string: _String, keys: set[tuple[str, ...]], language: str
) -> tuple[str, list[str]]:
    """Return the plural category of a key, and the keys that the language needs beside `other`."""
    key = string.path[-1] if string.path else ""
    match = _PLURAL_KEY.fullmatch(key)
    if match is None or not string.after_key:
        return "", []
    stem, is_ordinal, category = match[1] + (match[2] or ""), match[2] is not None, match[3]
    folder = string.path[:-1]
    present = [name for name in CATEGORIES if (*folder, f"{stem}_{name}") in keys]
    if len(present) < 2:  # a key such as any_other alone is no plural
        return "", []
    if category != "other":
        return category, []
    missing = missing_categories(present, language, is_ordinal)
    return category, [f"{stem}_{name}" for name in missing]
