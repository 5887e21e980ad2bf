r"""YAML from strangers as plain data, in which no value is computed or refers to another.

No tags, anchors, aliases, merge keys, interpolations, or repeated keys. The parser's events are
checked one by one, so that no alias is expanded, and depth is known before recursion.
Scalars are read as OmegaConf reads them: 1e-3 is a number, 2026-01-01 is text.
"""

import re
from pathlib import Path
from typing import Any, NoReturn

import yaml

from seq2seq.errors import TextError
from seq2seq.storage.plain_json import MAX_NUMBER
from seq2seq.storage.regular import escaped, quoted, read_regular

_TAG = "tag:yaml.org,2002:"
_SURROGATE = re.compile("[\ud800-\udfff]")
# YAML 1.1 reads 1e3 as text, since it demands a dot and a signed exponent; this is the pattern of
# OmegaConf's get_yaml_loader.
_FLOAT = re.compile(
    r"""^(?:
     [-+]?[0-9]+(?:_[0-9]+)*\.[0-9_]*(?:[eE][-+]?[0-9]+)?
    |[-+]?[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+)
    |\.[0-9]+(?:_[0-9]+)*(?:[eE][-+][0-9]+)?
    |[-+]?[0-9]+(?:_[0-9]+)*(?::[0-5]?[0-9])+\.[0-9_]*
    |[-+]?\.(?:inf|Inf|INF)
    |\.(?:nan|NaN|NAN))$""",
    re.VERBOSE,
)
_RESOLVERS = {
    first: [(tag, regex) for tag, regex in resolvers if tag != f"{_TAG}timestamp"]
    + [(f"{_TAG}float", _FLOAT)] * (first in set("-+0123456789."))
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_plain_yaml(path: Path, max_bytes: int = 2**20, max_depth: int = 50) -> dict[str, Any]:
    """Read the options of a YAML file as str, int, float, bool, None, lists and dicts.

    Raises:
        TextError: the file is not regular, too large, too deep, not YAML, or more than plain data.
    """
    text = read_regular(path, max_bytes)
    try:
        return _Reader(text, path, max_depth).read_document()
    except yaml.MarkedYAMLError as error:
        position = error.problem_mark or error.context_mark
        reason = escaped(str(error.problem or error.context)[:100])
        raise TextError(f"{_position(path, position)} is not YAML: {reason}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        character = escaped(chr(error.character))
        raise TextError(f"{path}, line {line} is not YAML: it has {character}") from None
    except (ValueError, OverflowError):  # in an escape such as "\UFFFFFFFF", or in a directive
        raise TextError(f"{path} is not YAML: it has a number that is out of range") from None


class _Reader:
    """A reader of one document.

    It recurses once for each level of nesting, which is why the depth is bounded.
    """

    def __init__(self, text: str, path: Path, max_depth: int) -> None:
        self.path = path
        self.max_depth = max_depth
        self.loader = yaml.SafeLoader(text)  # for events and scalars: it builds no nodes
        self.loader.yaml_implicit_resolvers = _RESOLVERS

    def read_document(self) -> dict[str, Any]:
        self.loader.get_event()  # the stream begins
        event = self.loader.get_event()
        if isinstance(event, yaml.StreamEndEvent):
            raise TextError(f"{self.path} is empty: it must hold options, NAME: VALUE")
        if event.tags:
            self.refuse(event, "%TAG is not allowed here: write plain values")
        event = self.loader.get_event()
        value = self.read_value(event, 1)
        if not isinstance(value, dict):
            self.refuse(event, "there must be options here, NAME: VALUE")
        self.loader.get_event()  # the document ends
        event = self.loader.get_event()
        if not isinstance(event, yaml.StreamEndEvent):
            self.refuse(event, "a second document begins: there must be one")
        return value

    def read_value(self, event: Any, depth: int) -> Any:
        """Read the value that begins with `event`; `depth` is its level if it is a list or dict."""
        self.require_plain(event)
        if isinstance(event, yaml.ScalarEvent):
            return self.read_scalar(event)
        if depth > self.max_depth:
            self.refuse(event, f"there are more than {self.max_depth} levels of nesting")
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(event := self.loader.get_event(), yaml.SequenceEndEvent):
                items.append(self.read_value(event, depth + 1))
            return items
        mapping: dict[str, Any] = {}
        while not isinstance(event := self.loader.get_event(), yaml.MappingEndEvent):
            key = self.read_key(event)
            if key in mapping:
                self.refuse(event, f"the key {quoted(key)} is given twice")
            mapping[key] = self.read_value(self.loader.get_event(), depth + 1)
        return mapping

    def read_key(self, event: Any) -> str:
        self.require_plain(event)
        if not isinstance(event, yaml.ScalarEvent):
            self.refuse(event, "a key must be text, not a list or a dict")
        key = self.read_scalar(event)
        if not isinstance(key, str):
            self.refuse(event, f"a key must be text: put {quoted(event.value)} in quotes")
        return key

    def read_scalar(self, event: Any) -> str | int | float | bool | None:
        text = event.value
        if "${" in text:
            self.refuse(event, f"{quoted(text)} is an interpolation: write the value itself")
        if _SURROGATE.search(text):
            self.refuse(event, f"{quoted(text)} has half of a surrogate pair")
        tag = self.loader.resolve(yaml.ScalarNode, text, event.implicit).removeprefix(_TAG)
        if tag == "str":
            return str(text)
        if tag in {"merge", "value"}:
            self.refuse(event, f"{text} is not allowed here: quote it if it is text")
        if tag in {"int", "float"} and len(text) > MAX_NUMBER:
            self.refuse(event, f"{quoted(text)} has more than {MAX_NUMBER} characters for a number")
        try:
            value = getattr(self.loader, f"construct_yaml_{tag}")(yaml.ScalarNode(tag, text))
        except (ValueError, OverflowError):
            self.refuse(event, f"{quoted(text)} is not a number: put it in quotes if it is text")
        return value  # type: ignore[no-any-return]

    def require_plain(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            self.refuse(event, f"the alias {quoted(event.anchor)} must be the value itself")
        if event.anchor is not None:
            self.refuse(event, f"the anchor {quoted(event.anchor)} is not allowed here")
        if event.tag is not None:
            self.refuse(event, f"the tag {quoted(event.tag)} is not allowed here")

    def refuse(self, event: Any, reason: str) -> NoReturn:
        raise TextError(f"{_position(self.path, event.start_mark)}: {reason}")


def _position(path: Path, position: Any) -> str:
    return f"{path}, line {position.line + 1}, column {position.column + 1}"
