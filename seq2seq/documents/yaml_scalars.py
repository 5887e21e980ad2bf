"""Scalars of YAML with their places, and as YAML writes them: plain, quoted or in a block."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import yaml

from seq2seq.documents.json import MAX_DOCUMENT_DEPTH
from seq2seq.documents.source_text import SourceText
from seq2seq.errors import TextError

# The loader of libyaml, where it was built; the other one gives the same tokens.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STRING_TAG = "tag:yaml.org,2002:str"
_PLAIN = re.compile(r"[\w<(/.¿¡„«“$€](?:[^\n#:]|:(?=\S)|(?<=\S)#)*")
# Line breaks of YAML 1.1, tabs, and characters that only double quotes can hold.
_ESCAPED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
LINE_BREAKS = re.compile("[\r\x85\u2028\u2029]")  # beside line feeds
_FLOW_SIGNS = re.compile(r"[,\[\]{}]")


class YamlString(NamedTuple):
    """A string that is a value."""

    path: tuple[str, ...]
    text: str
    start: int
    end: int
    style: str  # "" of a plain one, quotes, | or >
    key_start: int  # of its key; -1 in a sequence
    is_flow: bool  # between brackets


@dataclass
class YamlStrings:
    """The strings of a document, and the key at its top if there is one alone."""

    values: list[YamlString] = field(default_factory=list)
    top: list[YamlString] = field(default_factory=list)  # keys of the top mapping


@dataclass
class _Frame:
    """A mapping or sequence that is open."""

    is_mapping: bool
    is_flow: bool
    key: str = ""
    key_start: int = -1
    is_key_next: bool = True
    count: int = 0


def yaml_strings(source: SourceText) -> YamlStrings:
    """Return the strings of a document; numbers, truth values, dates and nulls are none.

    Raises:
        TextError: it is not YAML, or too deep.
    """
    strings, frames = YamlStrings(), list[_Frame]()
    text = source.text.lstrip("\ufeff")  # libyaml does not count a byte order mark
    skipped = len(source.text) - len(text)
    try:
        scalars = _scalar_tokens(text)
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.ScalarEvent):
                start, end = next(scalars) if event.value or event.style else (-1, -1)
                _add_scalar(strings, frames, event, start + skipped, end + skipped)
            elif isinstance(event, yaml.CollectionStartEvent):
                is_mapping = isinstance(event, yaml.MappingStartEvent)
                frames.append(_Frame(is_mapping, bool(event.flow_style), "" if is_mapping else "0"))
                if len(frames) > MAX_DOCUMENT_DEPTH:
                    line = event.start_mark.line + 1
                    raise TextError(
                        f"line {line} has more than {MAX_DOCUMENT_DEPTH} levels of nesting"
                    )
            elif isinstance(event, yaml.CollectionEndEvent):
                frames.pop()
                _advance(frames)
            elif isinstance(event, yaml.AliasEvent):
                _advance(frames)
    except yaml.YAMLError as error:
        raise _mistake(error) from None
    return strings


def _scalar_tokens(text: str) -> Iterator[tuple[int, int]]:
    """Yield the extents of the scalars, without anchors and tags."""
    for token in yaml.scan(text, Loader=_LOADER):
        if isinstance(token, yaml.ScalarToken):
            yield token.start_mark.index, token.end_mark.index


def _mistake(error: yaml.YAMLError) -> TextError:
    position = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    location = f"line {position.line + 1}" if position else "the text"
    return TextError(f"{location} is not YAML: {problem}")


def _add_scalar(
    strings: YamlStrings, frames: list[_Frame], event: yaml.ScalarEvent, start: int, end: int
) -> None:
    frame = frames[-1] if frames else None
    string = YamlString(
        tuple(each.key for each in frames), event.value, start, end, event.style or "",
        frame.key_start if frame and frame.is_mapping else -1,
        any(each.is_flow for each in frames),
    )  # fmt: skip
    if frame and frame.is_mapping and frame.is_key_next:
        frame.key, frame.key_start, frame.is_key_next = event.value, start, False
        if len(frames) == 1:
            strings.top.append(string)
        return
    if event.value and _is_string(event):
        strings.values.append(string)
    _advance(frames)


def _advance(frames: list[_Frame]) -> None:
    """Note that a key or value of the innermost collection is complete."""
    if not frames:
        return
    frame = frames[-1]
    if frame.is_mapping:
        frame.is_key_next = not frame.is_key_next
    else:
        frame.count += 1
        frame.key = str(frame.count)


def _is_string(event: yaml.ScalarEvent) -> bool:
    if event.tag not in (None, "!", _STRING_TAG):
        return False
    if event.style or event.tag is not None:
        return True
    return is_plain_string(event.value) and not event.value.startswith(":")  # a symbol of Ruby


@cache
def _resolver() -> yaml.resolver.Resolver:
    return yaml.resolver.Resolver()


def is_plain_string(text: str) -> bool:
    """Return whether YAML 1.1 takes a plain scalar for a string, as `yes` and 1:30 are none."""
    tag = _resolver().resolve(yaml.ScalarNode, text, (True, False))
    return bool(tag == _STRING_TAG)


def render_scalar(text: str, string: YamlString) -> str:
    """Return a text in the style of a string, or in double quotes where that cannot hold it."""
    if string.style == "'" and not _ESCAPED.search(text):
        return "'" + text.replace("'", "''") + "'"
    if string.style == "" and _is_plain(text, string.is_flow):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def _is_plain(text: str, is_flow: bool) -> bool:
    return (
        _PLAIN.fullmatch(text) is not None
        and not _ESCAPED.search(text)
        and text == text.strip()
        and not text.endswith(":")
        and not (is_flow and _FLOW_SIGNS.search(text))
        and not text.startswith(("...", "<<"))
        and is_plain_string(text)
    )
