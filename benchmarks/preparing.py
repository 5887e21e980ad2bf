"""Time and memory of preparing a corpus, in one process and in several.

python -m benchmarks.preparing CORPUS [PAIRS [PROCESSES]]                 400,000 pairs, 2 processes

CORPUS is the prefix of parallel text, CORPUS.en and CORPUS.de, which `benchmarks.memory` repeats
with a number in front of every sentence. Printed are the seconds of the clock, the CPU seconds of
the main process and of the others, the peak memory of the main process, and whether the prepared
files are the same bytes. Other work on the machine disturbs the clock, not so much the CPU seconds.
"""

import hashlib
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.memory import grow
from seq2seq.config.protect import ProtectOptions
from seq2seq.config.training import CleaningOptions, HeldOutOptions, TokenizerOptions
from seq2seq.data import chunk_pool
from seq2seq.data.prepare_parallel import prepare_parallel
from seq2seq.data.readers.parallel import parallel
from seq2seq.hardware import peak_memory


def measure(folder: Path, processes: int) -> dict[str, Any]:
    """Prepare the corpus of a folder in this process, with as many as `processes`."""
    chunk_pool.usable_processors = lambda: processes
    corpus = parallel(str(folder), "train", None, None, "en", "de", "unknown")
    start = time.monotonic()
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        prepare_parallel(
            corpus, CleaningOptions(), HeldOutOptions(), TokenizerOptions(vocab_size=8000),
            Path(cache), ProtectOptions(),
        )  # fmt: skip
        seconds = time.monotonic() - start
        digest = hashlib.sha256()
        for file in sorted(Path(cache).rglob("*")):
            if file.is_file():
                digest.update(file.name.encode() + file.read_bytes())
    of_self, of_others = (
        sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {
        "processes": processes,
        "seconds": round(seconds, 1),
        "main CPU seconds": round(of_self, 1),
        "other CPU seconds": round(of_others, 1),
        "peak MB": peak_memory(),
        "bytes": digest.hexdigest()[:16],
    }


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    if not arguments:
        sys.exit(__doc__)
    pairs, processes = (*map(int, arguments[1:3]), *(400_000, 2)[len(arguments) - 1 :])
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        grow(Path(arguments[0]), folder, pairs)
        for count in (1, processes):
            # Each in a process of its own: the peak of memory is that of a process.
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                rows.append(pool.submit(measure, folder, count).result())
    results.table(tuple(rows[0]), [tuple(map(str, row.values())) for row in rows])
    print(f"load of the machine at the end: {os.getloadavg()[0]:.1f}")
    if len({row["bytes"] for row in rows}) > 1:
        sys.exit("the prepared files differ")


if __name__ == "__main__":
    main(sys.argv[1:])
