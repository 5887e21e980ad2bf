"""Every closed option of training, with its default, its unit and its range.

The dataclasses here are the manual: a field is read in one place, its default is written here and
nowhere else. What can be replaced as a whole (reader, cell, attention, bridge, optimiser, schedule,
search) is a node of type `Any`, filled by a file of `conf/` that names a class and its arguments.
The options of the commands that use a run are in `requests`.
"""

from dataclasses import dataclass, field
from math import inf
from typing import Any

from omegaconf import MISSING

from seq2seq.config import task_options
from seq2seq.config.ranges import parse_duration, require, require_one_of
from seq2seq.errors import ConfigError


@dataclass
class CleaningOptions:
    """Which training pairs are dropped. Validation and test text keep all but blank pairs."""

    max_characters: int = 1000  # of the longer side
    max_words: int = 200  # of the longer side, between spaces
    max_ratio: float = 6.0  # of the longer side to the shorter, in characters; see text/clean.py
    ratio_from: int = 20  # characters of the longer side below which no ratio is looked at
    copies: bool = False  # keep pairs whose two sides are the same
    duplicates: bool = False  # keep the second and later occurrences of a pair
    overlap: bool = False  # keep training pairs with a side that is in validation or test text

    def __post_init__(self) -> None:
        require("clean.max_characters", self.max_characters, self.max_characters > 0, "positive")
        require("clean.max_words", self.max_words, self.max_words > 0, "positive")
        require("clean.max_ratio", self.max_ratio, self.max_ratio >= 1, "1 or more")


@dataclass
class HeldOutOptions:
    """What is set aside where a corpus has no validation or test text of its own."""

    validation: int = 1000  # pairs at most
    test: int = 1000  # pairs at most
    share: float = 0.05  # of all pairs, at most, each

    def __post_init__(self) -> None:
        require("heldout.validation", self.validation, self.validation > 0, "positive")
        require("heldout.test", self.test, self.test > 0, "positive")
        require("heldout.share", self.share, 0 < self.share < 0.5, "above 0 and below 0.5")


@dataclass
class TokenizerOptions:
    """SentencePiece, trained on the training text."""

    kind: str = "unigram"  # unigram, bpe, char or byte
    joint: bool = True  # one vocabulary for both languages
    vocab_size: int | None = None  # pieces; null: chosen from the amount of text
    sampling: float = 0.0  # subword regularisation in training: the smoothing alpha; 0 is off

    def __post_init__(self) -> None:
        require_one_of("tokenizer.kind", self.kind, ("unigram", "bpe", "char", "byte"))
        require(
            "tokenizer.vocab_size",
            self.vocab_size,
            self.vocab_size is None or self.vocab_size > 260,
            "above 260",
        )
        require("tokenizer.sampling", self.sampling, 0 <= self.sampling <= 1, "from 0 to 1")
        if self.kind in ("char", "byte") and self.sampling:
            raise ConfigError("tokenizer.sampling must be 0 for characters: they are cut one way")


@dataclass
class EncoderOptions:
    """The source side: many-to-one."""

    layers: int = 1
    size: int = 256  # of the state, in each direction
    bidirectional: bool = True

    def __post_init__(self) -> None:
        require("model.encoder.layers", self.layers, self.layers > 0, "positive")
        require("model.encoder.size", self.size, self.size > 0, "positive")


@dataclass
class DecoderOptions:
    """The target side: one-to-many."""

    layers: int = 1
    size: int = 512  # of the state

    def __post_init__(self) -> None:
        require("model.decoder.layers", self.layers, self.layers > 0, "positive")
        require("model.decoder.size", self.size, self.size > 0, "positive")


@dataclass
class ModelOptions:
    """The network."""

    embedding: Any = MISSING  # group model/embedding: pieces -> vectors
    cell: Any = MISSING  # group model/cell
    attention: Any = MISSING  # group model/attention
    bridge: Any = MISSING  # group model/bridge: encoder's final state -> decoder's first
    initial_state: Any = MISSING  # group model/initial_state: the encoder's first state
    vision: Any = MISSING  # group model/vision: what looks at pictures
    encoder: EncoderOptions = field(default_factory=EncoderOptions)
    decoder: DecoderOptions = field(default_factory=DecoderOptions)
    embedding_size: int = 256  # size of a piece's vector
    tie_source_target: bool = (
        False  # source and target share their embeddings (joint vocabulary only)
    )
    tie_output: bool = True  # the output layer is the target embedding, transposed
    # What the input weights of cells, of attention and of the readout begin with is multiplied by
    # it, where small vectors are to make a difference from the first steps on.
    input_gain: float = 1.0
    residual: bool = False  # add each layer's input to its output, from the second layer on
    dropout: float = 0.3  # share of values dropped: embeddings, between layers, before the output
    variational: bool = False  # the same values dropped at every position of a sentence
    word_dropout: float = 0.0  # share of pieces that the network does not get to see in training

    def __post_init__(self) -> None:
        require("model.embedding_size", self.embedding_size, self.embedding_size > 0, "positive")
        gain = self.input_gain
        require("model.input_gain", gain, 0 < gain < inf, "positive and finite")
        for name in ("dropout", "word_dropout"):
            value = getattr(self, name)
            require(f"model.{name}", value, 0 <= value < 1, "from 0 to below 1")


@dataclass
class BatchOptions:
    """How sentences are put together."""

    tokens: int = 2048  # of padded source and target together, in one batch, at most
    sentences: int = 64  # in one batch, at most
    shuffle_pool: int = 100_000  # pairs that are shuffled, then sorted by length, at a time
    reset: int = 10_000  # positions after which a stream of a language model begins anew, on
    # average; 0: never

    def __post_init__(self) -> None:
        for name in ("tokens", "sentences", "shuffle_pool"):
            require(f"batches.{name}", getattr(self, name), getattr(self, name) > 0, "positive")
        require("batches.reset", self.reset, self.reset >= 0, "0 or more")


@dataclass
class EmaOptions:
    """An exponential moving average of the weights, which is what is validated and kept."""

    decay: float = 0.0  # at each update; 0 is off
    interval: int = 8  # steps between updates

    def __post_init__(self) -> None:
        require("train.ema.decay", self.decay, 0 <= self.decay < 1, "from 0 to below 1")
        require("train.ema.interval", self.interval, self.interval > 0, "positive")


@dataclass
class TrainingOptions:
    """The loop. It ends at the first of `epochs`, `steps`, `budget` and patience."""

    seed: int = 1  # of weights, order and dropout
    device: str = "auto"  # auto, cpu, cuda or mps
    precision: str = "auto"  # fp32 or bf16; auto: bf16 where the hardware computes with it
    epochs: int | None = 30  # passes over the training text
    steps: int | None = None  # updates of the weights
    budget: str | None = None  # wall-clock time of the whole command, downloads apart, as in 10m
    accumulate: int = 1  # batches whose gradients are added up for one step
    bptt: int = 0  # positions that the gradient goes back, on either side; 0: to the beginning
    clip: float = 1.0  # largest global norm of the gradient
    label_smoothing: float = 0.1  # share of the probability spread over all pieces
    rdrop_alpha: float = 0.0  # weight of R-Drop, each pair read twice in a step; 0 is off
    ema: EmaOptions = field(default_factory=EmaOptions)
    log_interval: int = 50  # steps
    save_interval: int = 500  # steps between checkpoints

    def __post_init__(self) -> None:
        require_one_of("train.device", self.device, ("auto", "cpu", "cuda", "mps"))
        require_one_of("train.precision", self.precision, ("auto", "fp32", "bf16"))
        for name in ("epochs", "steps"):
            value = getattr(self, name)
            require(f"train.{name}", value, value is None or value > 0, "positive, or null")
        for name in ("accumulate", "log_interval", "save_interval"):
            require(f"train.{name}", getattr(self, name), getattr(self, name) > 0, "positive")
        require("train.clip", self.clip, self.clip > 0, "positive")
        require("train.bptt", self.bptt, self.bptt >= 0, "0 or more")
        require("train.seed", self.seed, 0 <= self.seed < 2**63, "from 0 to below 2 to the 63rd")
        smoothing = self.label_smoothing
        require("train.label_smoothing", smoothing, 0 <= smoothing < 1, "from 0 to below 1")
        require("train.rdrop_alpha", self.rdrop_alpha, 0 <= self.rdrop_alpha < inf, "0 or more")
        if self.budget is not None:
            parse_duration(self.budget)
        if self.epochs is None and self.steps is None and self.budget is None:
            raise ConfigError("training has no end: give train.epochs, train.steps or train.budget")


@dataclass
class LengthLimits:
    """What bounds a translation, so that a model that repeats itself cannot hang a file."""

    max_length_ratio: float = 2.0  # target pieces for each source piece, at most
    max_length_extra: int = 10  # target pieces on top of that
    max_source_length: int = (
        500  # source pieces of one sentence; what is longer is cut, with a warning
    )

    def __post_init__(self) -> None:
        require(
            "limits.max_length_ratio",
            self.max_length_ratio,
            0 < self.max_length_ratio < inf,
            "positive and finite",
        )
        require(
            "limits.max_length_extra", self.max_length_extra, self.max_length_extra > 0, "positive"
        )
        require(
            "limits.max_source_length",
            self.max_source_length,
            self.max_source_length > 0,
            "positive",
        )


@dataclass
class ValidationOptions:
    """Decoding the validation text while training."""

    interval: int = 500  # steps
    patience: int = 10  # validations without a better score before training stops
    samples: int = 3  # translations shown each time

    def __post_init__(self) -> None:
        for name in ("interval", "patience"):
            require(f"validation.{name}", getattr(self, name), getattr(self, name) > 0, "positive")
        require("validation.samples", self.samples, self.samples >= 0, "0 or more")


@dataclass
class TrainConfig:
    """`seq2seq.train` and `seq2seq.check`."""

    name: str = "dev"  # of the folder under runs/
    task: Any = MISSING  # group task: what kind of system
    data: Any = MISSING  # group data: the reader and what it reads
    clean: CleaningOptions = field(default_factory=CleaningOptions)
    heldout: HeldOutOptions = field(default_factory=HeldOutOptions)
    tokenizer: TokenizerOptions = field(default_factory=TokenizerOptions)
    model: ModelOptions = field(default_factory=ModelOptions)
    batches: BatchOptions = field(default_factory=BatchOptions)
    optimizer: Any = MISSING  # group optimizer
    schedule: Any = MISSING  # group schedule: the learning rate over time
    train: TrainingOptions = field(default_factory=TrainingOptions)
    search: Any = MISSING  # group search
    limits: LengthLimits = field(default_factory=LengthLimits)
    validation: ValidationOptions = field(default_factory=ValidationOptions)
    tracker: Any = None  # group tracker: where else the metrics go
    document_context: str = (
        "none"  # carry: a sentence goes on from the one before it in its document
    )
    resume: bool = False  # go on with the run in hydra.run.dir

    def __post_init__(self) -> None:
        require_one_of("document_context", self.document_context, ("none", "carry"))
        if self.train.rdrop_alpha and self.document_context == "carry":
            raise ConfigError(
                "train.rdrop_alpha has no meaning with document_context=carry: leave one out"
            )
        task_options.require_used_options(self)


@dataclass
class CheckConfig(TrainConfig):
    """`seq2seq.check`."""

    steps: int = 20  # of training, to measure the time of an epoch; 0: none

    def __post_init__(self) -> None:
        super().__post_init__()
        require("steps", self.steps, self.steps >= 0, "0 or more")
