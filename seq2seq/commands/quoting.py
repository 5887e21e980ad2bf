"""Quoting of command-line words: ordinary text is quoted before Hydra's parser reads it.

Hydra's grammar has its own use for commas, brackets, quotes and `=`, and refuses letters outside
ASCII. Its own syntax stays as it is: lists, mappings, quoted strings, null, interpolations, and
sweeps with --multirun. Everything else is text, and quoted.
"""

from collections.abc import Collection, Sequence

from hydra.core.override_parser.types import ValueType
from hydra.errors import HydraException

from seq2seq.commands.typed_values import Reading, is_container, quote_typed
from seq2seq.config.literals import quote_argument, read_override
from seq2seq.errors import ConfigError

PATH_KEYS = frozenset(
    {"run", "input", "output", "images", "scores", "sheet", "attention", "json", "table", "picture"}
    | {"source", "reference", "hypothesis", "against"}
    | {"data.path", "init.run", "tokenizer.model", "hydra.run.dir", "hydra.sweep.dir"}
)
TEXT_KEYS = PATH_KEYS | {"prompt", "name", "language"}


def quote_overrides(
    words: Sequence[str],
    text_keys: Collection[str] = TEXT_KEYS,
    path_keys: Collection[str] = PATH_KEYS,
    *,
    multirun: bool = False,
) -> list[str]:
    """Quote the values of the overrides `words` that are text, and not Hydra's syntax.

    A second call changes nothing more.

    Args:
        words: KEY=VALUE, +KEY=VALUE, ++KEY=VALUE, ~KEY=VALUE or ~KEY, as the shell passed them.
        text_keys: the options whose values are text, or lists of it.
        path_keys: the keys in `text_keys` whose values are paths.
        multirun: whether --multirun was given.

    Raises:
        ConfigError: a word is neither text nor Hydra's syntax, such as a list without an end.
    """
    quoted = []
    for word in words:
        key = word.partition("=")[0].lstrip("+~")
        is_path = key in path_keys
        reading = Reading(is_path or key in text_keys, is_path, multirun)
        quoted.append(_quote_word(word, key, reading))
    return quoted


def _quote_word(word: str, key: str, reading: Reading) -> str:
    start, equals, value = word.partition("=")
    try:
        read_override(start + equals)
        quoted = start + equals + (quote_typed(value, reading) if equals else "")
    except (HydraException, RecursionError) as error:
        raise ConfigError(describe_override_error(word, error)) from error
    if reading.is_path and key.startswith("hydra.") and r"\${" in quoted:
        raise ConfigError(_one_line(f"{word}: Hydra works in no folder that has ${{ in its name"))
    return quoted


def describe_override_error(word: str, error: Exception) -> str:
    """Return one line on why Hydra refuses `word`, with the form to type if it is text."""
    key, equals, value = word.partition("=")
    typed = f"as text it is typed {quote_argument(word)}"
    try:
        read_override(key + equals)
    except HydraException:
        return _one_line(f"{word} is no option: {key} cannot be the name of one")
    try:
        read = read_override(word)
    except HydraException as unread:
        if is_container(value.strip(" \t")):
            form = "a list is typed {}=[A,B]" if "[" in value else "a mapping is typed {}={{A: B}}"
            typed = f"{form.format(key)}, with quotes around names; {typed}"
        return _one_line(f"{word}: {unread}; {typed}")
    if read.value_type == ValueType.SIMPLE_CHOICE_SWEEP:
        typed = f"a list is typed {key}=[{value}]; {typed}"
    if read.is_sweep_override():
        return _one_line(f"{word}: several values are for several runs, with --multirun; {typed}")
    return _one_line(f"{word}: {error}")


def _one_line(text: str) -> str:
    return " ".join(text.split())
