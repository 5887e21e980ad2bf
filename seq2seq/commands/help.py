"""The text of --help: choices and options, each option with its meaning and range."""

import re
from collections.abc import Sequence
from string import Template
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict

from seq2seq.commands.compose import SCHEMAS, compose, groups
from seq2seq.commands.messages import known_keys
from seq2seq.config.allowed_classes import NODES, shipped_targets
from seq2seq.config.describe import describe_options
from seq2seq.config.paths import CONF_DIR
from seq2seq.config.suggestions import did_you_mean
from seq2seq.documents.registry import format_table
from seq2seq.errors import ConfigError

COLUMN = 34  # where meanings begin


def help_text(name: str, overrides: list[str], sections: Sequence[str] = ()) -> str:
    """Return the text of --help. Hydra's own help takes seconds, mostly to list the groups.

    Args:
        name: name of the command.
        overrides: overrides of the command line; options are shown with their values.
        sections: the options and groups to show, as in `--help model train.ema`; all if empty.

    Raises:
        ConfigError: there is no such section.
    """
    cfg = compose(name, overrides, with_hydra=True)
    about: Any = OmegaConf.to_container(cfg.hydra.help, resolve=True)
    files = groups(name, [CONF_DIR, *cfg.hydra.searchpath])
    with open_dict(cfg):
        del cfg["hydra"]
    choices = [
        f"{group}: {', '.join(sorted({file.stem for file in paths}))}"
        for group, paths in files.items()
        if _is_in_sections(group.replace("/", "."), sections)
    ]
    options = option_lines(name, cfg, sections)
    if not choices and not options:
        raise ConfigError(_no_section(name, sections))
    template = str(about["template"])
    if not choices:  # the heading of the choices goes, too
        template = re.sub(r"Choices \(.*\$APP_CONFIG_GROUPS\n+", "", template, flags=re.DOTALL)
    if not options:
        template = re.sub(r"\n+Options \(.*\$CONFIG", "", template, flags=re.DOTALL)
    if name == "translate" and not sections:
        formats = "\n".join(f"  {line}" for line in format_table())
        template += f"\n\nFormats of documents:\n\n{formats}"
    return (
        Template(template)
        .substitute(APP_CONFIG_GROUPS="\n".join(choices), CONFIG="\n".join(options))
        .rstrip()
    )


def _no_section(name: str, sections: Sequence[str]) -> str:
    """Return the message about sections that do not exist, with the nearest name of the first."""
    known = [*groups(name), *known_keys(name)]
    guess = did_you_mean(sections[0], known)
    return f"there is no option or group {', '.join(sections)}{guess}"


def option_lines(name: str, cfg: DictConfig, sections: Sequence[str] = ()) -> list[str]:
    """Return the options of a command as YAML, each line with the option's meaning and range."""
    meanings = _meanings(name, cfg)
    lines, path = [], list[str]()
    for line in OmegaConf.to_yaml(cfg).rstrip().splitlines():
        match = re.match(r"( *)([\w.-]+):", line)
        if match:
            path = [*path[: len(match[1]) // 2], match[2]]
        key = ".".join(path)
        if not _is_in_sections(key, sections):
            continue
        meaning = meanings.get(key, "") if match else ""
        lines.append(f"{line:<{COLUMN}} # {meaning}" if meaning else line)
    return lines


def _meanings(name: str, cfg: DictConfig) -> dict[str, str]:
    """Return the meaning of each option, those of the choices in `cfg` included."""
    chosen = set()
    for node in NODES:
        target = OmegaConf.select(cfg, f"{node}._target_", default=None)
        if choice := shipped_targets(node).get(str(target)):
            chosen.add(f"{node.replace('.', '/')}={choice}")
    meanings = {}
    for option in describe_options(SCHEMAS[name]):
        if not option.choice or option.choice in chosen:
            # The names of a group's choices are listed above the options.
            bounds = f" ({option.range})" if option.range and option.type != "choice" else ""
            meanings[option.key.replace("/", ".")] = f"{option.meaning}{bounds}".strip()
    return meanings


def _is_in_sections(key: str, sections: Sequence[str]) -> bool:
    """Return whether a dotted key is in one of the `sections`, or above one."""
    keys = [section.replace("/", ".").rstrip(".") for section in sections]
    return not keys or any(
        key == section or key.startswith(f"{section}.") or section.startswith(f"{key}.")
        for section in keys
    )
