"""The options of worker processes that share the lines of a command in shards."""

from dataclasses import dataclass

from seq2seq.config.ranges import choice, duration, number, require, require_ranges
from seq2seq.config.training import MAX_COUNT

MAX_WORKER_PROCESSES = 4096


@dataclass
class WorkerOptions:
    """Worker processes that share the lines of a command; see docs/scaling.md."""

    processes: int = number(0, 0, MAX_WORKER_PROCESSES)  # 0: none, and no shards
    # local: on this machine; ray: on a Ray cluster; shared: on this machine, for the same command
    # may be given many times, as in a Slurm array: all share the work, and one writes the output.
    engine: str = choice("local", ("local", "ray", "shared"))
    # Of the Ray cluster; null: that of RAY_ADDRESS, or a new one of this machine alone.
    address: str | None = None
    # Of a shard, rounded up to whole blocks, of 64 x `batch` lines; 0: one block.
    lines: int = number(0, 0, MAX_COUNT)
    # A worker of another machine that gave no sign of life for so long is taken to be dead.
    lease: str = duration("60s")
    # A .tsv file for lines that failed three times, whose results are those of a blank line; null:
    # OUTPUT.rejects.tsv.
    rejects: str | None = None
    max_rejects: int = number(100, 0, MAX_COUNT)  # a job with more such lines is a failure

    def __post_init__(self) -> None:
        require_ranges("workers.", self)
        is_table = self.rejects is None or self.rejects.endswith(".tsv")
        require("workers.rejects", self.rejects, is_table, "a .tsv file")
