"""Files of captions: JSON lines and COCO's form."""

import json
from pathlib import Path

import pytest

from seq2seq.errors import TextError
from seq2seq.vision.images import square_pixels
from tests.vision.corpora import BLUE, RED, captions_of, read_images, write_json_lines


def test_json_lines_with_one_caption_or_several_on_one_line_or_many(folder: Path) -> None:
    name = write_json_lines(
        folder / "c.jsonl",
        {"file": "b.png", "caption": "blue\nall over"},
        {"file": "a.png", "captions": ["red", "it is red"]},
        {"file": "b.png", "caption": "a sky"},
    )

    corpus = read_images(folder, name)

    assert captions_of(corpus) == {
        "b.png": ["blue all over", "a sky"],
        "a.png": ["red", "it is red"],
    }
    assert [square_pixels(p, 2)[0, 0].tolist() for p in corpus.splits["train"]] == [
        list(BLUE),
        list(RED),
    ]


@pytest.mark.parametrize("indent", [None, 1])
def test_captions_in_the_form_of_coco(folder: Path, indent: int | None) -> None:
    content = {
        "images": [{"id": 7, "file_name": "a.png"}, {"id": 9, "file_name": "b.png"},
                   {"id": 3, "file_name": "no-caption.png"}],
        "annotations": [
            {"id": 1, "image_id": 9, "caption": "blue"},
            {"id": 2, "image_id": 7, "caption": "red"},
            {"id": 3, "image_id": 9, "caption": "a sky"},
        ],
    }  # fmt: skip
    (folder / "c.json").write_text(json.dumps(content, indent=indent))

    captions = captions_of(read_images(folder, "c.json"))

    assert captions == {
        "b.png": ["blue", "a sky"],
        "a.png": ["red"],
    }


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
def test_a_wrong_line_of_captions_is_refused_with_its_number(
    folder: Path, text: str, message: str
) -> None:
    (folder / "c.jsonl").write_text(text)

    with pytest.raises(TextError, match=message) as error:
        read_images(folder, "c.jsonl")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("caption", ["", " \n", "\u200b"])
def test_an_empty_caption_in_the_form_of_coco_is_refused_with_its_image(
    folder: Path, caption: str
) -> None:
    annotation = {"image_id": 9, "caption": caption}
    content = {"images": [{"id": 9, "file_name": "b.png"}], "annotations": [annotation]}
    (folder / "c.json").write_text(json.dumps(content))

    with pytest.raises(TextError, match=r"c\.json: b\.png has an empty caption$"):
        read_images(folder, "c.json")
