"""Lines through a program: n lines in, n lines out, files or standard input and output."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.files import atomic_write, require_parent_folder
from seq2seq.text.lines import count_lines, read_lines, stream_lines
from seq2seq.text.stdin import available_lines, split_lines

if TYPE_CHECKING:
    from rich.progress import Progress

STANDARD = "-"


def input_output_pairs(inputs: Any, outputs: Any) -> list[tuple[str, str]]:
    """Each input with its output; one name or lists of them.

    Raises:
        ConfigError: not one output for each input.
        TextError: there is no such input, or no folder for an output.
    """
    given = []
    for option, value in (("input", inputs), ("output", outputs)):
        names = value if isinstance(value, list) else [value]
        if not names or not all(isinstance(name, str | int | float) for name in names):
            raise ConfigError(f"{option} must be a file, a list of files, or -, not {value}")
        given.append([str(name) for name in names])
    if len(given[0]) != len(given[1]):
        raise ConfigError(
            f"{len(given[0])} inputs and {len(given[1])} outputs: one for each is needed"
        )
    for name in given[0]:
        if name != STANDARD and not Path(name).exists():
            raise TextError(f"there is no file {name}")
        if Path(name).is_dir():
            raise TextError(f"{name} is a folder, not a file")
    for place, name in enumerate(given[1]):
        require_parent_folder(Path(name))
        if name != STANDARD and name in given[1][:place]:
            raise ConfigError(f"output {name} is given twice: it would hold the second alone")
    return list(zip(*given, strict=True))


def map_lines(
    name: str, output: str, most: int, work: Callable[[list[str], int], list[str]]
) -> int:
    """Pass the lines of `name` through `work` into `output`; return how many there were.

    Args:
        name: a file, or - for standard input, whose lines are answered as they come.
        output: a file, which is written aside and moved into place, or - for standard output.
        most: lines that are given to `work` at a time, at most.
        work: from some lines, and the number of the first of them, to as many.

    Raises:
        TextError: the input cannot be read, the output cannot be written, or as many lines did not
            come out; the output is left as it was.
    """
    read = out = 0
    with open_output(output) as file, progress_bar(name) as bar:
        for group in line_groups(name, most):
            found = work(group, read + 1)
            read += len(group)
            out += len(found)
            file.writelines(f"{line}\n" for line in found)
            if output == STANDARD:
                file.flush()
            if bar:
                bar.update(bar.task_ids[0], advance=len(group))
        if out != read:
            raise TextError(f"{read} lines of {name} gave {out}: this is a fault of ours")
    return read


def line_groups(name: str, most: int) -> Iterator[list[str]]:
    """The lines of `name`: `most` at a time of a file, those that are there of standard input."""
    if name == STANDARD:
        yield from available_lines(standard_input(), most)
        return
    lines = read_lines(Path(name))
    while group := list(islice(lines, most)):
        yield group


def standard_input() -> Iterator[str]:
    """The lines of standard input.

    Raises:
        TextError: there is none; later, when it is read: it is not UTF-8.
    """
    if sys.stdin is None:
        raise TextError("standard input is closed")
    # Past its buffer, which Python could not close while a thread waits in it: see `arriving`.
    raw: BinaryIO = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
    return stream_lines(split_lines(raw.read), "standard input")


def standard_output() -> TextIO:
    r"""Standard output, UTF-8 and with \n at the ends of lines wherever it goes.

    Raises:
        TextError: there is none.
    """
    if sys.stdout is None:
        raise TextError("standard output is closed")
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    return sys.stdout


@contextmanager
def open_output(output: str) -> Iterator[TextIO]:
    """Where lines go: standard output, or a file that takes its place when it is whole."""
    if output == STANDARD:
        yield standard_output()
    else:
        with atomic_write(Path(output)) as file:
            yield file


@contextmanager
def progress_bar(name: str) -> "Iterator[Progress | None]":
    """A bar on a terminal, for a file."""
    if not Path(name).is_file() or not sys.stderr.isatty():  # a pipe can be read but once
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bar:
        bar.add_task(name, total=count_lines(Path(name)))
        yield bar
