"""Line-by-line work: n lines in, n lines out, of files or standard input and output."""

import gc
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, cast

from seq2seq.commands.counts import counted
from seq2seq.commands.outputs import require_outputs
from seq2seq.config.literals import quote_argument
from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.files import atomic_write
from seq2seq.storage.outputs import NamedFile
from seq2seq.storage.regular import escaped, require_file_or_pipe
from seq2seq.storage.visible import visible
from seq2seq.storage.writable import STANDARD
from seq2seq.text.lines import count_lines, read_lines, stream_lines
from seq2seq.text.stdin import available_lines, split_lines

if TYPE_CHECKING:
    from rich.progress import Progress


def input_output_pairs(
    inputs: Any, outputs: Any, run: Any = None, others: Sequence[NamedFile] = ()
) -> list[tuple[str, str]]:
    """Pair each input with its output, and check them all.

    Args:
        inputs: a file, - for standard input, or a list of these.
        outputs: a file for each input, or - for standard output.
        run: a run folder, or a list of run folders, whose files must stay.
        others: more files that the command writes.

    Raises:
        ConfigError: there is not one output for each input, or an output would replace another
            file of these.
        TextError: an input does not exist, or an output cannot be written.
    """
    sources, targets = file_names("input", inputs), file_names("output", outputs)
    if len(sources) != len(targets):
        raise ConfigError(
            f"{counted(len(sources), 'input')} and {counted(len(targets), 'output')}: "
            "each input needs an output"
        )
    for name in sources:
        if name != STANDARD:
            require_file_or_pipe(Path(name))
    read = [NamedFile("input", name) for name in sources]
    written = [*(NamedFile("output", name) for name in targets), *others]
    require_outputs(read, written, run)
    return list(zip(sources, targets, strict=True))


def file_names(option: str, value: Any) -> list[str]:
    """Return the files of an option that is a file or a list of files.

    Raises:
        ConfigError: it is neither.
    """
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str | int | float) for name in names):
        raise ConfigError(
            f"{option} must be a file, a list of files, or -, not {_as_typed(option, value)}"
        )
    return [str(name) for name in names]


def _as_typed(option: str, value: Any) -> str:
    """Return a value that names no file; for null, with the form of a file of that name."""
    if value is None:
        return f"null; for a file of that name, type {quote_argument(f'{option}=null')}"
    return str(value)


def map_lines(
    name: str, output: str, most: int, work: Callable[[list[str], int], list[str]]
) -> int:
    """Write `work` of the lines of `name` to `output`, and return the number of lines.

    Args:
        name: a file, or - for standard input, whose lines are processed as they arrive.
        output: a file, which appears when it is complete, or - for standard output.
        most: maximum number of lines in a call of `work`.
        work: a function from a group of lines, and the number of the first, to as many lines.

    Raises:
        TextError: the input cannot be read, the output cannot be written, or `work` has
            returned another number of lines; an earlier output stays.
    """
    gc.freeze()  # of what is loaded nothing becomes garbage: collections need not look at it
    read = written = 0
    with open_output(output) as file, progress_bar(name) as bar:
        for group in line_groups(name, most):
            results = work(group, read + 1)
            read += len(group)
            written += len(results)
            file.writelines(f"{line}\n" for line in results)
            if output == STANDARD:
                file.flush()
            if bar:
                bar.update(bar.task_ids[0], advance=len(group))
        if written != read:
            raise TextError(f"{read} lines of {name} gave {written}: this is a fault of ours")
    return read


def line_groups(name: str, most: int) -> Iterator[list[str]]:
    """Yield groups of lines of `name`: `most` lines of a file, the arrived lines of a pipe."""
    if name == STANDARD:
        yield from available_lines(standard_input(), most)
        return
    lines = read_lines(Path(name))
    while group := list(islice(lines, most)):
        yield group


def standard_input() -> Iterator[str]:
    """Yield the lines of standard input.

    Raises:
        TextError: standard input is closed; later, when it is read: it is not UTF-8.
    """
    if sys.stdin is None:
        raise TextError("standard input is closed")
    # Unbuffered: Python could not close a buffer that a thread of `available_lines` waits in.
    raw: BinaryIO = getattr(sys.stdin.buffer, "raw", sys.stdin.buffer)
    return stream_lines(split_lines(raw.read, "standard input"), "standard input")


def standard_output() -> TextIO:
    r"""Return standard output, in UTF-8 and with \n at the ends of lines on every system.

    On a terminal it shows no control characters: a translation may hold an escape sequence.

    Raises:
        TextError: standard output is closed.
    """
    if sys.stdout is None:
        raise TextError("standard output is closed")
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    return cast(TextIO, TerminalText(sys.stdout)) if sys.stdout.isatty() else sys.stdout


class TerminalText(io.TextIOBase):
    """A text stream to a terminal, without control characters."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        return self.stream.write(visible(text))

    def flush(self) -> None:
        self.stream.flush()


@contextmanager
def open_output(output: str) -> Iterator[TextIO]:
    """Open standard output, or a file that appears when it is complete."""
    if output == STANDARD:
        yield standard_output()
    else:
        with atomic_write(Path(output)) as file:
            yield file


@contextmanager
def progress_bar(name: str) -> "Iterator[Progress | None]":
    """Show a progress bar of the lines of a file, if there is a terminal."""
    if not Path(name).is_file() or not sys.stderr.isatty():  # a pipe can be read only once
        yield None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bar:
        bar.add_task(escape(escaped(name)), total=count_lines(Path(name)))
        yield bar
