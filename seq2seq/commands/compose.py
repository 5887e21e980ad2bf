"""From a command line to a Hydra configuration, and the help text."""

import argparse
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf, open_dict

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
from seq2seq.config.training import CheckConfig, TrainConfig
from seq2seq.errors import ConfigError

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
    OmegaConf.register_new_resolver("recipes", lambda p: ", ".join(recipe_names(p)), replace=True)


def recipe_names(folders: Iterable[str | Path] = (RECIPES_DIR,)) -> list[str]:
    """The names of the recipes in `folders`, of Hydra's search path; of the shipped ones."""
    return sorted({f.stem for folder in folders for f in _local(folder).glob("recipe/*.yaml")})


def _local(folder: str | Path) -> Path:
    """A folder of the search path, which may be written as file://FOLDER."""
    return Path(str(folder).removeprefix("file://"))


def parse_arguments(name: str) -> argparse.Namespace:
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


def overrides_of(arguments: argparse.Namespace) -> list[str]:
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
