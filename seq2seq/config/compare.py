"""The options of `seq2seq.compare`."""

from dataclasses import dataclass, field
from typing import Any

from seq2seq.config.commands import MAX_RESAMPLES
from seq2seq.config.ranges import number, require, require_ranges


@dataclass
class CompareConfig:
    """Options of `seq2seq.compare`."""

    run: Any = None  # a list of run folders; also as words: compare runs/NAME/*
    against: str | None = None  # the run that the others are tested against; null: the best
    # Resamples of the test text, for the significance of differences; 0: no test.
    bootstrap: int = number(1000, 2, MAX_RESAMPLES, also=(0,))
    table: str | None = None  # a .tsv file for the table
    picture: str | None = None  # a .png file for the learning curves
    trusted: list[str] = field(default_factory=list)  # modules whose classes a run may name

    def __post_init__(self) -> None:
        require_ranges("", self)
        runs = self.run
        is_list = isinstance(runs, list) and all(isinstance(run, str) for run in runs)
        require("run", runs, runs is None or is_list, "a list of run folders")
