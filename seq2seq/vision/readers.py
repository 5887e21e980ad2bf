"""Readers of images with captions: folders, and data sets of the Hugging Face hub."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seq2seq.data.corpus import SPLITS
from seq2seq.data.readers.files import sha256_of_file
from seq2seq.data.readers.huggingface import first_existing, load_splits
from seq2seq.errors import TextError
from seq2seq.vision.caption_files import CaptionsByName, read_captions
from seq2seq.vision.dataset_images import DatasetImages
from seq2seq.vision.features import read_features
from seq2seq.vision.held_out import split_of_name, split_rows
from seq2seq.vision.images import CaptionedImage, CaptionedImages


def images(
    path: str,
    train: str,
    validation: str | None,
    test: str | None,
    features: str | None,
    language: str,
    licence: str,
) -> CaptionedImages:
    """Read a folder of images, and files of captions.

    Args:
        path: the folder; names in the files of captions are below it.
        train: a file of captions in `path`: JSON lines, `{"file": ..., "caption": ...}` or
            `{"file": ..., "captions": [...]}`, or one JSON object in COCO's form.
        validation: a file of captions; None: a twentieth of the images, by the hashes of their
            names.
        test: a file of captions; None: another twentieth.
        features: an array (.npy or .safetensors) with a row for each image, in the order in which
            names first occur in the files of captions, train, validation, test; no image is read
            then.
        language: language of the captions.
        licence: licence of the images and captions.

    Raises:
        TextError: a file is missing or of another kind, or a captioned image is missing.
    """
    folder = Path(path)
    names = zip(SPLITS, (train, validation, test), strict=True)
    files = {split: folder / name for split, name in names if name is not None}
    origin = {f"{split}: {file.name}": sha256_of_file(file) for split, file in files.items()}
    captions = {split: read_captions(file) for split, file in files.items()}
    rows = None
    if features is not None:
        origin["features"] = sha256_of_file(folder / features)
        rows = _feature_rows(folder / features, captions)
    splits = _split_images(folder, captions, rows)
    _require_images(folder, splits)
    if rows is None:
        used = [image.name for part in splits.values() for image in part]
        origin["pictures"] = _files_fingerprint(folder, used)
    return CaptionedImages(splits, language, licence, origin)


def _feature_rows(file: Path, captions: Mapping[str, CaptionsByName]) -> dict[str, Any]:
    """Return the row of features of each image, by name."""
    array = read_features(file)
    names = list(dict.fromkeys(name for by_name in captions.values() for name in by_name))
    if len(array) != len(names):
        raise TextError(f"{file} has {len(array)} rows for {len(names)} captioned pictures")
    return dict(zip(names, array, strict=True))


def _split_images(
    folder: Path, captions: Mapping[str, CaptionsByName], rows: Mapping[str, Any] | None
) -> dict[str, list[CaptionedImage]]:
    """Return the images of each split; some of train are held out for a split without captions."""
    splits: dict[str, list[CaptionedImage]] = {split: [] for split in SPLITS}
    for split, by_name in captions.items():
        for name, references in by_name.items():
            file = folder / name
            if rows is None and not file.is_file():
                raise TextError(f"there is no picture {file}, which {split} captions")
            image = CaptionedImage(name, file if rows is None else rows[name], references)
            splits[split if split != "train" else split_of_name(name, captions)].append(image)
    return splits


def _require_images(name: str | Path, splits: Mapping[str, Sequence[CaptionedImage]]) -> None:
    """Require images in each split of the folder or data set `name`."""
    for split, part in splits.items():
        if not len(part):
            raise TextError(f"{name} has no pictures for {split}")


def _files_fingerprint(folder: Path, names: Sequence[str]) -> str:
    """Return a hash of the sizes and times of files: reading all of them would take long."""
    digest = hashlib.sha256()
    for name in names:
        status = (folder / name).stat()
        digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def dataset(
    path: str,
    name: str | None,
    revision: str | None,
    train: list[str],
    validation: list[str],
    test: list[str],
    image_column: str,
    caption_column: str,
    language: str,
    licence: str,
) -> CaptionedImages:
    """Read a data set with an image column by its hub name, or from a local folder.

    Args:
        path: see the reader `huggingface`, as for `name` and `revision`.
        name: name of the configuration.
        revision: revision of the data set.
        train: names of the split; the first that exists is taken.
        validation: names of the split; if none exists, a twentieth of the training rows, by the
            hashes of their numbers.
        test: names of the split; if none exists, another twentieth.
        image_column: column of images.
        caption_column: column of captions: a text, or a list of texts.
        language: language of the captions.
        licence: licence of the images and captions.

    Raises:
        TextError: the data set cannot be loaded, or has no such split or column.
    """
    sets = load_splits(path, name, revision)
    candidates = dict(zip(SPLITS, (train, validation, test), strict=True))
    columns = image_column, caption_column
    existing = _existing_splits(path, sets, candidates)
    splits: dict[str, DatasetImages] = {}
    origin = {}
    for split, set_name in existing.items():
        data = sets[set_name]
        _require_columns(path, data, columns)
        parts = split_rows(len(data), existing) if split == "train" else {split: range(len(data))}
        for part, rows in parts.items():
            splits[part] = DatasetImages(data, *columns, set_name, rows)
        source = f"{split}: {path} {name or ''} {set_name} {' '.join(columns)}"
        origin[source] = str(data._fingerprint)
    _require_images(path, splits)
    return CaptionedImages(splits, language, licence, origin)


def _existing_splits(
    path: str, sets: Mapping[str, Any], candidates: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Return the name in `sets` of each split that exists, the first of its candidates."""
    existing = {
        split: name
        for split, names in candidates.items()
        if (name := first_existing(names, sets.__contains__))
    }
    if "train" not in existing:
        names = " or ".join(candidates["train"])
        raise TextError(f"{path} has no split named {names}; it has {', '.join(sets)}")
    return existing


def _require_columns(path: str, data: Any, columns: Sequence[str]) -> None:
    for column in columns:
        if column not in data.features:
            raise TextError(f"{path} has no column {column}; it has {', '.join(data.features)}")
