"""Classification of lines: a run folder's model, lines in, labels out."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, islice
from typing import NamedTuple

from seq2seq.data.batches import pad
from seq2seq.model.classifier import Classifier
from seq2seq.model.evaluation_mode import evaluation_mode
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.transforms import TextTransforms

MAX_TOKENS = 200  # tokens of a line that are read: longer lines are as certain (by hand)


class PredictedLabel(NamedTuple):
    """The most probable label of a line."""

    name: str
    probability: float


class CutLine(NamedTuple):
    """A line of which only the first `MAX_TOKENS` tokens were read."""

    line: int  # its number
    tokens: int  # how many it has


class ClassifiedLines(NamedTuple):
    """The labels of lines, None for a blank one, and the lines that were cut."""

    labels: list[PredictedLabel | None]
    cut: list[CutLine]


class LineClassifier:
    """Classifies lines independently of one another. A blank line has no label."""

    def __init__(
        self,
        model: Classifier,
        tokenizer: Tokenizer,
        labels: Sequence[str],
        batch: int,
        workers: int = 1,
        mixed: bool = False,
        transforms: TextTransforms | None = None,
    ) -> None:
        """Classify with `model`, on the device of the model.

        Args:
            model: the network, in evaluation mode.
            tokenizer: of its input.
            labels: the names of its classes.
            batch: lines that are classified together, at most.
            workers: batches that are classified at the same time. So small a network does not fill
                two cores with one batch: on a CPU each core is given a batch, and torch one thread.
            mixed: whether lines of several lengths share a batch.
            transforms: what is done to a line before it is tokenised; the default list if left out.
        """
        self.transforms = transforms or TextTransforms()
        self.model, self.tokenizer, self.labels, self.batch = model, tokenizer, labels, batch
        self.mixed = mixed
        self.pool = ThreadPoolExecutor(workers)

    def classify(self, lines: Sequence[str], first: int = 1) -> ClassifiedLines:
        """Return the most probable label of each line, the first of which is line `first`."""
        labels: list[PredictedLabel | None] = [None] * len(lines)
        whole = self.tokenizer.encode(self.transforms.apply(lines))
        cut = [CutLine(first + i, len(ids)) for i, ids in enumerate(whole) if len(ids) > MAX_TOKENS]
        encoded = [ids[:MAX_TOKENS] for ids in whole]
        order = sorted((i for i, ids in enumerate(encoded) if ids), key=lambda i: -len(encoded[i]))
        batches = list(self._batches(order, encoded))
        with evaluation_mode(self.model):
            classified = self.pool.map(
                lambda indices: self._classify_batch([encoded[i] for i in indices]), batches
            )
            for indices, predicted in zip(batches, classified, strict=True):
                for index, label in zip(indices, predicted, strict=True):
                    labels[index] = label
        return ClassifiedLines(labels, cut)

    def _classify_batch(self, sentences: Sequence[Sequence[int]]) -> list[PredictedLabel]:
        """Return the label of each sentence of a batch of token ids."""
        source, lengths = pad(sentences)
        device = next(self.model.parameters()).device
        best = self.model.probabilities(source.to(device), lengths).max(1)
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return [PredictedLabel(self.labels[label], probability) for label, probability in pairs]

    def _batches(self, order: list[int], encoded: list[list[int]]) -> Iterable[list[int]]:
        """Yield at most `batch` lines at a time, neighbours in `order`.

        Unless lengths may be mixed, they have one length, so that kernels run without packing.
        """
        alike = groupby(order, lambda index: 0 if self.mixed else len(encoded[index]))
        for _, indices in alike:
            while batch := list(islice(indices, self.batch)):
                yield batch
