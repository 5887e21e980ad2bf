"""Classification: many-to-one. What a line is, a language for example."""

import time
from collections.abc import Callable, Iterator
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
from seq2seq.training.metric_logger import MetricLogger
from seq2seq.training.plots import evenly_spaced
from seq2seq.training.task import CarriedStates, FinalReport, Segment, ValidationResult

SHOWN, COUNTED = 10, 500_000  # lines that are printed, and that the baseline learns from at most


MOST = 40  # labels of which a matrix is drawn


class ClassificationTask:
    """A classifier: a `seq2seq.training.task.Task`."""

    kind = "classifier"
    inference = "classification"

    def __init__(self, config: TrainConfig, notify: Callable[[str], None]) -> None:
        """Prepare the lines and build the network that `config` describes.

        Raises:
            UserError: the data or an option does not allow it.
        """
        with builders.on_meta_device():
            builders.build_classifier(config.model, builders.PLACEHOLDER_VOCAB_SIZE, 2)
        labelled, self.download_seconds = builders.load_data(config.data, LabelledCorpus)
        self.data = prepare_labelled(labelled, config.tokenizer, cache_folder())
        for line in (*self.data.table().splitlines(), *self.data.notices):
            notify(line)
        self.model = builders.build_classifier(
            config.model, self.data.tokenizer.vocab_size, len(self.data.labels)
        )
        self.labeller = LineClassifier(
            self.model, self.data.tokenizer, self.data.labels, 4 * config.batches.sentences
        )
        self.train_data = LabelledDataset(self.data.splits["train"], config)
        for line in self.train_data.notices():
            notify(line)
        splits = self.data.splits
        self.finish_cost = len(splits["test"]) / len(splits["validation"]) + 1
        self.shown = config.validation.samples

    def facts(self) -> dict[str, Any]:
        return {
            "subject": f"{len(self.data.labels)} labels",
            "labels": self.data.labels,
            "licence": self.data.licence,
            "origin": self.data.origin,
            "fingerprint": self.data.fingerprint,
            "test": f"{len(self.data.splits['test']):,} lines, test.tsv",
        }

    def table(self) -> str:
        return self.data.table()

    def write_run_files(self, run: RunFolder) -> None:
        run.write_tokenizers(self.data.tokenizer, self.data.tokenizer)
        lines, labels = self.held_out("test")
        told = zip(lines, labels, strict=True)
        text = "".join(f"{line}\t{self.data.labels[label]}\n" for line, label in told)
        run.write_text(run.folder / "test.tsv", text)

    def held_out(self, split: str) -> tuple[list[str], NDArray[np.int64]]:
        """Lines and the numbers of their labels."""
        table = self.data.splits[split].with_format("arrow")[:]
        labels = table["label"].to_numpy().astype(np.int64)
        return table["text"].to_pylist(), labels

    def segments(self, forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
        del carried
        features = forward(batch.source, batch.source_lengths)  # (B, M)
        yield Segment(features.index_select(0, batch.label_positions), batch.labels)

    def said(self, lines: list[str]) -> NDArray[np.int64]:
        """The number of the label that the network gives to each line, as `classify` does."""
        numbers = {label: number for number, label in enumerate(self.data.labels)}
        found = self.labeller.classify(lines).labels
        return np.array([numbers[label.name] if label else -1 for label in found])

    def validate(self, report: MetricLogger, step: int) -> ValidationResult:
        began = time.monotonic()
        lines, labels = self.held_out("validation")
        said = self.said(lines)
        accuracy = float((said == labels).mean())
        took = time.monotonic() - began
        report.message(f"validation at step {step}: {accuracy:.2%} right   ({took:.1f} s)")
        for sample in self.samples(lines, labels, said, self.shown):
            report.message(f"  {sample}")
        return ValidationResult(accuracy, {"accuracy": accuracy}, took)

    def samples(self, lines: list[str], labels: Any, said: Any, count: int) -> list[str]:
        """What some of the lines are, and what they are taken for."""
        names = self.data.labels
        return [
            f"{names[labels[i]]:<12} told {names[said[i]]:<12} {lines[i]}"
            for i in evenly_spaced(len(lines), count)
        ]

    def finish(self, run: RunFolder) -> FinalReport:
        lines, labels = self.held_out("test")
        said = self.said(lines)
        known, numbers = self.held_out("train")
        few = np.random.default_rng(1).permutation(len(known))[:COUNTED]
        baseline = NaiveBayes([known[i] for i in few], numbers[few].tolist(), len(self.data.labels))
        counted = (baseline.classify(lines) == labels).mean()
        if len(self.data.labels) <= MOST:
            counts = confusion_matrix(labels, said, len(self.data.labels))
            plot_confusion(counts, self.data.labels, run.folder / "confusion.png")
        scores = [
            f"{(said == labels).mean():.2%} of {len(lines):,} lines right",
            f"naive Bayes over groups of letters: {counted:.2%} right",
        ]
        used = "python -m seq2seq.classify run=THIS_FOLDER input=FILE output=FILE"
        return FinalReport(scores, self.samples(lines, labels, said, SHOWN), used)


def confusion_matrix(labels: Any, said: Any, classes: int) -> NDArray[np.int64]:
    """How many lines of each label (rows) were taken for each (columns)."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, said), 1)
    return counts


class LabelledDataset:
    """Training lines and their labels: a `BatchSource`. Lines are cut as in use."""

    def __init__(self, data: Any, config: TrainConfig) -> None:
        self.data = data.with_format("arrow")
        whole = data.data.column("length").to_numpy()
        self.cut = int((whole > MAX_TOKENS).sum())
        lengths = whole.clip(max=MAX_TOKENS)
        order = LengthBatchSampler(
            lengths, np.zeros_like(lengths), None, config.batches, config.train.seed
        )
        self.order, self.pairs = order, order.pairs

    def notices(self) -> list[str]:
        """What there is to say of these lines to whoever trains on them."""
        lines = "1 training line is" if self.cut == 1 else f"{self.cut:,} training lines are"
        said = [f"{lines} cut to the first {MAX_TOKENS} pieces"] if self.cut else []
        return [*said, *self.order.notices("lines")]

    def epoch(self, number: int) -> Iterator[RowIndices]:
        """See `Order`."""
        return self.order.epoch(number)

    def load(self, rows: RowIndices, epoch: int) -> Batch:
        """The lines `rows`; the labels are what is expected."""
        del epoch
        table = self.data[rows]
        source, lengths = pad([ids[:MAX_TOKENS] for ids in token_ids(table["ids"])])
        labels = torch.from_numpy(table["label"].to_numpy().astype(np.int64))
        nothing = torch.empty(len(rows), 0, dtype=torch.long)
        return Batch(source, lengths, nothing, labels, torch.arange(len(rows)))
