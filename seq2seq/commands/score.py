"""`python -m seq2seq.score`: log-probabilities of given translations, to rank and filter text."""

import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TextIO

from seq2seq.commands import app
from seq2seq.commands.line_io import open_output, progress_bar
from seq2seq.commands.outputs import require_outputs
from seq2seq.config.commands import ScoreConfig
from seq2seq.config.lists import as_list
from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.outputs import NamedFile
from seq2seq.storage.regular import open_regular
from seq2seq.storage.writable import STANDARD
from seq2seq.text.lines import count_lines, read_lines

if TYPE_CHECKING:
    from seq2seq.inference.forced_decoding import (
        DualCrossEntropy,
        ForcedDecoder,
        ForcedTranslation,
    )

SIGNIFICANT_DIGITS = 7


class ScoredPair(NamedTuple):
    """A pair of lines with its scores."""

    line: int  # its number in the files, from 1
    source: str
    target: str
    translation: "ForcedTranslation"
    dual: "DualCrossEntropy | None"  # with a model of the opposite direction

    @property
    def weight(self) -> float:
        """Return exp(-score) of the dual cross-entropy, else 1 / perplexity; 0 if blank."""
        return self.dual.weight if self.dual else 1 / self.translation.perplexity


def main() -> None:
    """Entry point of `seq2seq-score`."""
    app.run_command("score", ScoreConfig, score)


def score(config: ScoreConfig, _: Path) -> None:
    """Score each pair of lines, and write the rows of those that are kept.

    Raises:
        ConfigError: options do not go together, or an output would replace another file.
        TextError: a file cannot be read or written, or the line counts differ.
    """
    source, target = require_files(config)
    if config.workers.processes:
        from seq2seq.commands.score_jobs import score_by_workers  # torch is imported here

        score_by_workers(config, source, target)
        return
    decoder, reverse = load_decoders(config)
    pairs = scored_pairs(decoder, reverse, source, target, config.unit)
    write_scored(config, pairs, reverse is not None)


def load_decoders(config: ScoreConfig) -> "tuple[ForcedDecoder, ForcedDecoder | None]":
    """Load the run, and that of the opposite direction if there is one.

    Raises:
        RunError: a run cannot be used.
        ConfigError: the other run is not of the opposite direction.
    """
    from seq2seq.inference.loading import load_forced_decoder

    options = config.batch, config.device, config.trusted, config.protect
    decoder = load_forced_decoder(config.run, *options, config.direction)
    reverse = None
    if config.reverse:
        opposite = "-".join(decoder.languages[::-1]) if config.direction else None
        reverse = load_forced_decoder(config.reverse, *options, opposite)
        languages = decoder.languages, reverse.languages
        require_opposite(config, *languages, ("reverse", config.reverse))
    return decoder, reverse


def write_scored(
    config: ScoreConfig, scored: "Iterator[ScoredPair]", is_dual: bool, recalled: int = 0
) -> None:
    """Write the rows of the pairs that are kept, and the pairs, and report.

    Args:
        config: the options.
        scored: all pairs, in order.
        is_dual: whether pairs have the scores of both directions.
        recalled: pairs that were scored before an interruption.

    Raises:
        TextError: a file cannot be written.
    """
    from seq2seq.inference.forced_decoding import perplexity

    start, count, kept, tokens, nats = time.monotonic(), 0, 0, 0, 0.0

    def counted(pairs: Iterator[ScoredPair]) -> Iterator[ScoredPair]:
        nonlocal count, tokens, nats
        for pair in pairs:
            count += 1
            tokens += len(pair.translation.logprobs)
            nats += pair.translation.logprob
            if pair.weight >= (config.threshold or 0):
                yield pair

    with ExitStack() as stack:
        file = stack.enter_context(open_output(config.output))
        write_row = row_writer(file, config.output.endswith(".jsonl"), is_dual)
        write_pair = pair_writer([stack.enter_context(open_output(n)) for n in pair_files(config)])
        selected = counted(scored)
        if config.sort:
            selected = iter(sorted(selected, key=lambda pair: -pair.weight))
        for pair in selected:
            kept += 1
            write_row(pair)
            write_pair(pair)
    rate = (count - recalled) / max(time.monotonic() - start, 1e-9)
    of_all = f"perplexity {perplexity(nats, tokens):.2f}, " if tokens else ""
    print(f"{count} lines, {kept} kept, {of_all}{rate:.1f} lines/s", file=sys.stderr)


def require_files(config: ScoreConfig) -> tuple[str, str]:
    """Return source and target, after all checks that need no model.

    Raises:
        ConfigError: an option has no value, or one that does not go with the others.
        TextError: a file cannot be read or written, or the line counts differ.
    """
    if config.run is None:
        raise ConfigError("no value for run: the folder of a trained model, run=runs/NAME/TIME")
    if config.source is None or config.target is None:
        raise ConfigError("source and target: a file of lines and one of translations are needed")
    if config.output != STANDARD and not config.output.endswith((".tsv", ".jsonl")):
        raise ConfigError(f"output must be a .tsv or .jsonl file, or -, not {config.output}")
    names = pair_files(config)
    if len(names) == 1 and not names[0].endswith(".tsv"):
        raise ConfigError(f"pairs must be a .tsv file, or a list of two files, not {names[0]}")
    for name in (config.source, config.target):
        open_regular(Path(name)).close()  # each is read twice, which a pipe cannot be
    inputs = [NamedFile("source", config.source), NamedFile("target", config.target)]
    outputs = [NamedFile("output", config.output), *(NamedFile("pairs", name) for name in names)]
    runs = [run for value in (config.run, config.reverse) for run in as_list(value)]
    require_outputs(inputs, outputs, runs)
    sources, targets = count_lines(Path(config.source)), count_lines(Path(config.target))
    if sources != targets:
        raise TextError(
            f"{config.target} has {targets} lines, and {config.source} has {sources}: "
            "there must be one for each"
        )
    return config.source, config.target


def pair_files(config: ScoreConfig) -> list[str]:
    """Return the files of kept pairs: none, one for both sides, or one for each."""
    return as_list(config.pairs)


class HasRun(Protocol):
    """Options of a command that uses a run."""

    run: Any


def require_opposite(
    config: HasRun, languages: tuple[str, str], others: tuple[str, str], other: tuple[str, object]
) -> None:
    """Require that the source of one model is the target of the other.

    Args:
        config: the options.
        languages: of its run.
        others: of the other run.
        other: the name of the option of the other run, and its value.

    Raises:
        ConfigError: a language is another one. A run that does not tell its languages is accepted.
    """
    if all((*languages, *others)) and languages != others[::-1]:
        raise ConfigError(
            f"{other[0]} must be a run from {languages[1]} to {languages[0]}, the opposite of "
            f"run={config.run}, not {other[1]}, which is from {others[0]} to {others[1]}"
        )


def scored_pairs(
    decoder: "ForcedDecoder", reverse: "ForcedDecoder | None", source: str, target: str, unit: str
) -> Iterator[ScoredPair]:
    """Yield each pair of lines of two files with its scores, in order.

    Args:
        decoder: scores targets.
        reverse: scores sources given targets, or None.
        source: a file.
        target: a file of as many lines.
        unit: word or token, of the cross-entropies.
    """
    pairs = zip(read_lines(Path(source)), read_lines(Path(target)), strict=True)
    line = 0
    with progress_bar(source) as bar:
        while window := list(islice(pairs, decoder.window_lines)):
            sources, targets = [pair[0] for pair in window], [pair[1] for pair in window]
            scored = scored_window(decoder, reverse, sources, targets, unit)
            for pair, (translation, dual) in zip(window, scored, strict=True):
                line += 1
                yield ScoredPair(line, *pair, translation, dual)
            if bar:
                bar.update(bar.task_ids[0], advance=len(window))


def scored_window(
    decoder: "ForcedDecoder",
    reverse: "ForcedDecoder | None",
    sources: Sequence[str],
    targets: Sequence[str],
    unit: str,
) -> "list[tuple[ForcedTranslation, DualCrossEntropy | None]]":
    """Return the scores of pairs that are batched together; see `scored_pairs`."""
    from seq2seq.inference.forced_decoding import DualCrossEntropy

    backward: Any = reverse.score(targets, sources) if reverse else [None] * len(sources)
    return [
        (each, other and DualCrossEntropy(each.cross_entropy(unit), other.cross_entropy(unit)))
        for each, other in zip(decoder.score(sources, targets), backward, strict=True)
    ]


def row_writer(file: TextIO, is_json: bool, is_dual: bool) -> Callable[[ScoredPair], None]:
    """Return a function that writes the row of a pair: a JSON line, or else TSV under a header."""
    if is_json:
        return lambda pair: print(json.dumps(fields(pair), ensure_ascii=False), file=file)
    names = ["line", "weight", "logprob", "tokens", "logprob_per_token", "perplexity"]
    names += ["cross_entropy", "reverse_cross_entropy", "score"] if is_dual else []
    names += ["source", "target", "pieces", "logprobs"]
    file.write("\t".join(names) + "\n")

    def write(pair: ScoredPair) -> None:
        values = fields(pair)
        values["pieces"] = " ".join(values["tokens"])
        values["tokens"] = len(values["logprobs"])
        values["logprobs"] = " ".join(str(value) for value in values["logprobs"])
        cells = ("" if values[name] is None else _cell(values[name]) for name in names)
        file.write("\t".join(cells) + "\n")

    return write


def fields(pair: ScoredPair) -> dict[str, Any]:
    """Return the fields of a row; one that is infinite or has no meaning is None."""
    translation, dual = pair.translation, pair.dual
    values: dict[str, Any] = {
        "line": pair.line,
        "weight": _rounded(pair.weight),
        "logprob": _rounded(translation.logprob),
        "logprob_per_token": _rounded(-translation.cross_entropy("token")),
        "perplexity": _rounded(translation.perplexity),
    }
    if dual is not None:
        values["cross_entropy"] = _rounded(dual.forward)
        values["reverse_cross_entropy"] = _rounded(dual.reverse)
        values["score"] = _rounded(dual.score)
    values["source"], values["target"] = pair.source, pair.target
    values["tokens"] = translation.tokens
    values["logprobs"] = [_rounded(logprob) for logprob in translation.logprobs]
    return values


def pair_writer(files: list[TextIO]) -> Callable[[ScoredPair], None]:
    """Return a function that writes a pair to no file, to one as TSV, or each side to its own."""

    def write(pair: ScoredPair) -> None:
        if len(files) == 1:
            files[0].write(f"{_cell(pair.source)}\t{_cell(pair.target)}\n")
        else:
            for file, side in zip(files, (pair.source, pair.target), strict=False):
                file.write(f"{side}\n")

    return write


def _cell(value: Any) -> str:
    """Return a value as a cell of TSV: a tab in text becomes a space."""
    return str(value).replace("\t", " ").replace("\n", " ")


def _rounded(value: float) -> float | None:
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}") if math.isfinite(value) else None
