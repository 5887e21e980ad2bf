"""Batch samplers: the pairs of each batch of an epoch, a function of seed and epoch alone."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seq2seq.config.training import BatchOptions
from seq2seq.data.batches import BATCH_MULTIPLE, RowIndices
from seq2seq.data.stages import StageWeights
from seq2seq.errors import ConfigError


class LengthBatchSampler:
    """Batches of pairs of similar length, in random order: a function of seed and epoch alone.

    All pairs are shuffled, cut into pools, and each pool is sorted by source and target length, so
    that a batch is rectangular on the source side wherever there are enough sentences of a length;
    then the batches of the pool are shuffled. A batch holds at most `options.sentences` pairs and
    `options.tokens` positions, padding, BOS and EOS included; pairs that are longer are left out.
    """

    def __init__(
        self,
        source_lengths: NDArray[np.int32],
        target_lengths: NDArray[np.int32],
        weights: NDArray[np.float32] | StageWeights | None,
        options: BatchOptions,
        seed: int,
    ) -> None:
        """Sample pairs of these lengths; on average, a pair occurs `weight` times in an epoch.

        Raises:
            ConfigError: not one pair fits into a batch.
        """
        self.source, self.target, self.weights = source_lengths, target_lengths, weights
        self.options, self.seed = options, seed
        positions = self.source + self.target + 1
        self.fits = positions <= options.tokens
        if not self.fits.any():
            raise ConfigError(
                f"batches.tokens={options.tokens} leaves nothing to train on: the shortest of "
                f"{len(positions):,} pairs needs {min(positions, default=0)}"
            )
        self.left_out = int((~self.fits).sum())
        if isinstance(weights, StageWeights):
            self.pairs = weights.largest(self.fits)
        else:
            expected = self.fits if weights is None else self.fits * weights
            self.pairs = int(expected.sum())  # pairs in one epoch, on average

    def weights_in(self, epoch: int) -> NDArray[np.float32] | None:
        """Return the weights of all pairs in an epoch; None: each pair occurs once."""
        return (
            self.weights.of_epoch(epoch) if isinstance(self.weights, StageWeights) else self.weights
        )

    def notices(self, things: str) -> list[str]:
        """Return notices about pairs that are never sampled; `things` is the word for pairs."""
        if not self.left_out:
            return []
        return [f"{self.left_out} {things} are longer than batches.tokens and are left out"]

    def epoch(self, number: int) -> Iterator[RowIndices]:
        """Yield the row indices of each batch of epoch `number`."""
        random = np.random.default_rng([self.seed, number])
        rows = self._rows(random, number)
        for start in range(0, len(rows), self.options.shuffle_pool):
            pool = rows[start : start + self.options.shuffle_pool]
            pool = pool[np.lexsort((self.target[pool], self.source[pool]))]
            batches = list(self._cut(pool))
            for index in random.permutation(len(batches)):
                yield batches[index]

    def _rows(self, random: np.random.Generator, epoch: int) -> RowIndices:
        """Return the rows in random order; on average, a row occurs as often as its weight."""
        weights = self.weights_in(epoch)
        if weights is None:
            rows = np.flatnonzero(self.fits)
        else:
            times = np.floor(weights + random.random(len(weights))).astype(np.int64)
            rows = np.repeat(np.arange(len(times)), times * self.fits)
        random.shuffle(rows)
        return rows

    def _cut(self, rows: RowIndices) -> Iterator[RowIndices]:
        """Yield consecutive batches of `rows`, which are sorted by length."""
        start, width = 0, 0
        source, target = self.source[rows].tolist(), self.target[rows].tolist()
        for end in range(len(rows)):
            count = end - start
            wider = max(width, target[end] + 1)
            full = count + 1 > self._capacity(source[end] + wider)
            # A new source length begins a new batch, unless the old one is not half full yet.
            uneven = count > 0 and source[end] != source[end - 1]
            if full or (uneven and 2 * count >= self._capacity(source[start] + width)):
                yield rows[start:end]
                start, wider = end, target[end] + 1
            width = wider
        if start < len(rows):
            yield rows[start:]

    def _capacity(self, positions: int) -> int:
        """Return the maximum number of pairs in a batch whose longest pair has `positions`."""
        count = min(self.options.sentences, self.options.tokens // positions)
        return count - count % BATCH_MULTIPLE if count > BATCH_MULTIPLE else count
