"""Reports of `evaluate`: documents, comparisons, and the file for COMET."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seq2seq.commands.counts import counted
from seq2seq.storage.files import atomic_write
from seq2seq.storage.visible import visible

if TYPE_CHECKING:
    from seq2seq.evaluation.comparison import ChangedSentence, Comparison
    from seq2seq.evaluation.metrics import Score

LISTED_DOCUMENTS = 20  # that are shown, the worst by the first metric


def documents_table(scores: "Mapping[str, tuple[int, list[Score]]]") -> list[str]:
    """Return the lines of a table of documents, by rising first score.

    Args:
        scores: of each document the number of its lines and its scores.
    """
    if not scores:
        return []
    names = [score.name for score in next(iter(scores.values()))[1]]
    lines = [f"{'document':<30}{'lines':>8}" + "".join(f"{name:>10}" for name in names)]
    order = sorted(scores, key=lambda document: (scores[document][1][0].value, document))
    for document in order[:LISTED_DOCUMENTS]:
        count, of_document = scores[document]
        figures = "".join(f"{score.value:>10.2f}" for score in of_document)
        lines.append(f"{visible(document):<30}{count:>8,}{figures}")
    if len(order) > LISTED_DOCUMENTS:
        left = len(order) - LISTED_DOCUMENTS
        lines.append(f"and {counted(left, 'document')} with better scores; json=FILE has all")
    return lines


def documents_json(scores: "Mapping[str, tuple[int, list[Score]]]") -> list[dict[str, Any]]:
    """Return the same for a JSON file, in the order of the text."""
    return [
        {"document": document, "lines": count, "scores": [score._asdict() for score in each]}
        for document, (count, each) in scores.items()
    ]


def write_comet(
    path: Path,
    sources: Sequence[str],
    translations: Sequence[str],
    references: Sequence[Sequence[str]],
) -> None:
    """Write a JSON object of src, mt and ref for each line: what COMET's `predict` takes."""
    with atomic_write(path) as file:
        for source, translation, of_line in zip(sources, translations, references, strict=True):
            entry = {"src": source, "mt": translation, "ref": of_line[0]}
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def show_comparison(
    compared: "list[Comparison]",
    changes: "list[ChangedSentence]",
    write: Callable[..., None] = print,
) -> None:
    """Print a comparison: scores, significance, and the sentences that changed most."""
    for c in compared:
        write(f"{c.name}: {c.value:.2f} against {c.other:.2f}, p = {c.p:.4f} (paired bootstrap)")
    for change in changes:
        write(f"line {change.line}: chrF {change.gain:+.1f} from the first to the second")
        for name in ("reference", "first", "second"):
            write(f"  {name:<10} {visible(getattr(change, name))}")
