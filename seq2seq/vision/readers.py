"""Readers of pictures with captions: folders, and data sets of the Hugging Face hub."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from PIL import Image

from seq2seq.data.corpus import SPLITS
from seq2seq.data.readers.files import one_line, sha256_of_file
from seq2seq.data.readers.huggingface import first_existing, load_splits
from seq2seq.errors import TextError
from seq2seq.text.lines import read_lines
from seq2seq.text.normalization import normalize
from seq2seq.vision.features import read_features
from seq2seq.vision.images import CaptionedImage, CaptionedImages

HELD_OUT_SHARE = 0.05  # of the pictures, set aside each for validation and test where there is none
CaptionsByName = Mapping[str, list[str]]  # captions by the name of a picture


def images(
    path: str,
    train: str,
    validation: str | None,
    test: str | None,
    features: str | None,
    language: str,
    licence: str,
) -> CaptionedImages:
    """Read a folder of pictures, and files of captions.

    Args:
        path: the folder; names in the files of captions are below it.
        train: a file of captions in `path`: JSON lines, `{"file": ..., "caption": ...}` or
            `{"file": ..., "captions": [...]}`, or one JSON object in COCO's form.
        validation: likewise; None: a twentieth of the pictures, by the hashes of their names.
        test: likewise.
        features: an array (.npy or .safetensors) with a row for each picture, in the order in which
            names first occur in the files of captions, train, validation, test; no picture is read
            then.
        language: of the captions.
        licence: of the pictures and captions.

    Raises:
        TextError: a file is missing or is no such file; a picture that a caption is for is missing.
    """
    folder = Path(path)
    names = {"train": train, "validation": validation, "test": test}
    origin: dict[str, str] = {}
    read: dict[str, CaptionsByName] = {}
    for split, name in names.items():
        if name is not None:
            file = folder / name
            origin[f"{split}: {file.name}"] = sha256_of_file(file)
            read[split] = read_captions(file)
    rows = _feature_rows(folder, features, read, origin)
    splits: dict[str, list[CaptionedImage]] = {split: [] for split in names}
    for split, captioned in read.items():
        for name, captions in captioned.items():
            image = rows[name] if rows is not None else folder / name
            if rows is None and not (folder / name).is_file():
                raise TextError(f"there is no picture {folder / name}, which {split} captions")
            home = split if split != "train" else _split_of_name(name, read)
            splits[home].append(CaptionedImage(name, image, captions))
    for split, found in splits.items():
        if not found:
            raise TextError(f"{folder} has no pictures for {split}")
    if rows is None:
        origin["pictures"] = _files_fingerprint(
            folder, [p.name for found in splits.values() for p in found]
        )
    return CaptionedImages(splits, language, licence, origin)


def _files_fingerprint(folder: Path, names: Sequence[str]) -> str:
    """A fingerprint of files by size and time: to read all of them takes long."""
    mark = hashlib.sha256()
    for name in names:
        about = (folder / name).stat()
        mark.update(f"{name}\0{about.st_size}\0{about.st_mtime_ns}\0".encode())
    return mark.hexdigest()


def _feature_rows(
    folder: Path, features: str | None, read: Mapping[str, CaptionsByName], origin: dict[str, str]
) -> dict[str, Any] | None:
    """The row of features of each picture, by name."""
    if features is None:
        return None
    origin["features"] = sha256_of_file(folder / features)
    array = read_features(folder / features)
    names = list(dict.fromkeys(name for captioned in read.values() for name in captioned))
    if len(array) != len(names):
        raise TextError(
            f"{folder / features} has {len(array)} rows for {len(names)} captioned pictures"
        )
    return dict(zip(names, array, strict=True))


def _split_of_name(name: str, read: Container[str]) -> str:
    """The split of a picture of training: those that are not `read` are set aside by hash."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32
    missing = [split for split in ("validation", "test") if split not in read]
    for place, split in enumerate(missing):
        if number < HELD_OUT_SHARE * (place + 1):
            return split
    return "train"


def read_captions(file: Path) -> CaptionsByName:
    """The captions of a file by the names of the pictures they are for.

    Raises:
        TextError: it is no JSON, or lacks what is needed: the line is named.
    """
    lines = list(read_lines(file))
    if len(lines) == 1 and '"annotations"' in lines[0]:
        return _coco(file, lines[0])
    whole = "\n".join(lines)
    if whole.lstrip().startswith("{") and '"annotations"' in whole:
        return _coco(file, whole)
    found: dict[str, list[str]] = defaultdict(list)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise TextError(f"{file}, line {number}, is no JSON: {error}") from None
        name = entry.get("file") if isinstance(entry, dict) else None
        said = _texts(entry.get("captions") or entry.get("caption")) if name else None
        if not isinstance(name, str) or not said:
            raise TextError(f"{file}, line {number}, needs a file and a caption, or captions")
        if _has_empty(said):
            raise TextError(f"{file}, line {number}, has an empty caption")
        found[name] += [one_line(caption) for caption in said]
    if not found:
        raise TextError(f"{file} has no captions")
    return dict(found)


def _texts(said: Any) -> list[str] | None:
    """A text, or a list of them, as a list; None: it is neither."""
    captions = [said] if isinstance(said, str) else said
    right = isinstance(captions, list) and all(isinstance(caption, str) for caption in captions)
    return captions if right and captions else None


def _has_empty(captions: Sequence[str]) -> bool:
    """Whether nothing is left of one of them: it would train how a caption ends, and no more."""
    return not all(normalize(caption) for caption in captions)


def _coco(file: Path, text: str) -> CaptionsByName:
    """COCO's form, Chen et al. (2015), https://arxiv.org/abs/1504.00325."""
    try:
        whole = json.loads(text)
        names = {image["id"]: str(image["file_name"]) for image in whole["images"]}
        found: dict[str, list[str]] = defaultdict(list)
        for annotation in whole["annotations"]:
            name, caption = names[annotation["image_id"]], one_line(annotation["caption"])
            if _has_empty([caption]):
                raise TextError(f"{file}: {name} has an empty caption")
            found[name].append(caption)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TextError(f"{file} is not in COCO's form: {error!r}") from None
    return dict(found)


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
        path: as for the reader `huggingface`; so are `name` and `revision`.
        name: of the configuration.
        revision: of the data set.
        train: names of the split; the first that exists is taken.
        validation: likewise; none exists: a twentieth of the training rows, by hashes of their
            numbers.
        test: likewise.
        image_column: the pictures.
        caption_column: a text, or a list of texts.
        language: of the captions.
        licence: of the pictures and captions.

    Raises:
        TextError: it cannot be had, or has no such split or column.
    """
    sets = load_splits(path, name, revision)
    wanted = zip(SPLITS, (train, validation, test), strict=True)
    read = {s: found for s, names in wanted if (found := first_existing(names, sets.__contains__))}
    if "train" not in read:
        raise TextError(f"{path} has no split named {' or '.join(train)}; it has {', '.join(sets)}")
    splits: dict[str, DatasetImages] = {}
    origin = {}
    for split, found in read.items():
        data = sets[found]
        for column in (image_column, caption_column):
            if column not in data.features:
                raise TextError(f"{path} has no column {column}; it has {', '.join(data.features)}")
        places = split_rows(len(data), read) if split == "train" else {split: range(len(data))}
        for home, rows in places.items():
            splits[home] = DatasetImages(data, image_column, caption_column, found, rows)
        columns = f"{image_column} {caption_column}"
        origin[f"{split}: {path} {name or ''} {found} {columns}"] = str(data._fingerprint)
    for split, pictures in splits.items():
        if not len(pictures):
            raise TextError(f"{path} has no pictures for {split}")
    return CaptionedImages(splits, language, licence, origin)


def split_rows(count: int, read: Container[str]) -> dict[str, list[int]]:
    """The `count` rows of training by split: its own, and those that are not `read` elsewhere."""
    apart = [split for split in SPLITS if split == "train" or split not in read]
    places: dict[str, list[int]] = {split: [] for split in apart}
    for row in range(count):
        places[_split_of_name(str(row), read)].append(row)
    return places


class DatasetImages(Sequence[CaptionedImage]):
    """Rows of a data set as pictures, each read when it is asked for."""

    def __init__(
        self, data: Any, image: str, caption: str, name: str, places: Sequence[int]
    ) -> None:
        self.data, self.image, self.caption = data, image, caption
        self.name, self.places = name, places

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, index: int) -> CaptionedImage: ...
    @overload
    def __getitem__(self, index: slice) -> list[CaptionedImage]: ...
    def __getitem__(self, index: int | slice) -> CaptionedImage | list[CaptionedImage]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        place = self.places[index]
        name = f"{self.name}-{place:06}"
        try:
            row = self.data[place]  # decodes the image
            image = _image_of(row[self.image])
        except (OSError, ValueError, TypeError, OverflowError) as error:
            raise TextError(f"{name}: {self.image} is no image: {error}") from None
        said = row[self.caption]
        captions = _texts(said)
        if not captions:
            raise TextError(f"{name}: {self.caption} is no text and no list of texts: {said!r}")
        if _has_empty(captions):
            raise TextError(f"{name}: an empty text in {self.caption}")
        return CaptionedImage(name, image, [one_line(caption) for caption in captions])


def _image_of(value: Any) -> Image.Image:
    """What a row has for an image, which may be lists of pixels.

    Raises:
        ValueError: it is something else.
    """
    if isinstance(value, list):
        return Image.fromarray(np.asarray(value, dtype=np.uint8))
    if not isinstance(value, Image.Image):
        raise ValueError(repr(value))
    return value
