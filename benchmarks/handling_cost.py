"""Processor time of the handling of lines: all of it, none, and all but one part.

python -m benchmarks.handling_cost RUN [--turns N]

The 1,000 test lines of RUN are translated greedily in int8, on one thread, N times (5) with each
choice in turns; medians are printed.
"""

import argparse
import time
from pathlib import Path
from statistics import median

import torch

import seq2seq
from benchmarks import results
from seq2seq import LineHandling
from seq2seq.run_folder import RunFolder

CHOICES = {
    "none": LineHandling(split="off", protect=False, retry_repetition=False, truecase=False),
    "all": LineHandling(),
    "all but another try of repetition": LineHandling(retry_repetition=False),
    "all but spans": LineHandling(protect=False),
    "all but truecasing": LineHandling(truecase=False),
    "all but sentences": LineHandling(split="off"),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()

    torch.set_num_threads(1)
    lines = [pair.source for pair in RunFolder(options.run).read_test()]
    translators = {
        name: seq2seq.load(options.run, precision="int8", lines=handling)
        for name, handling in CHOICES.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in translators}
    for _ in range(options.turns):
        for name, translator in translators.items():
            start = time.process_time()
            translator.translate(lines)
            seconds[name].append(time.process_time() - start)
    plain = median(seconds["none"])
    rows = [
        (name, f"{median(each):.2f}", f"{min(each):.2f}", f"{median(each) / plain:.2f}")
        for name, each in seconds.items()
    ]
    results.table(("handling", "CPU seconds", "least", "ratio"), rows)


if __name__ == "__main__":
    main()
