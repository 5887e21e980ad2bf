"""A run folder and a search strategy: lines in, lines out."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from seq2seq.config.training import LengthLimits
from seq2seq.data.batches import pad
from seq2seq.errors import TextError
from seq2seq.inference.decode import ScoredTranslation, decode_batch, rerank, to_text
from seq2seq.inference.engines.cuda_graphs import CudaGraphModel
from seq2seq.inference.engines.ensemble import Ensemble
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.search.interface import Search
from seq2seq.text.normalization import normalize
from seq2seq.text.tokenizer import Tokenizer

log = logging.getLogger("seq2seq.inference.translator")


BLANK_TRANSLATION = ScoredTranslation("", 0.0, 0.0, [], [])  # what is said of a blank line


WINDOW_BATCHES = 64  # batches that are read ahead and sorted by length together


class Translator:
    """Translates lines, each as if it were alone: n lines in, n lines out, in order.

    A blank line comes back blank and is never shown to the model.
    """

    def __init__(
        self,
        model: EncoderDecoder | IncrementalModel | CudaGraphModel | Ensemble,
        source: Tokenizer,
        target: Tokenizer,
        search: Search,
        limits: LengthLimits,
        batch: int,
    ) -> None:
        """Translate with `model`, at most `batch` lines at a time, on the device it is on."""
        self.model, self.source, self.target = model, source, target
        self.search, self.limits, self.batch = search, limits, batch

    def translate(
        self, lines: Iterable[str], documents: Sequence[str | None] | None = None
    ) -> list[str]:
        """The best translation of each line.

        Args:
            lines: any text.
            documents: what each line is of, where that makes a difference: see `Continuing`.

        Raises:
            TextError: `lines` is one text, of which each character would be a line.
        """
        del documents
        if isinstance(lines, str):
            raise TextError("translate takes lines, such as [text], not one text")
        return [best[0].text for best in self.hypotheses(lines, scored=False)]

    def hypotheses(
        self, lines: Iterable[str], first: int = 1, scored: bool = True
    ) -> Iterator[list[ScoredTranslation]]:
        """The translations of each line that the search returns, the best first.

        Args:
            lines: any text; what stands in for a line break inside one becomes a space.
            first: the number of the first line, for warnings and for the random numbers of a
                sampling search: a line gets the same text under the same number.
            scored: whether scores are wanted; without, a search may be quicker.
        """
        window: list[str] = []
        for line in lines:
            window.append(line)
            if len(window) == WINDOW_BATCHES * self.batch:
                yield from self.window(window, first, scored)
                first, window = first + len(window), []
        yield from self.window(window, first, scored)

    def window(
        self, lines: Sequence[str], first: int, scored: bool = True, file: str = ""
    ) -> list[list[ScoredTranslation]]:
        """As `hypotheses`, all at once; warnings name the `file` that the lines are of."""
        found = [[BLANK_TRANSLATION] for _ in lines]
        encoded = self._encoded(lines, first, file)
        for places in self._batches([p for p, ids in enumerate(encoded) if ids], encoded):
            sources = [encoded[place] for place in places]
            best = self._search(pad(sources), [first + place for place in places], scored)
            for place, hypotheses in zip(places, best, strict=True):
                found[place] = hypotheses
        return found

    def _encoded(self, lines: Sequence[str], first: int, file: str) -> list[list[int]]:
        """The pieces of each line, no more than there may be."""
        encoded = self.source.encode([normalize(line) for line in lines])
        for place, ids in enumerate(encoded):
            if len(ids) > self.limits.max_source_length:
                log.warning(
                    "%sline %d is cut to its first %d of %d pieces (limits.max_source_length)",
                    f"{file}, " if file else "",
                    first + place,
                    self.limits.max_source_length,
                    len(ids),
                )
        return [ids[: self.limits.max_source_length] for ids in encoded]

    def _batches(self, places: list[int], encoded: list[list[int]]) -> Iterator[list[int]]:
        """Equal lengths together, the longest first: if memory does not do, it shows at once."""
        order = sorted(places, key=lambda place: -len(encoded[place]))
        for start in range(0, len(order), self.batch):
            yield order[start : start + self.batch]

    def _search(
        self, source: tuple[Any, ...], keys: list[int], scored: bool
    ) -> list[list[ScoredTranslation]]:
        """What is said of a batch: the pieces (B, S), their lengths, and what came before."""
        pieces, lengths = source[:2]
        counts = [pieces.shape[1]] * len(pieces) if lengths is None else lengths.tolist()
        limits = [self._limit(count) for count in counts]
        found = decode_batch(self.model, self.search, source, limits, keys, scored)
        return [rerank(self.search, [to_text(h, self.target) for h in best]) for best in found]

    def _limit(self, pieces: int) -> int:
        return int(pieces * self.limits.max_length_ratio) + self.limits.max_length_extra
