"""A classification run folder: lines in, labels out."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, islice
from pathlib import Path
from typing import NamedTuple

import torch

from seq2seq import builders, hardware
from seq2seq.data.batches import pad
from seq2seq.inference.engines.precomputed import PrecomputedEncoder
from seq2seq.model.classifier import Classifier
from seq2seq.run_folder import RunFolder
from seq2seq.text.normalization import normalize
from seq2seq.text.tokenizer import Tokenizer

MAX_TOKENS = 200  # pieces of a line that are read: enough to tell what it is


class PredictedLabel(NamedTuple):
    """What a line is."""

    name: str
    probability: float


class LineClassifier:
    """Says what lines are, each as if it were alone. A blank line has no label."""

    def __init__(
        self,
        model: Classifier,
        tokenizer: Tokenizer,
        labels: Sequence[str],
        batch: int,
        workers: int = 1,
        mixed: bool = False,
    ) -> None:
        """Classify with `model`, on the device it is on.

        Args:
            model: the network.
            tokenizer: what cuts lines for it.
            labels: the names of its classes.
            batch: lines that are read together, at most.
            workers: batches that are read at the same time. A kernel of so small a network is over
                before a second core has joined in: on a CPU, cores have a batch each.
            mixed: whether lines of several lengths are read together.
        """
        self.model, self.tokenizer, self.labels, self.batch = model, tokenizer, labels, batch
        self.mixed = mixed
        self.pool = ThreadPoolExecutor(workers)
        self.cut, self.notice = 0, ""  # lines so far that were cut, and what to say of the first

    def classify(
        self, lines: Sequence[str], first: int = 1, file: str = ""
    ) -> list[PredictedLabel | None]:
        """The most probable label of each line, the first of which is line `first` of `file`."""
        found: list[PredictedLabel | None] = [None] * len(lines)
        encoded = self._encoded(lines, first, file)
        order = sorted((p for p, ids in enumerate(encoded) if ids), key=lambda p: -len(encoded[p]))
        groups = list(self._groups(order, encoded))
        training = self.model.training
        self.model.eval()
        try:
            read = self.pool.map(lambda places: self._read([encoded[p] for p in places]), groups)
            for places, labels in zip(groups, read, strict=True):
                for place, label in zip(places, labels, strict=True):
                    found[place] = label
        finally:
            self.model.train(training)
        return found

    def _encoded(self, lines: Sequence[str], first: int, file: str) -> list[list[int]]:
        """The pieces of each line that are read."""
        encoded = self.tokenizer.encode([normalize(line) for line in lines])
        long = [place for place, ids in enumerate(encoded) if len(ids) > MAX_TOKENS]
        if long and not self.cut:
            where = f"{file}, line {first + long[0]}"
            self.notice = (
                f"{where} is cut to its first {MAX_TOKENS} of {len(encoded[long[0]])} pieces"
            )
        self.cut += len(long)
        return [ids[:MAX_TOKENS] for ids in encoded]

    def _read(self, sentences: Sequence[Sequence[int]]) -> list[PredictedLabel]:
        """The label of each of some sentences, read together."""
        source, lengths = pad(sentences)
        device = next(self.model.parameters()).device
        best = self.model.probabilities(source.to(device), lengths).max(1)
        told = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return [PredictedLabel(self.labels[label], probability) for label, probability in told]

    def _groups(self, order: list[int], encoded: list[list[int]]) -> Iterable[list[int]]:
        """At most `batch` lines at a time, neighbours in `order`.

        Unless lengths may be mixed they are of one length: so kernels run without packing.
        """
        alike = groupby(order, lambda place: 0 if self.mixed else len(encoded[place]))
        for _, places in alike:
            while group := list(islice(places, self.batch)):
                yield group


def load_classifier(
    run: str | Path, batch: int, device: str, trusted: Iterable[str] = ()
) -> LineClassifier:
    """The classifier that was trained into the folder `run`.

    Raises:
        RunError: it is no run folder, or one of another kind.
        ConfigError: this machine has no such device.
    """
    folder = RunFolder(Path(run))
    config = folder.read_config(trusted, "classification.ClassificationTask")
    tokenizer = folder.read_tokenizers()[0]
    labels = [str(label) for label in folder.read_facts()["labels"]]
    model = builders.build_classifier(config.model, tokenizer.vocab_size, len(labels))
    folder.read_weights(model)
    model = model.to(place := hardware.choose_device(device))
    workers, tables = 1, None
    if place.type == "cpu":
        workers = torch.get_num_threads()
        torch.set_num_threads(1)
        if tables := PrecomputedEncoder.of(model.encoder):
            model.encoder = tables  # type: ignore[assignment] # all that a classifier asks for
    return LineClassifier(model, tokenizer, labels, batch, workers, tables is not None)
