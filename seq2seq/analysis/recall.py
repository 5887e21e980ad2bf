"""Recall of one token after a delay of N others: a long-term dependency, learned by fresh cells.

The first token is one of SYMBOLS; N distractors follow, drawn from as many other tokens; after
the last of them the model predicts the first token. The task is that of Hochreiter and Schmidhuber
(1997), section 5.2, https://doi.org/10.1162/neco.1997.9.8.1735, with random distractors.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from seq2seq.analysis.cells import fresh_cell, zero_state
from seq2seq.model.cells.cell import Cell

RECALLED_SYMBOLS = 8
CHANCE = 1 / RECALLED_SYMBOLS  # the accuracy of guessing
LEARNING_RATE, MAX_NORM = 1e-2, 1.0  # Adam's learning rate, largest norm of a gradient
STABLE_BATCHES = 5  # training stops after this many batches in a row without an error
TEST_SEQUENCES = 512  # fresh sequences that the accuracy is measured on

KeepTraining = Callable[[int], bool]  # takes the number of steps so far


class RecallResult(NamedTuple):
    """The result of one training."""

    accuracy: float  # accuracy on fresh sequences
    steps: int  # number of training steps


class RecallModel(nn.Module):
    """An embedding, a cell, and an output layer over the symbols."""

    def __init__(self, cell: Cell, size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(2 * RECALLED_SYMBOLS, size)
        self.cell, self.output = cell, nn.Linear(size, RECALLED_SYMBOLS)

    def forward(self, tokens: Tensor) -> Tensor:
        """Compute the logits (B, SYMBOLS) of the first token from `tokens` (B, N + 1)."""
        x = self.embedding(tokens)  # (B, N + 1, H)
        outputs, _ = self.cell(x, zero_state(self.cell, x), None)
        logits: Tensor = self.output(outputs[:, -1])
        return logits


def random_sequences(batch: int, delay: int, generator: torch.Generator) -> Tensor:
    """Draw tokens (B, N + 1), N = `delay`; the first of each sequence is its label."""
    symbol = torch.randint(RECALLED_SYMBOLS, (batch, 1), generator=generator)
    distractors = torch.randint(
        RECALLED_SYMBOLS, 2 * RECALLED_SYMBOLS, (batch, delay), generator=generator
    )
    return torch.cat((symbol, distractors), 1)


def train_recall(
    name: str, size: int, batch: int, delay: int, seed: int, keep_training: KeepTraining,
    device: torch.device,
) -> RecallResult:  # fmt: skip
    """Train a fresh cell to recall a token, and measure its accuracy.

    Args:
        name: a file of conf/model/cell, without its suffix.
        size: H, the size of the embedding and of the hidden state.
        batch: B, the number of sequences in a batch.
        delay: N, the number of distractors after the token.
        seed: seed of weights and sequences.
        keep_training: called before each step with the number of steps so far; training ends
            when it returns False, or after STABLE_BATCHES without an error.
        device: device of weights and sequences.
    """
    model = RecallModel(fresh_cell(name, size, size, seed), size).to(device)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE)
    steps = batches_without_error = 0
    while batches_without_error < STABLE_BATCHES and keep_training(steps):
        tokens = random_sequences(batch, delay, generator).to(device)
        logits = model(tokens)
        optimizer.zero_grad()
        functional.cross_entropy(logits, tokens[:, 0]).backward()
        nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
        optimizer.step()
        steps += 1
        is_correct = logits.argmax(1).equal(tokens[:, 0])
        batches_without_error = batches_without_error + 1 if is_correct else 0
    with torch.inference_mode():
        tokens = random_sequences(TEST_SEQUENCES, delay, generator).to(device)
        accuracy = (model(tokens).argmax(1) == tokens[:, 0]).float().mean()
    return RecallResult(float(accuracy), steps)


class RecallTrial(NamedTuple):
    """The result of one cell at one delay."""

    cell: str
    delay: int
    result: RecallResult
    seconds: float  # duration of the training


def compare_recall(
    names: Sequence[str], delays: Sequence[int], seconds: float,
    train: Callable[[str, int, KeepTraining], RecallResult],
) -> Iterator[RecallTrial]:  # fmt: skip
    """Train every cell at every delay, the first delays first, within a budget of time.

    Each training may take an equal share of the remaining time, so that the trainings after one
    that stops early have more.

    Args:
        names: names of the cells.
        delays: values of N, usually ascending.
        seconds: the budget of all trainings together, in seconds.
        train: `train_recall` with all arguments but `name`, `delay` and `keep_training` bound.
    """
    train(names[0], delays[0], lambda step: step < 1)  # not counted: libraries initialise
    end = time.monotonic() + seconds
    remaining = len(names) * len(delays)
    for delay in delays:
        for name in names:
            start = time.monotonic()
            share = max(0.0, end - start) / remaining
            result = train(name, delay, _keep_until(start + share))
            remaining -= 1
            yield RecallTrial(name, delay, result, time.monotonic() - start)


def _keep_until(end: float) -> KeepTraining:
    return lambda _: time.monotonic() < end
