"""Corpora of captioned images for tests: folders, data sets and features."""

import json
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from safetensors.numpy import save_file

from seq2seq.config.training import TokenizerOptions
from seq2seq.vision import backbones
from seq2seq.vision.images import CaptionedImages
from seq2seq.vision.prepare import PreparedCaptions, prepare_captions
from seq2seq.vision.readers import dataset, images

RED, BLUE = (255, 0, 0), (0, 0, 255)
SPLITS = ("train", "val", "test")
FEATURES = np.arange(12, dtype=np.float32).reshape(3, 4)


def write_json_lines(path: Path, *entries: dict[str, Any]) -> str:
    """Write a file of JSON lines, and return its name."""
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path.name


def read_images(folder: Path, train: str, **more: Any) -> CaptionedImages:
    """Read a folder with one file of captions for all splits, unless `more` says otherwise."""
    given = {"validation": train, "test": train, "features": None} | more
    return images(str(folder), train, **given, language="en", licence="our own")


def captions_of(corpus: CaptionedImages, split: str = "train") -> dict[str, list[str]]:
    """Return the captions of a split by the names of the images."""
    return {image.name: list(image.captions) for image in corpus.splits[split]}


def write_features(folder: Path, suffix: str, array: Any) -> str:
    """Write an array of features, and return the name of the file."""
    path = folder / f"features.{suffix}"
    np.save(path, array) if suffix == "npy" else save_file({"all": array}, path)
    return path.name


def save_dataset(
    path: Path, rows: dict[str, Any], image: Any = None, splits: tuple[str, ...] = SPLITS
) -> Path:
    """Save a data set with the same rows in each split, and return its folder."""
    features = datasets.Features(
        {
            "image": image or datasets.Image(),
            **{k: datasets.Sequence(datasets.Value("string")) if isinstance(v[0], list)
               else datasets.Value("string") for k, v in rows.items() if k != "image"},
        }
    )  # fmt: skip
    part = datasets.Dataset.from_dict(rows, features=features)
    datasets.DatasetDict(dict.fromkeys(splits, part)).save_to_disk(str(path))
    return path


def read_dataset(path: Path, caption: str = "caption", image: str = "image") -> CaptionedImages:
    """Read a saved data set, whose validation split may have either name."""
    return dataset(
        str(path), None, None, ["train"], ["validation", "val"], ["test"], image, caption, "en", "?"
    )


def prepare(corpus: CaptionedImages, cache: Path) -> PreparedCaptions:
    """Prepare images; the notices are the lines that were printed while that was done."""
    lines: list[str] = []
    vision = backbones.ConvNet(4, [4])
    prepared = prepare_captions(
        corpus, vision, {"pixels": 4}, TokenizerOptions("char"), cache, lines.append
    )
    return prepared._replace(notices=lines)
