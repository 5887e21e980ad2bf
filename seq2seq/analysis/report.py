"""The plots of `seq2seq.inspect`, and the data behind them."""

import json
import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seq2seq import hardware
from seq2seq.analysis import cells, gradients, profiling, recall
from seq2seq.analysis.runs import RecordedSide, ResultRows, RunUnderAnalysis, load_run
from seq2seq.config.commands import InspectConfig
from seq2seq.config.ranges import parse_duration
from seq2seq.plots import lines
from seq2seq.plots.save import save_figure
from seq2seq.storage.files import atomic_write, made_folder

GRADIENT_SAMPLES = 8  # held-out samples that a gradient norm is the median of
ROUNDS = 3  # rounds of timing
LONG_WORK = 2**23  # numbers in the states of a cell that take more than seconds
MIN_LENGTH = 16  # positions of the shortest timing
FRESH, RUN = (f"gradient norm, 1 at k = 0\n{which}" for which in ("fresh cells", "the run"))

log = logging.getLogger("seq2seq.inspect")


class SkippedError(Exception):
    """A plot cannot be drawn; the message is the reason."""


class PlotRequest(NamedTuple):
    """The inputs of a plot and its path."""

    options: InspectConfig
    run: RunUnderAnalysis | None
    device: torch.device
    path: Path  # path of the PNG file


def draw_plots(options: InspectConfig, folder: Path) -> Iterator[str]:
    """Draw the plots of `options` into `folder`, and yield a line for each.

    The line is the path of the plot, or the reason why it is skipped. The data of the plot NAME.png
    is written to NAME.jsonl beside it.

    Raises:
        UserError: the run cannot be read, there is no such device, the folder cannot be written.
    """
    device = hardware.choose_device(options.device)
    run = load_run(options, Path(options.run)) if options.run is not None else None
    if "recall" in options.pictures:
        log.info(
            "recall takes up to budget=%s, the other plots about a minute; "
            "pictures=[attention,states] takes seconds",
            options.budget,
        )
    with made_folder(folder):
        for name in dict.fromkeys(options.pictures):
            path = folder / f"{name}.png"
            try:
                rows = PLOTS[name](PlotRequest(options, run, device, path))
            except SkippedError as reason:
                yield f"{name}: skipped, {reason}"
                continue
            with atomic_write(path.with_suffix(".jsonl")) as file:
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            yield f"{name}: {path}"


def plot_gradient(request: PlotRequest) -> ResultRows:
    """Plot gradient norms against the number of steps back, for fresh cells and for the run."""
    options = request.options
    norms_by_panel: dict[str, dict[str, list[float]]] = {FRESH: {}}
    is_long = options.batch * options.length * options.size > LONG_WORK
    for name in options.cells:
        if is_long:
            log.info(
                "gradient: %s reads %s sequences of %s tokens (batch, length); 32 take seconds",
                name, f"{options.batch:,}", f"{options.length:,}",
            )  # fmt: skip
        cell = cells.fresh_cell(name, options.size, options.size, options.seed)
        norms_by_panel[FRESH][name] = gradients.fresh_cell_norms(
            cell, options.size, options.length, options.batch, options.seed
        )
    if request.run and request.run.samples:
        norms_by_panel[RUN] = _gradient_of_run(request.run, options.length)
    elif request.run:
        log.info("gradient: %s keeps no held-out data, and is skipped", request.run.name)
    rows = []
    panels: dict[str, dict[str, list[lines.Point]]] = {}
    for panel, norms_by_name in norms_by_panel.items():
        panels[panel] = {}
        for name, norms in norms_by_name.items():
            relative = gradients.relative_norms(norms)
            panels[panel][name] = [(float(k), value) for k, value in enumerate(relative) if k]
            rows += [
                {"name": name, "trained": panel == RUN, "distance": k, "norm": n, "relative": r}
                for k, (n, r) in enumerate(zip(norms, relative, strict=True))
            ]
    figure = lines.plot_lines(
        panels, "distance k, steps back", (True, True), "Gradient norm by distance"
    )
    save_figure(figure, request.path)
    return rows


def _gradient_of_run(run: RunUnderAnalysis, length: int) -> dict[str, list[float]]:
    """Compute median gradient norms by layer, over the longest of the held-out samples."""
    norms: dict[str, list[Tensor]] = {}
    for sample in run.samples[-GRADIENT_SAMPLES:]:
        for side in run.record(sample, length):
            for layer in side.layers:
                row = gradients.gradient_norms(side.loss, layer.states)[0]
                norms.setdefault(f"{side.name}, {layer.name}", []).append(row)
    return {name: gradients.median_norms(rows) for name, rows in norms.items()}


def plot_recall(request: PlotRequest) -> ResultRows:
    """Plot the accuracy of the recall task against its delay, for fresh cells."""
    options = request.options

    def train(name: str, delay: int, keep_training: recall.KeepTraining) -> recall.RecallResult:
        return recall.train_recall(
            name, options.size, options.batch, delay, options.seed, keep_training, request.device
        )

    delays = profiling.powers_of_two(1, options.length)
    budget = parse_duration(options.budget)
    rows = []
    for trial in recall.compare_recall(options.cells, delays, budget, train):
        accuracy, steps = trial.result
        log.info("%s recalls after %d: %.0f%%", trial.cell, trial.delay, 100 * accuracy)
        rows.append(
            {"cell": trial.cell, "delay": trial.delay, "accuracy": accuracy, "steps": steps,
             "seconds": round(trial.seconds, 2), "chance": recall.CHANCE}
        )  # fmt: skip
    curves = {name: _points(rows, name, "delay", "accuracy") for name in options.cells}
    curves["chance"] = [(delay, recall.CHANCE) for delay in delays]
    figure = lines.plot_lines(
        {f"accuracy on {recall.TEST_SEQUENCES} new sequences": curves},
        "delay N, tokens between the first token and its recall",
        (True, False),
        "Recall of the first token",
    )
    figure.axes[0].lines[-1].set(color="black", linestyle=":", marker="")
    figure.axes[0].set_ylim(0, 1.05)
    figure.axes[0].legend(fontsize="small")
    save_figure(figure, request.path)
    return rows


def plot_costs(request: PlotRequest) -> ResultRows:
    """Plot time and memory of forward and backward passes against the sequence length."""
    options, device = request.options, request.device.type
    factories = {
        name: partial(
            profiling.cell_work, name, options.size, options.batch, options.seed, device
        )
        for name in options.cells
    }  # fmt: skip
    lengths = profiling.powers_of_two(MIN_LENGTH, options.length)
    trials = list(profiling.compare_costs(factories, lengths, ROUNDS, device))
    rows: ResultRows = [
        {"cell": name, "length": length, "milliseconds": 1000 * cost.seconds,
         "memory_mb": cost.memory, "batch": options.batch, "size": options.size}
        for (name, length), cost in profiling.median_costs(trials).items()
    ]  # fmt: skip
    panels = {
        label: {name: _points(rows, name, "length", key) for name in options.cells}
        for label, key in (("time, ms", "milliseconds"), ("peak memory, MB", "memory_mb"))
    }
    title = f"Forward and backward pass, {options.batch} sequences, hidden size {options.size}"
    figure = lines.plot_lines(panels, "sequence length, positions", (True, True), title)
    save_figure(figure, request.path)
    return rows


def _points(rows: ResultRows, cell: str, x: str, y: str) -> list[lines.Point]:
    return [(row[x], row[y]) for row in rows if row["cell"] == cell]


def plot_attention_of_run(request: PlotRequest) -> ResultRows:
    """Plot the attention weights of the run.

    Raises:
        SkippedError: there is no run, or its network has no attention.
    """
    if request.run is None:
        raise SkippedError("there is no run")
    if not (rows := request.run.plot_attention(request.path)):
        raise SkippedError("this run has no attention")
    return rows


def plot_states(request: PlotRequest) -> ResultRows:
    """Plot the norms of the run's hidden states over the tokens of one held-out sample.

    Raises:
        SkippedError: there is no run, or it keeps no held-out data.
    """
    if request.run is None:
        raise SkippedError("there is no run")
    if not request.run.samples:
        raise SkippedError("this run keeps no held-out data")
    sample = request.run.samples[3 * len(request.run.samples) // 4]  # longer than most
    with torch.inference_mode():
        sides = request.run.record(sample, lines.MAX_TICKS)
    panels = [
        lines.TokenValues(
            f"{side.name} input", side.tokens, {x.name: x.norms() for x in side.layers}
        )
        for side in sides
    ]
    title = "Hidden states over a held-out sample"
    save_figure(lines.plot_token_values(panels, "norm of the hidden state", title), request.path)
    return [row for side in sides for row in _state_rows(side)]


def _state_rows(side: RecordedSide) -> ResultRows:
    return [
        {"side": side.name, "layer": layer.name, "position": t, "piece": token, "norm": norm}
        for layer in side.layers
        for t, (token, norm) in enumerate(zip(side.tokens, layer.norms(), strict=True))
    ]


PLOTS: dict[str, Callable[[PlotRequest], list[dict[str, Any]]]] = {
    "gradient": plot_gradient,
    "recall": plot_recall,
    "costs": plot_costs,
    "attention": plot_attention_of_run,
    "states": plot_states,
}
