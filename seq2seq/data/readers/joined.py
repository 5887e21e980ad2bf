"""Several corpora as one."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seq2seq.data.corpus import SPLITS, Pair, ParallelCorpus, Repeatable
from seq2seq.errors import ConfigError


def joined(
    corpora: dict[str, ParallelCorpus], weights: dict[str, float] | None, source: str, target: str
) -> ParallelCorpus:
    """Join `corpora`, each seen as often in an epoch as its weight says (1 where none is given).

    Validation and test text are those of all corpora that have some.

    Raises:
        ConfigError: one is none, their languages differ, or a weight is of no corpus or not a
            positive number.
    """
    weights = weights or {}
    _validate(corpora, weights, (source, target))
    splits: dict[str, Any] = {}
    for split in SPLITS:
        if parts := {n: c.splits[split] for n, c in corpora.items() if split in c.splits}:
            heavy = [
                (n, p, weights.get(n, 1.0) if split == "train" else None) for n, p in parts.items()
            ]
            splits[split] = Repeatable(joined_pairs, heavy)
    origin = {
        f"{name} (x {weights.get(name, 1.0):g}) {file}": mark
        for name, part in corpora.items()
        for file, mark in part.origin.items()
    }
    licence = "; ".join(f"{name}: {part.licence}" for name, part in corpora.items())
    return ParallelCorpus(splits, source, target, licence, origin)


def _validate(
    corpora: Mapping[str, object], weights: Mapping[str, object], languages: tuple[str, str]
) -> None:
    """Refuse what cannot be joined."""
    if unknown := sorted(set(weights) - set(corpora)):
        raise ConfigError(f"data.weights: there is no corpus {', '.join(unknown)}")
    for name, part in corpora.items():
        if not isinstance(part, ParallelCorpus):
            raise ConfigError(f"data.corpora.{name} must be a node with a _target_, not {part!r}")
        if (part.source, part.target) != languages:
            here = "-".join(languages)
            raise ConfigError(f"data.corpora.{name} is {part.source}-{part.target}, not {here}")
        weight = weights.get(name, 1.0)
        if not isinstance(weight, int | float) or not 0 < weight < math.inf:
            raise ConfigError(f"data.weights.{name} must be a positive number, not {weight}")


def joined_pairs(parts: Sequence[tuple[str, Any, float | None]]) -> Iterator[Pair]:
    """The pairs of all parts, one part after the other; documents have the names of both."""
    for name, part, weight in parts:
        for pair in part:
            document = None if pair.document is None else f"{name}/{pair.document}"
            yield pair._replace(document=document, weight=weight)
