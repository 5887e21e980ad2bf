"""Data sets with an image column."""

from pathlib import Path

import datasets
import numpy as np
import pytest
from PIL import Image

from seq2seq.errors import TextError
from seq2seq.vision.images import square_pixels
from tests.vision.corpora import BLUE, RED, captions_of, prepare, read_dataset, save_dataset


def test_a_saved_data_set_with_an_image_column(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (4, 4), colour) for colour in (RED, BLUE)]
    path = save_dataset(tmp_path / "set", {
        "image": pictures, "caption": ["red", "blue"], "several": [["a\nb", "c"], ["d"]],
    })  # fmt: skip

    one, several = read_dataset(path), read_dataset(path, "several")

    assert captions_of(one, "validation") == {"val-000000": ["red"], "val-000001": ["blue"]}
    assert captions_of(several) == {"train-000000": ["a b", "c"], "train-000001": ["d"]}
    assert [square_pixels(p, 2)[0, 0].tolist() for p in one.splits["train"]] == [
        list(RED),
        list(BLUE),
    ]
    assert one.splits["train"][1:][0].captions == ["blue"]
    assert one.origin != several.origin  # with other captions it is other data
    with pytest.raises(TextError, match="no column text; it has image, caption, several"):
        read_dataset(path, "text")
    with pytest.raises(TextError, match="train-000000: caption is no image: 'red'"):
        read_dataset(path, image="caption").splits["train"][0]


@pytest.mark.parametrize("caption", ["", " \n", "\u200b"])
def test_an_empty_caption_of_a_data_set_is_refused_with_its_row(
    tmp_path: Path, caption: str
) -> None:
    path = save_dataset(tmp_path / "set", {
        "image": [Image.new("RGB", (4, 4), RED)], "caption": [caption], "several": [["x", caption]],
    })  # fmt: skip

    for column in ("caption", "several"):
        with pytest.raises(TextError, match=f"train-000000: an empty text in {column}$"):
            read_dataset(path, column).splits["train"][0]


@pytest.mark.parametrize("splits", [("train",), ("train", "test")])
def test_a_split_that_a_data_set_lacks_gets_a_twentieth_of_the_training_rows(
    tmp_path: Path, splits: tuple[str, ...]
) -> None:
    count = 200
    pixels = [np.full((1, 1, 3), n, np.uint8) for n in range(count)]
    rows = {"image": pixels, "caption": [f"number {n}" for n in range(count)]}
    path = save_dataset(tmp_path / "set", rows, datasets.Array3D((1, 1, 3), "uint8"), splits)

    corpus, again = read_dataset(path), read_dataset(path)

    parts = {
        split: captions_of(corpus, split)
        for split in ("train", "validation", "test")[: 4 - len(splits)]
    }
    all_captions = {name: captions for part in parts.values() for name, captions in part.items()}
    assert sum(map(len, parts.values())) == len(all_captions) == count  # each in one split
    assert all_captions == {f"train-{n:06}": [f"number {n}"] for n in range(count)}
    image = corpus.splits["validation"][0]
    assert square_pixels(image, 1)[0, 0, 0] == int(image.name[-6:])
    # A twentieth each: 10 of 200, 3.1 the deviation of a binomial.
    assert all(1 <= len(part) <= 20 for split, part in parts.items() if split != "train")
    assert parts == {split: captions_of(again, split) for split in parts}
    if "test" in splits:
        assert set(captions_of(corpus, "test")) == {f"test-{n:06}" for n in range(count)}


def test_a_data_set_without_a_training_split_or_too_small_to_split_is_refused(
    tmp_path: Path,
) -> None:
    rows = {"image": [np.zeros((1, 1, 3), np.uint8)], "caption": ["x"]}
    shape = datasets.Array3D((1, 1, 3), "uint8")

    with pytest.raises(TextError, match=r"no split named train; it has test$"):
        read_dataset(save_dataset(tmp_path / "one", rows, shape, ("test",)))
    with pytest.raises(TextError, match="two has no pictures for validation"):
        read_dataset(save_dataset(tmp_path / "two", rows, shape, ("train", "test")))


def test_a_damaged_image_of_a_data_set_is_named(tmp_path: Path) -> None:
    path = save_dataset(tmp_path / "set", {
        "image": [{"bytes": b"no image", "path": None}], "caption": ["?"],
    })  # fmt: skip

    with pytest.raises(TextError, match="train-000000: image is no image: cannot identify"):
        prepare(read_dataset(path), tmp_path)


def test_a_data_set_of_plain_pixels(tmp_path: Path) -> None:
    path = save_dataset(
        tmp_path / "set",
        {"image": [np.full((2, 2, 3), 9, np.uint8)], "caption": ["dark"]},
        datasets.Array3D((2, 2, 3), "uint8"),
    )

    assert (square_pixels(read_dataset(path).splits["test"][0], 2) == 9).all()
