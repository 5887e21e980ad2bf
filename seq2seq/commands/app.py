"""What every command does around its work: compose, check, and tell a mistake in one line."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from seq2seq.commands.compose import compose, help_text, overrides_of, parse_arguments, register
from seq2seq.commands.messages import explain_hydra, one_line
from seq2seq.commands.signals import environment_variable, flushed_stdout, interruptible
from seq2seq.config.paths import CONF_DIR
from seq2seq.config.validation import to_schema
from seq2seq.errors import ConfigError, Stopped, UserError

T = TypeVar("T")


def run_command(name: str, schema: type[T], work: Callable[[T, Path], float | None]) -> None:
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
            with flushed_stdout():
                return work(to_schema(cfg, schema), Path(HydraConfig.get().runtime.output_dir))
        except (UserError, OSError) as error:  # SystemExit passes through Hydra without a word
            raise error if traceback else SystemExit(one_line(name, error)) from None

    # Hydra would print errors over several lines, and hide them from us: with this it raises them.
    with environment_variable("HYDRA_FULL_ERROR", "1"), flushed_stdout(), interruptible():
        try:
            arguments = parse_arguments(name)
            if arguments.help:
                print(help_text(name, overrides_of(arguments)))
                return
            validate_early(name, schema, arguments)
            main()
        except ConfigError as error:
            raise error if traceback else SystemExit(one_line(name, error)) from None
        except (HydraException, OmegaConfBaseException) as error:
            raise (
                error if traceback else SystemExit(one_line(name, explain_hydra(error, name)))
            ) from None
        except OSError as error:  # of Hydra, which makes the output folder
            if traceback or isinstance(error, BrokenPipeError):
                raise
            raise SystemExit(one_line(name, error)) from None
        except Stopped as stop:
            print(one_line(name, "interrupted"), file=sys.stderr)
            sys.exit(128 + stop.number)


def validate_early(name: str, schema: type[Any], arguments: argparse.Namespace) -> None:
    """Tell of most mistakes, of several runs in the first, in two thirds of the time of Hydra's.

    Left to Hydra: flags that print options as they stand, and values known when a run begins.
    """
    if {k for k, v in vars(arguments).items() if v} - {"overrides", "config_dir", "multirun"}:
        return
    overrides = overrides_of(arguments)
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
