"""The words of tags at the beginning of a source; see `seq2seq.text.source_tags`."""

import re
from collections.abc import Sequence

from seq2seq.config.ranges import require
from seq2seq.errors import ConfigError

_WORD = re.compile("[A-Za-z0-9_-]{1,40}", re.ASCII)


def require_tag(option: str, word: str | None) -> None:
    """Refuse a word that cannot be that of a tag; None is accepted.

    Raises:
        ConfigError: it has other characters, or too many.
    """
    is_word = word is None or _WORD.fullmatch(word) is not None
    require(option, word, is_word, "up to 40 letters, digits, _ or -")


def require_tags(words: Sequence[str], kind: str) -> None:
    """Check `tokenizer.tags`, with a tokenizer of this kind.

    Raises:
        ConfigError: a word cannot be that of a tag, or the tokenizer can have no piece for it.
    """
    for word in words:
        require_tag("tokenizer.tags", word)
    if kind == "byte" and words:
        raise ConfigError("tokenizer.kind=byte has no piece for tags: leave tokenizer.tags out")
