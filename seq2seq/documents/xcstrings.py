"""String catalogues of Xcode (.xcstrings): each string gets a localization in the target language.

Variations (plurals, devices) are copied from the source's. What Xcode marks as new or as needing a
review is translated anew.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seq2seq.documents.document import FormatSettings, SegmentTranslation, TextSegment
from seq2seq.documents.json import MAX_DOCUMENT_DEPTH, is_chosen
from seq2seq.documents.json_tree import JsonNode, JsonStyle, json_tree
from seq2seq.documents.plural_keys import missing_categories
from seq2seq.documents.source_text import Edit, SourceText, apply_edits
from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.plain_json import parse_plain_json
from seq2seq.text.spans.icu_tree import CATEGORIES

_UNIT = "stringUnit"
_DRAFTS = ("new", "needs_review", "stale")
_Path = tuple[str, ...]


@dataclass(frozen=True)
class _String:
    """A string of a catalogue."""

    key: str
    node: JsonNode
    localization: dict[str, Any]  # of the source language
    leaves: Sequence[_Path]  # where it has texts
    segments: Sequence[TextSegment]


def parse_xcstrings_document(data: bytes, settings: FormatSettings) -> "StringCatalogue":
    """Parse a string catalogue.

    Raises:
        TextError: it is not JSON, or no string catalogue.
    """
    source = SourceText.decode(data)
    tree = parse_plain_json(source.text, MAX_DOCUMENT_DEPTH, "its text")
    strings = tree.get("strings") if isinstance(tree, dict) else None
    if not isinstance(strings, dict) or not all(isinstance(s, dict) for s in strings.values()):
        raise TextError("a string catalogue has an object `strings` of objects")
    language = tree.get("sourceLanguage")
    language = language if isinstance(language, str) else settings.source_language
    nodes = json_tree(source.text).members["strings"].members
    chosen = [
        _string(source, key, nodes[key], strings[key], (language, settings.target_language))
        for key in strings
        if strings[key].get("shouldTranslate", True) and is_chosen(key, settings.options)
    ]
    return StringCatalogue(source, [each for each in chosen if each.leaves], settings)


def _string(
    source: SourceText, key: str, node: JsonNode, value: Any, languages: tuple[str, str]
) -> _String:
    localizations = value.get("localizations", {})
    if not isinstance(localizations, dict):
        raise TextError(f"line {source.line_of(node.start)}: localizations must be an object")
    original = localizations.get(languages[0], {_UNIT: {"state": "new", "value": key}})
    target = localizations.get(languages[1], {})
    segments, leaves = [], list(_leaves(original))
    for path in leaves:
        known, state = _unit(target, path)
        category = next((name for name in reversed(path) if name in CATEGORIES), "")
        segments.append(
            TextSegment(
                _unit(original, path)[0], f"line {source.line_of(node.key_start)}", key, category,
                existing=known or None, is_kept=bool(known) and state not in _DRAFTS,
            )
        )  # fmt: skip
    return _String(key, node, original, leaves, segments)


def _leaves(value: Any, path: _Path = ()) -> Iterator[_Path]:
    """Yield where in a localization there are texts."""
    if not isinstance(value, dict):
        return
    for key, each in value.items():
        if key == _UNIT and isinstance(each, dict) and isinstance(each.get("value"), str):
            yield path
        else:
            yield from _leaves(each, (*path, key))


def _at(value: Any, path: _Path) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _unit(localization: Any, path: _Path) -> tuple[str, str]:
    """Return the text and the state at a path of a localization; "" where there is none."""
    unit = _at(localization, (*path, _UNIT))
    text, state = (unit.get("value"), unit.get("state")) if isinstance(unit, dict) else ("", "")
    return text if isinstance(text, str) else "", state if isinstance(state, str) else ""


@dataclass(frozen=True)
class StringCatalogue:
    """A string catalogue."""

    source: SourceText
    strings: Sequence[_String]
    settings: FormatSettings

    @property
    def segments(self) -> Sequence[TextSegment]:
        return [segment for string in self.strings for segment in string.segments]

    def write(self, translations: Sequence[SegmentTranslation | None]) -> bytes:
        edits, rest = list[Edit](), iter(translations)
        for string in self.strings:
            made = [next(rest) for _ in string.segments]
            if any(
                one is not None and one.text != segment.existing
                for one, segment in zip(made, string.segments, strict=True)
            ):
                edits.append(self._edit(string, made))
        return self.source.encode(apply_edits(self.source.text, edits))

    @cached_property
    def _style(self) -> JsonStyle:
        return JsonStyle(self.source.text, self.source.newline)

    def _edit(self, string: _String, made: Sequence[SegmentTranslation | None]) -> Edit:
        """Return the edit that gives a string its localization."""
        language = self.settings.target_language
        if not language:
            raise ConfigError("a string catalogue needs the target language, which is not known")
        new = copy.deepcopy(string.localization)
        for path, segment, one in zip(string.leaves, string.segments, made, strict=True):
            unit = _at(new, (*path, _UNIT))
            if one is not None:
                unit["state"] = "translated" if one.is_sure else "needs_review"
                unit["value"] = one.text
            elif segment.existing is not None:
                unit["value"] = segment.existing
        _add_categories(new, language)
        style = self._style
        localizations = string.node.get("localizations")
        if localizations is None:
            return style.member_edit(string.node, "localizations", {language: new})
        node = localizations.get(language)
        if node is None:
            return style.member_edit(localizations, language, new)
        return Edit(node.start, node.end, style.dump(new, style.indent(node.start)))


def _add_categories(value: Any, language: str) -> None:
    """Add the plural categories that the language needs, as those of `other`."""
    if not isinstance(value, dict):
        return
    for key, each in value.items():
        if key == "plural" and isinstance(each, dict) and "other" in each:
            for name in missing_categories(list(each), language):
                each[name] = copy.deepcopy(each["other"])
        else:
            _add_categories(each, language)
