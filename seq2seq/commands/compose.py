"""Composition of the Hydra configuration of a command from its command line."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf

from seq2seq.commands.quoting import quote_overrides
from seq2seq.commands.whole_numbers import expand_exponents, whole_number_keys
from seq2seq.config.checking import CheckConfig
from seq2seq.config.commands import (
    CaptionConfig,
    ClassifyConfig,
    EvaluateConfig,
    GenerateConfig,
    InspectConfig,
    QuantizeConfig,
    ScoreConfig,
    TranslateConfig,
)
from seq2seq.config.compare import CompareConfig
from seq2seq.config.exporting import ExportConfig
from seq2seq.config.fitted import register_resolver
from seq2seq.config.literals import quote_value
from seq2seq.config.paths import CONF_DIR, RECIPES_DIR, shipped_folder
from seq2seq.config.serving import ServeConfig
from seq2seq.config.synthesis import SynthesizeConfig
from seq2seq.config.training import TrainConfig
from seq2seq.errors import ConfigError

SCHEMAS: dict[str, type[Any]] = {
    "train": TrainConfig,
    "check": CheckConfig,
    "translate": TranslateConfig,
    "evaluate": EvaluateConfig,
    "score": ScoreConfig,
    "compare": CompareConfig,
    "synthesize": SynthesizeConfig,
    "quantize": QuantizeConfig,
    "export": ExportConfig,
    "generate": GenerateConfig,
    "caption": CaptionConfig,
    "classify": ClassifyConfig,
    "inspect": InspectConfig,
    "serve": ServeConfig,
}


MAX_VALUE_DEPTH = 50  # levels of nesting of a value: Hydra's parser needs minutes for thousands


@cache
def register(name: str) -> None:
    """Register with Hydra the schema and the resolvers that the files of `conf/` refer to."""
    ConfigStore.instance().store(name=f"schema_{name}", node=SCHEMAS[name])
    OmegaConf.register_new_resolver("shipped", lambda n: str(shipped_folder(n)), replace=True)
    OmegaConf.register_new_resolver("recipes", lambda p: ", ".join(recipe_names(p)), replace=True)
    register_resolver()


def recipe_names(folders: Iterable[str | Path] = (RECIPES_DIR,)) -> list[str]:
    """Return the names of the recipes in `folders` of Hydra's search path."""
    return sorted({f.stem for folder in folders for f in _local(folder).glob("recipe/*.yaml")})


def _local(folder: str | Path) -> Path:
    """Return a folder of the search path, which may be written as file://FOLDER."""
    return Path(str(folder).removeprefix("file://"))


def parse_arguments(name: str) -> argparse.Namespace:
    """Parse the command line, and quote the values that are not in Hydra's syntax.

    Raises:
        ConfigError: an unknown flag, an option without a value, or a value nested too deep.
    """
    parser = get_args_parser()
    parser.error = _refuse  # type: ignore[method-assign] # argparse prints its usage and exits
    arguments, unknown = parser.parse_known_args()
    if unknown:
        raise ConfigError(f"there is no flag {unknown[0]}: python -m seq2seq.{name} --help")
    if arguments.help:  # words without a value are the sections to show
        arguments.sections = [word for word in arguments.overrides if "=" not in word]
        arguments.overrides = [word for word in arguments.overrides if "=" in word]
    for word in arguments.overrides:
        if "=" not in word and not word.startswith("~"):
            raise ConfigError(f"{word} is no option: one is given as KEY=VALUE, or GROUP=NAME")
        if nesting_depth(word) > MAX_VALUE_DEPTH:
            raise ConfigError(f"{word[:60]}… is nested deeper than {MAX_VALUE_DEPTH} levels")
    # Hydra reads the command line again, and must get the same words.
    typed = arguments.overrides
    full = _full_names(name, typed)
    quoted_words = quote_overrides(full, multirun=bool(arguments.multirun))
    whole = set(whole_number_keys(SCHEMAS[name]))
    arguments.overrides = expand_exponents(quoted_words, whole)
    quoted = dict(zip(typed, arguments.overrides, strict=True))
    sys.argv[1:] = [quoted.get(word, word) for word in sys.argv[1:]]
    return arguments


def _full_names(name: str, words: Sequence[str]) -> list[str]:
    """Return init=RUN as init.run=RUN, and other words, init={run: RUN} too, as they are."""
    if "init" not in SCHEMAS[name].__dataclass_fields__:
        return list(words)
    return [
        f"init.run={word[5:]}" if word.startswith("init=") and word[5:6] != "{" else word
        for word in words
    ]


def _refuse(message: str) -> NoReturn:
    raise ConfigError(message)


def nesting_depth(word: str) -> int:
    """Return how many brackets and braces are open at once in a word of the command line."""
    depths = accumulate((c in "[{") - (c in "]}") for c in word)
    return max(depths, default=0)


def groups(name: str, folders: Iterable[str | Path] = (CONF_DIR,)) -> dict[str, list[Path]]:
    """Return the files that the command `name` can choose from in `folders`, by group."""
    fields = SCHEMAS[name].__dataclass_fields__
    files_by_group: dict[str, list[Path]] = {}
    for folder in map(_local, folders):
        for file in sorted(folder.glob("*/**/*.yaml")):
            group = file.parent.relative_to(folder)
            if group.parts[0] in fields:
                files_by_group.setdefault(group.as_posix(), []).append(file)
    return files_by_group


def overrides_of(arguments: argparse.Namespace) -> list[str]:
    """Return the overrides of a command line, with the folder of its --config-dir."""
    overrides: list[str] = arguments.overrides
    if not arguments.config_dir:
        return overrides
    folder = Path(arguments.config_dir).absolute()
    folders = ",".join(quote_value(str(path)) for path in (folder, RECIPES_DIR))
    return [*overrides, f"hydra.searchpath=[{folders}]"]


def compose(name: str, overrides: list[str], with_hydra: bool = False) -> DictConfig:
    """Compose the configuration of the command `name`, and Hydra's own on demand.

    Raises:
        ConfigError: the value of a group is not a name.
        HydraException: there is no such option or choice.
    """
    register(name)
    GlobalHydra.instance().clear()
    with hydra.initialize_config_dir(version_base="1.3", config_dir=str(CONF_DIR)):
        try:
            words = _full_names(name, overrides)
            return hydra.compose(name, words, return_hydra_config=with_hydra)
        except (
            ValueError,
            OverflowError,
            RecursionError,
        ) as error:  # Hydra's own, where a group has a value that is no name
            raise ConfigError(" ".join(str(error).split())) from error
