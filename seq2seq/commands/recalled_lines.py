"""Lines that a translation memory has: they are taken over and not decoded."""

from collections.abc import Sequence

from seq2seq.commands.line_io import file_names
from seq2seq.commands.review_file import review_name
from seq2seq.config.commands import TranslateConfig
from seq2seq.documents.memory import TranslationMemory, read_memory, require_similarity
from seq2seq.errors import ConfigError
from seq2seq.text.prefixes import PrefixedLine

_OF_DECODING = ("scores", "alignments")  # options that no line of a memory can have a row for


def require_readable_memory(config: TranslateConfig) -> None:
    """Require a memory that can be used, if there is one.

    Raises:
        ConfigError: a file has no ending of a memory, or similar texts need a package.
        TextError: a file cannot be read, or is damaged.
    """
    if open_memory(config) is not None and review_name(config):
        require_similarity()


def open_memory(
    config: TranslateConfig, source: str = "", target: str = ""
) -> TranslationMemory | None:
    """Return the memory between two languages, None if there is none; raises as `read_memory`."""
    if config.memory is None:
        return None
    return read_memory(file_names("memory", config.memory), source, target)


def require_lines_of_memory(config: TranslateConfig) -> None:
    """Require options that go with lines from a memory, and a memory that can be read.

    Raises:
        ConfigError: an option needs what only decoding gives; or as `require_readable_memory`.
        TextError: as `require_readable_memory`.
    """
    require_readable_memory(config)
    if config.memory is None:
        return
    for option in _OF_DECODING:
        if getattr(config, option) is not None:
            raise ConfigError(f"{option} cannot be used with memory, whose lines are not decoded")


def recalled_line(memory: TranslationMemory, line: str) -> str | None:
    """Return the translation of a line that a memory has; None where it has none of one line."""
    if (
        isinstance(line, PrefixedLine) and line.prefix
    ):  # its translation begins as somebody wants it
        return None
    found = memory.recall(line)
    return None if found is None or "\n" in found or "\r" in found else found


def recalled_lines(memory: TranslationMemory | None, lines: Sequence[str]) -> dict[int, str]:
    """Return the translations that a memory has, by the indices of their lines."""
    if memory is None:
        return {}
    found = ((index, recalled_line(memory, line)) for index, line in enumerate(lines))
    return {index: text for index, text in found if text is not None}
