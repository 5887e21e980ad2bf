"""What every command does around its work: compose, check, and tell a mistake in one line."""

import argparse
import logging
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from string import Template
from types import FrameType
from typing import Any, TypeVar

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from seq2seq.config.commands import (
    CaptionConfig,
    ClassifyConfig,
    EvaluateConfig,
    GenerateConfig,
    InspectConfig,
    QuantizeConfig,
    TranslateConfig,
)
from seq2seq.config.paths import CONF_DIR, RECIPES_DIR, shipped_folder
from seq2seq.config.suggestions import did_you_mean
from seq2seq.config.training import CheckConfig, TrainConfig
from seq2seq.config.validation import explain_omegaconf, schema_keys, to_schema
from seq2seq.errors import ConfigError, Stopped, UserError

T = TypeVar("T")

SCHEMAS: dict[str, type[Any]] = {
    "train": TrainConfig,
    "check": CheckConfig,
    "translate": TranslateConfig,
    "evaluate": EvaluateConfig,
    "quantize": QuantizeConfig,
    "generate": GenerateConfig,
    "caption": CaptionConfig,
    "classify": ClassifyConfig,
    "inspect": InspectConfig,
}


@cache
def register(name: str) -> None:
    """Make what the files of `conf/` refer to, of the command `name`, known to Hydra."""
    ConfigStore.instance().store(name=f"schema_{name}", node=SCHEMAS[name])
    OmegaConf.register_new_resolver("shipped", lambda n: str(shipped_folder(n)), replace=True)
    OmegaConf.register_new_resolver("recipes", lambda p: ", ".join(recipes(p)), replace=True)


def recipes(folders: Iterable[str | Path] = (RECIPES_DIR,)) -> list[str]:
    """The names of the recipes in `folders`, of Hydra's search path; of the shipped ones."""
    return sorted({f.stem for folder in folders for f in _local(folder).glob("recipe/*.yaml")})


def _local(folder: str | Path) -> Path:
    """A folder of the search path, which may be written as file://FOLDER."""
    return Path(str(folder).removeprefix("file://"))


def run(name: str, schema: type[T], work: Callable[[T, Path], float | None]) -> None:
    """Run the command `name`: `work` gets the checked options and Hydra's output folder.

    What it returns, a sweeper may want to be large. A user's mistake ends the process with one line
    on stderr and status 1.
    """
    register(name)
    # Hydra's parser stops at a flag between overrides: first, a flag may stand anywhere.
    sys.argv[1:] = sorted(sys.argv[1:], key=lambda word: word not in ("-m", "--multirun"))
    traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"

    @hydra.main(version_base="1.3", config_path=str(CONF_DIR), config_name=name)
    def main(cfg: DictConfig) -> float | None:
        try:
            with delivered():
                return work(to_schema(cfg, schema), Path(HydraConfig.get().runtime.output_dir))
        except (UserError, OSError) as error:  # SystemExit passes through Hydra without a word
            raise error if traceback else SystemExit(line(name, error)) from None

    # Hydra would print errors over several lines, and hide them from us: with this it raises them.
    with environment("HYDRA_FULL_ERROR", "1"), delivered(), stoppable():
        try:
            arguments = arguments_of(name)
            if arguments.help:
                print(help_text(name, searched(arguments)))
                return
            check_early(name, schema, arguments)
            main()
        except ConfigError as error:
            raise error if traceback else SystemExit(line(name, error)) from None
        except (HydraException, OmegaConfBaseException) as error:
            raise error if traceback else SystemExit(line(name, _composing(error, name))) from None
        except OSError as error:  # of Hydra, which makes the output folder
            if traceback or isinstance(error, BrokenPipeError):
                raise
            raise SystemExit(line(name, error)) from None
        except Stopped as stop:
            print(line(name, "interrupted"), file=sys.stderr)
            sys.exit(128 + stop.number)


def arguments_of(name: str) -> argparse.Namespace:
    """What stands on the command line.

    Raises:
        ConfigError: a flag that there is not, or an option without a value.
    """
    arguments, unknown = get_args_parser().parse_known_args()
    if unknown:
        raise ConfigError(f"there is no flag {unknown[0]}: python -m seq2seq.{name} --help")
    for word in arguments.overrides:
        if "=" not in word and not word.startswith("~"):
            raise ConfigError(f"{word} is no option: one is given as KEY=VALUE, or GROUP=NAME")
    return arguments


def check_early(name: str, schema: type[Any], arguments: argparse.Namespace) -> None:
    """Tell of most mistakes, of several runs in the first, in two thirds of the time of Hydra's.

    Left to Hydra: flags that print options as they stand, and values known when a run begins.
    """
    if {k for k, v in vars(arguments).items() if v} - {"overrides", "config_dir", "multirun"}:
        return
    overrides = searched(arguments)
    if arguments.multirun:
        parsed = OverridesParser.create().parse_overrides(overrides)
        swept = [o for o in parsed if o.is_sweep_override()]
        if any(not o.is_discrete_sweep() for o in swept):
            return
        first = [f"{o.get_key_element()}={next(o.sweep_string_iterator())}" for o in swept]
        overrides = [str(o.input_line) for o in parsed if o not in swept] + first
    cfg = compose(name, overrides, with_hydra=True)
    params = cfg.hydra.sweeper.params if arguments.multirun else None
    with open_dict(cfg):
        del cfg["hydra"]
    try:
        to_schema(cfg, schema)
    except ConfigError:
        if not params and "${hydra:" not in OmegaConf.to_yaml(cfg):
            raise


@contextmanager
def delivered() -> Iterator[None]:
    """Within this block things are printed; at its end they are written out.

    Python would do so when it ends, and tell of a full disk there, in several lines. If whoever
    reads our output has gone, there is nobody left to tell: the process ends with status 1.
    """
    logging.raiseExceptions = False  # nor does training end with whoever reads what it says
    try:
        try:
            yield
        finally:
            if sys.stdout:
                sys.stdout.flush()
    except OSError as error:
        if sys.stdout:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise SystemExit(1) from None
        raise


@contextmanager
def stoppable() -> Iterator[None]:
    """Within this block Ctrl-C and SIGTERM alike are raised as `Stopped`.

    Unless the process was told to ignore one, as the shell tells what it starts in the background.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        raise Stopped(number)

    numbers = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
        guess = did_you_mean(choice[1].rsplit("/", 1)[-1], options)
        return f"there is no {choice[1]}; choose one of {', '.join(options)}{guess}"
    named = re.search(r"Could not override '([^']+)'", text)
    if named and "No match in the defaults list" in text:
        hint = "; a recipe is added, +recipe=NAME" if named[1] == "recipe" else ""
        return f"{named[1]} chooses nothing here{hint}{did_you_mean(named[1], _known(name))}"
    where = re.match(r"In '([^']+)': ", text)
    file = f"in {where[1]}.yaml: " if where and where[1] != name else ""
    if isinstance(cause, OmegaConfBaseException):
        return file + explain_omegaconf(
            str(cause), _known(name), named[1] if named else cause.full_key
        )
    if where and where[1].startswith("recipe/") and "Key 'recipe' not in" in text:
        return f"{file}its first line must be # @package _global_"
    inner = re.search(r"raised while composing config:\n(.*)\n +full_key: (\S+)", text)
    if inner:
        return file + explain_omegaconf(inner[1], _known(name), inner[2])
    return " ".join(text.split("\n\n")[0].split())


def _cause(error: BaseException | None) -> BaseException | None:
    """The error of OmegaConf at the root of `error`, if there is one."""
    found = error
    while error is not None:
        found = error if isinstance(error, OmegaConfBaseException) else found
        error = error.__cause__
    return found


def _known(name: str) -> list[str]:
    """All keys that `name` can have, whatever is chosen."""
    keys = schema_keys(SCHEMAS[name])
    for group, files in groups(name).items():
        for file in files:
            names = re.findall(r"^([a-z]\w*):", file.read_text(encoding="utf-8"), re.MULTILINE)
            keys += [f"{group.replace('/', '.')}.{key}" for key in names]
    return keys


def groups(name: str, folders: Iterable[str | Path] = (CONF_DIR,)) -> dict[str, list[Path]]:
    """The files that `name` can choose from in `folders`, by group."""
    fields = SCHEMAS[name].__dataclass_fields__
    found: dict[str, list[Path]] = {}
    for folder in map(_local, folders):
        for file in sorted(folder.glob("*/**/*.yaml")):
            group = file.parent.relative_to(folder)
            if group.parts[0] in fields:
                found.setdefault(group.as_posix(), []).append(file)
    return found


def searched(arguments: argparse.Namespace) -> list[str]:
    """The overrides of a command line, the folder of its --config-dir among them."""
    overrides: list[str] = arguments.overrides
    if not arguments.config_dir:
        return overrides
    folder = Path(arguments.config_dir).absolute()
    return [*overrides, f"hydra.searchpath=['{folder}','{RECIPES_DIR}']"]


def help_text(name: str, overrides: list[str]) -> str:
    """What --help prints. Hydra's own takes seconds, most of them for the names of the groups."""
    cfg = compose(name, overrides, with_hydra=True)
    about: Any = OmegaConf.to_container(cfg.hydra.help, resolve=True)
    there = groups(name, [CONF_DIR, *cfg.hydra.searchpath])
    listed = [f"{g}: {', '.join(sorted({f.stem for f in files}))}" for g, files in there.items()]
    with open_dict(cfg):
        del cfg["hydra"]
    template = Template(about["template"])
    shown = OmegaConf.to_yaml(cfg).rstrip()
    return template.substitute(APP_CONFIG_GROUPS="\n".join(listed), CONFIG=shown).rstrip()


def compose(name: str, overrides: list[str], with_hydra: bool = False) -> DictConfig:
    """The configuration of the command `name`, and Hydra's own on demand; nothing is run.

    Raises:
        ConfigError: a group is given something that is no name.
        HydraException: there is no such option or choice.
    """
    register(name)
    GlobalHydra.instance().clear()
    with hydra.initialize_config_dir(version_base="1.3", config_dir=str(CONF_DIR)):
        try:
            return hydra.compose(name, overrides, return_hydra_config=with_hydra)
        except ValueError as error:  # Hydra's own, of a group that is given no name
            raise ConfigError(" ".join(str(error).split())) from error
