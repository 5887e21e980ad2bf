"""The ranges of `bounds` and the checks of the classes' own constructors agree."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf

from seq2seq.config.bounds import BOUNDS
from seq2seq.config.paths import CONF_DIR
from seq2seq.config.ranges import NumberRange
from seq2seq.errors import ConfigError, TextError

# Arguments that the program passes itself, by the folder of the choice.
PASSED: dict[str, dict[str, Any]] = {
    "attention": {"query_size": 2, "memory_size": 2},
    "cell": {"input_size": 2, "size": 2},
    "optimizer": {"parameters": [torch.nn.Parameter(torch.zeros(1))]},
}
REQUIRED: dict[str, Any] = {"size": 2, "positions": 2, "source": "en", "target": "de", "train": "x"}
# Arguments whose lower end the constructor leaves to the options: sizes of tensors, which torch
# takes, and the initial value of a bias, which any number can be.
UNCHECKED = {
    ("AdditiveAttention", "size"),
    ("ConvNet", "channels"),
    ("LSTM", "forget_bias"),
    ("PrecomputedFeatures", "size"),
    ("PrecomputedFeatures", "positions"),
}
# Readers that need a file before they look at the argument.
READERS_OF_FILES = {"languages", "joined"}
# Arguments that must be larger than another one, which is at its default here.
ABOVE_ANOTHER = {("LRU", "largest"), ("ConvNet", "pixels")}


@cache
def arguments(target: str) -> dict[str, Any]:
    """Return arguments with which the class or function `target` can be called."""
    merged: dict[str, Any] = {}
    for file in sorted(CONF_DIR.rglob("*/*.yaml")):
        node: Any = OmegaConf.to_container(OmegaConf.load(file))
        if node.pop("_target_", None) == target:
            known = {k: v for k, v in node.items() if v != "???" and "${" not in str(v)}
            required = {name: REQUIRED[name] for name in node.keys() - known.keys()}
            merged |= {**known, **required, **PASSED.get(file.parent.name, {})}
    return merged


def bounded_arguments() -> Iterator[tuple[str, str, NumberRange]]:
    for target, bounds in BOUNDS.items():
        if target.rpartition(".")[2] not in READERS_OF_FILES:
            yield from ((target, name, range_) for name, range_ in bounds.items())


def is_accepted(target: str, name: str, value: float) -> bool:
    """Return whether `target` can be called with `value` for its argument `name`, or a list."""
    module, _, function = target.rpartition(".")
    default = arguments(target)[name]
    passed = [value] * len(default) if isinstance(default, list) else value
    try:
        getattr(import_module(module), function)(**{**arguments(target), name: passed})
    except TextError:
        pass  # the file of a reader does not exist, which it looks for after its arguments
    except (ValueError, ConfigError):
        return False
    return True


@pytest.mark.parametrize(("target", "name", "range_"), list(bounded_arguments()))
def test_a_constructor_accepts_the_lower_end_of_a_range_and_refuses_what_is_below_it(
    target: str, name: str, range_: NumberRange
) -> None:
    default = arguments(target)[name]
    is_whole = isinstance(default[0] if isinstance(default, list) else default, int | None)
    step = 1 if is_whole else 1e-6
    lowest = range_.low + step if range_.above else float(range_.low)
    below = range_.low if range_.above else range_.low - step
    argument = (target.rpartition(".")[2], name)

    if argument not in ABOVE_ANOTHER:
        assert is_accepted(target, name, int(lowest) if is_whole else lowest)
    if argument not in UNCHECKED:
        assert not is_accepted(target, name, int(below) if is_whole else below)


@pytest.mark.parametrize(
    ("target", "name", "above"),
    [
        ("seq2seq.search.sampling.Sampling", "top_p", 1.01),
        ("seq2seq.search.mbr.MinimumBayesRisk", "top_p", 1.01),
        ("seq2seq.model.cells.linear.LRU", "largest", 1.0),
        ("seq2seq.training.optimizers.adamw", "betas", 1.0),
        ("seq2seq.training.lr_schedules.Cosine", "floor", 1.01),
        ("seq2seq.training.lr_schedules.Plateau", "factor", 1.0),
    ],
)
def test_a_share_above_its_range_is_refused_by_the_constructor_too(
    target: str, name: str, above: float
) -> None:
    assert above not in BOUNDS[target][name]
    assert not is_accepted(target, name, above)
    assert is_accepted(target, name, 0.9)
