"""`python -m seq2seq.classify`: a label for each line of a file."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq.commands import app
from seq2seq.commands.counts import counted
from seq2seq.commands.line_io import input_output_pairs, map_lines
from seq2seq.config.commands import ClassifyConfig
from seq2seq.errors import ConfigError
from seq2seq.storage.regular import escaped

if TYPE_CHECKING:
    from seq2seq.inference.classifier import CutLine, LineClassifier

GROUP_LINES = 20_000  # lines that are sorted by length together, at most


def main() -> None:
    """Entry point of `seq2seq-classify`."""
    app.run_command("classify", ClassifyConfig, classify)


def classify(config: ClassifyConfig, _: Path) -> None:
    """Write label<TAB>probability for each line; a blank line gives a blank line.

    Raises:
        ConfigError: no run is given, there is not one output for each input, or an output would
            replace another file.
        TextError: an input cannot be read, or an output cannot be written; an earlier one stays.
    """
    files = input_output_pairs(config.input, config.output, config.run)
    if config.run is None:
        raise ConfigError("no value for run: the folder of a trained classifier")
    if config.workers.processes:
        from seq2seq.commands.line_jobs import classify_by_workers

        print_cut_lines(classify_by_workers(config, files))
        return
    import torch  # after the checks

    from seq2seq.inference.loading import load_classifier

    # Each core has a batch of its own, so torch uses one thread in each.
    workers = torch.get_num_threads()
    torch.set_num_threads(1)
    classifier = load_classifier(config.run, config.batch, config.device, config.trusted, workers)
    start, count = time.monotonic(), 0
    cut: list[tuple[str, int, int]] = []
    for name, output in files:

        def work(group: list[str], first: int, name: str = name) -> list[str]:
            labels, cut_lines = label_rows(classifier, group, first)
            cut.extend((name, line, tokens) for line, tokens in cut_lines)
            return labels

        count += map_lines(name, output, GROUP_LINES, work)
    rate = count / max(time.monotonic() - start, 1e-9)
    print_cut_lines(cut)
    print(f"{counted(count, 'line')}, {rate:,.0f} lines/s", file=sys.stderr)


def label_rows(
    classifier: "LineClassifier", lines: Sequence[str], first: int
) -> tuple[list[str], "Sequence[CutLine]"]:
    """Return the output line of each line, and the lines that were cut."""
    labels, cut = classifier.classify(lines, first)
    return [f"{each.name}\t{each.probability:.4f}" if each else "" for each in labels], cut


def print_cut_lines(cut: Sequence[tuple[str, int, int]]) -> None:
    """Print the first of the lines that were cut: file, number and tokens."""
    from seq2seq.inference.classifier import MAX_TOKENS

    if cut:
        name, line, tokens = cut[0]
        more = f", the first of {len(cut):,} such lines" if len(cut) > 1 else ""
        where = f"{escaped(name)}, line {line}"
        print(f"{where} is cut to its first {MAX_TOKENS} of {tokens} tokens{more}", file=sys.stderr)
