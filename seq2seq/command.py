"""What every command does around its work: compose, check, and tell a mistake in one line."""

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from seq2seq.config import Check, Config, Evaluate, Quantize, Translate
from seq2seq.errors import ConfigError, UserError
from seq2seq.options import explain, keys_of, nearest, typed
from seq2seq.shipped import CONF_DIR, RECIPES_DIR, shipped

T = TypeVar("T")

SCHEMAS: dict[str, type[Any]] = {
    "train": Config,
    "check": Check,
    "translate": Translate,
    "evaluate": Evaluate,
    "quantize": Quantize,
}


def register() -> None:
    """Make the schemas and resolvers that the files of `conf/` refer to known to Hydra."""
    for name, schema in SCHEMAS.items():
        ConfigStore.instance().store(name=f"schema_{name}", node=schema)
    OmegaConf.register_new_resolver("shipped", lambda n: str(shipped(n)), replace=True)
    OmegaConf.register_new_resolver("recipes", lambda: ", ".join(recipes()), replace=True)


def recipes() -> list[str]:
    """The names of the shipped recipes."""
    return sorted(path.stem for path in (RECIPES_DIR / "recipe").glob("*.yaml"))


def run(name: str, schema: type[T], work: Callable[[T, Path], None]) -> None:
    """Run the command `name`: `work` gets the checked options and Hydra's output folder.

    A user's mistake ends the process with one line on stderr and status 1.
    """
    register()
    # Hydra's parser stops at a flag between overrides: first, a flag may stand anywhere.
    sys.argv[1:] = sorted(sys.argv[1:], key=lambda word: word not in ("-m", "--multirun"))
    traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"

    @hydra.main(version_base="1.3", config_path=str(CONF_DIR), config_name=name)
    def main(cfg: DictConfig) -> None:
        try:
            work(typed(cfg, schema), Path(HydraConfig.get().runtime.output_dir))
        except BrokenPipeError:
            raise
        except (UserError, OSError) as error:  # SystemExit passes through Hydra without a word
            raise error if traceback else SystemExit(line(name, error)) from None

    # Hydra would print errors over several lines, and hide them from us: with this it raises them.
    with environment("HYDRA_FULL_ERROR", "1"):
        try:
            main()
        except (HydraException, OmegaConfBaseException) as error:
            raise error if traceback else SystemExit(line(name, _composing(error, name))) from None
        except KeyboardInterrupt:
            print(line(name, "interrupted"), file=sys.stderr)
            sys.exit(128 + signal.SIGINT)
        except BrokenPipeError:  # whoever read our output has gone: there is nobody left to tell
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)


@contextmanager
def environment(name: str, value: str) -> Iterator[None]:
    """Within this block the environment variable `name` has `value`."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


def line(name: str, error: object) -> str:
    """What is said of `error`, whatever line breaks it came with."""
    return f"seq2seq.{name}: {' '.join(str(error).split())}"


def _composing(error: Exception, name: str) -> str:
    """What Hydra says over several lines, in one, with the nearest right name."""
    text, cause = str(error), _cause(error)
    choice = re.search(r"Could not find '([^']+)'", text)
    if choice and "Available options in" in text:
        listed = text.partition("Available options in ")[2].partition("Config search path")[0]
        options = [option.strip() for option in listed.splitlines()[1:] if option.strip()]
        guess = nearest(choice[1].rsplit("/", 1)[-1], options)
        return f"there is no {choice[1]}; choose one of {', '.join(options)}{guess}"
    named = re.search(r"Could not override '([^']+)'", text)
    if named and "No match in the defaults list" in text:
        hint = "; a recipe is added, +recipe=NAME" if named[1] == "recipe" else ""
        return f"{named[1]} chooses nothing here{hint}{nearest(named[1], _known(name))}"
    where = re.match(r"In '([^']+)': ", text)
    file = f"in {where[1]}.yaml: " if where and where[1] != name else ""
    if isinstance(cause, OmegaConfBaseException):
        return file + explain(str(cause), _known(name), named[1] if named else cause.full_key)
    inner = re.search(r"raised while composing config:\n(.*)\n +full_key: (\S+)", text)
    if inner:
        return file + explain(inner[1], _known(name), inner[2])
    return " ".join(text.split("\n\n")[0].split())


def _cause(error: BaseException | None) -> BaseException | None:
    """The error of OmegaConf at the root of `error`, if there is one."""
    found = error
    while error is not None:
        found = error if isinstance(error, OmegaConfBaseException) else found
        error = error.__cause__
    return found


def _known(name: str) -> list[str]:
    """All keys that `name` has when only the choices of the command line are made."""
    words = [w for w in sys.argv[1:] if "=" in w and not w.startswith("-")]
    groups = [w for w in words if (CONF_DIR / w.partition("=")[0].lstrip("+")).is_dir()]
    recipe = [w for w in words if w.startswith("+recipe=")]
    for overrides in (groups + recipe, recipe, []):
        try:
            return keys_of(compose(name, overrides), SCHEMAS[name])
        except (HydraException, OmegaConfBaseException, ConfigError):
            continue
    return []


def compose(name: str, overrides: list[str]) -> DictConfig:
    """The configuration of the command `name`, without running anything."""
    register()
    GlobalHydra.instance().clear()
    with hydra.initialize_config_dir(version_base="1.3", config_dir=str(CONF_DIR)):
        return hydra.compose(name, overrides)
