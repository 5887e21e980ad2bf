"""The options of `seq2seq.check`."""

from dataclasses import dataclass

from seq2seq.config.ranges import number
from seq2seq.config.training import TrainConfig
from seq2seq.errors import ConfigError


@dataclass
class CheckConfig(TrainConfig):
    """Options of `seq2seq.check`: those of training, and its own."""

    steps: int = number(20, 0, 10**6)  # training steps that are timed; 0: none
    output: str | None = None  # new folder for the cleaned corpus and the pairs that were dropped
    hold_out: bool = False  # held-out text is written apart: the text that training holds out

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.hold_out and self.output is None:
            raise ConfigError("hold_out=true is about the files of output, and there is none")
