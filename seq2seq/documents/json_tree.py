"""JSON as a tree whose values know where they are in the text, and members that are put into it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from seq2seq.documents.source_text import Edit

# Of valid JSON: a string, a sign, or a number or name.
JSON_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]|[^\s{}\[\],:"]+')

_BLANKS = re.compile(r"[ \t]*")


@dataclass
class JsonNode:
    """A value with its extent. Arrays have their indices as keys."""

    start: int
    end: int = 0
    is_object: bool = False
    members: "dict[str, JsonNode]" = field(default_factory=dict)
    key_start: int = -1  # of its key in an object

    def get(self, *path: str) -> "JsonNode | None":
        """Return the value under keys; None where there is none."""
        node: JsonNode | None = self
        for key in path:
            node = node.members.get(key) if node else None
        return node


def json_tree(text: str) -> JsonNode:
    """Return the tree of a text that is JSON; its depth is bounded by the caller."""
    tokens = JSON_TOKEN.finditer(text)
    return _node(next(tokens), tokens)


def _node(first: re.Match[str], tokens: Iterator[re.Match[str]]) -> JsonNode:
    node = JsonNode(first.start(), first.end(), first[0] == "{")
    if first[0] not in "{[":
        return node
    for token in tokens:
        if token[0] in "}]":
            node.end = token.end()
            break
        if token[0] == ",":
            continue
        if node.is_object:
            next(tokens)  # the colon
            value = _node(next(tokens), tokens)
            value.key_start = token.start()
            node.members[json.loads(token[0])] = value
        else:
            node.members[str(len(node.members))] = _node(token, tokens)
    return node


@dataclass(frozen=True)
class JsonStyle:
    """Signs and blanks of the objects of a text."""

    text: str
    newline: str

    @cached_property
    def colon(self) -> str:
        """Return the sign between keys and values, with blanks."""
        match = re.search(r'"([ \t]*:[ \t]*)["{\[]', self.text)
        return match[1] if match else ": "

    @cached_property
    def unit(self) -> str:
        """Return the indentation of a level; "" where all is in one line."""
        match = re.search(r'\{\s*?\n([ \t]+)"', self.text)
        return match[1] if match else ""

    def dump(self, value: Any, indent: str) -> str:
        """Return a value as text whose first line is indented by `indent` already."""
        separators = (",", self.colon)
        if not self.unit:
            return json.dumps(value, ensure_ascii=False, separators=separators)
        dumped = json.dumps(value, ensure_ascii=False, indent=self.unit, separators=separators)
        return dumped.replace("\n", f"{self.newline}{indent}")

    def member_edit(self, node: JsonNode, key: str, value: Any) -> Edit:
        """Return the edit that adds a member to an object, in the order of the keys."""
        name = json.dumps(key, ensure_ascii=False) + self.colon
        if not node.members:
            outer = self.indent(node.start)
            inner = outer + self.unit
            lead, tail = (self.newline + inner, self.newline + outer) if self.unit else ("", "")
            return Edit(node.start, node.end, f"{{{lead}{name}{self.dump(value, inner)}{tail}}}")
        after = next((each for each in node.members.items() if each[0] > key), None)
        last = list(node.members.values())[-1]
        offset = (after[1] if after else last).key_start
        begin = offset
        while self.text[begin - 1].isspace():
            begin -= 1
        blanks = self.text[begin:offset]
        dumped = name + self.dump(value, self.indent(offset))
        if after:
            return Edit(offset, offset, f"{dumped},{blanks}")
        return Edit(last.end, last.end, f",{blanks}{dumped}")

    def indent(self, position: int) -> str:
        """Return the blanks at the beginning of the line of a position."""
        begin = self.text.rfind("\n", 0, position) + 1
        match = _BLANKS.match(self.text, begin)
        return match[0] if match else ""
