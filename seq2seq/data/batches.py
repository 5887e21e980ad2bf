"""Prepared pairs to batches: which pairs, in what order, and the tensors."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seq2seq.hardware import to_device
from seq2seq.text.special_tokens import BOS, EOS, PAD

BATCH_MULTIPLE = (
    16  # batches of as many sentences or more come in its multiples: every new size of batch
)


RowIndices = NDArray[np.int64]


TokenIds = Sequence[int] | NDArray[np.int32]


class Batch(NamedTuple):
    """Pairs as tensors."""

    source: Tensor  # (B, S)
    source_lengths: Tensor | None  # (B,) of the source, on the CPU; None where all are S long
    target_input: Tensor  # (B, T) BOS, then the tokens (teacher forcing)
    labels: Tensor  # (N,) tokens and EOS of all sentences, without padding
    # (N,) their indices in the flattened (B * T); found here, not on the device
    label_positions: Tensor
    is_first: Tensor | None = None  # (B,) bool, rows that no carried state belongs to; None: all
    stream_ids: Tensor | None = None  # (b,) what the first b rows go on from; None: row b from b
    target_lengths: Tensor | None = (
        None  # (B,) how much of the target is real, on the CPU; None: not asked
    )

    @property
    def tokens(self) -> int:
        """N, how many positions are learned from."""
        return len(self.labels)

    def repeated(self) -> "Batch":
        """All rows, and all of them again. Not for rows of streams."""
        given = {name: tensor for name, tensor in self._asdict().items() if tensor is not None}
        again = given | {"label_positions": self.label_positions + self.target_input.numel()}
        return self._replace(**{name: torch.cat((given[name], again[name])) for name in given})

    def to(self, device: torch.device) -> "Batch":
        """The same on `device`, not waited for; the lengths stay where kernels want them."""
        moved = {
            name: to_device(tensor, device)
            for name, tensor in self._asdict().items()
            if tensor is not None and name not in ("source_lengths", "target_lengths")
        }
        return self._replace(**moved)


def pad(sentences: Sequence[TokenIds]) -> tuple[Tensor, Tensor | None]:
    """Token ids as one tensor (B, S), and the lengths (B,), `None` where they are all equal."""
    lengths = [len(s) for s in sentences]
    width = max(lengths)
    rows = np.full((len(sentences), width), PAD, dtype=np.int64)
    for row, sentence in zip(rows, sentences, strict=True):
        row[: len(sentence)] = sentence
    return torch.from_numpy(rows), torch.tensor(lengths) if min(lengths) < width else None


def collate(sources: Sequence[TokenIds], targets: Sequence[TokenIds]) -> Batch:
    """Pairs of token ids, without BOS and EOS, as a `Batch`.

    Sentences without labels fill it up to a multiple of `BATCH_MULTIPLE`.
    """
    fill = -len(sources) % BATCH_MULTIPLE if len(sources) > BATCH_MULTIPLE else 0
    source, lengths = pad([*sources, *[sources[-1]] * fill])
    target, _ = pad([*([BOS, *t] for t in targets), *[[BOS]] * fill])
    expected = np.concatenate([np.append(t, EOS) for t in targets]).astype(np.int64)
    width = target.shape[1]
    places = np.concatenate([np.arange(len(t) + 1) + row * width for row, t in enumerate(targets)])
    return Batch(source, lengths, target, torch.from_numpy(expected), torch.from_numpy(places))
