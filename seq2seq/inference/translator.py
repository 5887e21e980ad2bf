"""Translation of lines: a run folder's model and a search strategy, lines in, lines out."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from seq2seq.config.training import LengthLimits
from seq2seq.data.batches import pad
from seq2seq.errors import TextError
from seq2seq.inference.decode import ScoredTranslation, decode_batch, rerank, to_text
from seq2seq.inference.engines.cuda_graphs import CudaGraphModel
from seq2seq.inference.engines.ensemble import Ensemble
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.search.interface import Search
from seq2seq.storage.regular import escaped
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.transforms import TextTransforms

log = logging.getLogger("seq2seq.translator")

BLANK_TRANSLATION = ScoredTranslation("", 0.0, 0.0, [], [])
WINDOW_BATCHES = 64  # batches of lines that are read ahead and sorted by length together


class WindowTranslations(NamedTuple):
    """The translations of consecutive lines, and where the last one ended."""

    hypotheses: list[list[ScoredTranslation]]  # of each line, the best first
    state: Any = None  # for the next window of the same text; None where lines are independent


class Translator:
    """Translates lines independently of one another: n lines in, n lines out, in order.

    A blank line gives a blank line and never reaches the model.
    """

    def __init__(
        self,
        model: EncoderDecoder | IncrementalModel | CudaGraphModel | Ensemble,
        source: Tokenizer,
        target: Tokenizer,
        search: Search,
        limits: LengthLimits,
        batch: int,
        transforms: TextTransforms | None = None,
    ) -> None:
        """Translate with `model`, on the device of the model.

        Args:
            model: the network, in evaluation mode.
            source: tokenizer of the lines.
            target: tokenizer of the translations.
            search: strategy.
            limits: on the length of a line and of its translation.
            batch: lines that are translated together, at most.
            transforms: what is done to a line before it is tokenised; the default list if left out.
        """
        self.transforms = transforms or TextTransforms()
        self.model, self.source, self.target = model, source, target
        self.search, self.limits, self.batch = search, limits, batch

    @property
    def window_lines(self) -> int:
        """Return the number of lines that are read ahead and sorted by length together."""
        return WINDOW_BATCHES * self.batch

    def translate(
        self, lines: Iterable[str], documents: Sequence[str | None] | None = None
    ) -> list[str]:
        """Return the best translation of each line.

        Args:
            lines: any text.
            documents: the document of each line, which only a `DocumentTranslator` uses.

        Raises:
            TextError: `lines` is one text, each character of which would be a line.
        """
        del documents
        if isinstance(lines, str):
            raise TextError("translate takes lines, such as [text], not one text")
        return [best[0].text for best in self.hypotheses(lines, scored=False)]

    def hypotheses(
        self, lines: Iterable[str], first: int = 1, scored: bool = True
    ) -> Iterator[list[ScoredTranslation]]:
        """Yield the translations of each line that the search returns, the best first.

        Args:
            lines: any text; a character that stands for a line break becomes a space.
            first: the number of the first line, for warnings and for the random numbers of a
                sampling search: a line gets the same translation under the same number.
            scored: whether to return scores; a search may be faster without.
        """
        window: list[str] = []
        state = None
        for line in lines:
            window.append(line)
            if len(window) == self.window_lines:
                translations, state = self.translate_window(window, first, scored, "", state)
                yield from translations
                first, window = first + len(window), []
        yield from self.translate_window(window, first, scored, "", state).hypotheses

    def translate_window(
        self,
        lines: Sequence[str],
        first: int = 1,
        scored: bool = True,
        file: str = "",
        state: Any = None,
    ) -> WindowTranslations:
        """Return the translations of consecutive lines of a text.

        Args:
            lines: the lines.
            first: the number of the first one; see `hypotheses`.
            scored: whether to return scores.
            file: the name of the text, for warnings.
            state: the state of the window before it, which only a `DocumentTranslator` uses.
        """
        del state
        translations = [[BLANK_TRANSLATION] for _ in lines]
        encoded = self._encode(lines, first, file)
        for indices in self._batches([i for i, ids in enumerate(encoded) if ids], encoded):
            source = pad([encoded[index] for index in indices])
            best = self._search(source, [first + index for index in indices], scored)
            for index, hypotheses in zip(indices, best, strict=True):
                translations[index] = hypotheses
        return WindowTranslations(translations)

    def _encode(self, lines: Sequence[str], first: int, file: str) -> list[list[int]]:
        """Return the token ids of each line, at most `limits.max_source_length` of them."""
        longest = self.limits.max_source_length
        encoded = self.source.encode(self.transforms.apply(lines))
        for index, ids in enumerate(encoded):
            if len(ids) > longest:
                log.warning(
                    "%sline %d is cut to its first %d of %d tokens (limits.max_source_length)",
                    f"{escaped(file)}, " if file else "",
                    first + index,
                    longest,
                    len(ids),
                )
        return [ids[:longest] for ids in encoded]

    def _batches(self, indices: list[int], encoded: list[list[int]]) -> Iterator[list[int]]:
        """Yield batches of lines of similar length, the longest first.

        Where memory does not suffice, the first batch shows it.
        """
        order = sorted(indices, key=lambda index: -len(encoded[index]))
        for start in range(0, len(order), self.batch):
            yield order[start : start + self.batch]

    def _search(
        self, source: tuple[Any, ...], keys: list[int], scored: bool
    ) -> list[list[ScoredTranslation]]:
        """Return the translations of a batch: token ids (B, S), lengths (B,) and what follows."""
        tokens, lengths = source[:2]
        counts = [tokens.shape[1]] * len(tokens) if lengths is None else lengths.tolist()
        max_lengths = [self._max_length(count) for count in counts]
        batch = decode_batch(self.model, self.search, source, max_lengths, keys, scored)
        return [
            rerank(self.search, [to_text(hypothesis, self.target) for hypothesis in hypotheses])
            for hypotheses in batch
        ]

    def _max_length(self, source_length: int) -> int:
        """Return the most target tokens of a sentence of `source_length` tokens."""
        limits = self.limits
        return int(source_length * limits.max_length_ratio) + limits.max_length_extra
