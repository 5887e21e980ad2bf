"""Whether a cell learns to recall one token after N others: the textbooks' long-term dependency.

The first token is one of SYMBOLS, then come N of as many others, drawn at random, that say
nothing; after the last of them the first is asked for. After Hochreiter and Schmidhuber (1997),
section 5.2, https://doi.org/10.1162/neco.1997.9.8.1735, with a random text in between.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from seq2seq.analysis import cells
from seq2seq.model.cells.cell import Cell

SYMBOLS = 8
CHANCE = 1 / SYMBOLS  # the accuracy of guessing
LEARNING_RATE, MAX_NORM = 1e-2, 1.0  # Adam's learning rate, largest norm of a gradient
STABLE_CHECKS = 5  # batches in a row without a mistake: it has been learned
TEST_SEQUENCES = 512  # fresh sequences that the accuracy is measured on


class RecallResult(NamedTuple):
    """What one training gave."""

    accuracy: float  # on sequences that were not trained on
    steps: int  # of training


class RecallModel(nn.Module):
    """An embedding, a cell and a softmax over the symbols."""

    def __init__(self, cell: Cell, size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(2 * SYMBOLS, size)
        self.cell, self.output = cell, nn.Linear(size, SYMBOLS)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (B, N + 1) to unnormalised log-probabilities (B, SYMBOLS) of the first."""
        x = self.embedding(tokens)  # (B, N + 1, H)
        shown, _ = self.cell(x, cells.zero_state(self.cell, x), None)
        logits: Tensor = self.output(shown[:, -1])
        return logits


def sequences(batch: int, delay: int, random: torch.Generator) -> Tensor:
    """Tokens (B, N + 1), the first of which is the answer."""
    symbol = torch.randint(SYMBOLS, (batch, 1), generator=random)
    noise = torch.randint(SYMBOLS, 2 * SYMBOLS, (batch, delay), generator=random)
    return torch.cat((symbol, noise), 1)


def train_recall(
    name: str, size: int, batch: int, delay: int, seed: int, more: Callable[[int], bool],
    device: torch.device,
) -> RecallResult:  # fmt: skip
    """Train a fresh cell `name` to recall after `delay` tokens, and examine it.

    `more` is asked before each step, whose number it gets, whether there is time for it.
    """
    model = RecallModel(cells.fresh_cell(name, size, size, seed), size).to(device)
    random = torch.Generator().manual_seed(seed)
    adam = torch.optim.Adam(model.parameters(), LEARNING_RATE)
    steps = sure = 0
    while sure < STABLE_CHECKS and more(steps):
        tokens = sequences(batch, delay, random).to(device)
        logits = model(tokens)
        adam.zero_grad()
        functional.cross_entropy(logits, tokens[:, 0]).backward()
        nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
        adam.step()
        steps += 1
        sure = sure + 1 if logits.argmax(1).equal(tokens[:, 0]) else 0
    with torch.inference_mode():
        tokens = sequences(TEST_SEQUENCES, delay, random).to(device)
        right = (model(tokens).argmax(1) == tokens[:, 0]).float().mean()
    return RecallResult(float(right), steps)


class RecallTrial(NamedTuple):
    """A cell, how long it had to wait, and how that ended."""

    cell: str
    delay: int
    result: RecallResult
    seconds: float  # of training


def compare_recall(
    cells: Sequence[str], delays: Sequence[int], seconds: float,
    train: Callable[[str, int, Callable[[int], bool]], RecallResult],
) -> Iterator[RecallTrial]:  # fmt: skip
    """Every cell after every delay, the short ones first, in as many `seconds` together.

    Each training may take an equal share of what is left, so that what one does not need is there
    for those that come after it. `train` is `learn` with all but name, delay and `more` settled.
    """
    train(cells[0], delays[0], lambda step: step < 1)  # not counted: libraries set themselves up
    end = time.monotonic() + seconds
    left = len(cells) * len(delays)
    for delay in delays:
        for name in cells:
            began = time.monotonic()
            share = max(0.0, end - began) / left
            result = train(name, delay, _seconds_left(began + share))
            left -= 1
            yield RecallTrial(name, delay, result, time.monotonic() - began)


def _seconds_left(end: float) -> Callable[[int], bool]:
    return lambda _: time.monotonic() < end
