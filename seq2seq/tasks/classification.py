"""Classification of lines, many-to-one: by language, for example."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seq2seq import builders
from seq2seq.config.training import TrainConfig
from seq2seq.data.batches import Batch, RowIndices, pad
from seq2seq.data.cache import cache_folder
from seq2seq.data.corpus import LabelledCorpus
from seq2seq.data.datasets import token_ids
from seq2seq.data.prepare_labelled import prepare_labelled
from seq2seq.data.samplers import LengthBatchSampler
from seq2seq.evaluation.baselines.naive_bayes import NaiveBayes
from seq2seq.inference.classifier import MAX_TOKENS, LineClassifier
from seq2seq.plots.confusion import plot_confusion
from seq2seq.run_folder import RunFolder
from seq2seq.tasks.validation import changing_samples, validation_line
from seq2seq.tasks.validation_loss import (
    MAX_LOSS_EXAMPLES,
    ValidationLoss,
    any_fits,
    perplexity_of,
)
from seq2seq.text.transforms import TextTransforms
from seq2seq.training.metric_logger import MetricLogger
from seq2seq.training.pieces import given_pieces
from seq2seq.training.plots import evenly_spaced
from seq2seq.training.task import CarriedStates, FinalReport, Segment, ValidationResult

FINAL_LABELS = 10  # test lines that are printed and in the model card
BASELINE_LINES = 500_000  # maximum number of training lines of the baseline
MAX_PLOTTED_LABELS = 40  # no confusion matrix is drawn of more labels


class ClassificationTask:
    """Classifier: a `seq2seq.training.task.Task`."""

    kind = "classifier"
    inference = "classification"

    def __init__(self, config: TrainConfig, notify: Callable[[str], None]) -> None:
        """Prepare the lines and build the network that `config` describes.

        Raises:
            UserError: the data or an option does not allow it.
        """
        with builders.on_meta_device():
            builders.build_classifier(config.model, builders.PLACEHOLDER_VOCAB_SIZE, 2)
        given = given_pieces(config)
        labelled, self.download_seconds = builders.load_data(config.data, LabelledCorpus)
        self.data = prepare_labelled(labelled, config.tokenizer, cache_folder(), given)
        for line in (*self.data.table().splitlines(), *self.data.notices):
            notify(line)
        self.model = builders.build_classifier(
            config.model, self.data.tokenizer.vocab_size, len(self.data.labels)
        )
        self.tokenizers = self.data.tokenizer, self.data.tokenizer
        self.classifier = LineClassifier(
            self.model,
            self.data.tokenizer,
            self.data.labels,
            4 * config.batches.sentences,
            transforms=TextTransforms(config.tokenizer.transforms),
        )
        self.train_data = LabelledDataset(self.data.splits["train"], config)
        for line in self.train_data.notices():
            notify(line)
        splits = self.data.splits
        self.finish_cost = len(splits["test"]) / len(splits["validation"]) + 1
        self.num_samples = config.validation.samples
        self.loss = self._validation_loss(config)

    def _validation_loss(self, config: TrainConfig) -> ValidationLoss | None:
        """Return the loss on the first validation lines; None if no line fits into a batch."""
        validation = self.data.splits["validation"]
        lines = validation.select(range(min(len(validation), MAX_LOSS_EXAMPLES)))
        lengths = line_lengths(lines)
        if not any_fits(lengths, np.zeros_like(lengths), config.batches):
            return None
        return ValidationLoss(self.model, self.segments, LabelledDataset(lines, config))

    def facts(self) -> dict[str, Any]:
        """Return labels, sources and test lines for run.json."""
        return {
            "subject": f"{len(self.data.labels)} labels",
            "labels": self.data.labels,
            "licence": self.data.licence,
            "origin": self.data.origin,
            "fingerprint": self.data.fingerprint,
            "test": f"{len(self.data.splits['test']):,} lines, test.tsv",
        }

    def table(self) -> str:
        """Return the number of lines of each split."""
        return self.data.table()

    def write_run_files(self, run: RunFolder) -> None:
        """Write the tokenizer and the labelled test lines into the run folder."""
        run.write_tokenizers(self.data.tokenizer, self.data.tokenizer)
        pairs = zip(*self.labelled_lines("test"), strict=True)
        text = "".join(f"{line}\t{self.data.labels[label]}\n" for line, label in pairs)
        run.write_text(run.folder / "test.tsv", text)

    def labelled_lines(self, split: str) -> tuple[list[str], NDArray[np.int64]]:
        """Return the lines of a split and the indices (N,) of their labels."""
        table = self.data.splits[split].with_format("arrow")[:]
        labels = table["label"].to_numpy().astype(np.int64)
        return table["text"].to_pylist(), labels

    def segments(self, forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
        """Yield the batch as one segment, with one label for each line."""
        del carried
        features = forward(batch.source, batch.source_lengths)  # (B, M)
        yield Segment(features.index_select(0, batch.label_positions), batch.labels)

    def predict(self, lines: list[str]) -> NDArray[np.int64]:
        """Return the index of the most probable label of each line (N,), -1 for a blank one."""
        indices = {label: index for index, label in enumerate(self.data.labels)}
        predicted = self.classifier.classify(lines).labels
        return np.array([indices[label.name] if label else -1 for label in predicted])

    def validate(self, report: MetricLogger, step: int) -> ValidationResult:
        """Log one line and some samples; the score is accuracy."""
        start = time.monotonic()
        lines, labels = self.labelled_lines("validation")
        predicted = self.predict(lines)
        accuracy = float((predicted == labels).mean())
        values = {"accuracy": accuracy, **perplexity_of(self.loss)}
        seconds = time.monotonic() - start
        scores = f"accuracy {accuracy:.2%}"
        report.message(validation_line(step, scores, values.get("perplexity"), seconds))
        indices = changing_samples([len(line) for line in lines], self.num_samples, step)
        for sample in self.samples(lines, labels, predicted, indices):
            report.message(f"  {sample}")
        return ValidationResult(accuracy, values, seconds)

    def samples(
        self, lines: list[str], labels: Any, predicted: Any, indices: Iterable[int]
    ) -> list[str]:
        """Return label, predicted label and text of the lines with the given indices."""
        names = self.data.labels
        return [
            f"{names[labels[i]]:<12} predicted {names[predicted[i]]:<12} {lines[i]}"
            for i in indices
        ]

    def finish(self, run: RunFolder) -> FinalReport:
        """Score the classifier and a baseline on the test lines, and draw the confusion matrix."""
        lines, labels = self.labelled_lines("test")
        predicted = self.predict(lines)
        classes = len(self.data.labels)
        if classes <= MAX_PLOTTED_LABELS:
            counts = confusion_matrix(labels, predicted, classes)
            plot_confusion(counts, self.data.labels, run.folder / "confusion.png")
        scores = [
            f"accuracy {(predicted == labels).mean():.2%} on {len(lines):,} lines",
            "naive Bayes over character n-grams: "
            f"accuracy {self._baseline_accuracy(lines, labels):.2%}",
        ]
        command = "python -m seq2seq.classify run=THIS_FOLDER input=FILE output=FILE"
        indices = evenly_spaced(len(lines), FINAL_LABELS)
        return FinalReport(scores, self.samples(lines, labels, predicted, indices), command)

    def _baseline_accuracy(self, lines: list[str], labels: NDArray[np.int64]) -> float:
        """Return the accuracy of naive Bayes, which counts a random part of the training lines."""
        train_lines, train_labels = self.labelled_lines("train")
        part = np.random.default_rng(1).permutation(len(train_lines))[:BASELINE_LINES]
        counted = [train_lines[i] for i in part]
        baseline = NaiveBayes(counted, train_labels[part].tolist(), len(self.data.labels))
        return float((baseline.classify(lines) == labels).mean())


def confusion_matrix(labels: Any, predicted: Any, classes: int) -> NDArray[np.int64]:
    """Count the lines of each label (rows) that were predicted as each label (columns).

    Args:
        labels: (N,) indices of the labels.
        predicted: (N,) indices of the predicted labels.
        classes: C, the number of labels.

    Returns:
        The counts (C, C).
    """
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def line_lengths(data: Any) -> NDArray[np.int32]:
    """Return the number of tokens (N,) of each line that the network reads: long lines are cut."""
    lengths: NDArray[np.int32] = data.data.column("length").to_numpy().clip(max=MAX_TOKENS)
    return lengths


class LabelledDataset:
    """Labelled lines in batches: a `BatchSource`. Lines are cut as `classify` cuts them."""

    def __init__(self, data: Any, config: TrainConfig) -> None:
        """Sample the lines of `data`, a split, by length.

        Raises:
            ConfigError: no line fits into a batch.
        """
        self.data = data.with_format("arrow")
        self.num_cut = int((data.data.column("length").to_numpy() > MAX_TOKENS).sum())
        lengths = line_lengths(data)
        self.sampler = LengthBatchSampler(
            lengths, np.zeros_like(lengths), None, config.batches, config.train.seed
        )
        self.pairs = self.sampler.pairs

    def notices(self) -> list[str]:
        """Return notices of lines that are cut or never sampled."""
        lines = (
            "1 training line is" if self.num_cut == 1 else f"{self.num_cut:,} training lines are"
        )
        cut = [f"{lines} cut to the first {MAX_TOKENS} pieces"] if self.num_cut else []
        return [*cut, *self.sampler.notices("lines")]

    def epoch(self, number: int) -> Iterator[RowIndices]:
        """Yield the row indices of each batch of epoch `number`."""
        return self.sampler.epoch(number)

    def load(self, rows: RowIndices, epoch: int) -> Batch:
        """Return the lines `rows` as a batch, with one label for each."""
        del epoch
        table = self.data[rows]
        source, lengths = pad([ids[:MAX_TOKENS] for ids in token_ids(table["ids"])])
        labels = torch.from_numpy(table["label"].to_numpy().astype(np.int64))
        no_target = torch.empty(len(rows), 0, dtype=torch.long)
        return Batch(source, lengths, no_target, labels, torch.arange(len(rows)))
