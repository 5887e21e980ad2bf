"""Reading of runs for a comparison: options, scores, cost, translations of the test text."""

import math
import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import OmegaConf

from seq2seq.errors import RunError, TextError
from seq2seq.plots.curves import LOWER_IS_BETTER
from seq2seq.run_folder import HeldOutPair, RunFolder
from seq2seq.text.lines import read_lines
from seq2seq.training.metric_logger import read_metrics, score_name, validation_points

# They say where a run is, and how it was begun; what it learned does not depend on them.
NO_CHOICES = ("name", "resume")
# `BLEU = 43.13 [39.94, 46.35]  nrefs:1|...`, as run.json has it; without an interval, too.
SCORE = re.compile(r"(?P<name>[^=]+?) = (?P<value>-?[\d.]+%?(?: \[-?[\d.]+, -?[\d.]+\])?)")


class ComparedRun(NamedTuple):
    """A run folder as a comparison sees it."""

    folder: str  # as it was given
    task: str  # class of its task, by name
    options: dict[str, Any]  # by their names, a class by its own
    metrics: list[dict[str, Any]]  # entries of metrics.jsonl
    facts: dict[str, Any]  # run.json
    test: list[HeldOutPair]  # none if the task has no such text
    translations: list[str] | None  # of the test text; None: the run has not ended, or is older

    @property
    def steps(self) -> int:
        """Return the number of training steps."""
        return max((entry["step"] for entry in self.metrics), default=0)

    @property
    def best(self) -> tuple[str, int, float] | None:
        """Return name, step and value of the best validation score; None: there was none."""
        points = validation_points(self.metrics)
        if not points:
            return None
        name = score_name(self.metrics)
        choose = min if name in LOWER_IS_BETTER else max
        step, value = choose(points, key=lambda point: point[1])
        return name, step, value


def read_compared_run(folder: str, trusted: Collection[str] = ()) -> ComparedRun:
    """Read what a comparison needs of a run folder.

    Raises:
        RunError: it is no run folder, or a damaged one.
    """
    run = RunFolder(Path(folder))
    config = run.read_config(trusted)
    nested: Any = OmegaConf.to_container(OmegaConf.structured(config))
    options = flat_options(nested)
    task = str(options.pop("task"))
    try:
        metrics = _metrics(run)
        translations = _translations(run)
    except (TextError, OSError, ValueError) as error:
        raise RunError(f"{folder} cannot be compared: {error}") from error
    test = run.read_test() if os.path.lexists(run.test) else []
    if translations is not None and len(translations) != len(test):
        raise RunError(
            f"{run.translations} has {len(translations)} lines, and the test text {len(test)}"
        )
    return ComparedRun(folder, task, options, metrics, run.read_facts(), test, translations)


def flat_options(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return options by their names with dots; of a class, its own name without its module."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        name = f"{prefix}{key}"
        if key == "_target_":
            flat[prefix.removesuffix(".")] = str(value).rpartition(".")[2]
        elif isinstance(value, Mapping):
            flat.update(flat_options(value, f"{name}."))
        elif name not in NO_CHOICES:
            flat[name] = value
    return flat


def differing_options(runs: Sequence[ComparedRun]) -> list[str]:
    """Return the names of the options that are not the same in all of `runs`, in their order."""
    names = dict.fromkeys(name for run in runs for name in run.options)
    first = runs[0].options
    return [
        name
        for name in names
        if any(name not in run.options or run.options[name] != first.get(name) for run in runs)
    ]


def test_scores(run: ComparedRun) -> dict[str, str]:
    """Return the scores of the test text with their intervals, by name."""
    scores = run.facts.get("scores")
    lines = [line for line in scores if isinstance(line, str)] if isinstance(scores, list) else []
    matches = [SCORE.match(line) for line in lines]
    return {match["name"]: match["value"] for match in matches if match}


def _metrics(run: RunFolder) -> list[dict[str, Any]]:
    """Return the entries of metrics.jsonl that are whole, with the numbers that are finite."""
    if not os.path.lexists(run.metrics):
        return []
    run.file(run.metrics)
    entries = [entry for entry in read_metrics(run.metrics) if isinstance(entry, dict)]
    return [
        {name: value for name, value in entry.items() if name == "kind" or _is_finite(value)}
        for entry in entries
        if isinstance(entry.get("kind"), str) and type(entry.get("step")) is int
    ]


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _translations(run: RunFolder) -> list[str] | None:
    """Return the translations of the test text, if the run has them."""
    if not os.path.lexists(run.translations):
        return None
    return list(read_lines(run.file(run.translations)))
