"""Documents of cues: a sentence is a segment, and is laid out again over the cues that it had."""

import re
from collections.abc import Sequence

from seq2seq.documents.cues import (
    Cue,
    CueBlock,
    CueSentence,
    CueSyntax,
    chain_sentences,
    chains,
    cue_blocks,
)
from seq2seq.documents.document import SegmentTranslation, TextSegment
from seq2seq.documents.inline import InlinePart
from seq2seq.documents.source_text import Edit, SourceText, apply_edits
from seq2seq.documents.text_layout import divide
from seq2seq.text.spans.characters import stands_without_blank

_BLANKS = re.compile(r"[ \t\r\n]+")
_LINE_WIDTH = 42  # characters of a line, where no line of the cue has more
# Characters of the private plane 16, which stand for the parts of a sentence that are markup.
_FIRST_SIGN = 0x100000
_MAX_SIGNS = 0xFFFD


class SubtitleDocument:
    """Subtitles: styles, positions and times stay, and so does each cue that has no new text."""

    def __init__(
        self, source: SourceText, cues: Sequence[Cue], syntax: CueSyntax, language: str
    ) -> None:
        self.source, self.syntax = source, syntax
        blocks = [block for cue in cues for block in cue_blocks(source, cue, syntax)]
        self.chains = [(chain, chain_sentences(chain, language)) for chain in chains(blocks)]
        self.segments: Sequence[TextSegment] = [
            TextSegment(sentence.text, _location(source, chain, sentence))
            for chain, sentences in self.chains
            for sentence in sentences
        ]

    def write(self, translations: Sequence[SegmentTranslation | None]) -> bytes:
        edits, rest = list[Edit](), iter(translations)
        for chain, sentences in self.chains:
            made = [next(rest) for _ in sentences]
            texts = [
                None
                if one is None or one.text == sentence.text
                else _BLANKS.sub(" ", one.text.strip())
                for one, sentence in zip(made, sentences, strict=True)
            ]
            edits += self._chain_edits(chain, sentences, texts)
        return self.source.encode(apply_edits(self.source.text, edits))

    def _chain_edits(
        self, chain: Sequence[CueBlock], sentences: Sequence[CueSentence],
        texts: Sequence[str | None],
    ) -> list[Edit]:  # fmt: skip
        """Return the edits of the blocks whose sentences have new texts."""
        contents: list[list[str]] = [[] for _ in chain]
        changed = set[int]()
        signs = _Signs()
        for sentence, text in zip(sentences, texts, strict=True):
            written = signs.encode(sentence, sentence.text if text is None else text)
            indices = sorted(sentence.lengths)
            parts = divide(written, [sentence.lengths[i] for i in indices], signs.is_visible)
            # Too few words for so many cues: the last part stays on the screen.
            parts += parts[-1:] * (len(indices) - len(parts))
            for index, part in zip(indices, signs.balanced(parts), strict=True):
                contents[index].append(part)
            if text is not None:
                changed.update(indices)
        return [
            Edit(chain[i].start, chain[i].end, self._lines(chain[i], _join(contents[i]), signs))
            for i in sorted(changed)
        ]

    def _lines(self, block: CueBlock, text: str, signs: "_Signs") -> str:
        """Return the text of a block in lines."""
        lengths = block.line_lengths
        width = max(_LINE_WIDTH, *lengths)
        length = sum(map(signs.is_visible, text))
        count = max(len(lengths), -(-length // width))
        weights = lengths if count == len(lengths) else [1] * count
        parts = divide(text, weights, signs.is_visible)
        breaks = [*block.breaks, *(block.breaks[-1:] or [self._line_break()]) * count]
        lines = [part + brk for part, brk in zip(parts[:-1], breaks, strict=False)] + parts[-1:]
        return signs.decode("".join(lines), self.syntax)

    def _line_break(self) -> str:
        newline = self.source.newline
        return newline if self.syntax.line_break.fullmatch(newline) else "\\N"


def _location(source: SourceText, chain: Sequence[CueBlock], sentence: CueSentence) -> str:
    first = min(sentence.lengths, default=0)
    return f"line {source.line_of(chain[first].start)}"


def _join(parts: Sequence[str]) -> str:
    """Join the sentences of a block."""
    text = "".join(parts[:1])
    for part in parts[1:]:
        is_dense = bool(text and part) and stands_without_blank(text[-1])
        text += part if is_dense else f" {part}"
    return text


class _Signs:
    """Markup as single characters, so that a text with markup can be divided."""

    def __init__(self) -> None:
        self._parts: list[InlinePart] = []
        self._partners: dict[str, str] = {}  # of an opening sign its closing one, and back

    def is_visible(self, character: str) -> bool:
        """Return whether a character is text."""
        return ord(character) < _FIRST_SIGN

    def encode(self, sentence: CueSentence, text: str) -> str:
        """Return the translation of a sentence with a sign for each part that is markup."""
        signs, written, opened = dict[int, str](), list[str](), list[int]()
        for piece in sentence.pieces.write(text):
            if isinstance(piece, str):
                written.append("".join(each for each in piece if self.is_visible(each)))
                continue
            part = sentence.pieces.parts[piece]
            sign = chr(_FIRST_SIGN + min(len(self._parts), _MAX_SIGNS))
            self._parts.append(part)
            signs[piece] = sign
            written.append(sign)
            if part.kind == "open":
                opened.append(piece)
            elif part.kind == "close" and opened:
                partner = signs[opened.pop()]
                self._partners |= {partner: sign, sign: partner}
        return "".join(written).strip()

    def balanced(self, parts: Sequence[str]) -> list[str]:
        """Return parts each of which closes the pairs that it opens."""
        made, opened = list[str](), list[str]()
        for part in parts:
            before = "".join(opened)
            for character in part:
                if self.is_visible(character) or character not in self._partners:
                    continue
                if self._parts[ord(character) - _FIRST_SIGN].kind == "open":
                    opened.append(character)
                elif opened:
                    opened.pop()
            made.append(before + part + "".join(self._partners[each] for each in opened[::-1]))
        return made

    def decode(self, text: str, syntax: CueSyntax) -> str:
        """Return text as the format writes it."""
        pieces = list[str]()
        for character in text:
            if self.is_visible(character):
                pieces.append(syntax.escape(character))
            else:
                pieces.append(self._parts[ord(character) - _FIRST_SIGN].raw)
        return "".join(pieces).replace("-->", syntax.arrow)
