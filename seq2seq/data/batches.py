"""Batches: token ids of pairs as padded tensors."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seq2seq.hardware import to_device
from seq2seq.text.special_tokens import BOS, EOS, PAD

# Batches of 16 sentences or more hold a multiple of 16, because kernels are slower for each new
# shape that they meet.
BATCH_MULTIPLE = 16

RowIndices = NDArray[np.int64]
TokenIds = Sequence[int] | NDArray[np.int32]


class Batch(NamedTuple):
    """Pairs as tensors.

    Tasks other than translation use the same fields. Classification: `labels` holds one label per
    row, and `target_input` is empty, (B, 0). Language models: `source` is empty, (B, 0),
    `target_input` is a slice of the text, and `labels` are the tokens that follow, without an
    appended EOS. Captioning: `source` holds the stored images, (B, ...), without lengths.
    """

    source: Tensor  # (B, S)
    source_lengths: Tensor | None  # (B,) without padding, on the CPU; None if all are S
    target_input: Tensor  # (B, T) BOS, then the tokens (teacher forcing)
    labels: Tensor  # (N,) tokens and EOS of all sentences, without padding
    # (N,) indices of the labels in the flattened (B * T); computed on the host, not on the device
    label_positions: Tensor
    is_first: Tensor | None = None  # (B,) bool, rows that start from the initial state; None: all
    stream_ids: Tensor | None = None  # (b,) the streams of the first b rows; None: 0 to b - 1
    target_lengths: Tensor | None = None  # (B,) without padding, on the CPU; None: not needed

    @property
    def tokens(self) -> int:
        """Return N, the number of labels."""
        return len(self.labels)

    def repeated(self) -> "Batch":
        """Return the batch with all rows twice, (2B, ...). Not for rows of streams."""
        first = {name: tensor for name, tensor in self._asdict().items() if tensor is not None}
        second = first | {"label_positions": self.label_positions + self.target_input.numel()}
        return self._replace(**{name: torch.cat((first[name], second[name])) for name in first})

    def to(self, device: torch.device) -> "Batch":
        """Copy the batch to `device` without waiting; kernels want the lengths on the host."""
        moved = {
            name: to_device(tensor, device)
            for name, tensor in self._asdict().items()
            if tensor is not None and name not in ("source_lengths", "target_lengths")
        }
        return self._replace(**moved)


def pad(sentences: Sequence[TokenIds]) -> tuple[Tensor, Tensor | None]:
    """Return token ids padded to a tensor (B, S), and lengths (B,), or None if all are equal."""
    lengths = [len(s) for s in sentences]
    width = max(lengths)
    rows = np.full((len(sentences), width), PAD, dtype=np.int64)
    for row, sentence in zip(rows, sentences, strict=True):
        row[: len(sentence)] = sentence
    return torch.from_numpy(rows), torch.tensor(lengths) if min(lengths) < width else None


def collate(sources: Sequence[TokenIds], targets: Sequence[TokenIds]) -> Batch:
    """Return pairs of token ids, given without BOS and EOS, as a `Batch`.

    Sentences without labels are appended up to a multiple of `BATCH_MULTIPLE`.
    """
    extra = -len(sources) % BATCH_MULTIPLE if len(sources) > BATCH_MULTIPLE else 0
    source, lengths = pad([*sources, *[sources[-1]] * extra])
    target, _ = pad([*([BOS, *t] for t in targets), *[[BOS]] * extra])
    labels = np.concatenate([np.append(t, EOS) for t in targets]).astype(np.int64)
    width = target.shape[1]
    positions = np.concatenate(
        [np.arange(len(t) + 1) + row * width for row, t in enumerate(targets)]
    )
    return Batch(source, lengths, target, torch.from_numpy(labels), torch.from_numpy(positions))
