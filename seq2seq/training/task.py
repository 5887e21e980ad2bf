"""Interface between the trainer and a system: translator, language model, captioner, classifier.

A task is created from the options alone. It prepares its data, builds its network, yields batches
and the segments to learn from, validates, and writes its files into the run folder. Trainer,
training step, checkpoints and schedules are the same for all tasks.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from torch import Tensor

from seq2seq.data.batches import Batch
from seq2seq.data.datasets import BatchSource
from seq2seq.run_folder import RunFolder
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.training.metric_logger import MetricLogger


class Segment(NamedTuple):
    """Part of a batch whose loss and gradient are computed at once."""

    features: Tensor  # (N, E) the input of the output layer
    labels: Tensor  # (N,) the classes to predict
    carried: "CarriedStates" = None  # initial states of the next batch
    # A function to call after the gradients of this segment and of earlier ones are computed: the
    # rest of the backward pass, which the segments of a batch share. Only the last segment has it.
    finish_backward: Callable[[], None] | None = None


CarriedStates = dict[str, Tensor] | None
# Cuts a batch into one or several segments. Arguments: the network as it is called in training, the
# batch on its device, and the states that the last segment of the previous batch carried.
SegmentFunction = Callable[[Any, Batch, CarriedStates], Iterator[Segment]]


class ValidationResult(NamedTuple):
    """Result of a validation."""

    score: float  # larger is better; the weights with the best score are kept
    # Values for metrics.jsonl; the curves show the first, and `perplexity` as the validation loss.
    values: Mapping[str, float]
    seconds: float  # duration of the validation


class FinalReport(NamedTuple):
    """Scores and samples at the end of training."""

    scores: list[str]  # scores on the held-out test data, one per line
    samples: list[str]  # outputs of the network for some of the test data
    commands: str  # commands that use the network; THIS_FOLDER stands for the run folder
    table: str = ""  # Markdown: the worst and the median examples of the test data
    confidence: str = ""  # Markdown: how well the network knows what is right; empty: not measured


class Task(Protocol):
    """Interface of all tasks.

    The constructor takes the options, and a function that is called with lines for the user.
    """

    kind: str  # the kind of network, for the model card: "translation model"
    model: Any  # an nn.Module with an `output` layer
    tokenizers: tuple[Tokenizer, Tokenizer]  # of source and target, one object for one vocabulary
    train_data: BatchSource  # the training data
    download_seconds: float  # seconds of downloads, which do not count towards train.budget
    finish_cost: float  # duration of `finish` as a multiple of a validation, to plan train.budget

    def facts(self) -> dict[str, Any]:
        """Return the entries of run.json that are specific to the task: data, languages, counts."""
        ...

    def table(self) -> str:
        """Return the counts of cleaning, or other counts of the data, for the model card."""
        ...

    def write_run_files(self, run: RunFolder) -> None:
        """Write the files of the run folder beside weights and options."""
        ...

    def segments(self, forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
        """Yield the segments of a batch: a `SegmentFunction`."""
        ...

    def validate(self, report: MetricLogger, step: int) -> ValidationResult:
        """Log one line and some samples of the validation data, and return the scores."""
        ...

    def finish(self, run: RunFolder) -> FinalReport:
        """Score the network, which has its best weights now, on the test data, and draw plots."""
        ...
