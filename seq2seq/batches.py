"""Prepared pairs to batches: which pairs, in what order, and the tensors."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seq2seq.config.training import BatchOptions
from seq2seq.errors import ConfigError
from seq2seq.text.tokenizer import END, PAD, START, Tokenizer
from seq2seq.transfer import send

STEP = 16  # batches of as many sentences or more come in its multiples: every new size of batch
# costs kernels, and on CPUs in bf16 megabytes that oneDNN keeps

Rows = NDArray[np.int64]
Ids = Sequence[int] | NDArray[np.int32]


class Batch(NamedTuple):
    """Pairs as tensors."""

    source: Tensor  # (B, S)
    lengths: Tensor | None  # (B,) of the source, on the CPU; None where all are S long
    target: Tensor  # (B, T) START, then the pieces
    expected: Tensor  # (N,) of each sentence the pieces, then END
    places: Tensor  # (N,) where in the B * T positions these are: found here, not on the device
    new: Tensor | None = None  # (B,) bool, rows that no carried state belongs to; None: all
    streams: Tensor | None = None  # (b,) what the first b rows go on from; None: row b from b
    said: Tensor | None = None  # (B,) how much of the target is real, on the CPU; None: not asked

    @property
    def tokens(self) -> int:
        """N, how many positions are learned from."""
        return len(self.expected)

    def twice(self) -> "Batch":
        """All rows, and all of them again. Not for rows of streams."""
        given = {name: tensor for name, tensor in self._asdict().items() if tensor is not None}
        again = given | {"places": self.places + self.target.numel()}
        return self._replace(**{name: torch.cat((given[name], again[name])) for name in given})

    def to(self, device: torch.device) -> "Batch":
        """The same on `device`, not waited for; the lengths stay where kernels want them."""
        moved = {
            name: send(tensor, device)
            for name, tensor in self._asdict().items()
            if tensor is not None and name not in ("lengths", "said")
        }
        return self._replace(**moved)


def pad(sentences: Sequence[Ids]) -> tuple[Tensor, Tensor | None]:
    """Token ids as one tensor (B, S), and the lengths (B,), `None` where they are all equal."""
    lengths = [len(s) for s in sentences]
    width = max(lengths)
    rows = np.full((len(sentences), width), PAD, dtype=np.int64)
    for row, sentence in zip(rows, sentences, strict=True):
        row[: len(sentence)] = sentence
    return torch.from_numpy(rows), torch.tensor(lengths) if min(lengths) < width else None


def batch(sources: Sequence[Ids], targets: Sequence[Ids]) -> Batch:
    """Pairs of token ids, without START and END, as a `Batch`.

    It is filled up to a multiple of `STEP` with sentences of which nothing is expected.
    """
    fill = -len(sources) % STEP if len(sources) > STEP else 0
    source, lengths = pad([*sources, *[sources[-1]] * fill])
    target, _ = pad([*([START, *t] for t in targets), *[[START]] * fill])
    expected = np.concatenate([np.append(t, END) for t in targets]).astype(np.int64)
    width = target.shape[1]
    places = np.concatenate([np.arange(len(t) + 1) + row * width for row, t in enumerate(targets)])
    return Batch(source, lengths, target, torch.from_numpy(expected), torch.from_numpy(places))


class Order:
    """Which pairs make up each batch of each epoch: a function of seed and epoch alone.

    All pairs are shuffled, cut into pools, and each pool is sorted by source and target length, so
    that a batch is rectangular on the source side wherever there are enough sentences of a length;
    then the batches of the pool are shuffled. A batch holds at most `options.sentences` pairs and
    `options.tokens` positions, padding, START and END included; pairs that are longer are left out.
    """

    def __init__(
        self,
        source_lengths: NDArray[np.int32],
        target_lengths: NDArray[np.int32],
        weights: NDArray[np.float32] | None,
        options: BatchOptions,
        seed: int,
    ) -> None:
        """Order pairs of the given lengths, each seen as often in an epoch as its weight says.

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
        seen = self.fits if weights is None else self.fits * weights
        self.pairs = int(seen.sum())  # in one epoch, on average

    def notices(self, things: str) -> list[str]:
        """What there is to say of this order to whoever trains on it."""
        if not self.left_out:
            return []
        return [f"{self.left_out} {things} are longer than batches.tokens and are left out"]

    def epoch(self, number: int) -> Iterator[Rows]:
        """The batches of epoch `number`, each the rows of its pairs."""
        random = np.random.default_rng([self.seed, number])
        rows = self._rows(random)
        for start in range(0, len(rows), self.options.pool):
            pool = rows[start : start + self.options.pool]
            pool = pool[np.lexsort((self.target[pool], self.source[pool]))]
            batches = list(self._cut(pool))
            for index in random.permutation(len(batches)):
                yield batches[index]

    def _rows(self, random: np.random.Generator) -> Rows:
        """Each row as often as its weight says, on average, in random order."""
        if self.weights is None:
            rows = np.flatnonzero(self.fits)
        else:
            times = np.floor(self.weights + random.random(len(self.weights))).astype(np.int64)
            rows = np.repeat(np.arange(len(times)), times * self.fits)
        random.shuffle(rows)
        return rows

    def _cut(self, rows: Rows) -> Iterator[Rows]:
        start, width = 0, 0
        source, target = self.source[rows].tolist(), self.target[rows].tolist()
        for end in range(len(rows)):
            count = end - start
            wider = max(width, target[end] + 1)
            full = count + 1 > self._room(source[end] + wider)
            # A new source length begins a new batch, unless the old one is not half full yet.
            uneven = count > 0 and source[end] != source[end - 1]
            if full or (uneven and 2 * count >= self._room(source[start] + width)):
                yield rows[start:end]
                start, wider = end, target[end] + 1
            width = wider
        if start < len(rows):
            yield rows[start:]

    def _room(self, positions: int) -> int:
        """How many pairs of so many positions a batch holds."""
        count = min(self.options.sentences, self.options.tokens // positions)
        return count - count % STEP if count > STEP else count


class Feed(Protocol):
    """Training data, a batch at a time."""

    pairs: int  # sentences, or other units, in one epoch

    def epoch(self, number: int) -> Iterator[Rows]:
        """What each batch of epoch `number` is made of, the same for the same number."""
        ...

    def load(self, rows: Rows, epoch: int) -> Batch:
        """The batch of `rows` as tensors, the same for the same arguments."""
        ...


class Pairs:
    """Prepared training pairs, in the order of an `Order`, loaded a batch at a time."""

    def __init__(
        self, dataset: Any, order: Order, sides: tuple[Tokenizer, Tokenizer], sampling: float
    ) -> None:
        """Read from `dataset` (of `text.prepare`); `sampling` above 0 segments anew each time."""
        self.dataset = dataset.with_format("arrow")
        self.order, self.pairs, self.sampling = order, order.pairs, sampling
        self.source, self.target = sides

    def epoch(self, number: int) -> Iterator[Rows]:
        """See `Order`."""
        return self.order.epoch(number)

    def load(self, rows: Rows, epoch: int) -> Batch:
        """The pairs `rows` as tensors, the same for the same arguments."""
        table = self.dataset[rows]
        if not self.sampling:
            return batch(ids_of(table["source_ids"]), ids_of(table["target_ids"]))
        entropy = [self.order.seed, epoch, int(rows[0])]
        seed = int(np.random.SeedSequence(entropy).generate_state(1)[0])
        return batch(
            self.source.sample(table["source"].to_pylist(), self.sampling, seed),
            self.target.sample(table["target"].to_pylist(), self.sampling, seed + 1),
        )


class Streams:
    """One long text as parallel streams, of which a batch is the next chunk of each.

    The text is cut into B streams of equal length; chunk i of stream b goes on where chunk i - 1
    ended, so that a state can be carried from batch to batch. Each epoch begins a little further on
    in the text, so that it is cut elsewhere.

    Now and then a stream begins anew in the midst of its text, as in Melis et al. (2018,
    https://arxiv.org/abs/1707.05589). A state that is only ever carried drifts to where it never
    was at first, the network learns to read from there alone, and has forgotten how to begin.
    """

    def __init__(
        self, tokens: NDArray[np.int32], streams: int, chunk: int, seed: int, reset: int = 0
    ) -> None:
        """Cut `tokens` into as many `streams`, fewer where it is short, and chunks of `chunk`.

        A stream begins anew after `reset` positions on average, with a chunk; 0: never.
        """
        self.tokens, self.seed = tokens, seed
        self.streams = max(1, min(streams, (len(tokens) - 1) // 2))
        self.length = (len(tokens) - 1) // self.streams  # of each stream, in positions
        self.chunk = min(chunk, self.length) if chunk else self.length
        self.chance = self.chunk / reset if reset else 0.0  # of a stream to begin anew
        self.pairs = -(-self.length // self.chunk)  # chunks in one epoch

    def epoch(self, number: int) -> Iterator[Rows]:
        """The chunks, one after the other: their order is that of the text."""
        del number
        return (np.array([place]) for place in range(self.pairs))

    def load(self, rows: Rows, epoch: int) -> Batch:
        """Chunk `rows[0]` of every stream; `source` is empty."""
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


def ids_of(column: Any) -> list[NDArray[np.int32]]:
    """The lists of an Arrow column as views of its numbers."""
    lists = column.combine_chunks()
    offsets = lists.offsets.to_numpy()
    values = lists.values.to_numpy()
    return [values[a:b] for a, b in pairwise(offsets)]
