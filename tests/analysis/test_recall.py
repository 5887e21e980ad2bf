"""The recall task, and the budget of its trainings."""

import pytest
import torch

from seq2seq.analysis import recall
from seq2seq.analysis.recall import RECALLED_SYMBOLS, KeepTraining, RecallResult

CPU = torch.device("cpu")


def test_the_first_token_is_a_symbol_and_the_others_are_distractors() -> None:
    tokens = recall.random_sequences(50, 4, torch.Generator().manual_seed(1))

    assert tokens.shape == (50, 5)
    assert set(tokens[:, 0].tolist()) == set(range(RECALLED_SYMBOLS))
    assert set(tokens[:, 1:].flatten().tolist()) == set(
        range(RECALLED_SYMBOLS, 2 * RECALLED_SYMBOLS)
    )


def test_recall_is_learned_and_without_training_accuracy_is_that_of_chance() -> None:
    untrained = recall.train_recall("gru", 16, 32, 2, 1, lambda _: False, CPU)
    trained = recall.train_recall("gru", 16, 32, 2, 1, lambda step: step < 200, CPU)

    assert untrained.steps == 0
    assert untrained.accuracy == pytest.approx(recall.CHANCE, abs=0.15)
    assert trained.accuracy > 0.98
    assert trained.steps < 200  # it stops after batches without an error


def test_every_cell_is_trained_at_every_delay_with_the_first_delay_first() -> None:
    calls: list[tuple[str, int]] = []

    def train(name: str, delay: int, keep_training: KeepTraining) -> RecallResult:
        keep_training(0)
        calls.append((name, delay))
        return RecallResult(1.0, 3)

    trials = list(recall.compare_recall(["a", "b"], [1, 2], 9.0, train))

    pairs = [("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert [(trial.cell, trial.delay) for trial in trials] == pairs
    assert calls[1:] == pairs  # the first call is a warm-up


def test_without_a_budget_no_step_is_taken() -> None:
    may_train = []

    def train(name: str, delay: int, keep_training: KeepTraining) -> RecallResult:
        may_train.append(keep_training(1))
        return RecallResult(float(delay), len(name))

    list(recall.compare_recall(["a"], [1, 2], 0.0, train))

    assert may_train == [False, False, False]
