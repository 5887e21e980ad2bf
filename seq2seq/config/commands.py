"""The options of the commands that use what was trained; those of training are in `config`."""

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from seq2seq.config.paths import cell_files
from seq2seq.config.ranges import parse_duration, require, require_one_of, require_some_of
from seq2seq.config.training import LengthLimits
from seq2seq.errors import ConfigError


@dataclass
class DecodingConfig:
    """What `seq2seq.translate` and `seq2seq.evaluate` share."""

    run: Any = None  # a run folder; or several, [A,B], whose models say together what comes next
    search: Any = MISSING  # group search
    limits: LengthLimits = field(default_factory=LengthLimits)
    batch: int = 128  # sentences translated together, at most
    device: str = "auto"  # auto, cpu, cuda or mps
    precision: str = "fp32"  # fp32, bf16 or int8: what the decoder's products are computed in
    trusted: list[str] = field(default_factory=list)  # modules that a run may take classes from

    def __post_init__(self) -> None:
        runs = self.run if isinstance(self.run, list) else [self.run]
        folders = bool(runs) and all(isinstance(name, str | int | float) for name in runs)
        require("run", self.run, self.run is None or folders, "a folder, or a list of folders")
        if self.run is not None:  # a name of digits comes as a number
            self.run = [str(name) for name in runs] if isinstance(self.run, list) else str(self.run)
        require("batch", self.batch, self.batch > 0, "positive")
        require_one_of("device", self.device, ("auto", "cpu", "cuda", "mps"))
        require_one_of("precision", self.precision, ("fp32", "bf16", "int8"))


@dataclass
class TranslateConfig(DecodingConfig):
    """`seq2seq.translate`."""

    input: Any = "-"  # a file, a list of files, or - for standard input
    output: Any = "-"  # a file, one for each input, or - for standard output
    scores: str | None = None  # a file for scores: .tsv, or .jsonl


@dataclass
class EvaluateConfig(DecodingConfig):
    """`seq2seq.evaluate`."""

    source: str | None = None  # a file; with `reference`, instead of the run's own test text
    reference: str | None = None  # a file
    hypothesis: str | None = None  # a file of translations, instead of a run
    against: str | None = None  # another run, or another file of translations
    language: str | None = None  # of the reference; null: the run's target, or as its name ends
    bootstrap: int = 1000  # resamples for the intervals; 0 is none
    json: str | None = None  # a file for the scores

    def __post_init__(self) -> None:
        super().__post_init__()
        right = self.bootstrap == 0 or self.bootstrap >= 2
        require("bootstrap", self.bootstrap, right, "0, for none, or at least 2")


@dataclass
class QuantizeConfig:
    """`seq2seq.quantize`."""

    run: str | None = None  # a run folder
    output: str | None = None  # a folder that does not exist yet
    trusted: list[str] = field(default_factory=list)  # modules that a run may take classes from


@dataclass
class GenerateConfig:
    """`seq2seq.generate`."""

    run: str | None = None  # a language model's run folder
    prompt: str = ""  # the text that is gone on with
    length: int = 500  # tokens; 0: until it is interrupted
    temperature: float = 1.0  # below 1 sharpens, above 1 flattens
    top_k: int = 0  # of the most probable tokens only so many; 0: all
    top_p: float = 1.0  # only the most probable tokens that have this probability together; 1: all
    seed: int = 1  # another one gives another text
    device: str = "auto"  # auto, cpu, cuda or mps
    trusted: list[str] = field(default_factory=list)  # modules that a run may take classes from

    def __post_init__(self) -> None:
        for name in ("length", "top_k", "seed"):
            require(name, getattr(self, name), getattr(self, name) >= 0, "0 or more")
        require("temperature", self.temperature, self.temperature > 0, "positive")
        require("top_p", self.top_p, 0 < self.top_p <= 1, "above 0 and at most 1")
        require_one_of("device", self.device, ("auto", "cpu", "cuda", "mps"))


@dataclass
class CaptionConfig:
    """`seq2seq.caption`."""

    run: str | None = None  # a captioning run folder
    images: Any = None  # a folder of pictures, a picture, a list of them, or a file of features
    output: str = "-"  # a file for name<TAB>caption, or - for standard output
    sheet: str | None = "captions.png"  # a picture of the pictures and their captions; null: none
    attention: str | None = "attention.png"  # a picture of where the network looked; null: none
    search: Any = MISSING  # group search
    limits: LengthLimits = field(
        default_factory=lambda: LengthLimits(max_length_extra=40)
    )  # of these, `max_length_extra` alone
    batch: int = 64  # pictures that are captioned together, at most
    device: str = "auto"  # auto, cpu, cuda or mps
    trusted: list[str] = field(default_factory=list)  # modules that a run may take classes from

    def __post_init__(self) -> None:
        for name in ("max_length_ratio", "max_source_length"):
            if getattr(self.limits, name) != getattr(LengthLimits, name):
                raise ConfigError(f"limits.{name} has no meaning for captions: leave it as it is")
        require("batch", self.batch, self.batch > 0, "positive")
        require_one_of("device", self.device, ("auto", "cpu", "cuda", "mps"))


@dataclass
class ClassifyConfig:
    """`seq2seq.classify`."""

    run: str | None = None  # a classification run folder
    input: Any = "-"  # a file, a list of files, or - for standard input
    output: Any = "-"  # a file, one for each input, or - for standard output
    batch: int = 256  # lines that are read together, at most
    device: str = "auto"  # auto, cpu, cuda or mps
    trusted: list[str] = field(default_factory=list)  # modules that a run may take classes from

    def __post_init__(self) -> None:
        require("batch", self.batch, self.batch > 0, "positive")
        require_one_of("device", self.device, ("auto", "cpu", "cuda", "mps"))


PICTURES = ("gradient", "recall", "costs", "attention", "states")


@dataclass
class InspectConfig:
    """`seq2seq.inspect`."""

    run: str | None = None  # a run folder; null: fresh cells alone
    output: str | None = None  # a folder for the pictures; null: RUN/inspect
    pictures: list[str] = field(default_factory=lambda: list(PICTURES))  # which
    cells: list[str] = field(  # those that are drawn fresh, by their names in model/cell
        default_factory=lambda: ["rnn", "gru", "lstm", "mingru", "minlstm", "lru"]
    )
    length: int = 512  # positions, at most, of what is read, recalled and timed
    size: int = 64  # of the states of fresh cells
    batch: int = 32  # sequences that a fresh cell reads together
    budget: str = "4m"  # of all trainings to recall together
    seed: int = 1  # of fresh weights and random sequences
    device: str = "auto"  # auto, cpu, cuda or mps
    trusted: list[str] = field(default_factory=list)  # modules that a run may take classes from

    def __post_init__(self) -> None:
        require_some_of("pictures", self.pictures, PICTURES)
        require_some_of("cells", self.cells, tuple(cell_files()))
        require("length", self.length, self.length >= 16, "16 or more")
        require("size", self.size, self.size > 0, "positive")
        require("batch", self.batch, self.batch > 0, "positive")
        parse_duration(self.budget)
        require_one_of("device", self.device, ("auto", "cpu", "cuda", "mps"))
