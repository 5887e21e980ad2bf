"""Messages in one line; messages of Hydra and OmegaConf have several lines."""

import re

from omegaconf.errors import OmegaConfBaseException

from seq2seq.commands.compose import SCHEMAS, groups
from seq2seq.commands.quoting import describe_override_error
from seq2seq.config.suggestions import did_you_mean
from seq2seq.config.validation import cannot_be_removed, explain_omegaconf, schema_keys
from seq2seq.storage.regular import escaped


def one_line(name: str, error: object) -> str:
    """Return the message of `error` in one line, without characters that act on a terminal."""
    return f"seq2seq.{name}: {escaped(' '.join(str(error).split()))}"


def explain_hydra(error: Exception, name: str) -> str:
    """Return a message of Hydra or OmegaConf in one line, with the nearest known name.

    Their errors have no codes: the patterns match the messages of Hydra 1.3.8 and OmegaConf 2.3.1.
    """
    text, cause = str(error), root_cause(error)
    if message := _explain_choice(error, name) or _explain_removal(text, name):
        return message
    named = re.search(r"Could not override '([^']+)'", text)
    where = re.match(r"In '([^']+)': ", text)
    file = f"in {where[1]}.yaml: " if where and where[1] != name else ""
    if isinstance(cause, OmegaConfBaseException):
        key = named[1] if named else cause.full_key
        return file + explain_omegaconf(str(cause), known_keys(name), key, cause.value)
    if where and where[1].startswith("recipe/") and "Key 'recipe' not in" in text:
        return f"{file}its first line must be # @package _global_"
    if inner := re.search(r"raised while composing config:\n(.*)\n +full_key: (\S+)", text):
        return file + explain_omegaconf(inner[1], known_keys(name), inner[2])
    return " ".join(text.split("\n\n")[0].split())


def _explain_choice(error: Exception, name: str) -> str:
    """Return a message about a value or a choice of the command line; empty for other errors."""
    text = str(error)
    if word := re.search(r"(?:Ambiguous value for argument|Sweep parameters) '(.*)'", text):
        return describe_override_error(word[1], error)
    if missing := re.match(r"You must specify '([^']+)'", text):
        options = text.partition("Available options:")[2].split()
        return f"no value for {missing[1]}; choose one of {', '.join(options)}"
    choice = re.search(r"Could not find '([^']+)'", text)
    if choice and "Available options in" in text:
        listed = text.partition("Available options in ")[2].partition("Config search path")[0]
        options = [option.strip() for option in listed.splitlines()[1:] if option.strip()]
        guess = did_you_mean(choice[1].rsplit("/", 1)[-1], options)
        return f"there is no {choice[1]}; choose one of {', '.join(options)}{guess}"
    named = re.search(r"Could not override '([^']+)'", text)
    if named and "No match in the defaults list" in text:
        hint = "; a recipe is added, +recipe=NAME" if named[1] == "recipe" else ""
        return f"{named[1]} chooses nothing here{hint}{did_you_mean(named[1], known_keys(name))}"
    return ""


def _explain_removal(text: str, name: str) -> str:
    """Return a message about an option that ~OPTION was to remove; empty for other errors."""
    absent = re.match(r"Could not delete from config\. '(.+)' does not exist", text)
    if not absent:
        return ""
    if absent[1] in known_keys(name):  # it has its default
        return cannot_be_removed(absent[1])
    return f"no option {absent[1]}{did_you_mean(absent[1], known_keys(name))}"


def root_cause(error: BaseException | None) -> BaseException | None:
    """Return the error of OmegaConf at the root of `error`; `error` itself if there is none."""
    cause = error
    while error is not None:
        cause = error if isinstance(error, OmegaConfBaseException) else cause
        error = error.__cause__
    return cause


def known_keys(name: str) -> list[str]:
    """Return all keys that the command `name` can have, whatever is chosen."""
    keys = schema_keys(SCHEMAS[name])
    for group, files in groups(name).items():
        for file in files:
            names = re.findall(r"^([a-z]\w*):", file.read_text(encoding="utf-8"), re.MULTILINE)
            keys += [f"{group.replace('/', '.')}.{key}" for key in names]
    return keys
