"""The rules of protected spans as plain data: expressions of `seq2seq.text.spans` for a page."""

import re
from typing import Any

from seq2seq.errors import ConfigError
from seq2seq.text.scripts import ForeignText
from seq2seq.text.spans import (
    addresses,
    characters,
    emoji,
    identifiers,
    markup,
    number_format,
    numbers,
    paths,
    placeholders,
    tags,
)
from seq2seq.text.spans.rules import KINDS, SpanRules
from seq2seq.web.expressions import to_javascript

PATTERNS = {
    "url": addresses.URL_PATTERN,
    "email": addresses.EMAIL_PATTERN,
    "tag": tags.TAG_PATTERN,
    "tag_name": tags.TAG_NAME_PATTERN,
    "placeholder": placeholders.PLACEHOLDER_PATTERN,
    "absolute_path": paths.ABSOLUTE_PATH_PATTERN,
    "relative_path": paths.RELATIVE_PATH_PATTERN,
    "number": numbers.NUMBER_PATTERN,
    "emoji": emoji.EMOJI_PATTERN,
    "identifier_shapes": identifiers.IDENTIFIER_SHAPES,
    "dotted_name": identifiers.DOTTED_NAME_PATTERN,
    "underscored_word": identifiers.UNDERSCORED_WORD,
    "inner_capital": identifiers.INNER_CAPITAL,
    "gendered_word": identifiers.GENDERED_WORD,
    "numbered_word": identifiers.NUMBERED_WORD,
    "version_name": identifiers.VERSION_NAME,
    "hexadecimal_name": identifiers.HEXADECIMAL_NAME,
    "backticks": markup.BACKTICKS,
    "inside_word": markup.INSIDE_WORD,
    "emphasis_marker": markup.EMPHASIS_MARKER,
    "link_bracket": markup.LINK_BRACKET,
    "ip_address": number_format.IP_ADDRESS,
    "word_before_version": number_format.WORD_BEFORE_VERSION,
}


def describe_spans(rules: SpanRules | None, foreign: ForeignText) -> dict[str, Any]:
    """Return the rules of a run as plain data, but the signs of its numbers.

    Args:
        rules: of the run; None: nothing is protected.
        foreign: what finds text in scripts that its vocabulary lacks.

    Raises:
        ConfigError: an expression of the run's own has no form in JavaScript.
    """
    if rules is None:
        return {"kinds": []}
    try:
        custom = [to_javascript(text) for text in rules.expressions.texts]
    except ValueError as error:
        raise ConfigError(f"protect.patterns: a page cannot have {error}") from error
    return {
        "kinds": [kind for kind in KINDS if kind in rules.kinds],
        "priorities": list(KINDS),
        "patterns": {name: _javascript(pattern) for name, pattern in PATTERNS.items()},
        "custom": custom,
        "known_scripts": foreign.known,
        "known_letters": "".join(sorted(foreign.letters)),
        "words": list(rules.words.words),
        "word_characters": _javascript(re.compile(f"[{characters.WORD}_]+|\\S")),
        "extensions": sorted(paths.FILE_EXTENSIONS),
        "void_elements": list(tags.VOID_ELEMENTS),
        "max_marker": markup.MAX_MARKER,
        "version_words": list(number_format.VERSION_WORDS),
    }


def _javascript(pattern: re.Pattern[str]) -> str:
    return to_javascript(pattern.pattern, pattern.flags)
