"""Words of a text, and the words that its tokens belong to.

Words stand between blanks. In scripts without spaces, which have no blanks to go by, every
character is a word, so that words depend on the text alone and not on a vocabulary.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from difflib import SequenceMatcher

import torch
from torch import Tensor

from seq2seq.text.special_tokens import SPECIAL_TOKENS
from seq2seq.text.tokenizer import Tokenizer, unescape

Range = tuple[int, int]  # start and end in a text, in characters

MAX_COMPARED = 1_000_000  # pairs of characters; longer texts correspond in proportion

# Thai, Lao, Burmese, Khmer, kana and ideographs.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u31f0-\u9fff\uf900-\ufaff"
    r"\uff66-\uff9f\U00020000-\U0003ffff]"
)
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


def find_words(text: str) -> list[Range]:
    """Return the ranges of the words of a text: between blanks, or characters; see the module."""
    words: list[Range] = []
    for match in re.finditer(r"\S+", text):
        if _UNSPACED.search(match[0]):
            words += _split_unspaced(match[0], match.start())
        else:
            words.append(match.span())
    return words


def _split_unspaced(text: str, offset: int) -> list[Range]:
    """Return a range for each character of a script without spaces, and for what is between."""
    starts = [0]
    for index in range(1, len(text)):
        if unicodedata.category(text[index])[0] == "M":
            continue  # it belongs to the character before it
        if _UNSPACED.match(text[index]) or _UNSPACED.match(text[starts[-1]]):
            starts.append(index)
    ends = [*starts[1:], len(text)]
    return [(start + offset, end + offset) for start, end in zip(starts, ends, strict=True)]


def token_ranges(tokenizer: Tokenizer, ids: Sequence[int]) -> tuple[str, list[Range]]:
    """Return the text that tokens spell, and the range of each token in it.

    Tokens that are bytes of one character have its range. Bytes that are no UTF-8 are surrogates.
    """
    spelled = [_spell(tokenizer, token) for token in ids]
    text = b"".join(spelled).decode("utf-8", "surrogateescape")
    character_of_byte = [
        index
        for index, character in enumerate(text)
        for _ in character.encode("utf-8", "surrogateescape")
    ]
    ranges, end = [], 0
    for part in spelled:
        start, end = end, end + len(part)
        if part:
            ranges.append((character_of_byte[start], character_of_byte[end - 1] + 1))
        else:
            after = character_of_byte[start] if start < len(character_of_byte) else len(text)
            ranges.append((after, after))
    return unescape(text), ranges


def _spell(tokenizer: Tokenizer, token: int) -> bytes:
    if token in SPECIAL_TOKENS:
        return b""
    piece = tokenizer.piece(token)
    if match := _BYTE.fullmatch(piece):
        return bytes([int(match[1], 16)])
    return piece.replace("\u2581", " ").encode()


def spread(ranges: Sequence[Range], words: Sequence[Range]) -> Tensor:
    """Return the shares (n, W) of n ranges of a text in its W words; each row has the sum one.

    A range that touches no word, as of a blank, belongs to the next word, or else to the last.
    """
    if not words or not ranges:
        return torch.zeros(len(ranges), len(words))
    starts, ends = torch.tensor(ranges).unsqueeze(2).unbind(1)  # (n, 1)
    firsts, lasts = torch.tensor(words).T.contiguous()  # (W,)
    shares = (ends.minimum(lasts) - starts.maximum(firsts)).clamp(min=0).float()  # (n, W)
    is_outside = ~shares.any(1)
    following = torch.searchsorted(firsts, starts[is_outside].flatten()).clamp(max=len(words) - 1)
    shares[is_outside, following] = 1
    return shares / shares.sum(1, keepdim=True)


def ranges_in(spelled: str, ranges: Sequence[Range], text: str) -> list[Range]:
    """Return the ranges of a text for ranges of the same text in other spelling.

    The texts may differ in blanks and case. Where they differ in more, equal characters correspond,
    and those between them in proportion.
    """
    own = [index for index, character in enumerate(spelled) if not character.isspace()]
    others = [index for index, character in enumerate(text) if not character.isspace()]
    matched = _match(
        [spelled[index].lower() for index in own], [text[index].lower() for index in others]
    )
    mapped = []
    for start, end in ranges:
        first, last = bisect_left(own, start), bisect_left(own, end)
        inside = [others[matched[k]] for k in range(first, last)] if others else []
        if inside:
            mapped.append((min(inside), max(inside) + 1))
        else:  # of blanks: it is before the next character
            at = others[matched[first]] if first < len(own) and others else len(text)
            mapped.append((at, at))
    return mapped


def _match(own: Sequence[str], others: Sequence[str]) -> list[int]:
    """Return for each of a sequence the index of the other one that it corresponds to."""
    if len(own) == len(others):
        return list(range(len(own)))
    matcher = SequenceMatcher(None, own, others, autojunk=False)
    codes = [("replace", 0, len(own), 0, len(others))]
    if len(own) * len(others) <= MAX_COMPARED:
        codes = list(matcher.get_opcodes())
    matched = [0] * len(own)
    for _, start, end, other_start, other_end in codes:
        size = max(other_end - other_start, 1)
        for index in range(start, end):
            other = other_start + (index - start) * size // (end - start)
            matched[index] = min(other, len(others) - 1)
    return matched
