"""Pictures and captions from folders, COCO files, data sets and arrays of features."""

import json
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from seq2seq.config.training import TokenizerOptions
from seq2seq.errors import TextError
from seq2seq.vision import backbones
from seq2seq.vision.features import read_features
from seq2seq.vision.images import CaptionedImage, CaptionedImages, image_files, square_pixels
from seq2seq.vision.prepare import PreparedCaptions, prepare_captions
from seq2seq.vision.readers import dataset, images

RED, BLUE = (255, 0, 0), (0, 0, 255)
SPLITS = ("train", "val", "test")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures."""
    for name, colour in (("a.png", RED), ("b.png", BLUE)):
        Image.new("RGB", (4, 4), colour).save(tmp_path / name)
    return tmp_path


def lines(path: Path, *entries: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path.name


def read(folder: Path, train: str, **more: Any) -> CaptionedImages:
    given = {"validation": train, "test": train, "features": None} | more
    return images(str(folder), train, **given, language="en", licence="our own")


def told(album: CaptionedImages, split: str = "train") -> dict[str, list[str]]:
    return {picture.name: list(picture.captions) for picture in album.splits[split]}


def test_json_lines_with_one_caption_or_several_on_one_line_or_many(folder: Path) -> None:
    name = lines(
        folder / "c.jsonl",
        {"file": "b.png", "caption": "blue\nall over"},
        {"file": "a.png", "captions": ["red", "it is red"]},
        {"file": "b.png", "caption": "a sky"},
    )

    album = read(folder, name)

    assert told(album) == {"b.png": ["blue all over", "a sky"], "a.png": ["red", "it is red"]}
    assert [square_pixels(p, 2)[0, 0].tolist() for p in album.splits["train"]] == [
        list(BLUE),
        list(RED),
    ]


@pytest.mark.parametrize("indent", [None, 1])
def test_captions_in_the_form_of_coco(folder: Path, indent: int | None) -> None:
    whole = {
        "images": [{"id": 7, "file_name": "a.png"}, {"id": 9, "file_name": "b.png"},
                   {"id": 3, "file_name": "nobody-said-anything.png"}],
        "annotations": [
            {"id": 1, "image_id": 9, "caption": "blue"},
            {"id": 2, "image_id": 7, "caption": "red"},
            {"id": 3, "image_id": 9, "caption": "a sky"},
        ],
    }  # fmt: skip
    (folder / "c.json").write_text(json.dumps(whole, indent=indent))

    assert told(read(folder, "c.json")) == {"b.png": ["blue", "a sky"], "a.png": ["red"]}


def test_what_is_not_brought_is_set_aside_by_name(folder: Path) -> None:
    names = [f"{n}.png" for n in range(200)]
    for name in names:
        (folder / name).symlink_to(folder / "a.png")
    one = lines(folder / "c.jsonl", *({"file": name, "captions": ["x", "y"]} for name in names))
    other = lines(folder / "d.jsonl", *({"file": name, "caption": "x"} for name in names[::-1]))

    album, again = (read(folder, file, validation=None, test=None) for file in (one, other))

    parts = {split: set(told(album, split)) for split in album.splits}
    assert set.union(*parts.values()) == set(names)
    assert sum(len(part) for part in parts.values()) == 200  # each in one split
    # A twentieth each: 10 of 200, 3.1 the deviation of a binomial.
    assert all(1 <= len(parts[split]) <= 20 for split in ("validation", "test"))
    assert parts == {split: set(told(again, split)) for split in again.splits}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"file": "a.png", "caption": "red"}\n{"file": ', "c.jsonl, line 2, is no JSON"),
        ('{"file": "a.png"}', "c.jsonl, line 1, needs a file and a caption"),
        ('{"file": "a.png", "captions": []}', "line 1, needs a file and a caption"),
        ('\n{"file": "a.png", "captions": ["red", " "]}', "c.jsonl, line 2, has an empty caption"),
        ('{"file": "a.png", "caption": ""}', "c.jsonl, line 1, has an empty caption"),
        ('{"file": "a.png", "caption": "\u200b \u2060"}', "c.jsonl, line 1, has an empty caption"),
        ('{"file": "a.png", "caption": 5}', "line 1, needs a file and a caption"),
        ("[1]", "line 1, needs a file and a caption"),
        ("", "c.jsonl has no captions"),
        ('{"file": "none.png", "caption": "x"}', "there is no picture .*none.png, which train"),
        ('{"images": [], "annotations": [{"image_id": 1, "caption": "x"}]}', "COCO's form"),
    ],
)
def test_wrong_captions_are_told_with_their_place(folder: Path, text: str, message: str) -> None:
    (folder / "c.jsonl").write_text(text)

    with pytest.raises(TextError, match=message) as error:
        read(folder, "c.jsonl")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("caption", ["", " \n", "\u200b"])
def test_an_empty_caption_is_told_with_its_picture(
    folder: Path, tmp_path: Path, caption: str
) -> None:
    """Normalised, each of these is nothing: it would train the end of a caption alone."""
    said = {"image_id": 9, "caption": caption}
    whole = {"images": [{"id": 9, "file_name": "b.png"}], "annotations": [said]}
    (folder / "c.json").write_text(json.dumps(whole))
    path = saved(tmp_path / "set", {
        "image": [Image.new("RGB", (4, 4), RED)], "caption": [caption], "said": [["x", caption]],
    })  # fmt: skip

    with pytest.raises(TextError, match=r"c\.json: b\.png has an empty caption$"):
        read(folder, "c.json")
    for column in ("caption", "said"):
        with pytest.raises(TextError, match=f"train-000000: an empty text in {column}$"):
            hub(path, column).splits["train"][0]


def test_a_folder_without_pictures_and_what_is_no_picture_are_told(folder: Path) -> None:
    (folder / "c.png").write_text("no picture")
    (folder / "d.jpg").write_bytes((folder / "a.png").read_bytes()[:-20])  # cut off
    (folder / "empty").mkdir()

    assert [path.name for path in image_files(folder)] == ["a.png", "b.png", "c.png", "d.jpg"]
    for name in ("c.png", "d.jpg"):
        with pytest.raises(TextError, match=f"{name} cannot be read"):
            square_pixels(CaptionedImage(name, folder / name, []), 4)
    with pytest.raises(TextError, match="empty has no pictures"):
        image_files(folder / "empty")
    with pytest.raises(TextError, match="there is no folder"):
        image_files(folder / "nowhere")


def test_the_middle_square_of_any_mode_is_seen(tmp_path: Path) -> None:
    wide = Image.new("RGB", (12, 4), BLUE)
    wide.paste(RED, (4, 0, 8, 4))
    for mode, name in (("RGB", "a.png"), ("P", "b.gif"), ("RGBA", "c.png"), ("CMYK", "d.tif")):
        wide.convert(mode).save(tmp_path / name)
        seen = square_pixels(CaptionedImage(name, tmp_path / name, []), 4)
        assert seen.shape == (4, 4, 3)
        assert np.abs(seen.astype(int) - RED).max() < 3
    Image.new("L", (4, 4), 90).save(tmp_path / "e.png")
    assert (square_pixels(CaptionedImage("e", tmp_path / "e.png", []), 2) == 90).all()


FEATURES = np.arange(12, dtype=np.float32).reshape(3, 4)


def written(folder: Path, ending: str, array: Any) -> str:
    path = folder / f"features.{ending}"
    np.save(path, array) if ending == "npy" else save_file({"all": array}, path)
    return path.name


@pytest.mark.parametrize("ending", ["npy", "safetensors"])
def test_features_are_rows_in_the_order_of_the_captions(tmp_path: Path, ending: str) -> None:
    one = lines(tmp_path / "c.jsonl", {"file": "z", "caption": "x"}, {"file": "a", "caption": "y"})
    two = lines(tmp_path / "d.jsonl", {"file": "m", "captions": ["v", "w"]})
    name = written(tmp_path, ending, FEATURES)

    album = read(tmp_path, one, validation=two, test=two, features=name)

    vision = backbones.PrecomputedFeatures(4, 1)
    got = {p.name: next(vision.store([p])) for s in album.splits.values() for p in s}
    assert {name: row.tolist() for name, row in got.items()} == {
        "z": [[0, 1, 2, 3]], "a": [[4, 5, 6, 7]], "m": [[8, 9, 10, 11]]
    }  # fmt: skip
    written(tmp_path, ending, FEATURES[:2])
    with pytest.raises(TextError, match="2 rows for 3 captioned pictures"):
        read(tmp_path, one, validation=two, test=two, features=name)


def test_features_of_a_grid_and_of_another_width(tmp_path: Path) -> None:
    grid = read_features(tmp_path / written(tmp_path, "npy", FEATURES.reshape(1, 3, 4)))

    [stored] = backbones.PrecomputedFeatures(4, 3).store([CaptionedImage("a", grid[0], [])])

    assert stored.tolist() == FEATURES.tolist()
    with pytest.raises(TextError, match=r"features of a are 3 of 4: model\.vision\.positions=2"):
        list(backbones.PrecomputedFeatures(4, 2).store([CaptionedImage("a", grid[0], [])]))
    with pytest.raises(TextError, match="a comes without features"):
        list(backbones.PrecomputedFeatures(4, 2).store([CaptionedImage("a", "a.png", [])]))
    with pytest.raises(TextError, match="a is features, not pixels"):
        list(backbones.ConvNet(8, [4]).store([CaptionedImage("a", grid[0], [])]))


def test_a_file_that_is_no_features_is_told(tmp_path: Path) -> None:
    wrong = {"empty.npy": b"", "text.npy": b"text", "empty.safetensors": b""}
    for name, content in wrong.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(TextError, match=f"{name} cannot be read"):
            read_features(tmp_path / name)
    with pytest.raises(TextError, match=r"not of shape \(3,\)"):
        read_features(tmp_path / written(tmp_path, "npy", FEATURES[:, 0]))
    save_file({"a": FEATURES, "b": FEATURES}, tmp_path / "two.safetensors")
    with pytest.raises(TextError, match=r"two\.safetensors has 2 arrays"):
        read_features(tmp_path / "two.safetensors")


def saved(
    path: Path, rows: dict[str, Any], image: Any = None, splits: tuple[str, ...] = SPLITS
) -> Path:
    """A data set with the same rows in each split."""
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


def hub(path: Path, caption: str = "caption", image: str = "image") -> CaptionedImages:
    return dataset(
        str(path), None, None, ["train"], ["validation", "val"], ["test"], image, caption, "en", "?"
    )


def test_a_saved_data_set_with_an_image_column(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (4, 4), colour) for colour in (RED, BLUE)]
    path = saved(tmp_path / "set", {
        "image": pictures, "caption": ["red", "blue"], "said": [["a\nb", "c"], ["d"]],
    })  # fmt: skip

    one, several = hub(path), hub(path, "said")

    assert told(one, "validation") == {"val-000000": ["red"], "val-000001": ["blue"]}
    assert told(several) == {"train-000000": ["a b", "c"], "train-000001": ["d"]}
    assert [square_pixels(p, 2)[0, 0].tolist() for p in one.splits["train"]] == [
        list(RED),
        list(BLUE),
    ]
    assert one.splits["train"][1:][0].captions == ["blue"]
    assert one.origin != several.origin  # other captions are no old acquaintances
    with pytest.raises(TextError, match="no column text; it has image, caption, said"):
        hub(path, "text")
    with pytest.raises(TextError, match="train-000000: caption is no image: 'red'"):
        hub(path, image="caption").splits["train"][0]


@pytest.mark.parametrize("splits", [("train",), ("train", "test")])
def test_what_a_data_set_does_not_bring_is_set_aside(
    tmp_path: Path, splits: tuple[str, ...]
) -> None:
    count, missing = 200, 3 - len(splits)
    captions = [f"number {n}" for n in range(count)]
    rows = {"image": [np.full((1, 1, 3), n, np.uint8) for n in range(count)], "caption": captions}
    path = saved(tmp_path / "set", rows, datasets.Array3D((1, 1, 3), "uint8"), splits)

    album, again = hub(path), hub(path)

    parts = {split: told(album, split) for split in ("train", "validation", "test")[: missing + 1]}
    whole = {name: said for part in parts.values() for name, said in part.items()}
    assert sum(map(len, parts.values())) == len(whole) == count  # each in one split
    assert whole == {f"train-{n:06}": [f"number {n}"] for n in range(count)}
    picture = album.splits["validation"][0]
    assert square_pixels(picture, 1)[0, 0, 0] == int(picture.name[-6:])
    # A twentieth each: 10 of 200, 3.1 the deviation of a binomial.
    assert all(1 <= len(part) <= 20 for split, part in parts.items() if split != "train")
    assert parts == {split: told(again, split) for split in parts}
    if "test" in splits:
        assert set(told(album, "test")) == {f"test-{n:06}" for n in range(count)}


def test_a_data_set_without_a_training_split_or_too_small_to_be_parted(tmp_path: Path) -> None:
    rows = {"image": [np.zeros((1, 1, 3), np.uint8)], "caption": ["x"]}
    shape = datasets.Array3D((1, 1, 3), "uint8")

    with pytest.raises(TextError, match=r"no split named train; it has test$"):
        hub(saved(tmp_path / "one", rows, shape, ("test",)))
    with pytest.raises(TextError, match="two has no pictures for validation"):
        hub(saved(tmp_path / "two", rows, shape, ("train", "test")))


def test_a_damaged_image_of_a_data_set_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "set", {
        "image": [{"bytes": b"no picture", "path": None}], "caption": ["?"],
    })  # fmt: skip

    with pytest.raises(TextError, match="train-000000: image is no image: cannot identify"):
        gallery(hub(path), tmp_path)


def test_a_data_set_of_plain_pixels(tmp_path: Path) -> None:
    path = saved(
        tmp_path / "set",
        {"image": [np.full((2, 2, 3), 9, np.uint8)], "caption": ["dark"]},
        datasets.Array3D((2, 2, 3), "uint8"),
    )

    assert (square_pixels(hub(path).splits["test"][0], 2) == 9).all()


def gallery(album: CaptionedImages, cache: Path) -> PreparedCaptions:
    said: list[str] = []
    vision = backbones.ConvNet(4, [4])
    made = prepare_captions(
        album, vision, {"pixels": 4}, TokenizerOptions("char"), cache, said.append
    )
    return made._replace(notices=said)


def test_pictures_are_looked_at_once_and_again_when_they_are_others(folder: Path) -> None:
    name = lines(folder / "c.jsonl", {"file": "a.png", "captions": ["red  all\u200b over", "r"]})

    first, second = (gallery(read(folder, name), folder / "cache") for _ in range(2))
    Image.new("RGB", (4, 4), BLUE).save(folder / "a.png")
    third = gallery(read(folder, name), folder / "cache")

    assert [len(made.notices) for made in (first, second, third)] == [1, 0, 1]
    assert second.splits["train"].captions == [["red all over", "r"]]
    assert second.splits["train"].stored[0, 0, 0].tolist() == list(RED)
    assert third.splits["train"].stored[0, 0, 0].tolist() == list(BLUE)
    assert "train                1         2          2" in first.table()


def test_features_are_no_pictures_to_look_at(folder: Path) -> None:
    name = lines(folder / "c.jsonl", {"file": "a.png", "caption": "red"})
    album = read(folder, name, features=written(folder, "npy", FEATURES[:1]))

    with pytest.raises(TextError, match="is features, not pixels: model/vision=features"):
        gallery(album, folder / "cache")
