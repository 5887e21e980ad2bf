"""Checks of the outputs of a command, before it begins."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seq2seq.storage.outputs import NamedFile, require_distinct
from seq2seq.storage.run_files import RUN_FILES
from seq2seq.storage.writable import STANDARD, require_writable


def require_outputs(
    inputs: Sequence[NamedFile], outputs: Sequence[NamedFile], run: Any = None
) -> None:
    """Require that each output can be written, and replaces no input and no other output.

    Args:
        inputs: the files that the command reads; - is standard input.
        outputs: the files that it writes; - is standard output.
        run: a run folder, a list of run folders, or None. Their files are inputs, too.

    Raises:
        TextError: an output cannot be written.
        ConfigError: an output is an input, a file of a run, or another output.
    """
    files = [output for output in outputs if output.name != STANDARD]
    for output in files:
        require_writable(output.name, output.option)
    read = [each for each in inputs if each.name != STANDARD]
    for folder in run if isinstance(run, list) else [run] if run else []:
        for name in RUN_FILES:
            path = str(Path(folder) / name)
            read.append(NamedFile("run", path, f"{name} of the run folder {folder}"))
    require_distinct(read, files)
