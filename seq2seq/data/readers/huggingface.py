"""Data sets of the Hugging Face hub, and local copies of them."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from seq2seq.data.corpus import ParallelCorpus, Repeatable
from seq2seq.data.readers.files import find_compressed, parallel_corpus, require_pairs
from seq2seq.data.readers.parallel import parallel
from seq2seq.data.readers.records import describe_fields, read_records, without_trailing_none
from seq2seq.errors import TextError

HASHED_ROWS = 1000  # rows that are hashed at a time; another number gives another fingerprint
SCRIPT = re.compile(r"scripts? are no longer supported|loading script|custom code|remote code")


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
        path: a name such as wmt/wmt14, or a folder of files that `datasets` reads (Parquet, JSON
            lines, CSV), of a data set that was saved, or of parallel text files.
        name: name of the configuration, if there are several.
        revision: revision of the data set; None: the newest.
        train: names of the split, in order; the first that exists is taken.
        validation: names of the split, in order; the split may be missing.
        test: names of the split, in order; the split may be missing.
        source_field: a column, dotted if nested; None: translation.LANGUAGE or
            LANGUAGE.
        target_field: a column, as `source_field`.
        source: language code.
        target: language code.
        licence: licence of the text.
        document_field: a column with the document of a row, if any.

    Raises:
        TextError: the data set cannot be loaded, has no such split or column, or held-out text is
            empty.
    """
    names = {"train": train, "validation": validation, "test": test}
    about = (source, target, licence)
    if files := parallel_files(Path(path), names, source):
        return parallel(path, files["train"] or "", files["validation"], files["test"], *about)
    sets = load_splits(path, name, revision)
    existing = {split: first_existing(n, sets.__contains__) for split, n in names.items()}
    chosen = {split: own_name for split, own_name in existing.items() if own_name is not None}
    if "train" not in chosen:
        raise TextError(f"{path} has no split named {' or '.join(train)}; it has {', '.join(sets)}")
    chosen_sets = {split: sets[own_name] for split, own_name in chosen.items()}
    fields = (source_field, target_field, document_field)
    return corpus_of_sets(chosen_sets, chosen, (path, name), fields, about)


def parallel_files(
    folder: Path, names: Mapping[str, Sequence[str]], language: str
) -> dict[str, str | None]:
    """Return the prefix of each split in a folder of parallel text; empty if it is none."""
    prefixes = {s: first_existing(n, partial(has_text, folder, language)) for s, n in names.items()}
    return prefixes if prefixes["train"] else {}


def has_text(folder: Path, language: str, name: str) -> bool:
    """Return whether `folder` has the plain text `name` in `language`."""
    return find_compressed(folder / f"{name}.{language}") is not None


def first_existing(names: Sequence[str], exists: Callable[[str], bool]) -> str | None:
    """Return the first of `names` that exists."""
    return next((name for name in names if exists(name)), None)


def corpus_of_sets(
    sets: Mapping[str, Any],
    names: Mapping[str, str],
    path: tuple[str, str | None],
    fields: tuple[str | None, str | None, str | None],
    about: tuple[str, str, str],
) -> ParallelCorpus:
    """Return a corpus of loaded data sets.

    Args:
        sets: data sets by split.
        names: names of the data sets, by split.
        path: path of the data set, and name of the configuration.
        fields: columns of source, target and document; None: see `huggingface`.
        about: (source language, target language, licence).

    Raises:
        TextError: a column is missing, or validation or test text is empty.
    """
    splits, origin = {}, {}
    for split, data in sets.items():
        columns = [
            field or text_field(data.features, language, path[0])
            for field, language in zip(fields, about[:2], strict=False)
        ]
        columns += without_trailing_none(fields[2])
        where = f"{path[0]} {names[split]}"
        read = partial(dataset_records, where)
        splits[split] = Repeatable(read_records, read, data, *columns)
        label = f"{split}: {path[0]} {path[1] or ''} {names[split]} {columns}"
        origin[label] = content_fingerprint(data, columns, where)
        require_pairs(split, splits[split], where, "[]")
    return parallel_corpus(splits, origin, about)


def content_fingerprint(data: Any, columns: Sequence[str], where: str) -> str:
    """Compute the SHA-256 of the values in some columns of a data set.

    The fingerprint of `datasets` depends on its version, and on the path and time of local files.

    Args:
        data: a `datasets.Dataset`.
        columns: names of columns, dotted if nested.
        where: name of the data set and the split, for messages.

    Raises:
        TextError: a column is missing, or is not UTF-8.
    """
    digest = hashlib.sha256(str(len(columns)).encode())
    for batch in data.with_format("arrow").iter(batch_size=HASHED_ROWS):
        for column in columns:
            values = column_values(batch, column, where)
            digest.update(json.dumps(values, default=str).encode())
    return digest.hexdigest()


def column_values(batch: Any, column: str, where: str) -> list[Any]:
    """Return the values of a dotted column of an Arrow table.

    Raises:
        TextError: there is no such column, or its text is not UTF-8.
    """
    import pyarrow.compute
    from pyarrow import types

    name, *inner = column.split(".")
    names: list[str] = batch.column_names
    values: Any = batch.column(name) if name in names else None
    for part in inner:
        if values is not None:
            is_struct = types.is_struct(values.type)
            names = [field.name for field in values.type] if is_struct else []
            values = pyarrow.compute.struct_field(values, part) if part in names else None
    if values is None:
        fields = describe_fields(dict.fromkeys(names))
        raise TextError(f"{where} has no field {column}; it has {fields}")
    try:
        return list(values.to_pylist())
    except UnicodeDecodeError as error:
        raise TextError(f"{where}: {column} is not UTF-8: {error}") from None


def load_splits(path: str, name: str | None, revision: str | None) -> Mapping[str, Any]:
    """Load all splits of a data set.

    Raises:
        TextError: there is no such data set, it is a script, or the hub cannot be reached.
    """
    import datasets

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)  # mistakes are reported below
    try:
        if (Path(path) / "dataset_dict.json").is_file():
            sets: Mapping[str, Any] = datasets.load_from_disk(path)
        else:
            require_hub(path)
            sets = datasets.load_dataset(path, name, revision=revision)
    except TextError:
        raise
    except Exception as error:  # any error of network, files, parsers and the hub
        raise load_error(path, error) from error
    return sets


def load_error(path: str, error: Exception) -> TextError:
    """Return the error, in one line, about a data set that `datasets` cannot load."""
    is_local = Path(path).exists()
    # If a local file cannot be parsed, only the cause of the error describes the mistake.
    reason = " ".join(str((error.__cause__ or error) if is_local else error).split())[:200]
    if SCRIPT.search(str(error)):
        return TextError(
            f"the data set {path} is a script, which is not run: "
            "data.revision=refs/convert/parquet reads the hub's copy of its text, if there is one, "
            f"and data.path=FOLDER one of yours ({reason})"
        )
    hint = "" if is_local else "; data.path=FOLDER reads a local copy"
    return TextError(f"the data set {path} cannot be read{hint} ({reason})")


def require_hub(path: str) -> None:
    """Check that the hub has `path`, with a short timeout; local and offline data sets pass.

    Raises:
        TextError: the hub cannot be reached, or has no such data set.
    """
    if Path(path).exists():
        return
    from huggingface_hub import HfApi, constants

    if constants.HF_HUB_OFFLINE:
        return  # `datasets` reads its cache
    try:
        HfApi().dataset_info(path, timeout=10)
    except Exception as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise TextError(
            f"the data set {path} cannot be had from the Hugging Face hub; data.path=FOLDER reads "
            f"a local copy of it ({reason})"
        ) from error


def text_field(features: Mapping[str, Any], language: str, path: str) -> str:
    """Return the field with the text of `language`: translation.LANGUAGE, or that column.

    Raises:
        TextError: there is no such column.
    """
    if "translation" in features:
        return f"translation.{language}"
    if language in features:
        return language
    raise TextError(
        f"{path} has no column {language}; it has {describe_fields(dict(features))}: "
        "give data.source_field and data.target_field"
    )


def dataset_records(where: str, data: Any) -> Iterator[tuple[str, int, Any]]:
    """Yield ("NAME, row N", N, row) for each row."""
    for number, row in enumerate(data, 1):
        yield f"{where}, row {number}", number, row
