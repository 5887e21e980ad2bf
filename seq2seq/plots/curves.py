"""Curves of a training: loss, validation score and learning rate."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from seq2seq.plots.save import save_figure

SCORE_LABELS = {
    "bleu": "BLEU",
    "bits": "bits a character",
}  # of scores, where the name is not enough


def plot_curves(entries: Sequence[dict[str, Any]], path: Path) -> None:
    """Loss, validation score and learning rate over steps, from the `entries` of metrics.jsonl."""
    figure = Figure(figsize=(7, 8), layout="constrained")
    axes = figure.subplots(3, sharex=True)
    validated = next((e for e in entries if e["kind"] == "validation"), {"bleu": 0})
    score = next(name for name in validated if name not in ("kind", "step"))  # the first one told
    rows = (
        ("loss", "train", "loss, nats a token"),
        (score, "validation", f"validation {SCORE_LABELS.get(score, score)}"),
        ("learning_rate", "train", "learning rate"),
    )
    for axis, (name, kind, label) in zip(axes, rows, strict=True):
        points = [(e["step"], e[name]) for e in entries if e["kind"] == kind]
        axis.plot(
            *zip(*points, strict=True) if points else ([], []), marker="." * (kind != "train")
        )
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel("step")
    save_figure(figure, path)
