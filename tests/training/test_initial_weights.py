"""Weights that stay near those that training began with, and parts that stay as they are."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from seq2seq import builders
from seq2seq.commands import compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import ConfigError
from seq2seq.training import train_model
from seq2seq.training.freezing import freeze, parts_of
from seq2seq.training.initial_weights import InitialWeights
from tests.conftest import TINY
from tests.toy_corpus import write_corpus

Compose = Callable[..., TrainConfig]
VOCABULARY = builders.VocabSizes(9, 9, True)


def line(*weights: float) -> nn.Linear:
    made = nn.Linear(len(weights), 1, bias=False)
    made.weight.data = torch.tensor([weights])
    return made


def test_the_penalty_adds_twice_lambda_times_the_distance_to_the_gradient() -> None:
    model = line(3.0, 1.0)
    initial = InitialWeights(model, {"weight": torch.tensor([[1.0, 2.0]])}, 0.25, 0)
    model(torch.tensor([10.0, 20.0])).backward()

    initial.add_gradient()

    # d/dW of 10 a + 20 b + 0.25 ((a - 1)^2 + (b - 2)^2), at a = 3 and b = 1
    assert model.weight.grad is not None
    assert model.weight.grad.tolist() == [[10 + 1.0, 20 - 0.5]]


def test_the_average_is_between_the_weights_and_those_at_the_beginning() -> None:
    model = line(3.0, 1.0)
    initial = InitialWeights(model, {"weight": torch.tensor([[1.0, 2.0]])}, 0, 0.25)

    with initial.averaged():
        inside = model.weight.tolist()

    assert inside == [[0.75 * 3 + 0.25 * 1, 0.75 * 1 + 0.25 * 2]]
    assert model.weight.tolist() == [[3.0, 1.0]]


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["model/attention=general"], "embedding encoder bridge attention decoder output"),
        (["model/attention=none", "model/bridge=copy"], "embedding encoder decoder output"),
        (["model.tie_source_target=true"], "embedding encoder bridge decoder output"),
    ],
)
@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
def test_every_weight_is_of_one_part(config: Compose, words: list[str], parts: str) -> None:
    model = builders.build_translation(config(*words).model, VOCABULARY)

    found = parts_of(model)

    assert list(found) == parts.split()
    owners = [id(parameter) for of_part in found.values() for parameter in of_part]
    assert len(owners) == len(set(owners))
    assert set(owners) == {id(p) for p in model.parameters() if p.numel()}
    assert len(found["embedding"]) == (1 if "model.tie_source_target=true" in words else 2)
    assert [tuple(p.shape) for p in found["output"]] == [(9,)]  # its weights are the embedding's


def test_a_part_that_a_network_lacks_is_told_with_those_that_it_has(config: Compose) -> None:
    model = builders.build_language_model(config().model, 9)

    with pytest.raises(ConfigError, match="no weights of encoder, only of embedding, decoder, out"):
        freeze(model, ["encoder"])
    with pytest.raises(ConfigError, match="leaves nothing to train"):
        freeze(model, list(parts_of(model)))
    with pytest.raises(
        ConfigError, match=r"train\.freeze must be one of embedding, encoder, .*, n"
    ):
        config("train.freeze=[encodr]")


def test_frozen_parts_stay_as_they_are_bit_for_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_model, "finish_run", lambda *_: None)
    write_corpus(tmp_path / "corpus")
    words = [*TINY, f"data.path={tmp_path / 'corpus'}", "train.steps=6", "validation.interval=3"]
    words += ["train.freeze=[encoder,embedding]", "train.ema.decay=0.9", "train.ema.interval=1"]
    words += ["optimizer.weight_decay=0.5", "train.save_interval=3"]
    config = to_schema(compose.compose("train", words), TrainConfig)
    built = train_model.build_training(config, lambda _: None)[0].model
    before = {name: value.detach().clone() for name, value in built.named_parameters()}

    train_model.train_model(config, tmp_path / "run")

    last, kept = (load_file(tmp_path / "run" / f"{name}.safetensors") for name in ("last", "model"))
    frozen = [name for name in before if name.startswith("encoder.") or "embedding" in name]
    assert len(frozen) > 2
    for name, value in before.items():
        assert value.equal(last[f"model.{name}"]) == (name in frozen)
        assert value.equal(kept[name]) == (name in frozen)
        assert (f"optimizer.exp_avg.{name}" in last) == (name not in frozen)
