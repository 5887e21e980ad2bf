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


def seconds(run: str, file: str, output: Path, option: str) -> float:
    """Translate a file, and return the seconds of the clock."""
    words = [f"run={run}", f"input={file}", f"output={output}", option, "precision=int8"]
    command = [sys.executable, "-m", "seq2seq.translate", *words]
    start = time.monotonic()
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    return time.monotonic() - start


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    if len(arguments) not in (2, 3):
        sys.exit(__doc__)
    run, file = arguments[:2]
    count = int(arguments[2]) if len(arguments) > 2 else 2
    options = ("processes=1", f"processes={count}", f"workers.processes={count}")
    with tempfile.TemporaryDirectory() as folder:
        outputs = {option: Path(folder, option) for option in options}
        taken = {option: seconds(run, file, out, option) for option, out in outputs.items()}
        made = {output.read_bytes() for output in outputs.values()}
    if len(made) > 1:
        sys.exit("the translations differ")
    lines = made.pop().count(b"\n")
    rows = [
        [
            f"`{option}`",
            f"{lines:,}",
            f"{s:.1f}",
            f"{lines / s:,.0f}",
            f"{taken[options[0]] / s:.2f}",
        ]
        for option, s in taken.items()
    ]
    results.write_result(
        Path(__file__).parent / "results" / "translation-processes.json",
        (
            "Translation of a file in processes of one thread, int8, start and loading included",
            "python -m benchmarks.translation_processes RUN FILE",
        ),
        ["option", "lines", "seconds", "lines a second", "times as fast"],
        rows,
        cores="two cores",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
