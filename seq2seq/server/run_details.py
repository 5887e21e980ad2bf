"""Contents of a run folder, for people to look at. The folder may come from a stranger."""

import math
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from seq2seq.errors import TextError
from seq2seq.storage.plain_json import read_plain_json, read_plain_json_lines
from seq2seq.storage.regular import read_regular
from seq2seq.storage.run_files import CARD, FACTS, METRICS, TEST

MAX_CARD_BYTES = 2**18
MAX_ROWS = 5000  # of metrics; of more, every n-th
MAX_READ_ROWS = 200_000
MAX_SAMPLES = 10
MAX_SAMPLE = 500  # characters
# Facts for people.
CARD_FACTS = (
    "name", "kind", "subject", "source", "target", "licence", "parameters", "test", "ended",
    "seconds", "device", "precision", "year",
)  # fmt: skip


def read_details(folder: str) -> dict[str, Any]:
    """Return facts, scores, curves, samples and model card of a run folder.

    What is missing, damaged or not of this folder is left out.
    """
    details: dict[str, Any] = {"facts": {}, "scores": [], "metrics": [], "samples": [], "card": ""}
    facts = _read(folder, FACTS, read_plain_json)
    if isinstance(facts, Mapping):
        details["facts"] = {
            name: facts[name]
            for name in CARD_FACTS
            if isinstance(facts.get(name), str | int | float)
        }
        scores = facts.get("scores")
        if isinstance(scores, list):
            details["scores"] = [each for each in scores if isinstance(each, str)][:20]
    card = _read(folder, CARD, lambda path: read_regular(path, MAX_CARD_BYTES))
    details["card"] = card or ""
    details["metrics"] = _read(folder, METRICS, _metrics) or []
    details["samples"] = _read(folder, TEST, _samples) or []
    return details


def _read(folder: str, name: str, read: Any) -> Any:
    """Return what `read` makes of a file; None where it is missing or damaged."""
    path = Path(folder, name)
    try:
        if path.is_symlink() and not path.resolve().is_relative_to(Path(folder).resolve()):
            return None
        return read(path)
    except (TextError, OSError, RuntimeError):
        return None


def _metrics(path: Path) -> list[dict[str, Any]]:
    """Return rows of metrics, the numbers of them alone."""
    rows = [
        {key: value for key, value in row.items() if _is_number_or_kind(key, value)}
        for row in _objects(path, MAX_READ_ROWS)
    ]
    return rows[:: max(1, math.ceil(len(rows) / MAX_ROWS))]


def _is_number_or_kind(key: str, value: object) -> bool:
    if key == "kind":
        return isinstance(value, str)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _samples(path: Path) -> list[dict[str, str]]:
    return [
        {name: row[name][:MAX_SAMPLE] for name in ("source", "target")}
        for row in _objects(path, MAX_SAMPLES)
        if all(isinstance(row.get(name), str) for name in ("source", "target"))
    ]


def _objects(path: Path, count: int) -> Iterator[dict[str, Any]]:
    for row in islice(read_plain_json_lines(path), count):
        if isinstance(row, dict):
            yield row
