"""Several corpora joined into one."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seq2seq.data.corpus import SPLITS, Pair, ParallelCorpus, Repeatable
from seq2seq.errors import ConfigError
from seq2seq.text.source_tags import tag_piece

MAX_TEMPERATURE = 100


SEVERAL = "mul"  # the code of ISO 639 for several languages


def joined(
    corpora: dict[str, ParallelCorpus],
    weights: dict[str, float] | None,
    source: str,
    target: str,
    both: bool = False,
    temperature: float = 1.0,
) -> ParallelCorpus:
    """Join `corpora`; a pair occurs in an epoch as often as the weight of its corpus (default 1).

    Validation text is that of all corpora that have some, one after the other; so is test text.
    With several languages, every source gets the tag of the language of its translation.

    Args:
        corpora: by name.
        weights: by name of a corpus.
        source: language code of all sources; mul: they have several.
        target: language code of all targets, likewise.
        both: whether each corpus is used in both directions; needs mul.
        temperature: T; of N pairs of a direction N^(1/T) are in an epoch, by proportion.

    Raises:
        ConfigError: a node is no parallel corpus, the languages differ, or a weight names no corpus
            or is not a positive number.
    """
    weights = weights or {}
    _validate(corpora, weights, (source, target))
    is_multilingual = SEVERAL in (source, target)
    _validate_sampling(is_multilingual, both, temperature)
    directions = _directions(corpora, both) if is_multilingual else []
    splits: dict[str, Any] = {}
    for split in SPLITS:
        parts = [
            (name, corpus.splits[split], weights.get(name, 1.0) if split == "train" else None)
            for name, corpus in corpora.items()
            if split in corpus.splits
        ]
        if parts and is_multilingual:
            languages = {name: (corpus.source, corpus.target) for name, corpus in corpora.items()}
            splits[split] = Repeatable(multilingual_pairs, parts, languages, both)
        elif parts:
            splits[split] = Repeatable(joined_pairs, parts)
    origin = {
        f"{name} (x {weights.get(name, 1.0):g}) {file}": digest
        for name, corpus in corpora.items()
        for file, digest in corpus.origin.items()
    }
    origin |= {f"direction {'-'.join(codes)}": "" for codes in directions}
    licence = "; ".join(f"{name}: {corpus.licence}" for name, corpus in corpora.items())
    return ParallelCorpus(splits, source, target, licence, origin, directions, temperature)


def _validate_sampling(is_multilingual: bool, both: bool, temperature: float) -> None:
    """Check the options of corpora in several languages; see `joined`."""
    if both and not is_multilingual:
        raise ConfigError("data.both=true needs data.source=mul data.target=mul: several languages")
    if not 1 <= temperature <= MAX_TEMPERATURE:
        raise ConfigError(f"data.temperature must be from 1 to {MAX_TEMPERATURE}")
    if not is_multilingual and temperature != 1:
        raise ConfigError("data.temperature is of languages: it needs data.target=mul, or source")


def _directions(corpora: Mapping[str, ParallelCorpus], both: bool) -> list[tuple[str, str]]:
    """Return source and target of each direction of corpora, each once."""
    found: list[tuple[str, str]] = []
    for corpus in corpora.values():
        own = (corpus.source, corpus.target)
        found += [own, own[::-1]] if both else [own]
    return list(dict.fromkeys(found))


def _validate(
    corpora: Mapping[str, object], weights: Mapping[str, object], languages: tuple[str, str]
) -> None:
    """Check that the corpora can be joined; see `joined`."""
    if unknown := sorted(set(weights) - set(corpora)):
        raise ConfigError(f"data.weights: there is no corpus {', '.join(unknown)}")
    for name, corpus in corpora.items():
        if not isinstance(corpus, ParallelCorpus):
            raise ConfigError(f"data.corpora.{name} must be a node with a _target_, not {corpus!r}")
        codes = zip((corpus.source, corpus.target), languages, strict=True)
        if not all(required in (code, SEVERAL) for code, required in codes):
            own, required = f"{corpus.source}-{corpus.target}", "-".join(languages)
            raise ConfigError(
                f"data.corpora.{name} is {own}, not {required}: for several languages, give "
                "data.source=mul, data.target=mul or both"
            )
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


def multilingual_pairs(
    parts: Sequence[tuple[str, Any, float | None]],
    codes: Mapping[str, tuple[str, str]],
    both: bool,
) -> Iterator[Pair]:
    """Yield the pairs of all parts with their languages and the tag of their target language.

    Args:
        parts: as `joined_pairs` takes them.
        codes: the languages of each corpus.
        both: whether each pair is yielded in the other direction too.
    """
    for pair in joined_pairs(parts):
        source, target = codes[str(pair.corpus)]
        yield pair._replace(tags=tag_piece(target), languages=f"{source} {target}")
        if both:
            yield pair._replace(
                source=pair.target,
                target=pair.source,
                tags=tag_piece(source),
                languages=f"{target} {source}",
            )
