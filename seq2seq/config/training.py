"""Every closed option of training: its type, default, range, and in the comment its meaning.

The dataclasses here are the manual: a default is written here and nowhere else, and
`seq2seq.config.describe` prints the comments: one behind a field, or on the lines above it. What
can be replaced by a class (data, cell, attention, optimizer, schedule, search) is a node of type
`Any`, filled from a file of `conf/` that names a class and its arguments.
"""

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from seq2seq.config import task_options
from seq2seq.config.augment import AugmentOptions
from seq2seq.config.corpus_options import CleaningOptions as CleaningOptions
from seq2seq.config.corpus_options import HeldOutOptions as HeldOutOptions
from seq2seq.config.fitted import FITTED_OPTIONS
from seq2seq.config.going_on import FREEZABLE_PARTS, InitOptions, StageOptions, require_stages
from seq2seq.config.protect import ProtectOptions
from seq2seq.config.ranges import (
    choice,
    choices,
    duration,
    number,
    require,
    require_ranges,
    require_some_of,
)
from seq2seq.config.tags import require_tags
from seq2seq.errors import ConfigError

# Several times what anybody has trained: a slip of the finger is a message. See `memory`, too.
MAX_LAYERS = 64  # the deepest recurrent translators have 16, Zhou et al. (2016)
MAX_SIZE = 65_536  # of a vector or state; a GRU of this size has 26 billion weights in a layer
MAX_VOCAB_SIZE = 1_000_000  # in a vocabulary; the largest multilingual ones have 256,000
MAX_COUNT = 10**9  # of what is only counted: steps, lines, epochs
MAX_SEED = 2**63 - 1  # what a generator of torch takes
MAX_DECODED = 10_000  # tokens beyond the ratio: a translation of twenty pages
MAX_TARGET = 100_000  # tokens that the ratio allows: a book's chapter as one sentence
MAX_CLIP = 10**6  # a norm of the gradient that no training comes near
MAX_BATCH = 100_000  # sentences at a time
DEVICES = ("auto", "cpu", "cuda", "mps")
TRANSFORM_NAMES = ("lowercase", "nfkc", "normalize", "straight_quotes")  # see `text.transforms`
DEFAULT_TRANSFORMS = ("normalize",)


@dataclass
class TokenizerOptions:
    """SentencePiece, trained on the training text."""

    kind: str = choice("unigram", ("unigram", "bpe", "char", "byte"))  # SentencePiece model
    joint: bool = True  # one vocabulary for both languages
    # 256 bytes, 4 special tokens, and at least one more.
    vocab_size: int | None = number(
        None, 261, MAX_VOCAB_SIZE
    )  # tokens; null: from the amount of text
    # Share of the text whose characters are tokens; others are spelled in bytes. null: 1, or 0.9995
    # where there are 300 different characters or more.
    character_coverage: float | None = number(None, 0.98, 1)
    sampling: float = number(0.0, 0, 1)  # subword regularisation: the smoothing alpha; 0 is off
    split_digits: bool = False  # each digit is a token by itself
    # Applied to every line in this order before it is tokenised; the last is normalize.
    transforms: list[str] = choices(DEFAULT_TRANSFORMS, TRANSFORM_NAMES)  # noqa: RUF009
    model: str | None = None  # SentencePiece file, or run folder, whose pieces are used again
    # Words that, as >>WORD<< at the beginning of a source, are one piece: [bt] of synthetic pairs.
    tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        require_ranges("tokenizer.", self)
        require_some_of("tokenizer.transforms", self.transforms, TRANSFORM_NAMES)
        require_tags(self.tags, self.kind)
        if self.transforms[-1] != "normalize":
            raise ConfigError(
                "the last of tokenizer.transforms must be normalize, whose form of text tokenizers "
                f"rely on, not {self.transforms[-1]}"
            )
        if self.kind in ("char", "byte") and self.sampling:
            raise ConfigError(
                f"tokenizer.sampling must be 0 with tokenizer.kind={self.kind}, which has one "
                f"segmentation of a text, not {self.sampling}"
            )
        if self.kind in ("char", "byte") and self.split_digits:
            raise ConfigError(
                f"tokenizer.split_digits must be false with tokenizer.kind={self.kind}, which "
                "splits all characters"
            )


@dataclass
class EncoderOptions:
    """The encoder, which reads the source."""

    layers: int = number(1, 1, MAX_LAYERS)  # recurrent layers
    size: int = number(256, 1, MAX_SIZE)  # size of the hidden state, in each direction
    bidirectional: bool = True  # read from both ends

    def __post_init__(self) -> None:
        require_ranges("model.encoder.", self)


@dataclass
class DecoderOptions:
    """The decoder, which generates the target."""

    layers: int = number(1, 1, MAX_LAYERS)  # recurrent layers
    size: int = number(512, 1, MAX_SIZE)  # size of the hidden state

    def __post_init__(self) -> None:
        require_ranges("model.decoder.", self)


@dataclass
class ModelOptions:
    """The network."""

    embedding: Any = MISSING  # group model/embedding: tokens to vectors
    cell: Any = MISSING  # group model/cell: the recurrent cell of all layers
    attention: Any = MISSING  # group model/attention: of the decoder to the encoder outputs
    bridge: Any = MISSING  # group model/bridge: encoder's final state to decoder's initial state
    initial_state: Any = MISSING  # group model/initial_state: the encoder's initial state
    vision: Any = MISSING  # group model/vision: the image encoder, for captioning
    encoder: EncoderOptions = field(default_factory=EncoderOptions)
    decoder: DecoderOptions = field(default_factory=DecoderOptions)
    embedding_size: int = number(256, 1, MAX_SIZE)  # size of a token's vector
    # Source and target share their embeddings; only with a joint vocabulary.
    tie_source_target: bool = False
    tie_output: bool = True  # the output layer is the target embedding, transposed
    # Gain on the initial input weights of cells, attention and readout: above 1, small input
    # vectors make a difference from the first steps on.
    input_gain: float = number(1.0, 0, 10**6, above=True)
    residual: bool = False  # add each layer's input to its output, from the second layer on
    # Share of values dropped: of embeddings, between layers and before the output.
    dropout: float = number(0.3, 0, 1, below=True)
    variational: bool = False  # drop the same values at every position of a sentence
    # Share of tokens replaced by zero vectors in training.
    word_dropout: float = number(0.0, 0, 1, below=True)

    def __post_init__(self) -> None:
        require_ranges("model.", self)


@dataclass
class BatchOptions:
    """Training batches."""

    # In one batch at most, source and target together, padding included.
    tokens: int = number(2048, 1, 10**7)
    sentences: int = number(64, 1, MAX_BATCH)  # in one batch at most
    # Pairs that are shuffled, then sorted by length, at a time.
    shuffle_pool: int = number(100_000, 1, MAX_COUNT)
    # Tokens after which a stream of a language model starts from the initial state again, on
    # average; 0: never.
    reset: int = number(10_000, 0, MAX_COUNT)

    def __post_init__(self) -> None:
        require_ranges("batches.", self)


@dataclass
class EmaOptions:
    """Exponential moving average of the weights, which is then validated and kept."""

    decay: float = number(0.0, 0, 1, below=True)  # at each update; 0 is off
    interval: int = number(8, 1, MAX_COUNT)  # training steps between updates

    def __post_init__(self) -> None:
        require_ranges("train.ema.", self)


@dataclass
class TrainingOptions:
    """Training. It ends at the first of `epochs`, `steps`, `budget` and `validation.patience`."""

    seed: int = number(1, 0, MAX_SEED)  # seed of weights, order and dropout
    device: str = choice("auto", DEVICES)  # hardware; auto: a GPU where there is one
    # Of products; auto: bf16 where the hardware is faster with it.
    precision: str = choice("auto", ("auto", "fp32", "bf16"))
    epochs: int | None = number(30, 1, MAX_COUNT)  # passes over the training text; null: no limit
    steps: int | None = number(None, 1, MAX_COUNT)  # updates of the weights; null: no limit
    budget: str | None = duration(None)  # wall-clock time of the command without downloads, as 10m
    accumulate: int = number(1, 1, 10_000)  # batches whose gradients are summed for one step
    processes: int = number(1, 1, 1024)  # on this machine, each with batches of its own
    # Truncated backpropagation: tokens that the gradient goes back, on either side; 0: all.
    bptt: int = number(0, 0, 10**6)
    # Largest global norm of the gradient; null: no limit.
    clip: float | None = number(1.0, 0, MAX_CLIP, above=True)
    # Share of the probability that is spread over all tokens.
    label_smoothing: float = number(0.1, 0, 1, below=True)
    rdrop_alpha: float = number(0.0, 0, 1000)  # weight of R-Drop, Liang et al. (2021); 0 is off
    ema: EmaOptions = field(default_factory=EmaOptions)
    # Parts of the network that keep their weights, as [encoder,embedding].
    freeze: list[str] = choices((), FREEZABLE_PARTS)  # noqa: RUF009
    log_interval: int = number(50, 1, MAX_COUNT)  # training steps between lines of progress
    save_interval: int = number(500, 1, MAX_COUNT)  # training steps between checkpoints

    def __post_init__(self) -> None:
        require_ranges("train.", self)
        if self.epochs is None and self.steps is None and self.budget is None:
            raise ConfigError("training has no end: give train.epochs, train.steps or train.budget")


@dataclass
class LengthLimits:
    """Bounds on the length of a translation, so that a repetitive model cannot hang a file."""

    max_length_ratio: float = number(
        2.0, 0, 100, above=True
    )  # target tokens per source token; of bytes: characters
    max_length_extra: int = number(10, 1, MAX_DECODED)  # target tokens on top of the ratio
    max_source_length: int = number(500, 1, 100_000)  # tokens; longer sources are cut, with a line

    def __post_init__(self) -> None:
        require_ranges("limits.", self)
        longest = self.max_length_ratio * self.max_source_length
        require(
            "limits.max_length_ratio times limits.max_source_length",
            f"{longest:g}",
            longest <= MAX_TARGET,
            f"at most {MAX_TARGET}",
        )


@dataclass
class ValidationOptions:
    """Validation while training: the validation text is translated and scored."""

    interval: int = number(500, 1, MAX_COUNT)  # training steps between validations
    patience: int = number(10, 1, MAX_COUNT)  # validations in a row without a better score
    samples: int = number(3, 0, 1000)  # translations printed at each validation
    # Of a larger validation text so many sentences, the same in every run, are translated.
    most: int = number(2000, 1, MAX_COUNT)
    # End a run whose best score is below the median of the other runs in the same folder.
    median_stop: bool = False

    def __post_init__(self) -> None:
        require_ranges("validation.", self)


# Other words for true and false, which OmegaConf takes for a truth value.
TRUTH_VALUES = {
    **dict.fromkeys(("yes", "on", "y", "1"), "true"),
    **dict.fromkeys(("no", "off", "n", "0"), "false"),
}


@dataclass
class TrainConfig:
    """Options of `seq2seq.train`."""

    name: str = "dev"  # name of the run: its folder is runs/NAME/TIME
    task: Any = MISSING  # group task: the kind of system
    data: Any = MISSING  # group data: the reader and its files
    clean: CleaningOptions = field(default_factory=CleaningOptions)
    heldout: HeldOutOptions = field(default_factory=HeldOutOptions)
    tokenizer: TokenizerOptions = field(default_factory=TokenizerOptions)
    protect: ProtectOptions = field(default_factory=ProtectOptions)
    augment: AugmentOptions = field(default_factory=AugmentOptions)
    model: ModelOptions = field(default_factory=ModelOptions)
    batches: BatchOptions = field(default_factory=BatchOptions)
    optimizer: Any = MISSING  # group optimizer: the update of the weights
    schedule: Any = MISSING  # group schedule: the learning rate over time
    train: TrainingOptions = field(default_factory=TrainingOptions)
    search: Any = MISSING  # group search: the decoding of validation and test text
    limits: LengthLimits = field(default_factory=LengthLimits)
    validation: ValidationOptions = field(default_factory=ValidationOptions)
    tracker: Any = None  # group tracker: where metrics go beside metrics.jsonl
    # carry: the decoder state of a sentence starts from the one before it in its document.
    document_context: str = choice("none", ("none", "carry"))
    init: InitOptions = field(default_factory=InitOptions)
    # Of data=joined over time: [{weights: {old: 1}, epochs: 2}, {weights: {new: 1, old: 0.1}}].
    stages: list[StageOptions] = field(default_factory=list)
    # Continue the run in hydra.run.dir; without that, the newest run of this name. auto: begin it
    # if there is none.
    resume: str = choice("false", ("true", "false", "auto"))
    # Options that are chosen from the text, the time and this machine; +recipe=own has all of them.
    fitted: list[str] = choices((), FITTED_OPTIONS)  # noqa: RUF009

    def __post_init__(self) -> None:
        word = self.resume.lower()  # OmegaConf makes True of true
        self.resume = TRUTH_VALUES.get(word, word)
        require_ranges("", self)
        if self.init.run is not None and self.tokenizer.model is not None:
            raise ConfigError("the pieces are those of init.run: leave tokenizer.model out")
        if self.init.run is not None and self.fitted:
            raise ConfigError("the network is that of init.run, and +recipe=own would choose one")
        require_stages(self.stages, self.data, self.train.epochs)
        if self.train.rdrop_alpha and self.document_context == "carry":
            raise ConfigError(
                "train.rdrop_alpha has no meaning with document_context=carry: leave one out"
            )
        task_options.require_used_options(self)
