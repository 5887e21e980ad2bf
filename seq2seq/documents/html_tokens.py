"""HTML as pieces that together are the document: tags, text, and what is neither.

Pieces have no tree: pages with wrong nesting or without end tags come back as they are, too. Time
is linear for any input, which the parser of Python's standard library does not promise.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

_ATTRIBUTES = (
    r"(?:[^\s\"'>=][^\s>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'>][^\s>]*+))?+|[\s\"'=])*+"
)
_TOKEN = re.compile(
    r"(?P<text>[^<]++)"
    r"|(?P<other><!--(?:-?>|.*?(?:--!?>|\Z))|<!\[CDATA\[.*?(?:\]\]>|\Z)|<[!?][^>]*+(?:>|\Z)"
    r"|</[^a-zA-Z>][^>]*+(?:>|\Z))"
    rf"|<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*+){_ATTRIBUTES}>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"(?P<name>[^\s\"'>/=][^\s>/=]*+)"
    r"(?:\s*+=\s*+(?:\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)'|(?P<plain>[^\s\"'>][^\s>]*+)))?+"
)
_RAW_TEXT_NAMES = "script style xmp iframe noembed noframes textarea title"
_VOID_NAMES = "area base basefont br col embed hr img input keygen link meta param source track wbr"
_RAW_TEXT = frozenset(_RAW_TEXT_NAMES.split())  # elements whose content is no markup
_VOID = frozenset(_VOID_NAMES.split())  # elements without an end tag


class HtmlToken(NamedTuple):
    """A piece of a page."""

    kind: str  # open, close, single, text, or other: comments, declarations, scripts
    raw: str
    name: str = ""  # of a tag, in lower case

    @property
    def attributes(self) -> dict[str, str]:
        """Return the attributes of a tag by names in lower case; the first of equal ones."""
        found = dict[str, str]()
        for match in attribute_matches(self.raw):
            value = next((each for each in match.groups()[1:] if each is not None), "")
            found.setdefault(match["name"].lower(), unescape(value))
        return found


def attribute_matches(tag: str) -> Iterator[re.Match[str]]:
    """Yield a match for each attribute of a tag: name, and value in its kind of quotes."""
    name = re.match(r"</?[^\s/>]*+", tag)
    return _ATTRIBUTE.finditer(tag, name.end() if name else 0, len(tag) - 1)


def html_tokens(text: str, is_xml: bool = False) -> Iterator[HtmlToken]:
    """Yield the pieces of a page; the blanks at both ends of a text are pieces of their own.

    Args:
        text: the page.
        is_xml: it is XHTML: `<p/>` is a whole element, and scripts are no raw text.
    """
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            # A sign < in a text, or a tag that the page ends in.
            is_tag = re.match(r"</?[a-zA-Z]", text[position : position + 3])
            end = len(text) if is_tag else position + 1
            yield HtmlToken("other" if is_tag else "text", text[position:end])
            position = end
            continue
        raw, position = match[0], match.end()
        if match["text"] is not None:
            yield from _texts(raw)
        elif match["other"] is not None:
            yield HtmlToken("other", raw)
        else:
            name = match["name"].lower()
            is_single = name in _VOID or (is_xml and raw.endswith("/>"))
            kind = "close" if match["close"] else "single" if is_single else "open"
            yield HtmlToken(kind, raw, name)
            if kind == "open" and name in _RAW_TEXT and not is_xml:
                end = _raw_end(text, name, position)
                content = text[position:end]
                if name == "title":
                    yield from _texts(content)
                elif content:
                    yield HtmlToken("other", content)
                position = end


def _raw_end(text: str, name: str, start: int) -> int:
    end = re.compile(rf"</{re.escape(name)}(?=[\s/>])", re.IGNORECASE).search(text, start)
    return end.start() if end else len(text)


def _texts(raw: str) -> Iterator[HtmlToken]:
    body = raw.strip()
    start = raw.index(body)
    for piece in (raw[:start], body, raw[start + len(body) :]):
        if piece:
            yield HtmlToken("text", piece)
