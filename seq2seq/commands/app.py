"""The frame of every command: compose and validate the options, report a mistake in one line."""

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

from seq2seq.commands.compose import compose, overrides_of, parse_arguments, register
from seq2seq.commands.messages import explain_hydra, one_line
from seq2seq.commands.signals import (
    environment_variable,
    flushed_stdout,
    interruptible,
    use_utf8,
)
from seq2seq.config.memory import require_memory
from seq2seq.config.paths import CONF_DIR
from seq2seq.config.validation import to_schema
from seq2seq.errors import ConfigError, Stopped, UserError

T = TypeVar("T")

# Errors with a cause outside the program; any other one is a fault of the program.
MISTAKES = (UserError, OSError, RecursionError, MemoryError)
# For commands without the option batch: the options that must be smaller to take less memory.
SMALLER = {
    "train": "batches.tokens and batches.sentences",
    "check": "batches.tokens",
    "compare": "the number of runs",
    "generate": "the network",
    "quantize": "the network",
}


def run_command(name: str, schema: type[T], work: Callable[[T, Path], float | None]) -> None:
    """Run the command `name`.

    A user's mistake ends the process with one line on stderr and status 1; HYDRA_FULL_ERROR=1 shows
    where it was raised.

    Args:
        name: name of the command.
        schema: the dataclass of its options.
        work: a function from the validated options and Hydra's output folder to the objective of a
            Hydra sweeper, which maximises it, or None.
    """
    use_utf8()
    register(name)
    # Hydra's parser stops at a flag between overrides, so --multirun is moved to the front.
    sys.argv[1:] = sorted(sys.argv[1:], key=lambda word: word not in ("-m", "--multirun"))
    with_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"

    @hydra.main(version_base="1.3", config_path=str(CONF_DIR), config_name=name)
    def main(cfg: DictConfig) -> float | None:
        try:
            with flushed_stdout():
                config = validated(cfg, schema)
                return work(config, Path(HydraConfig.get().runtime.output_dir))
        except MISTAKES as error:  # SystemExit passes through Hydra silently
            raise error if with_traceback else exit_of(name, error) from None
        except RuntimeError as error:
            if with_traceback or not is_out_of_memory(error):
                raise
            raise exit_of(name, MemoryError(smaller_batch(name, cfg))) from None

    # With this variable Hydra raises errors; otherwise it prints them over several lines and exits.
    with environment_variable("HYDRA_FULL_ERROR", "1"), flushed_stdout(), interruptible():
        try:
            arguments = parse_arguments(name)
            require_completion_action(arguments)
            if arguments.help:
                from seq2seq.commands.help import help_text  # a slow import

                print(help_text(name, overrides_of(arguments), arguments.sections))
                return
            validate_early(name, schema, arguments)
            main()
        except BrokenPipeError:
            raise
        except (*MISTAKES, HydraException, OmegaConfBaseException) as error:
            raise error if with_traceback else exit_of(name, error) from None
        except Stopped as stop:
            print(one_line(name, "interrupted"), file=sys.stderr)
            sys.exit(128 + stop.number)


def require_completion_action(arguments: argparse.Namespace) -> None:
    """Require an action of --shell-completion, if that is given.

    Raises:
        ConfigError: there is no action.
    """
    keys = {word.partition("=")[0] for word in arguments.overrides}
    if arguments.shell_completion and not {"install", "uninstall", "query"} & keys:
        raise ConfigError("--shell-completion needs install=bash or uninstall=bash")


def validated(cfg: DictConfig, schema: type[T]) -> T:
    """Return the composed options as an instance of `schema`.

    Raises:
        ConfigError: an option is wrong, or they need more memory than this machine has.
    """
    config = to_schema(cfg, schema)
    require_memory(config)
    return config


def is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether torch has run out of memory of a device or of the CPU."""
    is_of_device = type(error).__name__ == "OutOfMemoryError"  # torch may not be imported
    return is_of_device or "DefaultCPUAllocator: " in str(error)


def smaller_batch(name: str, cfg: DictConfig) -> str:
    """Return the options of the command `name` that must be smaller to take less memory."""
    options = f"batch={cfg.batch}" if "batch" in cfg else SMALLER[name]
    return f"on the device: {options} must be smaller"


def exit_of(name: str, error: Exception) -> SystemExit:
    """Return the end of the command `name` after a mistake: one line on stderr and status 1."""
    message: object = error
    if isinstance(error, HydraException | OmegaConfBaseException):
        message = explain_hydra(error, name)
    elif isinstance(error, RecursionError):
        message = "a value is nested too deep: at most some hundred levels"
    elif isinstance(error, MemoryError):
        message = f"memory is exhausted {error}".strip()
    return SystemExit(one_line(name, message))


def validate_early(name: str, schema: type[Any], arguments: argparse.Namespace) -> None:
    """Validate the configuration before Hydra starts, in two thirds of the time of Hydra's start.

    Of several runs the first one is validated. Flags that print options as they stand, and values
    that are known when a run begins, are validated by Hydra.

    Raises:
        ConfigError: a mistake in the options.
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
        validated(cfg, schema)
    except ConfigError:
        if not params and "${hydra:" not in OmegaConf.to_yaml(cfg):
            raise
