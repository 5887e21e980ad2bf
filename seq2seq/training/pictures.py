"""The pictures of a run folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from matplotlib.figure import Figure

from seq2seq.batches import pad
from seq2seq.figures import save
from seq2seq.text.clean import normalise
from seq2seq.text.tokenizer import START
from seq2seq.translator import Translator

LABELS = {"bleu": "BLEU", "bits": "bits a character"}  # of scores, where the name is not enough


class Read(NamedTuple):
    """Where a translation looked."""

    source: list[str]  # S pieces
    target: list[str]  # T pieces
    weights: Any  # (T, S) numpy


def curves(entries: Sequence[dict[str, Any]], path: Path) -> None:
    """Loss, validation score and learning rate over steps, from the `entries` of metrics.jsonl."""
    figure = Figure(figsize=(7, 8), layout="constrained")
    axes = figure.subplots(3, sharex=True)
    validated = next((e for e in entries if e["kind"] == "validation"), {"bleu": 0})
    score = next(name for name in validated if name not in ("kind", "step"))  # the first one told
    rows = (
        ("loss", "train", "loss, nats a token"),
        (score, "validation", f"validation {LABELS.get(score, score)}"),
        ("rate", "train", "learning rate"),
    )
    for axis, (name, kind, label) in zip(axes, rows, strict=True):
        points = [(e["step"], e[name]) for e in entries if e["kind"] == kind]
        axis.plot(
            *zip(*points, strict=True) if points else ([], []), marker="." * (kind != "train")
        )
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel("step")
    save(figure, path)


def attention(translator: Translator, lines: Sequence[str], path: Path) -> bool:
    """Where the greedy translation of each of `lines` looked; False without attention."""
    reads = [read for line in lines if (read := look(translator, line))]
    if reads:
        heatmaps(reads, path)
    return bool(reads)


def heatmaps(reads: Sequence[Read], path: Path) -> None:
    """Draw where translations looked, one below the other."""
    figure = Figure(figsize=(7, 5 * len(reads)), layout="constrained")
    for axis, read in zip(figure.subplots(len(reads), squeeze=False)[:, 0], reads, strict=True):
        image = axis.imshow(read.weights, cmap="Greys", vmin=0, vmax=1, aspect="auto")
        axis.set_xticks(range(len(read.source)), read.source, rotation=60, ha="right")
        axis.set_yticks(range(len(read.target)), read.target)
        axis.set_xlabel("source pieces")
        axis.set_ylabel("target pieces")
        figure.colorbar(image, ax=axis, label="attention weight")
    save(figure, path)


@torch.inference_mode()
def look(translator: Translator, line: str) -> Read | None:
    """The attention weights of one line's translation, if the model has any."""
    ids = translator.source.encode([normalise(line)])[0]
    best = translator.window([line], 1)[0][0]
    if not ids or not best.tokens:
        return None
    model = translator.model.eval()
    device = next(model.parameters()).device
    source, _ = pad([ids])
    target, _ = pad([[START, *translator.target.ids(best.tokens)]])
    decoded = model(source.to(device), None, target.to(device))
    weights = decoded.weights[0, : len(best.tokens)].float().cpu().numpy()  # (T, S)
    if weights.shape[1] == 0:
        return None
    pieces = [translator.source.piece(token).replace("\u2581", "_") for token in ids]
    return Read(pieces, [piece.replace("\u2581", "_") for piece in best.tokens], weights)


def spread(of: int, count: int) -> list[int]:
    """`count` places of `of`, evenly apart, fewer where there are not as many."""
    count = min(of, count)
    return [of * i // count for i in range(count)]
