"""Resumable translation of a file: an interrupted one is resumed to the same bytes."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
from omegaconf import OmegaConf

import seq2seq
from seq2seq.commands.alignment_file import AlignmentWriter, open_alignments
from seq2seq.commands.prefixes import LineReader
from seq2seq.commands.recalled_lines import recalled_lines
from seq2seq.commands.review_file import ReviewWriter, open_review, review_name
from seq2seq.commands.score_file import ScoreWriter, open_scores
from seq2seq.config.commands import DecodingConfig, TranslateConfig
from seq2seq.config.lists import as_list
from seq2seq.data.readers.files import sha256_of_file
from seq2seq.documents.memory import TranslationMemory
from seq2seq.hardware import choose_device
from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.document_translator import DocumentTranslator
from seq2seq.inference.stored_batches import StoredBatches, add_counts, counted_since
from seq2seq.inference.translator import Translator
from seq2seq.storage.locks import lock_file
from seq2seq.storage.partial import GroupResults, PartialResults, partial_path
from seq2seq.storage.regular import escaped
from seq2seq.storage.run_files import INFERENCE_FILES
from seq2seq.storage.writable import STANDARD


def fingerprint(config: TranslateConfig, name: str) -> str:
    """Compute a hash of everything that a translation of `name` depends on, except its lines."""
    runs = config.run if isinstance(config.run, list) else [str(config.run)]
    return fingerprint_of_work(options_of_translation(config, name), runs, config.device)


def options_of_translation(config: TranslateConfig, name: str) -> dict[str, Any]:
    """Return the options that a translation of the file `name` depends on, as plain values."""
    without = ("run", "input", "output", "resume", "processes", "review", "workers")
    options = options_of_work(config, without)
    if config.alignments:
        options["alignments"] = Path(config.alignments).suffix
    prefixes = config.prefix if isinstance(config.prefix, list) else [config.prefix]
    options["prefix"] = [sha256_of_file(Path(str(file))) for file in prefixes if file is not None]
    if config.min_confidence is not None:  # the rows of that file hold the name, too
        options["review"] = name
    if config.memory is not None:
        options["memory"] = [sha256_of_file(Path(file)) for file in as_list(config.memory)]
        options["review"] = name
    if config.scores:  # the rows of that file hold the name
        options["scores"] = [Path(config.scores).suffix, name]
    return options


def options_of_work(config: DecodingConfig, without: Sequence[str]) -> dict[str, Any]:
    """Return the options of a command as plain values, with the hashes of the files they name.

    Args:
        config: the options.
        without: the names of those that are left out.
    """
    options = asdict(config)
    for key in without:
        del options[key]
    if OmegaConf.is_config(config.search):
        options["search"] = OmegaConf.to_container(config.search, resolve=True)
    for key in ("glossary", "do_not_translate", "reference"):
        if (file := options.get(key)) and Path(file).is_file():
            options[key] = sha256_of_file(Path(file))
    return options


def fingerprint_of_work(options: Mapping[str, Any], runs: Sequence[str], device: str) -> str:
    """Compute a hash of options, of the weights and pieces of runs, of versions and the device."""
    files = [Path(run) / file for run in runs for file in INFERENCE_FILES]
    models = [sha256_of_file(file) if file.is_file() else None for file in files]
    versions = [seq2seq.__version__, torch.__version__, choose_device(device).type]
    facts = [options, versions, models]
    return sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def open_partial(config: TranslateConfig, name: str, output: str) -> PartialResults | None:
    """Open the results of an interrupted translation of `name`, which are beside `output`.

    Return None if it is not to be resumed, or cannot be: a pipe can be read only once.
    """
    if not is_resumable(config, name, output):
        return None
    return PartialResults(Path(output), fingerprint(config, name))


class MayResume(Protocol):
    """Options of a command that can go on where it was interrupted."""

    resume: bool


def is_resumable(config: MayResume, name: str, output: str) -> bool:
    """Return whether partial results of a translation of `name` into `output` are stored."""
    is_file = output != STANDARD and (not Path(output).exists() or Path(output).is_file())
    return config.resume and is_file and name != STANDARD and Path(name).is_file()


@contextmanager
def locked_outputs(config: MayResume, files: Sequence[tuple[str, str]]) -> Iterator[None]:
    """Lock the partial results of each output: two translations would mix their groups.

    Raises:
        RunError: another translation has the same output.
    """
    with ExitStack() as locks:
        for name, output in files:
            if is_resumable(config, name, output):
                locks.enter_context(lock_file(partial_path(Path(output))))
        yield


@contextmanager
def kept_until_complete() -> Iterator[list[PartialResults]]:
    """Yield a list for partial results: they are removed when the block ends without an exception.

    Until then those of finished outputs stay too: the file of scores, which all outputs share,
    is complete at the very end.
    """
    partials: list[PartialResults] = []
    try:
        yield partials
    except BaseException as error:
        for partial in partials:
            partial.close()
        if isinstance(error, KeyboardInterrupt) and (done := sum(p.done for p in partials)):
            file = escaped(str(partials[-1].path))
            kept = "1 line is" if done == 1 else f"{done:,} lines are"
            print(f"{kept} kept in {file}: the same command resumes", file=sys.stderr)
        raise
    for partial in partials:
        partial.remove()


class ResultWriter(Protocol):
    """Maker of the results of translated lines, which writes them too."""

    @property
    def are_scored(self) -> bool:
        """Return whether scores are needed."""
        ...

    def results(
        self, name: str, first: int, lines: Sequence[str], hypotheses: list[list[ScoredTranslation]]
    ) -> GroupResults:
        """Return the results of consecutive lines of a file; the first has number `first`."""
        ...

    def write(self, results: GroupResults) -> None:
        """Write results, which may have been stored."""
        ...


class LineFiles(NamedTuple):
    """The files beside the translations that have rows for lines, each if asked for."""

    scores: ScoreWriter | None = None
    alignments: AlignmentWriter | None = None
    review: ReviewWriter | None = None

    @property
    def are_scored(self) -> bool:
        """Return whether one of them needs scores."""
        return self.scores is not None or self.review is not None

    def results(
        self, name: str, first: int, lines: Sequence[str], hypotheses: list[list[ScoredTranslation]]
    ) -> GroupResults:
        """Return the translations of consecutive lines of a file, and the rows of each file."""
        best = [of_line[0] for of_line in hypotheses]
        rows = ""
        if self.scores:
            numbered = enumerate(hypotheses, first)
            rows = "".join(self.scores.rows(name, line, each) for line, each in numbered)
        return GroupResults(
            [translation.text for translation in best],
            rows,
            self.alignments.rows(best) if self.alignments else "",
            self.review.rows(name, first, lines, best) if self.review else "",
        )

    def write(self, results: GroupResults) -> None:
        """Write the rows of a group."""
        if self.scores:
            self.scores.file.write(results.scores)
        if self.alignments:
            self.alignments.file.write(results.alignments)
        if self.review:
            self.review.file.write(results.review)


@contextmanager
def open_line_files(
    config: TranslateConfig, memory: TranslationMemory | None = None
) -> Iterator[LineFiles]:
    """Open the files beside the translations, which appear when they are complete."""
    with (
        open_scores(config.scores) as scores,
        open_alignments(config.alignments) as alignments,
        open_review(review_name(config), config.min_confidence, memory) as review,
    ):
        yield LineFiles(scores, alignments, review)


class ResumableTranslation:
    """Translation of consecutive groups of lines of a file; groups that are stored are recalled.

    Of the group that was interrupted the batches that are stored are recalled.
    Groups must be the same in the interrupted and in the resumed translation: other batches round
    sums differently.
    """

    def __init__(
        self, translator: Translator, name: str, files: ResultWriter,
        partial: PartialResults | None, read: LineReader = lambda rows, _: rows,
        memory: TranslationMemory | None = None,
    ) -> None:  # fmt: skip
        """Translate the file `name`, and recall and store in `partial`.

        Rows are written to `files`. `read` returns the lines of rows of the file. Lines that
        `memory` has are taken from it.
        """
        self.read, self.memory = read, memory
        self.remembered = 0  # lines from the memory
        self.translator, self.name, self.files, self.partial = translator, name, files, partial
        self.recalled = 0  # lines
        self._state: Any = None  # the document's state at the end of the previous group
        self._document: list[tuple[list[str], int]] = []  # recalled groups of the current document

    def __call__(self, group: list[str], first: int) -> list[str]:
        """Return a translation for each line of `group`, of which the first has number `first`."""
        self.remembered += len(recalled_lines(self.memory, self.read(group, first)))
        results = self.partial.recall(group) if self.partial else None
        if results:
            self.recalled += len(group)
            add_counts(self.translator.term_counts, results.counts)
            self._remember(group, first)
        else:
            results = self.translated(group, first)
            if self.partial:
                self.partial.append(group, results)
        self.files.write(results)
        return results.lines

    def _remember(self, group: list[str], first: int) -> None:
        """Keep a recalled group whose final state the next one may need."""
        if isinstance(self.translator, DocumentTranslator):
            if _ends_document(self._document):
                self._document = []
            self._document.append((group, first))

    def translated(self, group: list[str], first: int) -> GroupResults:
        """Return the results of consecutive lines, the first of which has number `first`."""
        counts = self.translator.term_counts
        before = counts.copy()
        if not _ends_document(self._document):  # its state was not stored: it is computed again
            for lines, number in self._document:
                self._translate_window(lines, number)
            counts.clear()  # but its terms are counted already
            counts.update(before)
        self._document = []
        stored = None
        if self.partial:
            batches = self.partial.batches(group)
            self.recalled += min(sum(len(batch.units) for batch in batches), len(group))
            stored = StoredBatches(batches, self.partial.append_batch, counts)
        hypotheses = self._translate_window(group, first, stored)
        results = self.files.results(self.name, first, self.read(group, first), hypotheses)
        return results._replace(counts=counted_since(before, counts))

    def _translate_window(
        self, lines: list[str], first: int, stored: StoredBatches | None = None
    ) -> list[list[ScoredTranslation]]:
        read = self.read(lines, first)
        known = recalled_lines(self.memory, read)
        if not isinstance(self.translator, DocumentTranslator):  # which needs the line before
            read = ["" if index in known else line for index, line in enumerate(read)]
        hypotheses, self._state = self.translator.translate_window(
            read, first, self.files.are_scored, self._state, stored
        )
        for index, text in known.items():
            hypotheses[index] = [ScoredTranslation(text, 0.0, 0.0, [], [])]
        return hypotheses


def _ends_document(groups: list[tuple[list[str], int]]) -> bool:
    """Return whether `groups` is empty or ends in a blank line: then a new document begins."""
    return not groups or not groups[-1][0][-1].strip(" ")
