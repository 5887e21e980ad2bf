"""Translation of a file in one process and in several.

python -m benchmarks.translation_processes RUN FILE [PROCESSES]      2 processes

Each process has one thread; greedy search in int8, by the clock, start and loading included. The
machine must have nothing else to do. Writes results/translation-processes.json, and ends with an
error if the translations differ.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import results

TURNS = 3


def seconds(run: str, file: str, output: Path, processes: int) -> float:
    """Translate a file, and return the seconds of the clock."""
    words = [f"run={run}", f"input={file}", f"output={output}", f"processes={processes}"]
    command = [sys.executable, "-m", "seq2seq.translate", *words, "precision=int8"]
    start = time.monotonic()
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    return time.monotonic() - start


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    if len(arguments) not in (2, 3):
        sys.exit(__doc__)
    run, file = arguments[:2]
    counts = (1, int(arguments[2]) if len(arguments) > 2 else 2)
    least: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        outputs = {count: Path(folder, str(count)) for count in counts}
        for _ in range(TURNS):
            for count, output in outputs.items():
                taken = seconds(run, file, output, count)
                least[count] = min(taken, least.get(count, taken))
        made = [output.read_bytes() for output in outputs.values()]
    if made[0] != made[1]:
        sys.exit("the translations differ")
    lines = made[0].count(b"\n")
    rows = [
        [count, f"{lines:,}", f"{taken:.1f}", f"{lines / taken:,.0f}", f"{least[1] / taken:.2f}"]
        for count, taken in least.items()
    ]
    results.write_result(
        Path(__file__).parent / "results" / "translation-processes.json",
        (
            f"Translation of a file in several processes of one thread, least of {TURNS} turns",
            "python -m benchmarks.translation_processes RUN FILE",
        ),
        ["processes", "lines", "seconds", "lines a second", "times as fast"],
        rows,
        cores="two cores",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
