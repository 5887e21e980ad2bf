"""Peak memory against the size of the corpus.

python benchmarks/memory.py CORPUS [MILLIONS ...]

CORPUS is the prefix of parallel text, CORPUS.en and CORPUS.de, plain or compressed. It is repeated
up to MILLIONS of pairs (0.1, 1 and 4) with a number in front of every sentence, so that each pair
is new. For each size a process of its own prepares the data and trains for ten steps; printed is
the peak of its resident memory, mapped files included.
"""

import os
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

from benchmarks import results
from seq2seq.data.readers.files import find_compressed
from seq2seq.text.lines import read_lines

STEPS = 10
MODEL = ["model/attention=general", f"train.steps={STEPS}", f"validation.interval={STEPS}"]
PEAK = (
    "import runpy, sys, atexit\n"
    "from seq2seq.hardware import peak_memory\n"
    "atexit.register(lambda: print('peak', peak_memory()))\n"
    "sys.argv[0] = 'train'\n"
    "runpy.run_module('seq2seq.train', run_name='__main__')\n"
)


def grow(prefix: Path, folder: Path, pairs: int) -> None:
    """Write the repeated corpus of `pairs` pairs into `folder`."""
    for language in ("en", "de"):
        file = find_compressed(prefix.with_name(f"{prefix.name}.{language}"))
        if file is None:
            sys.exit(f"there is no {prefix}.{language}")
        lines = list(read_lines(file))
        with (folder / f"train.{language}").open("w", encoding="utf-8") as out:
            for number, line in enumerate(islice(cycle(lines), pairs)):
                out.write(f"{number // len(lines)} {line}\n")


def measure(prefix: Path, pairs: int) -> tuple[int, float]:
    """Measure peak resident memory in MB, and seconds, of data preparation and a few steps."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        grow(prefix, folder, pairs)
        command = [f"data.path={folder}", "data.source=en", "data.target=de", *MODEL]
        command += [f"hydra.run.dir={folder / 'run'}", "tokenizer.vocab_size=8000"]
        start = time.monotonic()
        process = subprocess.run(
            [sys.executable, "-c", PEAK, *command],
            env={**os.environ, "SEQ2SEQ_CACHE": str(folder / "cache")},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        peak = next(x for x in reversed(process.stdout.splitlines()) if x.startswith("peak"))
        return int(peak.split()[1]), time.monotonic() - start


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    if not arguments:
        sys.exit(__doc__)
    measured = {}
    for millions in map(float, arguments[1:] or ["0.1", "1", "4"]):
        measured[millions] = measure(Path(arguments[0]), int(millions * 1_000_000))
    rows = [
        (f"{m * 1e6:,.0f}", f"{peak:,}", f"{seconds:.0f}")
        for m, (peak, seconds) in measured.items()
    ]
    results.table(("pairs", "peak MB", "seconds"), rows)
    points = {"peak memory, MB": {"ours": [(m, float(peak)) for m, (peak, _) in measured.items()]}}
    figure = results.plot_lines(points, "million pairs", (False, False))
    figure.axes[0].set_ylim(bottom=0)
    results.save("memory", {"peak MB and seconds by million pairs": measured}, figure)


if __name__ == "__main__":
    main(sys.argv[1:])
