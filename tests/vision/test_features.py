"""Precomputed features: arrays in files, and their shapes."""

from pathlib import Path

import pytest
from safetensors.numpy import save_file

from seq2seq.errors import TextError
from seq2seq.vision import backbones
from seq2seq.vision.features import read_features
from seq2seq.vision.images import CaptionedImage
from tests.vision.corpora import FEATURES, read_images, write_features, write_json_lines


@pytest.mark.parametrize("suffix", ["npy", "safetensors"])
def test_features_are_rows_in_the_order_of_the_captions(tmp_path: Path, suffix: str) -> None:
    first = write_json_lines(
        tmp_path / "c.jsonl", {"file": "z", "caption": "x"}, {"file": "a", "caption": "y"}
    )
    second = write_json_lines(tmp_path / "d.jsonl", {"file": "m", "captions": ["v", "w"]})
    name = write_features(tmp_path, suffix, FEATURES)

    corpus = read_images(tmp_path, first, validation=second, test=second, features=name)

    vision = backbones.PrecomputedFeatures(4, 1)
    stored = {p.name: next(vision.store([p])) for s in corpus.splits.values() for p in s}
    assert {name: row.tolist() for name, row in stored.items()} == {
        "z": [[0, 1, 2, 3]], "a": [[4, 5, 6, 7]], "m": [[8, 9, 10, 11]]
    }  # fmt: skip
    write_features(tmp_path, suffix, FEATURES[:2])
    with pytest.raises(TextError, match="2 rows for 3 captioned pictures"):
        read_images(tmp_path, first, validation=second, test=second, features=name)


def test_features_may_be_a_grid_and_must_have_the_shape_of_the_options(tmp_path: Path) -> None:
    grid = read_features(tmp_path / write_features(tmp_path, "npy", FEATURES.reshape(1, 3, 4)))

    [stored] = backbones.PrecomputedFeatures(4, 3).store([CaptionedImage("a", grid[0], [])])

    assert stored.tolist() == FEATURES.tolist()
    with pytest.raises(TextError, match=r"features of a are 3 of 4: model\.vision\.positions=2"):
        list(backbones.PrecomputedFeatures(4, 2).store([CaptionedImage("a", grid[0], [])]))
    with pytest.raises(TextError, match="a comes without features"):
        list(backbones.PrecomputedFeatures(4, 2).store([CaptionedImage("a", "a.png", [])]))
    with pytest.raises(TextError, match="a is features, not pixels"):
        list(backbones.ConvNet(8, [4]).store([CaptionedImage("a", grid[0], [])]))


def test_a_file_that_holds_no_features_is_refused(tmp_path: Path) -> None:
    contents = {"empty.npy": b"", "text.npy": b"text", "empty.safetensors": b""}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(TextError, match=f"{name} cannot be read"):
            read_features(tmp_path / name)
    with pytest.raises(TextError, match=r"not of shape \(3,\)"):
        read_features(tmp_path / write_features(tmp_path, "npy", FEATURES[:, 0]))
    save_file({"a": FEATURES, "b": FEATURES}, tmp_path / "two.safetensors")
    with pytest.raises(TextError, match=r"two\.safetensors has 2 arrays"):
        read_features(tmp_path / "two.safetensors")
