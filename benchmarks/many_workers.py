"""Translation of a file by one process, by local workers, and by workers of Ray.

python -m benchmarks.many_workers RUN FILE [WORKERS] [OPTION ...]      2 workers

Each process has one thread. By the clock and in CPU seconds, start and loading included: the clock
has a meaning only where the machine has nothing else to do, and the CPU seconds of Ray's processes
cannot be had. OPTIONs are those of `translate`. Ends with an error if the translations differ.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import results


def measure(run: str, file: str, output: Path, options: list[str]) -> tuple[float, float]:
    """Translate a file; return the seconds of the clock, and of the CPU."""
    words = [f"run={run}", f"input={file}", f"output={output}", *options]
    command = [sys.executable, "-m", "seq2seq.translate", *words]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - start, cpu


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    if len(arguments) < 2:
        sys.exit(__doc__)
    count = arguments[2] if len(arguments) > 2 else "2"
    workers = f"workers.processes={count}"
    ways = {
        "one process": [],
        f"{count} local workers": [workers],
        f"{count} workers of Ray": [workers, "workers.engine=ray"],
    }
    rows: list[list[str]] = []
    made: list[bytes] = []
    with tempfile.TemporaryDirectory() as folder:
        for way, options in ways.items():
            output = Path(folder, str(len(rows)))
            clock, cpu = measure(arguments[0], arguments[1], output, [*options, *arguments[3:]])
            made.append(output.read_bytes())
            lines = made[0].count(b"\n")
            shown = "" if "Ray" in way else f"{cpu:.1f}"
            rows.append([way, f"{lines:,}", f"{clock:.1f}", shown])
    if len(set(made)) > 1:
        sys.exit("the translations differ")
    print("load before:", results.load_average())
    results.table(["way", "lines", "seconds", "CPU seconds"], rows)


if __name__ == "__main__":
    main(sys.argv[1:])
