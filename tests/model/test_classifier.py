"""What holds for classifiers, whatever their cell, and for the labels that they give."""

from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq import builders
from seq2seq.commands import compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.data.batches import pad
from seq2seq.inference.classifier import MAX_TOKENS, LineClassifier
from seq2seq.model.classifier import Classifier
from seq2seq.text.tokenizer import ByteTokenizer
from seq2seq.training.loss import cross_entropy
from tests.model.test_contracts import gradients, names

LINES = [[5, 6, 7, 8, 9], [10, 11], [12], [5, 9, 7]]
CLASSES = [2, 0, 1, 2]
NAMES = ["de", "en", "fr"]

CHOICES = [
    *[f"model/cell={name}" for name in names("cell")],
    "model.encoder.bidirectional=false",
    "model/initial_state=learned model.encoder.layers=2 model.residual=true",
    "model/cell=lstm model/initial_state=learned model.encoder.layers=2",
    "model/embedding=onehot",
]
each_choice = pytest.mark.parametrize("choice", CHOICES)


@cache
def options(choice: str) -> TrainConfig:
    sizes = ["model/cell=gru", "model.embedding_size=6", "model.encoder.size=4"]
    overrides = ["+recipe=language-id", *sizes, *choice.split()]
    return to_schema(compose.compose("train", overrides), TrainConfig)


def network(choice: str, pieces: int = 13, width: float = 0.5) -> Classifier:
    torch.manual_seed(0)
    model = builders.build_classifier(options(choice).model, pieces, len(NAMES))
    for parameter in model.parameters():
        torch.nn.init.uniform_(parameter, -width, width)
    return model.eval()


def losses(model: Classifier, rows: list[int]) -> torch.Tensor:
    """The summed loss of some of the lines, as one batch."""
    features = model(*pad([LINES[row] for row in rows]))
    expected = torch.tensor([CLASSES[row] for row in rows])
    output = model.output.linear
    total, _ = cross_entropy(features, output.weight, output.bias, expected, 0.1)
    return total


@each_choice
def test_a_batch_is_its_lines_one_by_one(choice: str) -> None:
    model = network(choice)

    together = losses(model, [0, 1, 2, 3])
    together.backward()
    batched = gradients(model)
    model.zero_grad()
    alone = torch.stack([losses(model, [row]) for row in range(4)]).sum()
    alone.backward()

    torch.testing.assert_close(together, alone)
    for name, gradient in gradients(model).items():
        torch.testing.assert_close(batched[name], gradient, atol=1e-5, rtol=1e-4)


@each_choice
def test_gradients_reach_every_weight(choice: str) -> None:
    model = network(choice)

    losses(model, [0, 1, 2, 3]).backward()

    silent = {n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum()}
    assert silent == set()


@pytest.mark.parametrize("choice", [c for c in CHOICES if "residual" not in c])
def test_the_features_are_the_final_hidden_state_of_the_last_layer(choice: str) -> None:
    model = network(choice)
    source, lengths = pad(LINES)

    features = model(source, lengths)
    values = model.encoder(source, lengths).values

    size = 4  # of the state in each direction
    for row, line in enumerate(LINES):
        torch.testing.assert_close(features[row, :size], values[row, len(line) - 1, :size])
        torch.testing.assert_close(features[row, size:], values[row, 0, size:])


def test_probabilities_are_a_distribution_that_the_output_layer_gives() -> None:
    model = network("model/cell=gru")

    found = model.probabilities(*pad(LINES))

    logits = model(*pad(LINES)) @ model.output.linear.weight.T + model.output.linear.bias
    torch.testing.assert_close(found, logits.exp() / logits.exp().sum(-1, keepdim=True))


BARE = network("model/cell=mingru_bare", 260, width=2)
LABELLER = LineClassifier(BARE, ByteTokenizer(), NAMES, 3)
WORDS = ["a", "ab", "xy", "ein Satz", "une phrase", "", " ", "\u200b", "zz" * MAX_TOKENS, "日本"]


@settings(max_examples=25)
@given(st.lists(st.sampled_from(WORDS), max_size=8), st.integers(1, 5), st.booleans())
def test_a_label_is_the_same_alone_and_in_any_batch(
    lines: list[str], batch: int, mixed: bool
) -> None:
    classifier = LineClassifier(LABELLER.model, ByteTokenizer(), NAMES, batch, mixed=mixed)
    together = classifier.classify(lines).labels

    assert len(together) == len(lines)
    for line, label in zip(lines, together, strict=True):
        [alone] = LABELLER.classify([line]).labels
        if not line.strip(" \u200b"):
            assert label is alone is None  # a blank line has none
        else:
            assert label is not None
            assert alone is not None
            assert label.name == alone.name
            assert label.probability == pytest.approx(alone.probability, abs=1e-6)


def test_lines_with_other_labels_are_among_them() -> None:
    found = LABELLER.classify(WORDS).labels

    assert len({label.name for label in found if label}) > 1
    assert all(1 / 3 <= label.probability <= 1 for label in found if label)


def test_of_a_long_line_the_beginning_is_read() -> None:
    assert LABELLER.classify(["z" * 5000]).labels == LABELLER.classify(["z" * MAX_TOKENS]).labels


def test_classifying_keeps_the_network_in_training_mode() -> None:
    labeller = LineClassifier(network("model.dropout=0.5", 260), ByteTokenizer(), NAMES, 3)
    labeller.model.train()

    first, second = labeller.classify(["ab"]), labeller.classify(["ab"])

    assert first == second  # without dropout
    assert labeller.model.training
