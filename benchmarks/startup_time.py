"""Start-up time of the commands, beside other toolkits.

python benchmarks/startup_time.py [ROUNDS [NAME ...]]

Seconds of the command for --help and for a mistyped option, and seconds until the first training
step of the recipe `en-de` on a prepared corpus, which is prepared first if necessary. The import of
Hydra alone is for comparison. NAME is one of joeynmt, opennmt and eole (those that are installed).
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial

from benchmarks import results, toolkits
from benchmarks.side_by_side import Figures, take_turns

HELP = {
    "joeynmt": ["python", "-m", "joeynmt", "--help"],
    "opennmt": ["onmt_train", "--help"],
    "eole": ["eole", "train", "--help"],
}


def duration(command: list[str]) -> Figures:
    """Measure the seconds of `command`, whatever its exit status."""
    start = time.perf_counter()
    subprocess.run(command, capture_output=True, check=False)
    return Figures(time.perf_counter() - start, 0.0)


def first_step() -> Figures:
    """Measure the seconds until the first training step."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "seq2seq.train", "+recipe=en-de", "train.log_interval=1"]
        start = time.perf_counter()
        with subprocess.Popen(
            [*command, f"hydra.run.dir={folder}/run"], stdout=subprocess.PIPE, text=True
        ) as process:
            for line in process.stdout or ():
                if line.startswith("epoch"):
                    break
            seconds = time.perf_counter() - start
            process.kill()
    return Figures(seconds, 0.0)


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    rounds = int(arguments[0]) if arguments else 5
    train = [sys.executable, "-m", "seq2seq.train"]
    systems: dict[str, Callable[[], Figures]] = {
        "ours: --help": partial(duration, [*train, "--help"]),
        "ours: train.lrr=1": partial(duration, [*train, "train.lrr=1"]),
        "ours: the first step of en-de": first_step,
        "import hydra": partial(duration, [sys.executable, "-c", "import hydra"]),
    }
    installed = [name for name in HELP if (toolkits.home() / name).exists()]
    for name in arguments[1:] or installed:
        program, *rest = HELP[name]
        command = [str(toolkits.program(name, program)), *rest]
        systems[f"{name}: --help"] = partial(duration, command)
    first_step()  # warm-up: the corpus may have to be prepared
    measured = {
        name: [figures.value for figures in each]
        for name, each in take_turns(systems, rounds).items()
    }
    rows = [
        (name, f"{sorted(v)[len(v) // 2]:.2f}", f"{min(v):.2f} to {max(v):.2f}")
        for name, v in measured.items()
    ]
    results.table(("", "median s", "range"), rows)
    results.save("start", {"seconds": measured}, results.bars(measured, "seconds"))


if __name__ == "__main__":
    main(sys.argv[1:])
