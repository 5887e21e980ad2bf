"""`python -m seq2seq.compare`: runs side by side, with options that differ, scores and curves."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq.commands import app
from seq2seq.commands.outputs import require_outputs
from seq2seq.config.compare import CompareConfig
from seq2seq.config.literals import quote_value
from seq2seq.errors import ConfigError
from seq2seq.storage.files import atomic_write
from seq2seq.storage.outputs import NamedFile
from seq2seq.storage.visible import visible

if TYPE_CHECKING:
    from seq2seq.analysis.compared_runs import ComparedRun


def main() -> None:
    """Entry point of `seq2seq-compare`."""
    sys.argv[1:] = with_runs(sys.argv[1:])
    app.run_command("compare", CompareConfig, compare)


def with_runs(words: Sequence[str]) -> list[str]:
    """Return the words of a command line with the folders among them as one option `run`.

    `compare runs/NAME/*` is the usual call, in which the shell lists the folders, and files beside
    them, which are left out: Hydra writes multirun.yaml into the folder of a sweep.
    """
    words = [word for word in words if not is_file(word)]
    folders = [word for word in words if "=" not in word and word[:1] not in ("-", "~")]
    folders += [word for word in words if "=" in word and is_folder(word)]
    others = [word for word in words if word not in folders]
    if not folders:
        return others
    listed = ",".join(quote_value(folder) for folder in words if folder in folders)
    return [*others, f"run=[{listed}]"]


def is_folder(word: str) -> bool:
    """Return whether a word of a command line names a folder."""
    with suppress(OSError):  # no file can have such a name
        return Path(word).is_dir()
    return False


def is_file(word: str) -> bool:
    """Return whether a word of a command line names a file."""
    with suppress(OSError):
        return Path(word).is_file()
    return False


def compare(config: CompareConfig, _: Path) -> None:
    """Print a table of runs, the best first, and write it and the curves into files.

    Raises:
        ConfigError: there are not two runs, or they are not of one task.
        RunError: one of them is no run folder, or a damaged one.
    """
    folders = list(dict.fromkeys(config.run or []))
    if len(folders) < 2:
        raise ConfigError("a comparison needs two runs or more, such as runs/NAME/*")
    require_picture_name(config.picture)
    files = (("table", config.table), ("picture", config.picture))
    outputs = [NamedFile(option, name) for option, name in files if name is not None]
    require_outputs([], outputs, folders)
    from seq2seq.analysis.compared_runs import read_compared_run
    from seq2seq.analysis.run_table import draw_curves, run_table

    runs = [read_compared_run(folder, config.trusted) for folder in folders]
    require_one_task(runs)
    if config.against is not None and config.against not in folders:
        raise ConfigError(f"against={config.against} must be one of the runs")
    table, notes = run_table(runs, config.against, config.bootstrap)
    for line in aligned(table):
        print(visible(line))
    for note in notes:
        print(visible(note), file=sys.stderr)
    if config.table is not None:
        with atomic_write(Path(config.table)) as file:
            file.writelines("\t".join(row) + "\n" for row in table)
    if config.picture is not None:
        draw_curves(runs, Path(config.picture))


def require_picture_name(name: str | None) -> None:
    """Require a name of a picture that ends in .png, if there is one.

    Raises:
        ConfigError: it ends otherwise.
    """
    if name is not None and not name.endswith(".png"):
        raise ConfigError(f"picture must be a .png file, not {name}")


def require_one_task(runs: "Sequence[ComparedRun]") -> None:
    """Require runs of one kind of system, whose scores mean the same.

    Raises:
        ConfigError: they are of two kinds.
    """
    first = runs[0]
    for run in runs:
        if run.task != first.task:
            raise ConfigError(f"{run.folder} is a {run.task}, and {first.folder} a {first.task}")


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table whose columns begin below one another."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
