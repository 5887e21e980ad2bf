"""A data set of the Hugging Face hub, or a local copy of one."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from seq2seq.data.corpus import Pair, ParallelCorpus, Repeatable
from seq2seq.data.readers.files import (
    document_at,
    find_compressed,
    parallel_corpus,
    value_at,
    without_trailing_none,
)
from seq2seq.data.readers.parallel import parallel
from seq2seq.errors import TextError


def huggingface(
    path: str,
    name: str | None,
    revision: str | None,
    train: list[str],
    validation: list[str],
    test: list[str],
    source_field: str | None,
    target_field: str | None,
    source: str,
    target: str,
    licence: str,
    document_field: str | None = None,
) -> ParallelCorpus:
    """Read a data set by its hub name, or from a local folder.

    Args:
        path: a name such as wmt/wmt14, or a folder: of files that `datasets` reads (Parquet, JSON
            lines, CSV), of a data set that was saved, or of parallel text files.
        name: of the configuration, where there are several.
        revision: of the data set, where it must be a certain one.
        train: names of the split, in order; the first that exists is taken.
        validation: likewise; the split may be missing.
        test: likewise.
        source_field: a column, dotted where it is in another; None: translation.LANGUAGE or
            LANGUAGE.
        target_field: likewise.
        source: language code.
        target: language code.
        licence: of the text.
        document_field: a column that says what document a row is of, if any.

    Raises:
        TextError: it cannot be had, or has no such split or column.
    """
    wanted = {"train": train, "validation": validation, "test": test}
    folder, about = Path(path), (source, target, licence)
    if folder.is_dir():
        there = {
            s: first_existing(n, lambda x: has_text(folder, x, source)) for s, n in wanted.items()
        }
        if there["train"]:
            return parallel(path, there["train"], there["validation"], there["test"], *about)
    sets = load_splits(path, name, revision)
    splits: dict[str, Any] = {}
    origin = {}
    for split, names in wanted.items():
        if found := first_existing(names, sets.__contains__):
            data = sets[found]
            columns = [
                field or text_field(data.features, language, path)
                for field, language in ((source_field, source), (target_field, target))
            ]
            columns += without_trailing_none(document_field)
            splits[split] = Repeatable(dataset_pairs, data, f"{path} {found}", *columns)
            origin[f"{split}: {path} {name or ''} {found} {columns}"] = str(data._fingerprint)
    if "train" not in splits:
        raise TextError(f"{path} has no split named {' or '.join(train)}; it has {', '.join(sets)}")
    return parallel_corpus(splits, origin, about)


def first_existing(names: Sequence[str], exists: Any) -> str | None:
    """The first of `names` that exists."""
    return next((name for name in names if exists(name)), None)


def has_text(folder: Path, name: str, language: str) -> bool:
    """Whether `folder` has the plain text `name` in `language`."""
    return find_compressed(folder / f"{name}.{language}") is not None


def load_splits(path: str, name: str | None, revision: str | None) -> Mapping[str, Any]:
    """All splits of a data set.

    Raises:
        TextError: it is not there, or the hub cannot be reached.
    """
    import datasets

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)  # what goes wrong is told below
    try:
        if (Path(path) / "dataset_dict.json").is_file():
            sets: Mapping[str, Any] = datasets.load_from_disk(path)
        else:
            require_hub(path)
            sets = datasets.load_dataset(path, name, revision=revision)
    except TextError:
        raise
    except Exception as error:  # of network, files, parsers and the hub: whatever it is, it is told
        # Of a local file that cannot be parsed, only the cause says what is wrong with it.
        told = error.__cause__ or error if Path(path).exists() else error
        reason = " ".join(str(told).split())[:200]
        hint = "" if Path(path).exists() else "; data.path=FOLDER reads a local copy"
        raise TextError(f"the data set {path} cannot be read{hint} ({reason})") from error
    return sets


def require_hub(path: str) -> None:
    """Ask the hub once and briefly, so that a machine without network is told so at once."""
    if Path(path).exists():
        return
    from huggingface_hub import HfApi, constants

    if constants.HF_HUB_OFFLINE:
        return  # `datasets` looks into its cache
    try:
        HfApi().dataset_info(path, timeout=10)
    except Exception as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise TextError(
            f"the data set {path} cannot be had from the Hugging Face hub; data.path=FOLDER reads "
            f"a local copy of it ({reason})"
        ) from error


def text_field(features: Mapping[str, Any], language: str, path: str) -> str:
    """Where the text of `language` is: translation.LANGUAGE, or a column of that name."""
    if "translation" in features:
        return f"translation.{language}"
    if language in features:
        return language
    raise TextError(
        f"{path} has no column {language}; it has {', '.join(features)}: "
        "give data.source_field and data.target_field"
    )


def dataset_pairs(
    data: Any, where: str, source_field: str, target_field: str, document_field: str | None = None
) -> Iterator[Pair]:
    """The pairs of one split."""
    for number, row in enumerate(data, 1):
        place = f"{where}, row {number}"
        document = document_at(row, document_field, place)
        one, other = (value_at(row, field, place) for field in (source_field, target_field))
        yield Pair(one, other, document)
