"""Tags at the beginning of a source, as in `>>bt<< Guten Tag`: each is one piece of a vocabulary.

A tag tells a network something about a pair that its text does not: that the source is synthetic
(Caswell et al. 2019, https://arxiv.org/abs/1906.06442), or the language of the translation
(Johnson et al. 2017, https://arxiv.org/abs/1611.04558).
"""

import re
from collections.abc import Sequence

from seq2seq.errors import ConfigError
from seq2seq.text.special_tokens import UNK
from seq2seq.text.tokenizer import ByteTokenizer, Tokenizer

_TAGS = re.compile(r"(?:>>[A-Za-z0-9_-]{1,40}<< ?)+")


def tag_piece(word: str) -> str:
    """Return the tag of a word: `>>bt<<` for bt."""
    return f">>{word}<<"


def with_tag(word: str | None, source: str) -> str:
    """Return a source with the tag of a word before it; None: without."""
    return source if word is None else f"{tag_piece(word)} {source}"


def split_tags(source: str, words: Sequence[str]) -> tuple[str, str]:
    """Return the tags of known words at the beginning of a source, and the rest.

    With a tag of another word, all of them are text.
    """
    match = _TAGS.match(source) if words and source.startswith(">>") else None
    if match is None:
        return "", source
    tags = match[0].replace("<<>>", "<< >>").split()
    if not set(tags) <= {tag_piece(word) for word in words}:
        return "", source
    return " ".join(tags), source[match.end() :]


def tag_ids(tokenizer: Tokenizer, tags: str) -> list[int]:
    """Return the token ids of tags with blanks between them.

    Raises:
        ConfigError: the vocabulary has no piece for one of them.
    """
    pieces = tags.split()
    if not pieces:
        return []
    if isinstance(tokenizer, ByteTokenizer):
        raise ConfigError("tokenizer.kind=byte has no pieces for tags and languages")
    ids = tokenizer.ids(pieces)
    if UNK in ids:
        missing = pieces[ids.index(UNK)]
        raise ConfigError(f"the vocabulary has no piece {missing}: it was trained without that tag")
    return ids
