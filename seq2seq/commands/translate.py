"""`python -m seq2seq.translate`: translation of files, or of standard input, with a run folder."""

import logging
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq.commands import app
from seq2seq.commands.alignment_file import HARD, SOFT
from seq2seq.commands.counts import counted
from seq2seq.commands.documents import is_document_work, translate_files
from seq2seq.commands.line_io import input_output_pairs, map_lines
from seq2seq.commands.prefixes import line_reader, prefix_files
from seq2seq.commands.recalled_lines import open_memory, require_lines_of_memory
from seq2seq.commands.review_file import review_name
from seq2seq.config.commands import TranslateConfig
from seq2seq.config.documents import DocumentOptions
from seq2seq.errors import ConfigError
from seq2seq.storage.outputs import NamedFile
from seq2seq.storage.visible import visible

if TYPE_CHECKING:
    from seq2seq.inference.translator import Translator
    from seq2seq.search.interface import Search

log = logging.getLogger("seq2seq.translate")


def main() -> None:
    """Entry point of `seq2seq-translate`."""
    app.run_command("translate", TranslateConfig, translate)


def translate(config: TranslateConfig, _: Path) -> None:
    """Translate documents, or the lines of texts, into the outputs."""
    if is_document_work(config):
        translate_files(config)
    else:
        translate_texts(config)


def translate_texts(config: TranslateConfig) -> None:
    """Translate each input into its output: n lines in, n lines out, in order.

    Raises:
        ConfigError: there is not one output for each input, or one would replace another file.
        TextError: an input cannot be read, or an output cannot be written; an earlier one stays.
    """
    files = check_files(config)
    prefixes = prefix_files(config.prefix, files)
    if config.workers.processes:
        from seq2seq.commands.line_jobs import translate_by_workers

        print_terms(translate_by_workers(config, files))
        return
    from seq2seq.commands.resuming import (  # torch is imported here, after the checks
        ResumableTranslation,
        kept_until_complete,
        locked_outputs,
        open_line_files,
        open_partial,
    )
    from seq2seq.commands.translator_loading import load_translator_of, share_out

    translator = load_translator_of(config)
    search = translator.decoder.search
    if not config.scores:
        note_other_translations(search, config.search)
    check_fit(config, translator)
    memory = open_memory(config, *translator.planner.languages)
    start, count, recalled, remembered = time.monotonic(), 0, 0, 0
    with (
        locked_outputs(config, files),
        kept_until_complete() as partials,
        open_line_files(config, memory) as others,
        share_out(config, translator),
    ):
        for (name, output), prefix in zip(files, prefixes, strict=True):
            if stored := open_partial(config, name, output):
                partials.append(stored)
            read = line_reader(prefix, search)
            work = ResumableTranslation(translator, name, others, stored, read, memory)
            count += map_lines(name, output, translator.window_lines, work)
            recalled += work.recalled
            remembered += work.remembered
    rate = (count - recalled) / max(time.monotonic() - start, 1e-9)
    notes = f", {recalled:,} of them before an interruption" if recalled else ""
    notes += f", {remembered:,} of them from memory" if memory else ""
    print_terms(translator.term_counts)
    print(f"{counted(count, 'line')}{notes}, {rate:.1f} lines/s", file=sys.stderr)


def check_fit(config: TranslateConfig, translator: "Translator") -> None:
    """Require that the run has a fit of confidence where it is needed; warn where it is of use.

    Raises:
        ConfigError: `min_confidence` is given, and there is no fit.
    """
    from seq2seq.inference.confidence import NO_FIT, require_fit

    require_fit(translator.fit, config.min_confidence)
    if config.scores and translator.fit is None:
        log.warning("confidence stays empty in %s, for %s", config.scores, NO_FIT)


def print_terms(counts: Mapping[tuple[str, str], int]) -> None:
    """Print the table of terms."""
    for line in term_table(counts):
        print(visible(line), file=sys.stderr)


def term_table(counts: Mapping[tuple[str, str], int]) -> list[str]:
    """Return a table of the terms of a glossary that were in the lines: met, enforced, missing.

    Args:
        counts: by term and outcome.
    """
    if not counts:
        return []
    outcomes = ("met", "enforced", "missing")
    lines = [f"{'term':<30}" + "".join(f"{outcome:>10}" for outcome in outcomes)]
    for term in sorted({term for term, _ in counts}):
        numbers = "".join(f"{counts.get((term, outcome), 0):>10,}" for outcome in outcomes)
        lines.append(f"{term:<30}{numbers}")
    return lines


def check_files(config: TranslateConfig) -> list[tuple[str, str]]:
    """Return each input with its output, after all checks that need no model.

    Raises:
        ConfigError: an option has no value, or one that does not go with the others.
        TextError: an input does not exist, or an output cannot be written.
    """
    require_lines_of_memory(config)
    for option, value in asdict(config.document).items():
        if value != getattr(DocumentOptions(), option):
            raise ConfigError(f"document.{option} has no meaning for lines: leave it out")
    scores = []
    if config.scores is not None:
        scores.append(NamedFile("scores", config.scores))
    if config.alignments is not None:
        scores.append(NamedFile("alignments", config.alignments))
    if (review := review_name(config)) is not None:
        scores.append(NamedFile("review", review))
    files = input_output_pairs(config.input, config.output, config.run, scores)
    if config.run is None:
        raise ConfigError("no value for run: the folder of a trained model, run=runs/NAME/TIME")
    if config.scores is not None and not config.scores.endswith((".tsv", ".jsonl")):
        raise ConfigError(f"scores must be a .tsv or .jsonl file, not {config.scores}")
    if config.alignments is not None and not config.alignments.endswith((*HARD, SOFT)):
        ends = ", ".join(HARD)
        raise ConfigError(f"alignments must be a {ends} or {SOFT} file, not {config.alignments}")
    return files


def note_other_translations(search: "Search", options: Mapping[str, object]) -> None:
    """Warn that of several translations of a line the output has the best alone."""
    from seq2seq.search.interface import TextRanking

    if isinstance(search, TextRanking):  # it needs the others to choose the best
        return
    for name, count in options.items():
        if name in ("n_best", "samples") and count != 1:
            log.warning(
                "search.%s=%s: the output has the best alone, scores=FILE has all", name, count
            )
