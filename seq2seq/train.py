"""`python -m seq2seq.train`: a corpus in, a run folder out."""

import sys
from pathlib import Path

from seq2seq import command
from seq2seq.config import Config


def main() -> None:
    """Entry point of `seq2seq-train`."""
    arguments = sys.argv[1:]
    resuming = "resume=true" in arguments
    if resuming and not any(argument.startswith("hydra.run.dir=") for argument in arguments):
        sys.argv += [f"hydra.run.dir='{last}'" for last in last_run(arguments)]
    command.run("train", Config, train)


def last_run(arguments: list[str]) -> list[Path]:
    """The newest folder that the command with these arguments has written a checkpoint into.

    None where there is no such folder, or no such command.
    """
    overrides = [a for a in arguments if "=" in a and not a.startswith(("-", "hydra."))]
    try:
        name = command.compose("train", overrides).name
    except Exception:  # whatever is wrong with them, Hydra will say it when the command is run
        return []
    found = sorted(Path("runs", name).glob("*/last.safetensors"))
    return [path.parent for path in found[-1:]]


def train(config: Config, folder: Path) -> None:
    """Train the model that `config` describes into `folder`.

    Raises:
        UserError: the folder, the data, an option or the disk does not allow it.
    """
    from seq2seq.training.session import train as work  # torch comes in here, after the checks

    work(config, folder)


if __name__ == "__main__":
    main()
