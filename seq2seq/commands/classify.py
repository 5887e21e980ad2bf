"""`python -m seq2seq.classify`: what each line of a file is."""

import sys
import time
from pathlib import Path

from seq2seq.commands import app
from seq2seq.commands.line_io import input_output_pairs, map_lines
from seq2seq.config.commands import ClassifyConfig
from seq2seq.errors import ConfigError

GROUP_LINES = 20_000  # lines that are sorted by length together, at most


def main() -> None:
    """Entry point of `seq2seq-classify`."""
    app.run_command("classify", ClassifyConfig, classify)


def classify(config: ClassifyConfig, _: Path) -> None:
    """Write label<TAB>probability for each line; a blank line comes back blank.

    Raises:
        ConfigError: no run is given, or not one output for each input.
        TextError: an input cannot be read or an output written; what was there stays.
    """
    files = input_output_pairs(config.input, config.output)
    if config.run is None:
        raise ConfigError("no value for run: the folder of a trained classifier")
    from seq2seq.inference.classifier import (
        load_classifier,  # torch comes in here, after the checks
    )

    labeller = load_classifier(config.run, config.batch, config.device, config.trusted)
    began, count = time.monotonic(), 0
    for name, output in files:

        def work(group: list[str], first: int, name: str = name) -> list[str]:
            found = labeller.classify(group, first, name)
            return [f"{label.name}\t{label.probability:.4f}" if label else "" for label in found]

        count += map_lines(name, output, GROUP_LINES, work)
    rate = count / max(time.monotonic() - began, 1e-9)
    if labeller.cut:
        more = f", the first of {labeller.cut:,} such lines" if labeller.cut > 1 else ""
        print(labeller.notice + more, file=sys.stderr)
    print(f"{count} lines, {rate:,.0f} lines/s", file=sys.stderr)
