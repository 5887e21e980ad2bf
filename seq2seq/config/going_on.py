"""Options of a run that begins with the weights and pieces of another one."""

from dataclasses import dataclass

from seq2seq.config.ranges import choice, number, require_ranges
from seq2seq.errors import ConfigError

# Parts of networks that `train.freeze` names; each weight is of one of them, a tied one of the
# embedding. Which of them a network has depends on its task.
PARTS = (
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
