"""What Hydra and OmegaConf say over several lines, in one."""

import re

from omegaconf.errors import OmegaConfBaseException

from seq2seq.commands.compose import SCHEMAS, groups
from seq2seq.config.suggestions import did_you_mean
from seq2seq.config.validation import explain_omegaconf, schema_keys


def one_line(name: str, error: object) -> str:
    """What is said of `error`, whatever line breaks it came with."""
    return f"seq2seq.{name}: {' '.join(str(error).split())}"


def explain_hydra(error: Exception, name: str) -> str:
    """What Hydra says over several lines, in one, with the nearest right name."""
    text, cause = str(error), root_cause(error)
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
    where = re.match(r"In '([^']+)': ", text)
    file = f"in {where[1]}.yaml: " if where and where[1] != name else ""
    if isinstance(cause, OmegaConfBaseException):
        return file + explain_omegaconf(
            str(cause), known_keys(name), named[1] if named else cause.full_key
        )
    if where and where[1].startswith("recipe/") and "Key 'recipe' not in" in text:
        return f"{file}its first line must be # @package _global_"
    inner = re.search(r"raised while composing config:\n(.*)\n +full_key: (\S+)", text)
    if inner:
        return file + explain_omegaconf(inner[1], known_keys(name), inner[2])
    return " ".join(text.split("\n\n")[0].split())


def root_cause(error: BaseException | None) -> BaseException | None:
    """The error of OmegaConf at the root of `error`, if there is one."""
    found = error
    while error is not None:
        found = error if isinstance(error, OmegaConfBaseException) else found
        error = error.__cause__
    return found


def known_keys(name: str) -> list[str]:
    """All keys that `name` can have, whatever is chosen."""
    keys = schema_keys(SCHEMAS[name])
    for group, files in groups(name).items():
        for file in files:
            names = re.findall(r"^([a-z]\w*):", file.read_text(encoding="utf-8"), re.MULTILINE)
            keys += [f"{group.replace('/', '.')}.{key}" for key in names]
    return keys
