"""New folders, and copies in them of the files of a run that translation needs."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq.errors import ConfigError, RunError
from seq2seq.storage.run_files import COPIED_FILES
from seq2seq.storage.temporary import remove_abandoned, temporary_name

if TYPE_CHECKING:  # it imports torch
    from seq2seq.run_folder import RunFolder


def require_run_and_output(run: str | None, output: str | None) -> tuple[Path, Path]:
    """Return the folder of a run, and that of the output, at which nothing exists yet.

    Raises:
        ConfigError: one of them is not given.
        RunError: something exists at the output already.
    """
    if not run or not output:
        missing = "output" if run else "run"
        raise ConfigError(f"no value for {missing}: both run=RUN and output=FOLDER are needed")
    return Path(run), require_new_folder(output)


def require_new_folder(name: str) -> Path:
    """Return `name` as a path at which nothing exists yet.

    Raises:
        RunError: something exists there already, or no folder can have such a name.
    """
    path = Path(name)
    try:
        os.lstat(path)
    except FileNotFoundError:
        return path
    except (OSError, ValueError) as error:  # ValueError: a NUL in it
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise RunError(f"output={name} cannot be written: {reason}") from None
    raise RunError(f"{name} exists already: choose another output")


@contextmanager
def copied_folder(run: "RunFolder", output: Path) -> Iterator[Path]:
    """Yield a folder with copies of the files of `run`, which becomes `output` when complete.

    Raises:
        RunError: it cannot be written.
    """
    with new_folder(output) as folder:
        for name in COPIED_FILES:
            if os.path.lexists(run.folder / name):
                shutil.copyfile(run.file(run.folder / name), folder / name)
        yield folder


@contextmanager
def new_folder(output: Path) -> Iterator[Path]:
    """Yield an empty folder, which becomes `output` when complete.

    Raises:
        RunError: it cannot be written.
    """
    remove_abandoned(output)
    temporary = temporary_name(output)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        temporary.rename(output)
    except OSError as error:
        raise RunError(f"{output} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
