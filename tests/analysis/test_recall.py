"""The recall task, and how its time is shared."""

from collections.abc import Callable

import pytest
import torch

from seq2seq.analysis import recall
from seq2seq.analysis.recall import SYMBOLS, RecallResult

CPU = torch.device("cpu")


def test_the_first_token_is_the_answer_and_the_others_are_none() -> None:
    tokens = recall.sequences(50, 4, torch.Generator().manual_seed(1))

    assert tokens.shape == (50, 5)
    assert set(tokens[:, 0].tolist()) == set(range(SYMBOLS))
    assert set(tokens[:, 1:].flatten().tolist()) == set(range(SYMBOLS, 2 * SYMBOLS))


def test_it_is_learned_and_without_training_it_is_guessed() -> None:
    guessed = recall.train_recall("gru", 16, 32, 2, 1, lambda _: False, CPU)
    learned = recall.train_recall("gru", 16, 32, 2, 1, lambda step: step < 200, CPU)

    assert guessed.steps == 0
    assert guessed.accuracy == pytest.approx(recall.CHANCE, abs=0.15)
    assert learned.accuracy > 0.98
    assert learned.steps < 200  # it stops when it has been learned


def test_every_cell_waits_for_every_delay_the_short_ones_first() -> None:
    asked: list[tuple[str, int]] = []

    def train(name: str, delay: int, more: Callable[[int], bool]) -> RecallResult:
        more(0)
        asked.append((name, delay))
        return RecallResult(1.0, 3)

    turns = list(recall.compare_recall(["a", "b"], [1, 2], 9.0, train))

    pairs = [("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert [(turn.cell, turn.delay) for turn in turns] == pairs
    assert asked[1:] == pairs  # before it one that does not count


def test_without_time_nothing_is_trained() -> None:
    steps = []

    def train(name: str, delay: int, more: Callable[[int], bool]) -> RecallResult:
        steps.append(more(1))
        return RecallResult(float(delay), len(name))

    list(recall.compare_recall(["a"], [1, 2], 0.0, train))

    assert steps == [False, False, False]
