"""Whole numbers with an exponent, as the command line accepts them."""

import pytest
from omegaconf import OmegaConf

from seq2seq.commands.compose import SCHEMAS, compose
from seq2seq.commands.whole_numbers import expand_exponents, whole_number_keys
from seq2seq.config.earlier import to_current_names
from seq2seq.config.nodes import validate_node
from seq2seq.errors import ConfigError


@pytest.mark.parametrize(
    ("word", "expanded"),
    [
        ("batches.tokens=1e7", "batches.tokens=10000000"),
        ("+batches.tokens=1.5E+3", "+batches.tokens=1500"),
        ("batches.tokens=-1e0", "batches.tokens=-1"),
        ("batches.tokens=1e26", "batches.tokens=1" + "0" * 26),  # a float has other digits
        ("batches.tokens=1.5e0", "batches.tokens=1.5e0"),  # no whole number
        ("batches.tokens=1e-1", "batches.tokens=1e-1"),
        ("batches.tokens=1e1000000000", "batches.tokens=1e1000000000"),  # it would fill the memory
        ("input=1e7", "input=1e7"),  # a file
        ("batches.tokens=1e7,2e7", "batches.tokens=1e7,2e7"),
        ("~batches", "~batches"),
    ],
)
def test_a_whole_number_may_be_written_with_an_exponent(word: str, expanded: str) -> None:
    assert expand_exponents([word], {"batches.tokens"}) == [expanded]


def test_the_whole_numbers_of_a_command_are_those_of_its_groups_too() -> None:
    keys = set(whole_number_keys(SCHEMAS["train"]))

    assert {"batches.tokens", "train.steps", "tokenizer.vocab_size"} < keys
    assert not {"train.clip", "train.budget", "name", "train"} & keys


def test_an_argument_of_a_class_may_be_written_with_an_exponent() -> None:
    words = ["data.source=en", "data.target=de", "search=beam", "search.beam_size=1e1"]
    node = OmegaConf.to_container(compose("train", words).search)
    assert isinstance(node, dict)

    validate_node("search", node)  # type: ignore[arg-type]  # the keys of this one are text

    assert node["beam_size"] == 10
    assert type(node["beam_size"]) is int
    with pytest.raises(ConfigError, match="must be at most 1000, not 1000000000000"):
        validate_node("search", {**node, "beam_size": 1e12})  # type: ignore[dict-item]


def test_an_infinite_norm_of_an_earlier_run_is_no_limit() -> None:
    assert to_current_names({"train": {"clip": float("inf")}})["train"] == {"clip": None}
    assert to_current_names({"train": {"clip": 2.0}})["train"] == {"clip": 2.0}
