"""Translation of lines: a run folder's model and a search strategy, lines in, lines out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from seq2seq.config.training import LengthLimits
from seq2seq.errors import TextError
from seq2seq.evaluation.confidence_fit import ConfidenceFit
from seq2seq.inference.alignment import NO_ALIGNMENT, Aligner, Alignment, DecodedUnit
from seq2seq.inference.confidence import score_words
from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.directions import LanguageDirections, require_own_direction
from seq2seq.inference.engines.cuda_graphs import CudaGraphModel
from seq2seq.inference.engines.ensemble import Ensemble
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.inference.engines.onnx import OnnxModel
from seq2seq.inference.joining import join_units
from seq2seq.inference.line_units import unit_keys
from seq2seq.inference.repair import SpanRepair
from seq2seq.inference.repetition_retry import retry_repetition
from seq2seq.inference.stored_batches import (
    DecodeElsewhere,
    StoredBatches,
    Translations,
    recalled,
)
from seq2seq.inference.tag_placement import TagPlacement
from seq2seq.inference.term_enforcement import TermEnforcement
from seq2seq.inference.unit_decoding import UnitBatch, UnitDecoder, by_length
from seq2seq.inference.units import Splitting, UnitPlanner
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.search.interface import Search
from seq2seq.text.prefixes import prefixed_lines
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.transforms import TextTransforms

WINDOW_BATCHES = 64  # batches of lines that are read ahead and sorted by length together


class WindowTranslations(NamedTuple):
    """The translations of consecutive lines, and where the last one ended."""

    hypotheses: list[list[ScoredTranslation]]  # of each line, the best first
    state: Any = None  # for the next window of the same text; None where lines are independent


class Translator:
    """Translates lines independently of one another: n lines in, n lines out, in order.

    A blank line gives a blank line and never reaches the model. A line is translated in units, see
    `seq2seq.inference.units`: what is protected in it is in its translation, and no text is lost.
    """

    def __init__(
        self,
        model: EncoderDecoder | IncrementalModel | CudaGraphModel | OnnxModel | Ensemble,
        source: Tokenizer,
        target: Tokenizer,
        search: Search,
        limits: LengthLimits,
        batch: int,
        planner: UnitPlanner | None = None,
        retries: bool = True,
    ) -> None:
        """Translate with `model`, on the device of the model.

        Args:
            model: the network, in evaluation mode.
            source: tokenizer of the lines.
            target: tokenizer of the translations.
            search: strategy.
            limits: on the length of a unit and of its translation.
            batch: units that are translated together, at most.
            planner: cuts lines into units; if left out, a line is one unit, or several where it is
                longer than `limits.max_source_length`, and nothing is protected.
            retries: whether to decode a unit again whose translation repeats itself.
        """
        self.source, self.target, self.batch = source, target, batch
        planner = planner or UnitPlanner(
            source, TextTransforms(), None, ("", ""), Splitting("off", 0, limits.max_source_length)
        )
        self.retries = retries
        self.decoder = UnitDecoder(model, target, search, limits)
        self._use(planner)
        self.directions: LanguageDirections | None = None  # of a run of several languages
        self.direction: tuple[str, str] | None = None  # that lines are translated in
        self.aligner: Aligner | None = None  # if translations are to have alignments
        self.fit: ConfidenceFit | None = None  # of the run; lines are rated where they are scored

        self.share_out(None)

    def _use(self, planner: UnitPlanner) -> None:
        """Cut lines with `planner` from now on."""
        self.planner = planner
        self.terms = TermEnforcement(planner, self.decoder)
        self.repair = SpanRepair(planner, self.decoder)
        self.tags = TagPlacement(planner, self.decoder)

    def choose_direction(self, target: str | None = None, source: str | None = None) -> None:
        """Translate into `target` from now on; see `LanguageDirections.choose` and its errors."""
        if self.directions is None:
            require_own_direction(self.planner.languages, target, source)
            return
        self.direction = self.directions.choose(target, source)
        self._use(self.directions.planner(self.direction))

    @property
    def model(self) -> Any:
        """Return the network."""
        return self.decoder.model

    @property
    def term_counts(self) -> Counter[tuple[str, str]]:
        """Return how often terms were met, enforced or missing, by term and outcome."""
        return self.terms.counts

    @property
    def window_lines(self) -> int:
        """Return the number of lines that are read ahead and sorted by length together."""
        return WINDOW_BATCHES * self.batch

    def translate(
        self,
        lines: Iterable[str],
        documents: Sequence[str | None] | None = None,
        prefixes: Sequence[str] | None = None,
        target: str | None = None,
        source: str | None = None,
    ) -> list[str]:
        """Return the best translation of each line.

        Args:
            lines: any text.
            documents: the document of each line, which only a `DocumentTranslator` uses.
            prefixes: beginnings of the translations, "" for none; see `text.prefixes`.
            target: the language to translate into from now on, of a run of several languages.
            source: the language of the lines.

        Raises:
            TextError: `lines` is one text, or there is not one prefix for each line.
            ConfigError: as `choose_direction`.
        """
        if target is not None or source is not None:
            self.choose_direction(target, source)
        return [best.text for best in self.best(lines, documents, prefixes, scored=False)]

    def best(
        self,
        lines: Iterable[str],
        documents: Sequence[str | None] | None = None,
        prefixes: Sequence[str] | None = None,
        scored: bool = True,
    ) -> list[ScoredTranslation]:
        """Return the best translation of each line, with its words and confidence if `scored`.

        See `translate`.
        """
        del documents
        if isinstance(lines, str):
            raise TextError("translate takes lines, such as [text], not one text")
        lines = lines if prefixes is None else prefixed_lines(lines, prefixes)
        return [best[0] for best in self.hypotheses(lines, scored=scored)]

    def hypotheses(
        self, lines: Iterable[str], first: int = 1, scored: bool = True
    ) -> Iterator[list[ScoredTranslation]]:
        """Yield the translations of each line that the search returns, the best first.

        Args:
            lines: any text; a character that stands for a line break becomes a space.
            first: the number of the first line, for the random numbers of a sampling search: a line
                gets the same translation under the same number.
            scored: whether to return scores; a search may be faster without.
        """
        window: list[str] = []
        state = None
        for line in lines:
            window.append(line)
            if len(window) == self.window_lines:
                translations, state = self.translate_window(window, first, scored, state)
                yield from translations
                first, window = first + len(window), []
        yield from self.translate_window(window, first, scored, state).hypotheses

    def translate_window(
        self,
        lines: Sequence[str],
        first: int = 1,
        scored: bool = True,
        state: Any = None,
        stored: StoredBatches | None = None,
    ) -> WindowTranslations:
        """Return the translations of consecutive lines of a text.

        Args:
            lines: the lines.
            first: the number of the first one; see `hypotheses`.
            scored: whether to return scores.
            state: the state of the window before it, which only a `DocumentTranslator` uses.
            stored: batches of this window that an interrupted translation has stored.
        """
        del state
        if self.directions is not None and self.direction is None:
            self.choose_direction()
        planned = self.planner.plan(lines)
        units = [unit for line in planned for unit in line.units]
        keys = unit_keys(planned, first)
        translations: list[list[ScoredTranslation]] = [[] for _ in units]

        def batch_of(indices: Sequence[int]) -> UnitBatch:
            return UnitBatch.of([units[i] for i in indices], [keys[i] for i in indices], scored)

        batches = list(by_length(range(len(units)), units, self.batch))
        best = self.translate_batches(map(batch_of, batches), stored)
        for indices, of_batch in zip(batches, best, strict=True):
            for index, hypotheses in zip(indices, of_batch, strict=True):
                translations[index] = hypotheses
        if self.retries:
            retry_repetition(
                translations,
                lambda failed: by_length(failed, units, self.batch),
                lambda found, n: self.decode_batches(map(batch_of, found), n),
            )
        return WindowTranslations(join_units(planned, translations, self.fit if scored else None))

    def translate_batches(
        self, batches: Iterable[UnitBatch], stored: StoredBatches | None
    ) -> Iterator[Translations]:
        """Yield the translations of batches of units, of which the first may be stored."""
        if stored is None:
            return self.decode_batches(batches)
        return stored.translate(batches, self.decode_batches)

    def decode_batches(
        self, batches: Iterable[UnitBatch], blocked_ngram: int = 0
    ) -> Iterator[Translations]:
        """Yield the translations of batches of units, decoded here or by other processes."""
        if self._decode_elsewhere is None:
            return (self.decode_units(batch, blocked_ngram) for batch in batches)
        made = self._decode_elsewhere(batches, blocked_ngram)
        return (recalled(results, self.term_counts) for results in made)

    def share_out(self, decode: DecodeElsewhere | None) -> None:
        """Decode batches by `decode` from now on; None: in this process."""
        self._decode_elsewhere = decode

    def decode_units(
        self, batch: UnitBatch, blocked_ngram: int = 0
    ) -> list[list[ScoredTranslation]]:
        """Return the translations of a batch of units, with their spans and terms.

        A unit whose best translation lacks spans, for the network has no symbols, is decoded again
        without them, and they are inserted. Terms are not counted with a `blocked_ngram`: that is
        another try.
        """
        translations, decoded = self.tags.decode(batch, blocked_ngram)
        missing = self.terms.missing(batch, translations)
        enforced = self.terms.enforce(batch, translations, decoded)
        for index, unit in self.repair.repair(batch, translations).items():
            translations[index], decoded[index] = unit.translations, unit.decoded
        if not blocked_ngram:
            self.terms.count(batch, missing, self.terms.missing(batch, translations, enforced))
        if batch.scored:
            translations = [
                [each._replace(words=score_words(each, unit, self.target)) for each in hypotheses]
                for hypotheses, unit in zip(translations, decoded, strict=True)
            ]
        if self.aligner is None:
            return translations
        best = [hypotheses[0] for hypotheses in translations]
        pairs = [DecodedUnit(unit, made) for unit, made in zip(batch.units, decoded, strict=True)]
        aligned = self.aligner.align(pairs, best, batch.previous, self.planner.rules)
        return [
            [first._replace(alignment=alignment), *others]
            for (first, *others), alignment in zip(translations, aligned, strict=True)
        ]

    def return_alignments(self) -> None:
        """Return alignments from now on, or raise a ConfigError where there is no attention."""
        self.aligner = Aligner(self.model, self.source, self.target)

    def align(self, lines: Iterable[str]) -> list[Alignment]:
        """Return the word alignments of the lines with their best translations.

        Raises:
            TextError: `lines` is one text.
            ConfigError: the network has no attention.
        """
        if isinstance(lines, str):
            raise TextError("align takes lines, such as [text], not one text")
        before = self.aligner
        self.return_alignments()
        try:
            alignments = [best[0].alignment for best in self.hypotheses(lines, scored=False)]
        finally:
            self.aligner = before
        return [alignment or NO_ALIGNMENT for alignment in alignments]
