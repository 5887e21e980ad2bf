"""Validation loss: perplexities worked by hand, and what computing them leaves unchanged."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from seq2seq.config.training import BatchOptions, TrainConfig
from seq2seq.data.batches import Batch
from seq2seq.tasks import validation_loss
from seq2seq.tasks.translation import TranslationTask
from seq2seq.tasks.validation import validation_line
from seq2seq.tasks.validation_loss import ValidationLoss, any_fits, perplexity_of
from seq2seq.text.special_tokens import BOS, EOS
from seq2seq.training.task import CarriedStates, Segment


class Output(nn.Module):
    """An output layer with probabilities 1/2, 1/4 and 1/4 for three classes, whatever it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 3)
        nn.init.zeros_(self.linear.weight)
        self.linear.bias.data = torch.tensor([0.5, 0.25, 0.25]).log()

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.linear(features)
        return logits


class Network(nn.Module):
    """A network whose features are dropped at random in training."""

    def __init__(self) -> None:
        super().__init__()
        self.output, self.dropout = Output(), nn.Dropout(0.5)

    def forward(self, source: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.dropout(source)
        return features


def batch_of(labels: list[int]) -> Batch:
    tokens = torch.tensor(labels)
    return Batch(torch.ones(len(labels), 2), None, tokens, tokens, torch.arange(len(labels)))


class Batches:
    """A `BatchSource` of given labels."""

    def __init__(self, *labels: list[int]) -> None:
        self.labels, self.pairs = labels, len(labels)

    def epoch(self, number: int) -> Iterator[Any]:
        assert number == 0
        return iter(np.arange(len(self.labels)).reshape(-1, 1))

    def load(self, rows: Any, epoch: int) -> Batch:
        assert epoch == 0
        return batch_of(self.labels[rows[0]])


def segments(forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
    """Yield one segment, and carry the number of batches."""
    count = torch.ones(1) if carried is None else carried["count"] + 1
    counts.append(int(count))
    yield Segment(forward(batch.source), batch.labels, {"count": count})


counts: list[int] = []  # of batches, by the state that `segments` carries


@pytest.mark.parametrize("max_logits", [1, 2**22])
def test_perplexity_is_the_exponential_of_the_mean_over_all_labels(
    max_logits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation_loss, "MAX_LOSS_LOGITS", max_logits)
    loss = ValidationLoss(Network(), segments, Batches([0, 1, 2], [0]))

    # Labels of probability 1/2, 1/4, 1/4 and 1/2 have 1, 2, 2 and 1 bits: 1.5 in the mean.
    assert loss.perplexity() == pytest.approx(2**1.5)


def test_states_are_carried_from_batch_to_batch() -> None:
    counts.clear()

    ValidationLoss(Network(), segments, Batches([0], [1], [2])).perplexity()

    assert counts == [1, 2, 3]


def numpy_keys() -> Any:
    """Return the state of NumPy's global random numbers."""
    state: Any = np.random.get_state()
    return state[1]


@pytest.mark.parametrize("is_training", [True, False])
def test_random_state_mode_and_gradients_are_unchanged(is_training: bool) -> None:
    model = Network().train(is_training)
    torch_state, numpy_state = torch.get_rng_state(), numpy_keys().copy()

    ValidationLoss(model, segments, Batches([0, 1])).perplexity()

    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.array_equal(numpy_keys(), numpy_state)
    assert model.training == is_training
    assert all(parameter.grad is None for parameter in model.parameters())


def test_there_is_no_perplexity_without_a_loss() -> None:
    assert perplexity_of(None) == {}
    loss: Any = SimpleNamespace(perplexity=lambda: 2.0)
    assert perplexity_of(loss) == {"perplexity": 2.0}


@pytest.mark.parametrize(("tokens", "fits"), [(5, False), (6, True)])
def test_an_example_fits_with_its_eos(tokens: int, fits: bool) -> None:
    # 2 + 3 + EOS = 6 positions, and 9 + 1 + EOS.
    assert any_fits([2, 9], [3, 1], BatchOptions(tokens=tokens)) == fits


@pytest.mark.parametrize(
    ("scores", "perplexity", "line"),
    [
        ("BLEU 31.20", 12.3456, "validation at step 500: BLEU 31.20  perplexity 12.35  (1.2 s)"),
        ("BLEU 31.20", None, "validation at step 500: BLEU 31.20  (1.2 s)"),
        ("BLEU 0.00", 1e300, "validation at step 500: BLEU 0.00  perplexity 1e+300  (1.2 s)"),
        ("BLEU 0.00", math.inf, "validation at step 500: BLEU 0.00  perplexity inf  (1.2 s)"),
    ],
)
def test_a_validation_is_one_line(scores: str, perplexity: float | None, line: str) -> None:
    assert validation_line(500, scores, perplexity, 1.23) == line


@pytest.mark.parametrize(
    "scores",
    ["BLEU 100.00  chrF 100.00", "BLEU 100.00  exact match 100.0%", "12.345 bits a character"],
)
def test_the_line_fits_a_terminal(scores: str) -> None:
    assert len(validation_line(1_000_000, scores, 999_999.0, 9_999.9)) <= 100


TSV = ["data=tsv", "data.train=train.tsv", "data.validation=held.tsv", "data.test=held.tsv"]
TSV += ["data.document_column=3"]


@pytest.fixture
def documents(tmp_path: Path) -> str:
    """Sentence pairs of which each is a document, 20 to train on and 5 to validate on."""
    for name, count in (("train", 20), ("held", 5)):
        lines = [
            f"number {'abcde'[n % 5]} {n}\tZahl {'abcde'[n % 5]} {n}\t{n}" for n in range(count)
        ]
        (tmp_path / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return f"data.path={tmp_path}"


def sentence_perplexity(task: TranslationTask) -> float:
    """Return the perplexity of the validation text, one sentence after the other."""
    nats, count = 0.0, 0
    for row in task.prepared.validation:
        source, target = torch.tensor([row["source_ids"]]), row["target_ids"]
        with torch.no_grad():
            decoded = task.model(source, None, torch.tensor([[BOS, *target]]))
            logits = task.model.output(decoded.features)[0]
        nats += float(
            functional.cross_entropy(logits, torch.tensor([*target, EOS]), reduction="sum")
        )
        count += len(target) + 1
    return math.exp(nats / count)


@pytest.mark.parametrize("context", ["none", "carry"])
def test_the_loss_of_translation_is_that_of_its_sentences(
    documents: str, context: str, config: Callable[..., TrainConfig]
) -> None:
    options = [*TSV, documents, f"document_context={context}", "tokenizer.kind=char"]
    task = TranslationTask(config(*options, "tokenizer.vocab_size=null"), lambda _: None)
    task.model.eval()

    assert task.validator.loss is not None
    # With documents of one sentence no state is carried.
    assert task.validator.loss.perplexity() == pytest.approx(sentence_perplexity(task), rel=1e-5)


def test_only_the_first_sentences_count(
    documents: str, config: Callable[..., TrainConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seq2seq.tasks.translation.MAX_LOSS_EXAMPLES", 2)

    task = TranslationTask(config(*TSV, documents, "tokenizer.kind=char"), lambda _: None)

    assert task.validator.loss is not None
    assert task.validator.loss.data.pairs == 2


def test_there_is_no_loss_where_no_validation_sentence_fits_into_a_batch(
    tmp_path: Path, documents: str, config: Callable[..., TrainConfig]
) -> None:
    (tmp_path / "held.tsv").write_text("a b c d e f g h\ta b c d e f g h\t1\n" * 3)
    (tmp_path / "train.tsv").write_text("a\tb\t1\na b c d e f g h i\tb c d e f g h i j\t2\n" * 9)

    task = TranslationTask(
        config(*TSV, documents, "tokenizer.kind=char", "batches.tokens=16"), lambda _: None
    )

    assert task.validator.loss is None
