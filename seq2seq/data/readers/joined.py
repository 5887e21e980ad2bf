"""Several corpora joined into one."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seq2seq.data.corpus import SPLITS, Pair, ParallelCorpus, Repeatable
from seq2seq.errors import ConfigError


def joined(
    corpora: dict[str, ParallelCorpus], weights: dict[str, float] | None, source: str, target: str
) -> ParallelCorpus:
    """Join `corpora`; a pair occurs in an epoch as often as the weight of its corpus (default 1).

    Validation text is that of all corpora that have some, one after the other; so is test text.

    Raises:
        ConfigError: a node is no parallel corpus, the languages differ, or a weight names no corpus
            or is not a positive number.
    """
    weights = weights or {}
    _validate(corpora, weights, (source, target))
    splits: dict[str, Any] = {}
    for split in SPLITS:
        parts = [
            (name, corpus.splits[split], weights.get(name, 1.0) if split == "train" else None)
            for name, corpus in corpora.items()
            if split in corpus.splits
        ]
        if parts:
            splits[split] = Repeatable(joined_pairs, parts)
    origin = {
        f"{name} (x {weights.get(name, 1.0):g}) {file}": digest
        for name, corpus in corpora.items()
        for file, digest in corpus.origin.items()
    }
    licence = "; ".join(f"{name}: {corpus.licence}" for name, corpus in corpora.items())
    return ParallelCorpus(splits, source, target, licence, origin)


def _validate(
    corpora: Mapping[str, object], weights: Mapping[str, object], languages: tuple[str, str]
) -> None:
    """Check that the corpora can be joined; see `joined`."""
    if unknown := sorted(set(weights) - set(corpora)):
        raise ConfigError(f"data.weights: there is no corpus {', '.join(unknown)}")
    for name, corpus in corpora.items():
        if not isinstance(corpus, ParallelCorpus):
            raise ConfigError(f"data.corpora.{name} must be a node with a _target_, not {corpus!r}")
        if (corpus.source, corpus.target) != languages:
            own, required = f"{corpus.source}-{corpus.target}", "-".join(languages)
            raise ConfigError(f"data.corpora.{name} is {own}, not {required}")
        weight = weights.get(name, 1.0)
        if not isinstance(weight, int | float) or not 0 < weight < math.inf:
            raise ConfigError(f"data.weights.{name} must be a positive number, not {weight}")


def joined_pairs(parts: Sequence[tuple[str, Any, float | None]]) -> Iterator[Pair]:
    """Yield the pairs of all parts, one part after the other.

    Args:
        parts: (name, pairs, weight) of each corpus. The name is put before the names of its
            documents, so that equal names in two corpora are two documents.
    """
    for name, pairs, weight in parts:
        for pair in pairs:
            document = None if pair.document is None else f"{name}/{pair.document}"
            yield pair._replace(document=document, weight=weight, corpus=name)
