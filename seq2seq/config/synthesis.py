"""The options of `synthesize`: pairs from one-sided text."""

from dataclasses import dataclass, field
from typing import Any

from seq2seq.config.commands import DecodingConfig, folders_of_runs
from seq2seq.config.ranges import choice, number, require, require_ranges
from seq2seq.config.tags import require_tag
from seq2seq.config.training import MAX_SEED
from seq2seq.config.workers import WorkerOptions


@dataclass
class NoiseOptions:
    """Noise in the sources of pairs; Edunov et al. (2018) have 0.1, 0.1 and 3."""

    delete: float = number(0.0, 0, 1, below=True)  # share of the words that are deleted
    blank: float = number(0.0, 0, 1, below=True)  # share that is replaced by one sign
    swap: int = number(0, 0, 1000)  # words this far apart may change places; 0: none does

    def __post_init__(self) -> None:
        require_ranges("noise.", self)

    @property
    def is_off(self) -> bool:
        """Return whether nothing is changed."""
        return not (self.delete or self.blank or self.swap)


@dataclass
class SynthesizeConfig(DecodingConfig):
    """Options of `seq2seq.synthesize`."""

    input: str = "-"  # a file of text in the language that the run translates, or -
    output: Any = None  # a .tsv file of pairs, or a list of two files: sources and targets
    # The side of the pairs that is synthetic: source of back-translation, target of self-training.
    side: str = choice("source", ("source", "target"))
    tag: str | None = None  # a word that, as >>WORD<<, is put before the source of each pair
    noise: NoiseOptions = field(default_factory=NoiseOptions)  # in the source of each pair
    seed: int = number(1, 0, MAX_SEED)  # of the noise
    # A file with a translation of each line: of several translations the most similar one is taken.
    reference: str | None = None
    # Keep pairs whose tokens have at least this probability, on average: 1 / perplexity.
    threshold: float | None = number(None, 0, 1)
    # A run of the opposite direction: what it makes of the translation must be like the line.
    round_trip: Any = None
    similarity: float = number(40.0, 0, 100)  # that chrF must have, with round_trip
    # A classification run whose labels are languages: the translation must be in that of the run.
    classifier: str | None = None
    resume: bool = True  # continue an interrupted synthesis of the same input
    workers: WorkerOptions = field(default_factory=WorkerOptions)

    def __post_init__(self) -> None:
        self.round_trip = folders_of_runs("round_trip", self.round_trip)
        names = self.output if isinstance(self.output, list) else [self.output]
        is_valid = self.output is None or (
            0 < len(names) <= 2 and all(isinstance(name, str) for name in names)
        )
        require("output", self.output, is_valid, "a .tsv file, or a list of two files")
        require_tag("tag", self.tag)
        super().__post_init__()
