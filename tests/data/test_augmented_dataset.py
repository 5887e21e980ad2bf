"""Augmented training pairs: a function of seed, epoch and position, in batches that fit."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from seq2seq.config.training import TrainConfig
from seq2seq.data.augmented_dataset import AugmentedDataset
from seq2seq.tasks.translation import TranslationTask
from seq2seq.text.special_tokens import BOS, SYMBOLS
from tests.toy_corpus import write_corpus

RATES = ["augment.capitals=0.3", "augment.no_final_mark=0.3", "augment.typos=0.3",
         "augment.emoji=0.3", "augment.join=0.3"]  # fmt: skip


def dataset(config: Callable[..., TrainConfig], folder: Path, *options: str) -> AugmentedDataset:
    write_corpus(folder)
    files = [f"data.path={folder}", "data.validation=validation", "data.test=test"]
    task = TranslationTask(config(*files, *RATES, *options), lambda _: None)
    assert isinstance(task.train_data, AugmentedDataset)
    return task.train_data


def texts(data: AugmentedDataset, epoch: int) -> list[str]:
    """Return the targets of an epoch, in the order of its batches."""
    found = []
    for rows in data.epoch(epoch):
        batch = data.load(rows, epoch)
        ends = (batch.labels == 2).nonzero().flatten().tolist()
        starts = [0, *(end + 1 for end in ends[:-1])]
        labels = batch.labels.tolist()
        found += data.target.decode([labels[a:b] for a, b in zip(starts, ends, strict=True)])
    return found


def test_an_epoch_is_a_function_of_its_number(
    config: Callable[..., TrainConfig], tmp_path: Path
) -> None:
    one, other = (dataset(config, tmp_path) for _ in range(2))

    first = texts(one, 0)
    assert texts(other, 1) != first  # another epoch first: the order of calls does not matter
    assert texts(other, 0) == first
    plain = set(one.dataset["target"].to_pylist())
    changed = [text for text in first if text not in plain]
    assert 0.5 * len(first) < len(changed) < len(first)
    assert any(text.isupper() for text in changed)
    assert any(symbol in text for text in changed for symbol in SYMBOLS)  # an emoji
    assert any(text.count(".") > 1 for text in changed)  # joined


def test_batches_fit_and_every_pair_is_seen_once(
    config: Callable[..., TrainConfig], tmp_path: Path
) -> None:
    data = dataset(config, tmp_path, "batches.tokens=256")

    rows = list(data.epoch(3))

    seen = np.concatenate(rows)
    assert len(seen) == len(set(seen.tolist())) >= 0.95 * len(data.dataset)
    for indices in rows:
        batch = data.load(indices, 3)
        width = batch.source.shape[1] + batch.target_input.shape[1]
        assert width * len(indices) <= 256
        assert (batch.target_input[:, 0] == BOS).all()


def test_subword_sampling_goes_with_augmentation(
    config: Callable[..., TrainConfig], tmp_path: Path
) -> None:
    sampled = dataset(config, tmp_path, "tokenizer.sampling=0.3")
    plain = dataset(config, tmp_path)

    assert texts(sampled, 0) == texts(plain, 0)  # the batches are the same
    rows = next(iter(sampled.epoch(0)))
    one, two = sampled.load(rows, 0), sampled.load(rows, 0)
    assert one.labels.tolist() == two.labels.tolist() != plain.load(rows, 0).labels.tolist()
