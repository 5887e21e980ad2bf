"""Time of each part of a training step.

python benchmarks/profile_training.py MULTI30K [OPTION=VALUE ...]

The model of speed_train.py, with overrides as on the command line of `seq2seq.train`. Forward and
backward of each part are timed at their start and end (on a GPU after synchronisation, so that
nothing overlaps); all else is Python, copies to the device and autograd's own work. Medians over
steps, without a warm-up in which kernels are made.
"""

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks import results, toolkits
from benchmarks.speed_train import OURS
from seq2seq.commands import compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.training import train_model, train_step

WARMUP, STEPS = 40, 120


class Stopwatch:
    """Seconds of named parts, by step."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.steps: list[dict[str, float]] = []

    def now(self) -> float:
        """Return the time, after synchronisation with the device."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def add(self, name: str, seconds: float) -> None:
        """Add seconds to a part of the current step."""
        self.steps[-1][name] += seconds

    @contextmanager
    def step(self) -> Iterator[None]:
        """Begin a step, which ends with the block."""
        self.steps.append(defaultdict(float))
        start = self.now()
        yield
        self.add("total", self.now() - start)

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function` with its time added to the part `name`."""

        def timed(*arguments: Any, **named: Any) -> Any:
            start = self.now()
            result = function(*arguments, **named)
            self.add(name, self.now() - start)
            return result

        return timed

    def watch(self, name: str, module: nn.Module) -> None:
        """Time the forward pass of a module, and its backward pass from outputs to inputs."""
        start_times: list[float] = []

        def start(*_: Any) -> None:
            start_times.append(self.now())

        def stop(suffix: str) -> Callable[..., None]:
            return lambda *_: self.add(f"{name}, {suffix}", self.now() - start_times.pop())

        module.register_forward_pre_hook(start)
        module.register_forward_hook(stop("forward"))
        module.register_full_backward_pre_hook(start)
        module.register_full_backward_hook(stop("backward"))


def profile(config: TrainConfig) -> Stopwatch:
    """Train for some steps, and return the time of their parts."""
    task, trainer, _ = train_model.build_training(config, print)
    model = trainer.model
    watch = Stopwatch(trainer.accelerator.device)
    kernels = {name: part for name, part in model.named_modules() if isinstance(part, nn.RNNBase)}
    for name, kernel in kernels.items():
        watch.watch(name.partition(".")[0] + " recurrence", kernel)
    watch.watch("attention", model.decoder.attention)
    watch.watch("readout", model.decoder.readout)
    patched: Any = train_step
    patched.cross_entropy = watch.wrap("output and loss", patched.cross_entropy)
    trainer.accelerator.clip_grad_norm_ = watch.wrap(
        "optimizer", trainer.accelerator.clip_grad_norm_
    )
    for name in ("step", "zero_grad"):
        setattr(trainer.stepper, name, watch.wrap("optimizer", getattr(trainer.stepper, name)))
    for number, indices in enumerate(islice(task.train_data.epoch(0), WARMUP + STEPS), 1):
        with watch.step():
            batch = watch.wrap("data", task.train_data.load)(indices, 0)
            trainer.step([batch], number, 1.0)
            watch.add("tokens", batch.tokens)
    return watch


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    if not arguments:
        sys.exit(__doc__)
    data = toolkits.data(Path(arguments[0]))
    overrides = [*OURS, f"data.path={data}", *arguments[1:]]
    steps = profile(to_schema(compose.compose("train", overrides), TrainConfig)).steps[WARMUP:]
    print(", ".join(f"{key} {value}" for key, value in results.machine().items()))
    total = sum(step["total"] for step in steps)
    names = sorted({name for step in steps for name in step} - {"total", "tokens"})
    print("\n| part | median ms | share |\n|---|---|---|")
    rest = total
    for name in names:
        spent = [step[name] for step in steps]
        rest -= sum(spent)
        print(f"| {name} | {statistics.median(spent) * 1000:.1f} | {sum(spent) / total:.0%} |")
    print(f"| all else | {rest / len(steps) * 1000:.1f} | {rest / total:.0%} |")
    median = statistics.median(step["total"] for step in steps) * 1000
    rate = sum(step["tokens"] for step in steps) / total
    print(f"| a step | {median:.1f} | |\n\n{rate:,.0f} target tokens/s")


if __name__ == "__main__":
    main(sys.argv[1:])
