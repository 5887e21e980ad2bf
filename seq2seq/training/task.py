"""What the loop needs to know of a system: translator, language model, captioner, classifier.

A task is made from the options alone. It reads and prepares its data, builds its network, and says
what a batch is, what is learned from it, how good the network is, and what is left in the run
folder. The loop, the learner, checkpoints and schedules are the same for all.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from torch import Tensor

from seq2seq.data.batches import Batch
from seq2seq.data.datasets import BatchSource
from seq2seq.run_folder import RunFolder
from seq2seq.training.metric_logger import MetricLogger


class Segment(NamedTuple):
    """A part of a batch whose loss and gradient are computed at once."""

    features: Tensor  # (N, E) the input of the output layer
    labels: Tensor  # (N,) the classes to predict
    carried: "CarriedStates" = None  # initial states of the next batch
    # To be called after the gradients of this segment and of all before it have been computed: the
    # rest of the backward pass, which the segments of a batch share. Only the last one has it.
    finish_backward: Callable[[], None] | None = None


CarriedStates = dict[str, Tensor] | None
# Cuts a batch into one or several segments. Arguments: the network as it is called in training, the
# batch on its device, and the states that the last segment of the previous batch carried.
SegmentFunction = Callable[[Any, Batch, CarriedStates], Iterator[Segment]]


class ValidationResult(NamedTuple):
    """Result of a validation."""

    score: float  # the larger the better: it decides which weights are kept
    values: Mapping[str, float]  # for metrics.jsonl, the most telling first
    seconds: float  # that it took


class FinalReport(NamedTuple):
    """Scores and samples at the end of training."""

    scores: list[str]  # of the held-out test data, each a line
    samples: list[str]  # what the network makes of some of it
    commands: str  # how to use the network: THIS_FOLDER stands for the run folder
    table: str = ""  # Markdown: the worst and the median examples of the test data


class Task(Protocol):
    """Interface of all tasks. Made with `config`, and `notify`, called with lines for the user."""

    kind: str  # what the network is, for the model card: "translation model"
    model: Any  # an nn.Module with an `output` layer
    train_data: BatchSource  # the training data
    download_seconds: float  # seconds until its data was there: downloads are not of the budget
    finish_cost: float  # how many times as long as a validation `finish` takes, for planning

    def facts(self) -> dict[str, Any]:
        """What run.json holds beside what all runs have: data, languages, counts."""
        ...

    def table(self) -> str:
        """What cleaning dropped, or other counts of the data, for the model card."""
        ...

    def write_run_files(self, run: RunFolder) -> None:
        """Save what the run folder needs beside weights and options."""
        ...

    def segments(self, forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
        """See `Segments`."""
        ...

    def validate(self, report: MetricLogger, step: int) -> ValidationResult:
        """How good the network is on the validation data, as it stands."""
        ...

    def finish(self, run: RunFolder) -> FinalReport:
        """Score the network, which has its best weights now, and draw what there is to draw."""
        ...
