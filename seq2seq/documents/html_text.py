"""The texts of a page: sentences with their inline elements, and values of attributes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import NamedTuple

from seq2seq.documents.html_tokens import HtmlToken
from seq2seq.documents.inline import InlinePart
from seq2seq.text.languages import base_language

_INLINE_NAMES = (
    "a abbr acronym b bdi bdo big br cite code data del dfn em font i img input ins kbd label mark "
    "math nobr output q rb rp rt ruby s samp small span strike strong sub sup svg time tt u var wbr"
)
_CODE_NAMES = "pre code kbd samp var tt svg math textarea object canvas rt rp"
_META_NAMES = (
    "description og:title og:description og:image:alt twitter:title twitter:description "
    "twitter:image:alt"
)
# Elements that are a part of a sentence; names with a hyphen are of custom elements.
_INLINE = frozenset(_INLINE_NAMES.split())
_CODE = frozenset(_CODE_NAMES.split())  # elements whose content is no text of a language
_ATTRIBUTES = frozenset(
    ("alt", "title", "placeholder", "aria-label", "aria-description", "summary")
)
_BUTTONS = frozenset(("submit", "button", "reset"))
_META = frozenset(_META_NAMES.split())
_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);")
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_LINE_BREAK = re.compile(r"<br\b", re.IGNORECASE)
_FINAL = re.compile(r"[.!?:;。！？][\"'”’»)\]]*$")  # noqa: RUF001


class TilePart(NamedTuple):
    """A part of a sentence, with the range of the tokens that it is made of."""

    part: InlinePart
    start: int
    end: int


def text_attributes(token: HtmlToken) -> Iterator[str]:
    """Yield the names of the attributes of a tag that are texts."""
    attributes = token.attributes
    for name in attributes:
        is_label = name == "label" and token.name in ("option", "optgroup", "track")
        is_button = name == "value" and token.name == "input" and attributes.get("type") in _BUTTONS
        is_meta = name == "content" and token.name == "meta" and (
            {attributes.get("name", "").lower(), attributes.get("property", "").lower()} & _META
        )  # fmt: skip
        if name in _ATTRIBUTES or is_label or is_button or is_meta:
            yield name


def is_left_alone(token: HtmlToken) -> bool:
    """Return whether the content of the element of a tag stays as it is."""
    if token.kind == "other":
        return True
    attributes = token.attributes
    if attributes.get("translate", "").lower() in ("yes", "") and "translate" in attributes:
        return False
    return (
        token.name in _CODE
        or attributes.get("translate", "").lower() == "no"
        or "notranslate" in attributes.get("class", "").split()
    )


def language_of(token: HtmlToken) -> str:
    """Return the language that a tag tells, without its region; "" for none."""
    attributes = token.attributes if token.kind in ("open", "single") else {}
    return base_language(attributes.get("lang") or attributes.get("xml:lang") or "")


def is_inline(token: HtmlToken) -> bool:
    """Return whether a tag or a comment may stand within a sentence."""
    return token.kind in ("other", "text") or token.name in _INLINE or "-" in token.name


def element_end(tokens: Sequence[HtmlToken], start: int, stop: int) -> int:
    """Return the index behind the element that begins at `start`; `stop` where it has no end."""
    if tokens[start].kind != "open":
        return start + 1
    name, depth = tokens[start].name, 0
    for index in range(start, stop):
        if tokens[index].name == name:
            depth += (tokens[index].kind == "open") - (tokens[index].kind == "close")
            if depth == 0:
                return index + 1
    return stop


def html_part(token: HtmlToken) -> InlinePart:
    """Return a token as a part of a sentence."""
    if token.kind == "text":
        return InlinePart("text", token.raw, _BLANKS.sub(" ", unescape(token.raw)))
    if token.kind in ("open", "close"):
        return InlinePart(token.kind, token.raw, key=token.name)
    return InlinePart("single", token.raw)


def sentences(run: Sequence[TilePart]) -> Iterator[list[TilePart]]:
    """Yield the parts of a run that are translated by themselves.

    `<br>` ends one, but where the text goes on in lower case; and so does each of several elements
    with nothing but signs between them, as in a menu.
    """
    following, after = list[str](), ""
    for each in reversed(run):
        following.append(after)
        after = (each.part.text.strip() if each.part.kind == "text" else "") or after
    line, before = list[TilePart](), ""
    for each, after in zip(run, reversed(following), strict=True):
        is_break = each.part.kind == "single" and _LINE_BREAK.match(each.part.raw)
        if is_break and (_FINAL.search(before) or not after[:1].islower()):
            yield from _items(line)
            line = []
            continue
        before = (each.part.text.strip() if each.part.kind == "text" else "") or before
        line.append(each)
    yield from _items(line)


def _items(line: Sequence[TilePart]) -> Iterator[list[TilePart]]:
    depth, top, items = 0, "", list[list[TilePart]]()
    for each in line:
        kind = each.part.kind
        if kind == "open" and depth == 0:
            items.append([])
        if kind == "text" and depth == 0:
            top += each.part.text
        elif items:
            items[-1].append(each)
        depth += (kind == "open") - (kind == "close")
    if len(items) > 1 and depth == 0 and not any(map(str.isalnum, top)):
        yield from items
    else:
        yield list(line)


class HtmlEscaper:
    """Escapes of a text as the page has them: `&nbsp;` and `&uuml;` stay what they were."""

    def __init__(self, raw: str, encoding: str, quote: str = "") -> None:
        """Read the entities of a text, for a text or for a value between quotes."""
        self._encoding = encoding
        table: dict[str, str] = {"&": "&amp;", "<": "&lt;"}
        plain = _ENTITY.sub("", raw)
        if ">" not in plain:
            table[">"] = "&gt;"
        if quote:
            table[quote] = "&quot;" if quote == '"' else "&#39;"
        for match in _ENTITY.finditer(raw):
            character = unescape(match[0])
            if len(character) == 1 and character not in plain:
                table[character] = match[0]
        self._table: Mapping[int, str] = {ord(key): value for key, value in table.items()}

    def __call__(self, text: str) -> str:
        """Return `text` with escapes."""
        escaped = text.translate(self._table)
        return escaped.encode(self._encoding, "xmlcharrefreplace").decode(self._encoding)
