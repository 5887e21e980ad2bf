"""How long the commands take to begin, beside the peers'.

python benchmarks/startup_time.py [ROUNDS [NAME ...]]

Seconds from the command to its end, for help and for a mistyped option; and to the first training
step of the recipe `en-de` on a prepared corpus, which is prepared first if it is not yet. Importing
Hydra alone is there for comparison. NAMEs are the peers (joeynmt, opennmt, eole: those that are
installed).
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial

from benchmarks import results, toolkits
from benchmarks.side_by_side import Figures, turns

HELP = {
    "joeynmt": ["python", "-m", "joeynmt", "--help"],
    "opennmt": ["onmt_train", "--help"],
    "eole": ["eole", "train", "--help"],
}


def whole(command: list[str]) -> Figures:
    """Seconds until `command` ends, however it ends."""
    began = time.perf_counter()
    subprocess.run(command, capture_output=True, check=False)
    return Figures(time.perf_counter() - began, 0.0)


def first_step() -> Figures:
    """Seconds until training has taken its first step."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "seq2seq.train", "+recipe=en-de", "train.log_interval=1"]
        began = time.perf_counter()
        with subprocess.Popen(
            [*command, f"hydra.run.dir={folder}/run"], stdout=subprocess.PIPE, text=True
        ) as process:
            for line in process.stdout or ():
                if line.startswith("epoch"):
                    break
            took = time.perf_counter() - began
            process.kill()
    return Figures(took, 0.0)


def main(arguments: list[str]) -> None:
    """The command line."""
    rounds = int(arguments[0]) if arguments else 5
    train = [sys.executable, "-m", "seq2seq.train"]
    contestants: dict[str, Callable[[], Figures]] = {
        "ours: --help": partial(whole, [*train, "--help"]),
        "ours: train.lrr=1": partial(whole, [*train, "train.lrr=1"]),
        "ours: the first step of en-de": first_step,
        "import hydra": partial(whole, [sys.executable, "-c", "import hydra"]),
    }
    there = [name for name in HELP if (toolkits.home() / name).exists()]
    for name in arguments[1:] or there:
        program, *rest = HELP[name]
        command = [str(toolkits.program(name, program)), *rest]
        contestants[f"{name}: --help"] = partial(whole, command)
    first_step()  # not counted: the corpus may have to be prepared
    found = {
        name: [figures.value for figures in each]
        for name, each in turns(contestants, rounds).items()
    }
    rows = [
        (name, f"{sorted(v)[len(v) // 2]:.2f}", f"{min(v):.2f} to {max(v):.2f}")
        for name, v in found.items()
    ]
    results.table(("", "median s", "range"), rows)
    results.save("start", {"seconds": found}, results.bars(found, "seconds"))


if __name__ == "__main__":
    main(sys.argv[1:])
