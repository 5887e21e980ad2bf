"""Target prefixes of `seq2seq.translate`: a file of them, or a column of the input."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.outputs import NamedFile, require_distinct
from seq2seq.storage.regular import open_regular
from seq2seq.storage.writable import STANDARD
from seq2seq.text.lines import count_lines, read_lines

if TYPE_CHECKING:
    from seq2seq.search.interface import Search

# From consecutive rows of an input and the number of the first to lines with their prefixes.
LineReader = Callable[[Sequence[str], int], Sequence[str]]


def prefix_files(value: Any, files: Sequence[tuple[str, str]]) -> list[str | None]:
    """Return the file of prefixes of each input, after all checks.

    Args:
        value: of the option `prefix`: a file, a list of files, or None.
        files: each input with its output.

    Raises:
        ConfigError: there is not one file for each input, or it is an output too.
        TextError: a file cannot be read, or has not one prefix for each line of its input.
    """
    if value is None:
        return [None] * len(files)
    names = [str(name) for name in (value if isinstance(value, list) else [value])]
    if len(names) != len(files):
        raise ConfigError(f"{len(files)} inputs and {len(names)} prefix files: one for each")
    outputs = [NamedFile("output", output) for _, output in files if output != STANDARD]
    require_distinct([NamedFile("prefix", name) for name in names], outputs)
    for name, (source, _) in zip(names, files, strict=True):
        if source == STANDARD:
            raise ConfigError(
                "prefix needs a file as input; of standard input, search=prefix reads lines "
                "SOURCE<TAB>PREFIX"
            )
        for path in (name, source):
            open_regular(Path(path)).close()  # each is read twice, which a pipe cannot be
        prefixes, lines = count_lines(Path(name)), count_lines(Path(source))
        if prefixes != lines:
            raise TextError(
                f"{name} has {prefixes} lines, and {source} has {lines}: there must be one for each"
            )
    return list(names)


def line_reader(name: str | None, search: "Search") -> LineReader:
    """Return the function that reads the lines of an input and their prefixes.

    Args:
        name: a file with a line for each one of the input: its prefix, or TSV whose last column
            is the prefix. None: there is none.
        search: a `PrefixSearch` reads rows SOURCE<TAB>PREFIX of the input.
    """
    from seq2seq.search.prefix import PrefixSearch
    from seq2seq.text.prefixes import PrefixedLine, prefixed_lines

    if name is not None:
        prefixes = [row.rpartition("\t")[2] for row in read_lines(Path(name))]
        return lambda rows, first: prefixed_lines(rows, prefixes[first - 1 :][: len(rows)])
    if isinstance(search, PrefixSearch):
        return lambda rows, _: [PrefixedLine.parse(row) for row in rows]
    return lambda rows, _: rows
