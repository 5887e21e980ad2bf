"""The options of the commands that use a run folder; those of training are in `training`.

A comment behind a field or on the lines above it is its meaning in the documentation, as there.
"""

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from seq2seq.config.documents import DocumentOptions
from seq2seq.config.paths import cell_files
from seq2seq.config.ranges import (
    choice,
    choices,
    duration,
    number,
    require,
    require_ranges,
    require_some_of,
)
from seq2seq.config.training import (
    DEVICES,
    MAX_BATCH,
    MAX_COUNT,
    MAX_DECODED,
    MAX_SEED,
    MAX_VOCAB_SIZE,
    LengthLimits,
)
from seq2seq.config.workers import WorkerOptions
from seq2seq.errors import ConfigError

MAX_MODELS = 64  # of an ensemble; the largest in the literature have about 20
MAX_RESAMPLES = 10_000  # each needs 8 bytes for every sentence; sacreBLEU's own number is 1000
DEFAULT_METRICS = ("bleu", "chrf", "ter")
METRIC_CHOICES = (*DEFAULT_METRICS, "chrf++")
# Of BLEU, by sacreBLEU's names; the last ones need a package of their own, or download a model.
BLEU_TOKENIZERS = (
    *("13a", "intl", "zh", "char", "none"),
    *("ja-mecab", "ko-mecab", "flores101", "flores200", "spBLEU-1K"),
)
MAX_FRESH_SIZE = 8192  # of a fresh cell that `inspect` draws


@dataclass
class DecodingConfig:
    """Options of `seq2seq.translate` and `seq2seq.evaluate`."""

    run: Any = None  # a run folder, or a list of folders whose models form an ensemble
    search: Any = MISSING  # group search: the decoding
    limits: LengthLimits = field(default_factory=LengthLimits)
    batch: int = number(128, 1, MAX_BATCH)  # sentences translated together, at most
    device: str = choice("auto", DEVICES)  # hardware; auto: a GPU where there is one
    precision: str = choice("fp32", ("fp32", "bf16", "int8"))  # of the decoder's products
    # What computes; auto: ONNX Runtime for int8 on CPUs, where it is installed, else torch.
    engine: str = choice("auto", ("auto", "torch", "onnx"))
    # Lines into sentences; auto: those longer than the median of training.
    split: str = choice("auto", ("auto", "off", "always"))
    protect: bool = True  # keep placeholders, tags, numbers and the like as the run learned to
    # Bring lines in capitals, Title Case or lower case into the case of the training text.
    truecase: bool = True
    retry_repetition: bool = True  # decode again, without repeated n-grams, what repeats itself
    # A file of terms and their translations, separated by tabs, which translations have.
    glossary: str | None = None
    # Letters of a glossary's target that an inflected form may share with it; 0: exact forms.
    stem_length: int = number(0, 0, 100)
    # A file of words or phrases, one a line, that are in translations as they are in the source.
    do_not_translate: str | None = None
    trusted: list[str] = field(default_factory=list)  # modules whose classes a run may name

    def __post_init__(self) -> None:
        self.run = folders_of_runs("run", self.run)
        require_ranges("", self)


def folders_of_runs(option: str, value: Any) -> Any:
    """Return the value of an option that is a run folder, a list of them, or None, as text."""
    runs = value if isinstance(value, list) else [value]
    folders = bool(runs) and all(isinstance(name, str | int | float) for name in runs)
    require(option, value, value is None or folders, "a folder, or a list of folders")
    require(option, f"{len(runs)}", len(runs) <= MAX_MODELS, f"at most {MAX_MODELS} folders")
    if value is None:
        return None
    # YAML reads a name of digits as a number.
    return [str(name) for name in runs] if isinstance(value, list) else str(value)


@dataclass
class TranslateConfig(DecodingConfig):
    """Options of `seq2seq.translate`."""

    input: Any = "-"  # a file, a list of files, or - for standard input
    output: Any = "-"  # a file for each input, or - for standard output
    scores: str | None = None  # a file for the scores of translations: .tsv or .jsonl
    # A file for each input: of each line a prefix that its translation begins with.
    prefix: Any = None
    # A file for word alignments: .txt or .pharaoh for pairs `i-j`, .jsonl for attention weights.
    alignments: str | None = None
    # Lines with a lower confidence are written to a review file too; null: none.
    min_confidence: float | None = number(None, 0, 1)
    review: str | None = None  # a .tsv file for these; null: OUTPUT.review.tsv
    resume: bool = True  # continue an interrupted translation of the same input
    processes: int = number(1, 1, 256)  # that translate on this machine's CPUs
    workers: WorkerOptions = field(default_factory=WorkerOptions)
    target: str | None = None  # language to translate into, of a run of several languages
    source: str | None = None  # language of the input; null: what the run and `target` tell
    # The format of documents; null: by the ending of the file; lines: text, line by line.
    format: str | None = None
    document: DocumentOptions = field(default_factory=DocumentOptions)
    # A .tmx, .xlf or .po file of translations, or a list of them. Equal texts or lines are taken
    # over; similar ones are shown in the review file.
    memory: Any = None

    def __post_init__(self) -> None:
        names = self.memory if isinstance(self.memory, list) else [self.memory]
        is_valid = self.memory is None or (bool(names) and all(isinstance(n, str) for n in names))
        require("memory", self.memory, is_valid, "a file, or a list of files")
        names = self.prefix if isinstance(self.prefix, list) else [self.prefix]
        is_valid = self.prefix is None or all(isinstance(n, str | int | float) for n in names)
        require("prefix", self.prefix, is_valid, "a file, or a list of files")
        super().__post_init__()


@dataclass
class EvaluateConfig(DecodingConfig):
    """Options of `seq2seq.evaluate`."""

    source: str | None = None  # a file; with `reference`, instead of the run's own test text
    reference: Any = None  # a file, or a list of files: several references of each line
    hypothesis: str | None = None  # a file of translations, instead of a run
    against: str | None = None  # a second run or file of translations, to compare with
    # Of the reference; null: the run's target language, or the ending of the file's name, or what
    # its letters say of languages without spaces.
    language: str | None = None
    # Scores to compute, of sacreBLEU.
    metrics: list[str] = choices(DEFAULT_METRICS, METRIC_CHOICES)  # noqa: RUF009
    lowercase: bool = False  # compare without case
    # Of a run of several languages, as en-fr: of its own test text that part is translated.
    direction: str | None = None
    # Of BLEU, as sacreBLEU names it; null: that of the language.
    tokenizer: str | None = choice(None, BLEU_TOKENIZERS)
    # A file with the document of each line, to score each; null: the run's own, if it has some.
    documents: str | None = None
    # Resamples for the confidence intervals; 0: no intervals.
    bootstrap: int = number(1000, 2, MAX_RESAMPLES, also=(0,))
    json: str | None = None  # a file for the scores
    comet: str | None = None  # a .jsonl file of src, mt and ref, as COMET reads them
    # Fit the confidence of the run on the text, and store the fit in the run folder.
    fit_confidence: bool = False

    def __post_init__(self) -> None:
        files = self.reference if isinstance(self.reference, list) else [self.reference]
        is_valid = self.reference is None or (
            bool(files) and all(isinstance(f, str) for f in files)
        )
        require("reference", self.reference, is_valid, "a file, or a list of files")
        require("metrics", self.metrics, bool(self.metrics), "a list of one or more")
        is_valid = self.bootstrap == 0 or self.bootstrap >= 2
        require("bootstrap", self.bootstrap, is_valid, "0, for none, or at least 2")
        super().__post_init__()


@dataclass
class ScoreConfig:
    """Options of `seq2seq.score`."""

    run: Any = None  # a run folder, or a list of folders whose models form an ensemble
    # The same, of the opposite direction: pairs get their dual conditional cross-entropy.
    reverse: Any = None
    source: str | None = None  # a file
    target: str | None = None  # a file: the translation of each line of `source`
    direction: str | None = None  # of a run of several languages, as en-fr
    output: str = "-"  # a file for a row of each pair: .tsv or .jsonl; or - for standard output
    # Where the pairs of these rows are written too: a .tsv file, or a list of two files.
    pairs: Any = None
    sort: bool = False  # rows by falling weight, which needs memory for all; false: in order
    # Keep pairs of at least this weight: exp(-score) with `reverse`, else 1 / perplexity.
    threshold: float | None = number(None, 0, 1)
    unit: str = choice("word", ("word", "token"))  # that cross-entropies of `reverse` are per
    protect: bool = True  # read placeholders, tags, numbers and the like as the run learned to
    workers: WorkerOptions = field(default_factory=WorkerOptions)
    batch: int = number(128, 1, MAX_BATCH)  # pairs scored together, at most
    device: str = choice("auto", DEVICES)  # hardware; auto: a GPU where there is one
    trusted: list[str] = field(default_factory=list)  # modules whose classes a run may name

    def __post_init__(self) -> None:
        self.run = folders_of_runs("run", self.run)
        self.reverse = folders_of_runs("reverse", self.reverse)
        files = self.pairs if isinstance(self.pairs, list) else [self.pairs]
        is_valid = self.pairs is None or (
            len(files) <= 2 and files != [] and all(isinstance(name, str) for name in files)
        )
        require("pairs", self.pairs, is_valid, "a .tsv file, or a list of two files")
        require_ranges("", self)


@dataclass
class QuantizeConfig:
    """Options of `seq2seq.quantize`."""

    run: str | None = None  # a run folder
    output: str | None = None  # a folder that does not exist yet
    trusted: list[str] = field(default_factory=list)  # modules whose classes a run may name


@dataclass
class GenerateConfig:
    """Options of `seq2seq.generate`."""

    run: str | None = None  # a language model's run folder
    prompt: str = ""  # the text to continue
    length: int = number(500, 0, MAX_COUNT)  # tokens to generate; 0: until interrupted
    # Below 1 sharpens the distribution, above 1 flattens it.
    temperature: float = number(1.0, 0, 1000, above=True)
    top_k: int = number(0, 0, MAX_VOCAB_SIZE)  # most probable tokens to sample from; 0: all
    # Sample from the most probable tokens that together have this probability; 1: from all.
    top_p: float = number(1.0, 0, 1, above=True)
    seed: int = number(1, 0, MAX_SEED)  # of the random numbers
    device: str = choice("auto", DEVICES)  # hardware; auto: a GPU where there is one
    trusted: list[str] = field(default_factory=list)  # modules whose classes a run may name

    def __post_init__(self) -> None:
        require_ranges("", self)


@dataclass
class CaptionConfig:
    """Options of `seq2seq.caption`."""

    run: str | None = None  # a captioning run folder
    images: Any = None  # a folder of images, an image, a list of them, or a file of features
    output: str = "-"  # a file for name<TAB>caption, or - for standard output
    sheet: str | None = None  # a PNG file for the images with their captions; null: none
    attention: str | None = None  # a PNG file for the attention maps; null: none
    search: Any = MISSING  # group search: the decoding
    # Only `max_length_extra` has a meaning here.
    limits: LengthLimits = field(default_factory=lambda: LengthLimits(max_length_extra=40))
    batch: int = number(64, 1, MAX_BATCH)  # images captioned together, at most
    device: str = choice("auto", DEVICES)  # hardware; auto: a GPU where there is one
    trusted: list[str] = field(default_factory=list)  # modules whose classes a run may name

    def __post_init__(self) -> None:
        for name in ("max_length_ratio", "max_source_length"):
            if getattr(self.limits, name) != getattr(LengthLimits, name):
                raise ConfigError(f"limits.{name} has no meaning for captions: leave it as it is")
        require_ranges("", self)


@dataclass
class ClassifyConfig:
    """Options of `seq2seq.classify`."""

    run: str | None = None  # a classification run folder
    input: Any = "-"  # a file, a list of files, or - for standard input
    output: Any = "-"  # a file for each input, or - for standard output
    workers: WorkerOptions = field(default_factory=WorkerOptions)
    batch: int = number(256, 1, MAX_BATCH)  # lines classified together, at most
    device: str = choice("auto", DEVICES)  # hardware; auto: a GPU where there is one
    trusted: list[str] = field(default_factory=list)  # modules whose classes a run may name

    def __post_init__(self) -> None:
        require_ranges("", self)


PICTURES = ("gradient", "recall", "costs", "attention", "states")


@dataclass
class InspectConfig:
    """Options of `seq2seq.inspect`."""

    run: str | None = None  # a run folder; null: fresh cells only
    output: str | None = None  # a folder for the plots; null: RUN/inspect
    pictures: list[str] = field(default_factory=lambda: list(PICTURES))  # the plots to draw
    # The cells to draw with fresh weights, by their names in model/cell.
    cells: list[str] = field(
        default_factory=lambda: ["rnn", "gru", "lstm", "mingru", "minlstm", "lru"]
    )
    length: int = number(512, 16, MAX_DECODED)  # tokens at most: read, recalled and timed
    size: int = number(64, 1, MAX_FRESH_SIZE)  # size of the hidden states of fresh cells
    batch: int = number(32, 1, 10_000)  # sequences that a fresh cell reads together
    budget: str = duration("4m")  # wall-clock time of all trainings for the recall plot together
    seed: int = number(1, 0, MAX_SEED)  # of fresh weights and random sequences
    device: str = choice("auto", DEVICES)  # hardware; auto: a GPU where there is one
    trusted: list[str] = field(default_factory=list)  # modules whose classes a run may name

    def __post_init__(self) -> None:
        require_some_of("pictures", self.pictures, PICTURES)
        require_some_of("cells", self.cells, tuple(cell_files()))
        require_ranges("", self)
