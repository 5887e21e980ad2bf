"""`python -m seq2seq.train`: a corpus in, a run folder out."""

from pathlib import Path

from seq2seq import command
from seq2seq.config import Config


def main() -> None:
    """Entry point of `seq2seq-train`."""
    command.run("train", Config, train)


def train(config: Config, folder: Path) -> None:
    """Train the model that `config` describes into `folder`."""
    from seq2seq.training.session import train as work  # torch comes in here, after the checks

    work(config, folder)


if __name__ == "__main__":
    main()
