"""Preparation of captioned images: held-out images, the cache, and refusals."""

from pathlib import Path

import pytest
from PIL import Image

from seq2seq.errors import TextError
from tests.vision.corpora import (
    BLUE,
    FEATURES,
    RED,
    captions_of,
    prepare,
    read_images,
    write_features,
    write_json_lines,
)


def test_a_split_without_a_file_of_captions_gets_a_twentieth_by_name(folder: Path) -> None:
    names = [f"{n}.png" for n in range(200)]
    for name in names:
        (folder / name).symlink_to(folder / "a.png")
    first = write_json_lines(
        folder / "c.jsonl", *({"file": name, "captions": ["x", "y"]} for name in names)
    )
    second = write_json_lines(
        folder / "d.jsonl", *({"file": name, "caption": "x"} for name in names[::-1])
    )

    corpus, again = (
        read_images(folder, file, validation=None, test=None) for file in (first, second)
    )

    parts = {split: set(captions_of(corpus, split)) for split in corpus.splits}
    assert set.union(*parts.values()) == set(names)
    assert sum(len(part) for part in parts.values()) == 200  # each in one split
    # A twentieth each: 10 of 200, 3.1 the deviation of a binomial.
    assert all(1 <= len(parts[split]) <= 20 for split in ("validation", "test"))
    assert parts == {split: set(captions_of(again, split)) for split in again.splits}


def test_images_are_prepared_once_and_again_when_they_have_changed(folder: Path) -> None:
    name = write_json_lines(
        folder / "c.jsonl", {"file": "a.png", "captions": ["red  all\u200b over", "r"]}
    )

    first, second = (prepare(read_images(folder, name), folder / "cache") for _ in range(2))
    Image.new("RGB", (4, 4), BLUE).save(folder / "a.png")
    third = prepare(read_images(folder, name), folder / "cache")

    assert [len(p.notices) for p in (first, second, third)] == [1, 0, 1]
    assert second.splits["train"].captions == [["red all over", "r"]]
    assert second.splits["train"].stored[0, 0, 0].tolist() == list(RED)
    assert third.splits["train"].stored[0, 0, 0].tolist() == list(BLUE)
    assert "train                1         2          2" in first.table()


def test_a_network_that_is_trained_on_pixels_refuses_features(folder: Path) -> None:
    name = write_json_lines(folder / "c.jsonl", {"file": "a.png", "caption": "red"})
    corpus = read_images(folder, name, features=write_features(folder, "npy", FEATURES[:1]))

    with pytest.raises(TextError, match="is features, not pixels: model/vision=features"):
        prepare(corpus, folder / "cache")
