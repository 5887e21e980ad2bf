"""`translate`, `synthesize` and `classify` by many workers: the work, and the join of its parts."""

import io
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf

from seq2seq.commands.alignment_file import SOFT, AlignmentWriter
from seq2seq.commands.classify import GROUP_LINES, label_rows
from seq2seq.commands.counts import counted
from seq2seq.commands.line_io import open_output
from seq2seq.commands.pair_files import PairForm, PairWriter, open_pairs
from seq2seq.commands.prefixes import line_reader
from seq2seq.commands.resuming import (
    LineFiles,
    ResumableTranslation,
    fingerprint_of_work,
    open_line_files,
    options_of_translation,
    options_of_work,
)
from seq2seq.commands.review_file import ReviewWriter
from seq2seq.commands.score_file import ScoreWriter
from seq2seq.commands.synthesize import NOT_OF_PAIRS, load, load_filters, report, runs_of
from seq2seq.commands.translator_loading import load_translator_of
from seq2seq.config.commands import ClassifyConfig, TranslateConfig
from seq2seq.config.lists import as_list
from seq2seq.config.synthesis import SynthesizeConfig
from seq2seq.config.validation import to_schema
from seq2seq.config.workers import WorkerOptions
from seq2seq.errors import ConfigError
from seq2seq.inference.confidence import require_fit
from seq2seq.inference.document_translator import DocumentTranslator
from seq2seq.inference.loading import load_classifier
from seq2seq.inference.pair_filters import PairFilters
from seq2seq.inference.stored_batches import add_counts
from seq2seq.inference.translator import WINDOW_BATCHES, Translator
from seq2seq.jobs.running import JobWork, ShardedJob, open_job
from seq2seq.jobs.shards import LineWork
from seq2seq.storage.files import atomic_write
from seq2seq.storage.partial import GroupResults
from seq2seq.storage.regular import escaped
from seq2seq.storage.writable import STANDARD
from seq2seq.text.spans.rules import SpanRules

REJECTS_HEADER = "file\tline\treason\n"
Files = Sequence[tuple[str, str]]  # each input with its output


class TranslateWork:
    """Translation of lines, with the rows of the files beside the translations."""

    def __init__(self, options: Any) -> None:
        config = to_schema(OmegaConf.create(options), TranslateConfig)
        translator = load_translator_of(config)
        require_single_lines(translator)
        require_fit(translator.fit, config.min_confidence)
        self.block = translator.window_lines
        names, prefixes = as_list(config.input), as_list(config.prefix)
        review = config.min_confidence is not None
        files = LineFiles(
            ScoreWriter(io.StringIO(), config.scores.endswith(".tsv")) if config.scores else None,
            AlignmentWriter(io.StringIO(), config.alignments.endswith(SOFT))
            if config.alignments
            else None,
            ReviewWriter(io.StringIO(), config.min_confidence) if review else None,
        )
        search = translator.decoder.search
        self._works = [
            ResumableTranslation(translator, str(name), files, None, line_reader(prefix, search))
            for name, prefix in zip(names, prefixes or [None] * len(names), strict=True)
        ]

    def results(self, text: int, first: int, columns: Sequence[list[str]]) -> GroupResults:
        """Return the results of consecutive lines of an input."""
        return self._works[text].translated(columns[0], first)


class ClassifyWork:
    """Classification of lines."""

    block = GROUP_LINES

    def __init__(self, options: Any) -> None:
        config = to_schema(OmegaConf.create(options), ClassifyConfig)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        self.classifier = load_classifier(
            str(config.run), config.batch, config.device, config.trusted, threads
        )

    def results(self, text: int, first: int, columns: Sequence[list[str]]) -> GroupResults:
        """Return label and probability of each line, and as counts the lines that were cut."""
        del text
        labels, cut = label_rows(self.classifier, columns[0], first)
        return GroupResults(labels, "", counts=[list(each) for each in cut])


class SynthesizeWork:
    """Pairs of lines and their translations, as JSON."""

    def __init__(self, options: Any) -> None:
        config = to_schema(OmegaConf.create(options), SynthesizeConfig)
        translator = load(config, config.run)
        require_single_lines(translator)
        self.block, filters = translator.window_lines, load_filters(config, translator)
        self.pairs = PairWriter([], pair_form(config, translator.planner.rules), filters, None)
        self.pairs.reference = config.reference
        self.translation = ResumableTranslation(translator, config.input, self.pairs, None)

    def results(self, text: int, first: int, columns: Sequence[list[str]]) -> GroupResults:
        """Return the pair of each line, or why there is none; the second column is references."""
        del text
        self.pairs.read_references(columns[-1], first)
        return self.translation.translated(columns[0], first)


def pair_form(config: SynthesizeConfig, rules: SpanRules | None) -> PairForm:
    """Return the form of the pairs that the options ask for."""
    return PairForm(config.side, config.tag, config.noise, config.seed, rules)


def require_single_lines(translator: Translator) -> None:
    """Require that lines do not depend on one another, or raise a ConfigError."""
    if isinstance(translator, DocumentTranslator):
        raise ConfigError("document_context=carry translates line after line: workers.processes=0")


WORKS: dict[str, Callable[[Any], LineWork]] = {
    "translate": TranslateWork,
    "synthesize": SynthesizeWork,
    "classify": ClassifyWork,
}


def load_line_work(options: Any) -> LineWork:
    """Return the work of a command: its name and its options as plain values."""
    name, values = options
    return WORKS[name](values)


def plain_options(config: Any) -> dict[str, Any]:
    """Return the options of a command as plain values."""
    options = asdict(config)
    if OmegaConf.is_config(options.get("search")):
        options["search"] = OmegaConf.to_container(config.search, resolve=True)
    return options


def job_work(name: str, config: Any, files: Files, facts: dict[str, Any], block: int) -> JobWork:
    """Return the work of a job, after the checks that all commands have.

    Raises:
        ConfigError: an input or output is a standard stream.
    """
    for source, output in files:
        if STANDARD in (source, output) or not Path(source).is_file():
            raise ConfigError("workers need files as input and output: input=FILE output=FILE")
    runs = [str(run) for run in as_list(config.run)]
    facts = {key: repr(value) for key, value in facts.items()}
    facts["run"] = fingerprint_of_work({}, runs, config.device)
    return JobWork(
        [[source] for source, _ in files], files[0][1], facts, block,
        "seq2seq.commands.line_jobs:load_line_work", [name, plain_options(config)],
    )  # fmt: skip


def translate_by_workers(config: TranslateConfig, files: Files) -> Counter[tuple[str, str]]:
    """Translate each input into its output by workers; return the counts of terms.

    Raises:
        ConfigError: an option does not go with workers.
        RunError: see `open_job`.
    """
    if config.memory is not None or config.processes > 1:
        raise ConfigError("workers.processes goes neither with memory nor with processes")
    counts: Counter[tuple[str, str]] = Counter()
    facts = options_of_translation(config, "")
    work = job_work("translate", config, files, facts, WINDOW_BATCHES * config.batch)
    with open_job(work, config.workers, config.resume) as job:
        if job is not None:
            with open_line_files(config) as others:
                for text, (_, output) in enumerate(files):
                    with open_output(output) as file:
                        for part in job.results(text):
                            add_counts(counts, part.results.counts)
                            others.write(part.results)
                            file.writelines(f"{line}\n" for line in part.results.lines)
            write_rejects(job, config.workers, files)
        report_job(job)
    return counts


def classify_by_workers(config: ClassifyConfig, files: Files) -> list[tuple[str, int, int]]:
    """Classify each input by workers; return the cut lines: name, line, tokens.

    Raises:
        ConfigError: an option does not go with workers.
        RunError: see `open_job`.
    """
    cut: list[tuple[str, int, int]] = []
    facts = {"batch": config.batch, "trusted": config.trusted}
    work = job_work("classify", config, files, facts, GROUP_LINES)
    with open_job(work, config.workers, resume=True) as job:
        if job is not None:
            for text, (name, output) in enumerate(files):
                with open_output(output) as file:
                    for part in job.results(text):
                        cut += [(name, line, tokens) for line, tokens in part.results.counts]
                        file.writelines(f"{line}\n" for line in part.results.lines)
            write_rejects(job, config.workers, files)
        report_job(job)
    return cut


def synthesize_by_workers(config: SynthesizeConfig, names: Sequence[str]) -> None:
    """Write the pairs of a text, which workers make, into one file or two.

    Raises:
        ConfigError: an option does not go with workers.
        RunError: see `open_job`.
    """
    files = [(config.input, names[0])]
    facts = options_of_work(config, NOT_OF_PAIRS)
    facts["runs"] = fingerprint_of_work({}, runs_of(config), config.device)
    work = job_work("synthesize", config, files, facts, WINDOW_BATCHES * config.batch)
    if config.reference is not None:
        work = work._replace(texts=[[config.input, config.reference]])
    started = time.monotonic()
    with open_job(work, config.workers, config.resume) as job:
        if job is None:
            report_job(job)
            return
        form, filters = pair_form(config, None), PairFilters(config.threshold, None, None)
        with open_pairs(names, form, filters, None) as pairs:
            for part in job.results(0):
                pairs.write(part.results)
        write_rejects(job, config.workers, files)
        report(job.manifest.lines, job.recalled, pairs, time.monotonic() - started)


def write_rejects(job: ShardedJob, options: WorkerOptions, files: Files) -> None:
    """Write the lines that failed, if there are some, or a file of them is there from before."""
    path = Path(options.rejects or f"{files[0][1]}.rejects.tsv")
    if not job.rejects and not path.exists():
        return
    with atomic_write(path) as file:
        file.write(REJECTS_HEADER)
        for name, reject in job.rejects:
            file.write(f"{name}\t{reject.line}\t{reject.reason.replace(chr(9), ' ')}\n")
    if job.rejects:
        name, reject = job.rejects[0]
        print(
            f"{escaped(name)}, line {reject.line}, failed and is blank ({escaped(reject.reason)}); "
            f"{counted(len(job.rejects), 'such line')} in {escaped(str(path))}",
            file=sys.stderr,
        )


def report_job(job: ShardedJob | None) -> None:
    """Print how many lines were done, and how fast by all workers together."""
    if job is None:
        print("the outputs are complete: another command has written them", file=sys.stderr)
        return
    before = f", {job.recalled:,} of them before an interruption" if job.recalled else ""
    seconds = max(time.monotonic() - job.started, 1e-9)
    rate = (job.manifest.lines - job.recalled) / seconds
    print(f"{counted(job.manifest.lines, 'line')}{before}, {rate:.1f} lines/s", file=sys.stderr)
