"""Files of synthetic pairs: a row for each line whose translation is good enough."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from random import Random
from typing import NamedTuple, TextIO

from seq2seq.commands.line_io import open_output
from seq2seq.config.synthesis import NoiseOptions
from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.pair_filters import PairFilters, most_similar
from seq2seq.storage.partial import GroupResults
from seq2seq.text.lines import read_lines
from seq2seq.text.source_tags import with_tag
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.rules import SpanRules
from seq2seq.text.word_noise import noised


class PairForm(NamedTuple):
    """Form of the pair of a line and its translation."""

    side: str  # the synthetic one: source or target
    tag: str | None
    noise: NoiseOptions
    seed: int  # of the noise
    rules: SpanRules | None  # of the spans that noise leaves alone

    def pair(self, number: int, line: str, translation: str) -> tuple[str, str]:
        """Return source and target of line `number` of a file."""
        sides = (translation, line) if self.side == "source" else (line, translation)
        source, target = (" ".join(text.split("\t")) for text in sides)
        if not self.noise.is_off:
            spans = find_spans(source, self.rules) if self.rules else []
            random = Random(f"{self.seed} {number}")
            source = noised(source, self.noise, random, [(s.start, s.end) for s in spans])
        return with_tag(self.tag, source), target


class PairWriter:
    """Makes pairs of lines and their translations, and writes them: a `ResultWriter`."""

    def __init__(
        self, files: Sequence[TextIO], form: PairForm, filters: PairFilters, reference: str | None
    ) -> None:
        """Write pairs to `files`.

        Args:
            files: one, for TSV, or two, for sources and targets.
            form: of the pairs.
            filters: of the pairs.
            reference: a file with a translation of each line, by which the best is chosen.
        """
        self.files, self.form, self.filters, self.reference = files, form, filters, reference
        self.kept = 0
        self.dropped: Counter[str] = Counter()  # by reason
        self._next = 1  # the number of the line whose reference is read next
        self._references = read_lines(Path(reference)) if reference else iter(())

    @property
    def are_scored(self) -> bool:
        """Return whether the filters need scores."""
        return self.filters.threshold is not None

    def results(
        self, name: str, first: int, lines: Sequence[str], hypotheses: list[list[ScoredTranslation]]
    ) -> GroupResults:
        """Return for each line its pair, or why there is none, as JSON."""
        del name
        best = self._best(first, hypotheses)
        reasons = self.filters.reasons(lines, best)
        numbered = zip(lines, best, reasons, strict=True)
        made = [
            reason or self.form.pair(number, line, translation.text)
            for number, (line, translation, reason) in enumerate(numbered, first)
        ]
        return GroupResults([json.dumps(each, ensure_ascii=False) for each in made], "")

    def read_references(self, references: Sequence[str], first: int) -> None:
        """Choose by `references` from line `first` on."""
        self._references, self._next = iter(references), first

    def _best(
        self, first: int, hypotheses: Sequence[list[ScoredTranslation]]
    ) -> list[ScoredTranslation]:
        """Return the translation of each line that is taken."""
        if self.reference is None:
            return [of_line[0] for of_line in hypotheses]
        references = islice(self._references, first - self._next, None)
        self._next = first + len(hypotheses)
        return [most_similar(*each) for each in zip(hypotheses, references, strict=False)]

    def write(self, results: GroupResults) -> None:
        """Write the pairs of a group, and count those that were dropped."""
        for stored in results.lines:
            pair = json.loads(stored)
            if isinstance(pair, str):
                self.dropped[pair] += 1
                continue
            self.kept += 1
            if len(self.files) == 1:
                self.files[0].write("\t".join(pair) + "\n")
            else:
                for file, side in zip(self.files, pair, strict=True):
                    file.write(f"{side}\n")


@contextmanager
def open_pairs(
    names: Sequence[str], form: PairForm, filters: PairFilters, reference: str | None
) -> Iterator[PairWriter]:
    """Open the files of pairs, which appear when they are complete; see `PairWriter`."""
    with ExitStack() as stack:
        files = [stack.enter_context(open_output(name)) for name in names]
        yield PairWriter(files, form, filters, reference)
