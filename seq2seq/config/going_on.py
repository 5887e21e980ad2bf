"""Options of a run that begins with the weights and pieces of another one, and of its stages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seq2seq.config.ranges import choice, number, require, require_ranges
from seq2seq.errors import ConfigError

# Parts of networks that `train.freeze` names; each weight is of one of them, a tied one of the
# embedding. Which of them a network has depends on its task.
FREEZABLE_PARTS = (
    "embedding", "encoder", "bridge", "attention", "decoder", "output", "vision", "initial_state",
    "document_context",
)  # fmt: skip


@dataclass
class InitOptions:
    """The run that training begins from, and how far it may leave it."""

    run: str | None = None  # run folder whose weights and pieces it begins with; also init=RUN
    # keep: the pieces of that run; extend: those of the new text that it lacks are added.
    vocabulary: str = choice("keep", ("keep", "extend"))
    # Weight in the loss of the squared distance to the initial weights, Barone et al. (2017).
    distance_penalty: float = number(0.0, 0, 10**6)
    # Share of the initial weights in those that are validated and kept, Wortsman et al. (2022).
    average: float = number(0.0, 0, 1)

    def __post_init__(self) -> None:
        require_ranges("init.", self)
        if self.run is None:
            for name, default in (("vocabulary", "keep"), ("distance_penalty", 0), ("average", 0)):
                if (value := getattr(self, name)) != default:
                    raise ConfigError(f"init.{name}={value} needs a run to begin from: init=RUN")


@dataclass
class StageOptions:
    """A part of training, with weights of its own for the corpora of `data=joined`."""

    # Times that each pair is in an epoch, by name of the corpus; the others are left out.
    weights: dict[str, float] = field(default_factory=dict)
    epochs: int | None = number(None, 1, 10**9)  # null: until training ends, of the last stage

    def __post_init__(self) -> None:
        require_ranges("stages.", self)
        if not self.weights:
            raise ConfigError("each of stages needs weights, as in {weights: {old: 1}, epochs: 2}")
        for name, weight in self.weights.items():
            in_range = 0 < weight <= 1000
            require(f"stages: the weight of {name}", weight, in_range, "above 0 and at most 1000")


def require_stages(stages: Sequence[StageOptions], data: Any, epochs: int | None) -> None:
    """Check that stages fit the corpora and the length of training.

    Raises:
        ConfigError: they do not.
    """
    if not stages:
        return
    corpora = data.get("corpora") if isinstance(data, Mapping) else None
    if not isinstance(corpora, Mapping):
        raise ConfigError("stages choose among the corpora of data=joined: add data=joined")
    for stage in stages:
        if unknown := sorted(set(stage.weights) - set(corpora)):
            known = ", ".join(map(str, corpora))
            raise ConfigError(f"stages: there is no corpus {unknown[0]}, only {known}")
    if any(stage.epochs is None for stage in stages[:-1]) or stages[-1].epochs is not None:
        raise ConfigError("all of stages but the last have epochs; the last goes on to the end")
    first = sum(stage.epochs or 0 for stage in stages)
    if epochs is not None and epochs <= first:
        raise ConfigError(
            f"train.epochs={epochs} ends before the last of stages begins, after {first} epochs"
        )
