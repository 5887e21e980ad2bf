"""`python -m seq2seq.classify`: a label for each line of a file."""

import sys
import time
from pathlib import Path

from seq2seq.commands import app
from seq2seq.commands.counts import counted
from seq2seq.commands.line_io import input_output_pairs, map_lines
from seq2seq.config.commands import ClassifyConfig
from seq2seq.errors import ConfigError
from seq2seq.storage.regular import escaped

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
    import torch  # after the checks

    from seq2seq.inference.classifier import MAX_TOKENS
    from seq2seq.inference.loading import load_classifier

    # Each core has a batch of its own, so torch uses one thread in each.
    workers = torch.get_num_threads()
    torch.set_num_threads(1)
    classifier = load_classifier(config.run, config.batch, config.device, config.trusted, workers)
    start, count = time.monotonic(), 0
    notices: list[str] = []
    for name, output in files:

        def work(group: list[str], first: int, name: str = name) -> list[str]:
            labels, long_lines = classifier.classify(group, first)
            notices.extend(
                f"{escaped(name)}, line {line} is cut to its first {MAX_TOKENS} of {tokens} tokens"
                for line, tokens in long_lines
            )
            return [f"{label.name}\t{label.probability:.4f}" if label else "" for label in labels]

        count += map_lines(name, output, GROUP_LINES, work)
    rate = count / max(time.monotonic() - start, 1e-9)
    if notices:
        more = f", the first of {len(notices):,} such lines" if len(notices) > 1 else ""
        print(notices[0] + more, file=sys.stderr)
    print(f"{counted(count, 'line')}, {rate:,.0f} lines/s", file=sys.stderr)
