"""`python -m seq2seq.synthesize`: pairs from one-sided text, by translating it."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seq2seq.commands import app
from seq2seq.commands.counts import counted
from seq2seq.commands.line_io import line_groups, progress_bar
from seq2seq.commands.outputs import require_outputs
from seq2seq.commands.score import require_opposite
from seq2seq.config.lists import as_list
from seq2seq.config.synthesis import SynthesizeConfig
from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.outputs import NamedFile
from seq2seq.storage.regular import open_regular, require_file_or_pipe
from seq2seq.storage.visible import visible
from seq2seq.storage.writable import STANDARD
from seq2seq.text.lines import count_lines

if TYPE_CHECKING:
    from seq2seq.commands.pair_files import PairWriter
    from seq2seq.commands.resuming import ResumableTranslation
    from seq2seq.inference.pair_filters import PairFilters
    from seq2seq.inference.translator import Translator

# Options that pairs do not depend on; of runs they depend on the content.
NOT_OF_PAIRS = ("run", "input", "output", "resume", "round_trip", "classifier", "workers")


def main() -> None:
    """Entry point of `seq2seq-synthesize`."""
    app.run_command("synthesize", SynthesizeConfig, synthesize)


def synthesize(config: SynthesizeConfig, _: Path) -> None:
    """Translate the lines of a text, and write pairs of them and their translations, in order.

    Raises:
        ConfigError: options do not go together, or an output would replace another file.
        TextError: a file cannot be read or written.
        RunError: a run cannot be used.
    """
    names = require_text_files(config)
    if config.workers.processes:
        from seq2seq.commands.line_jobs import synthesize_by_workers

        synthesize_by_workers(config, names)
        return
    from seq2seq.commands.pair_files import PairForm, open_pairs  # torch is imported here
    from seq2seq.commands.resuming import (
        ResumableTranslation,
        fingerprint_of_work,
        is_resumable,
        kept_until_complete,
        locked_outputs,
        options_of_work,
    )
    from seq2seq.storage.partial import PartialResults

    translator = load(config, config.run)
    filters = load_filters(config, translator)
    rules = translator.planner.rules
    form = PairForm(config.side, config.tag, config.noise, config.seed, rules)
    started, partial = time.monotonic(), None
    with (
        locked_outputs(config, [(config.input, names[0])]),
        kept_until_complete() as partials,
        open_pairs(names, form, filters, config.reference) as pairs,
    ):
        if is_resumable(config, config.input, names[0]):
            options, runs = options_of_work(config, NOT_OF_PAIRS), runs_of(config)
            work = fingerprint_of_work(options | {"runs": len(runs)}, runs, config.device)
            partial = PartialResults(Path(names[0]), work)
            partials.append(partial)
        translation = ResumableTranslation(translator, config.input, pairs, partial)
        count = translate_all(config.input, translator.window_lines, translation)
    report(count, translation.recalled, pairs, time.monotonic() - started)


def runs_of(config: SynthesizeConfig) -> list[str]:
    """Return the folders of all runs that the pairs depend on."""
    others = [config.classifier] if config.classifier else []
    return [*as_list(config.run), *as_list(config.round_trip), *others]


def require_text_files(config: SynthesizeConfig) -> list[str]:
    """Return the outputs, after all checks that need no model.

    Raises:
        ConfigError: an option has no value, or one that does not go with the others.
        TextError: an input does not exist, an output cannot be written, or there is not one
            reference for each line.
    """
    if config.run is None:
        raise ConfigError("no value for run: the folder of a trained model, run=runs/NAME/TIME")
    names = as_list(config.output)
    if not names or (len(names) == 1 and ".tsv" not in Path(names[0]).suffixes):
        raise ConfigError(
            f"output must be a .tsv file, or a list of two files, not {config.output}"
        )
    inputs = [NamedFile("input", config.input)]
    if config.input != STANDARD:
        require_file_or_pipe(Path(config.input))
    if config.reference is not None:
        require_references(config, config.reference)
        inputs.append(NamedFile("reference", config.reference))
    runs = [*as_list(config.run), *as_list(config.round_trip)]
    runs += [config.classifier] if config.classifier else []
    require_outputs(inputs, [NamedFile("output", name) for name in names], runs)
    return names


def require_references(config: SynthesizeConfig, reference: str) -> None:
    """Require a reference for each line, and a search that returns several translations.

    Raises:
        ConfigError: the search returns one, or the input is standard input.
        TextError: there is another number of references.
    """
    several = max(int(config.search.get(name, 1)) for name in ("n_best", "samples"))
    if several < 2:
        raise ConfigError(
            "reference chooses among several translations of a line: search=beam "
            "search.beam_size=8 search.n_best=8"
        )
    if config.input == STANDARD:
        raise ConfigError("reference needs a file as input")
    for name in (config.input, reference):
        open_regular(Path(name)).close()  # each is read twice, which a pipe cannot be
    lines, references = count_lines(Path(config.input)), count_lines(Path(reference))
    if lines != references:
        raise TextError(
            f"{reference} has {references} lines, and {config.input} has {lines}: "
            "there must be one for each"
        )


def load(config: SynthesizeConfig, run: Any, is_greedy: bool = False) -> "Translator":
    """Load a translator, with the search of the options or greedy search."""
    from seq2seq.builders import instantiate_node
    from seq2seq.inference.loading import load_translator
    from seq2seq.inference.onnx.decoding import DecodingEngine
    from seq2seq.inference.planning import line_handling
    from seq2seq.search.greedy import Greedy

    search = Greedy() if is_greedy else instantiate_node("search", config.search)
    return load_translator(
        run, search, config.limits, config.batch, config.device, config.trusted,
        DecodingEngine(config.precision, config.engine),
        None if is_greedy else line_handling(config),
    )  # fmt: skip


def load_filters(config: SynthesizeConfig, translator: "Translator") -> "PairFilters":
    """Load the runs that filter pairs.

    Raises:
        ConfigError: the run of the round trip is not of the opposite direction, or the classifier
            does not know the language of the translations.
        RunError: a run cannot be used.
    """
    from seq2seq.inference.loading import load_classifier
    from seq2seq.inference.pair_filters import LanguageFilter, PairFilters, RoundTrip

    round_trip = language = None
    if config.round_trip:
        back = load(config, config.round_trip, is_greedy=True)
        require_opposite(
            config, translator.planner.languages, back.planner.languages,
            ("round_trip", config.round_trip),
        )  # fmt: skip
        round_trip = RoundTrip(back, config.similarity)
    if config.classifier:
        classifier = load_classifier(config.classifier, 256, config.device, config.trusted)
        code = translator.planner.languages[1]
        if code not in classifier.labels:
            known = ", ".join(classifier.labels)
            raise ConfigError(f"classifier={config.classifier} knows {known}, and not {code}")
        language = LanguageFilter(classifier, code)
    return PairFilters(config.threshold, round_trip, language)


def translate_all(name: str, most: int, work: "ResumableTranslation") -> int:
    """Call `work` for all lines of a file, at most so many at a time, and return their number."""
    read = 0
    with progress_bar(name) as bar:
        for group in line_groups(name, most):
            work(group, read + 1)
            read += len(group)
            if bar:
                bar.update(bar.task_ids[0], advance=len(group))
    return read


def report(count: int, recalled: int, pairs: "PairWriter", seconds: float) -> None:
    """Print how many pairs were made of the lines, and how many were dropped for what reason."""
    before = f", {recalled:,} of them before an interruption" if recalled else ""
    rate = (count - recalled) / max(seconds, 1e-9)
    print(f"{counted(count, 'line')}{before}, {rate:.1f} lines/s", file=sys.stderr)
    dropped = "".join(f", {number:,} {reason}" for reason, number in pairs.dropped.most_common())
    print(visible(f"{counted(pairs.kept, 'pair')}{dropped}"), file=sys.stderr)
