"""Weights of joined corpora that change from epoch to epoch."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from seq2seq.errors import ConfigError

Stage = tuple[int | None, Mapping[str, float]]


class StageWeights:
    """The weights of all pairs in each epoch: those of the stage that the epoch is in."""

    def __init__(
        self,
        corpora: Sequence[str | None],
        stages: Sequence[tuple[int | None, Mapping[str, float]]],
    ) -> None:
        """Weigh pairs by their corpora.

        Args:
            corpora: the corpus of each of N pairs.
            stages: the number of epochs of each stage, of all but the last, and the weight of each
                corpus in it; other corpora are left out.

        Raises:
            ConfigError: a stage has no pairs.
        """
        names = sorted({str(name) for name in corpora})
        indices = {name: index for index, name in enumerate(names)}
        self._indices = np.array([indices[str(name)] for name in corpora], np.int32)
        self._weights = [
            np.array([weights.get(name, 0.0) for name in names], np.float32)
            for _, weights in stages
        ]
        self._ends = list(accumulate(epochs for epochs, _ in stages if epochs is not None))
        for number in range(len(stages)):
            if not self.of_stage(number).any():
                raise ConfigError(f"stages: no training pair is left for stage {number + 1}")

    def of_epoch(self, epoch: int) -> NDArray[np.float32]:
        """Return the weights (N,) of all pairs in an epoch, counted from 0."""
        return self.of_stage(bisect_right(self._ends, epoch))

    def of_stage(self, number: int) -> NDArray[np.float32]:
        """Return the weights (N,) of all pairs in a stage, counted from 0."""
        return self._weights[number][self._indices]

    def largest(self, fits: NDArray[np.bool_]) -> int:
        """Return the number of pairs in an epoch of the largest stage, of those that fit (N,)."""
        return max(int((self.of_stage(n) * fits).sum()) for n in range(len(self._weights)))
