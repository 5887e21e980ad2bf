"""One long text as parallel streams of tokens, for truncated backpropagation through time."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from seq2seq.data.batches import Batch, RowIndices


class StreamDataset:
    """One long text as parallel streams; a batch is the next chunk of each stream.

    The text is cut into B streams of equal length; chunk i of stream b goes on where chunk i - 1
    ended, so that a state can be carried from batch to batch. Each epoch begins at another position
    of the text, so that it is cut elsewhere.

    Now and then a stream restarts from the initial state within its text, as in Melis et al. (2018,
    https://arxiv.org/abs/1707.05589). A state that is always carried drifts away from the initial
    state; the network would then predict the beginning of a text badly.
    """

    def __init__(
        self, tokens: NDArray[np.int32], streams: int, chunk: int, seed: int, reset: int = 0
    ) -> None:
        """Cut `tokens` into `streams`, or fewer for a short text, and into chunks of size `chunk`.

        A stream restarts every `reset` positions on average, at the start of a chunk; 0: never.
        """
        self.tokens, self.seed = tokens, seed
        self.streams = max(1, min(streams, (len(tokens) - 1) // 2))
        self.length = (len(tokens) - 1) // self.streams  # positions of each stream
        self.chunk = min(chunk, self.length) if chunk else self.length
        self.chance = self.chunk / reset if reset else 0.0  # probability of a restart at a chunk
        self.pairs = -(-self.length // self.chunk)  # chunks in one epoch

    def epoch(self, number: int) -> Iterator[RowIndices]:
        """Yield the chunks in the order of the text."""
        del number
        return (np.array([index]) for index in range(self.pairs))

    def load(self, rows: RowIndices, epoch: int) -> Batch:
        """Return chunk `rows[0]` of every stream as a batch; `source` is empty."""
        shift = int(np.random.default_rng([self.seed, epoch]).integers(self.length)) if epoch else 0
        first = int(rows[0]) * self.chunk
        positions = np.arange(first, min(first + self.chunk, self.length) + 1)
        starts = shift + np.arange(self.streams)[:, None] * self.length
        text = self.tokens.take(starts + positions, mode="wrap").astype(np.int64)  # (B, T + 1)
        expected = torch.from_numpy(text[:, 1:].flatten())
        drawn = np.random.default_rng([self.seed, epoch, int(rows[0])]).random(self.streams)
        return Batch(
            torch.empty(self.streams, 0, dtype=torch.long),
            None,
            torch.from_numpy(text[:, :-1].copy()),
            expected,
            torch.arange(len(expected)),
            torch.from_numpy((drawn < self.chance) | (rows[0] == 0)),
        )
