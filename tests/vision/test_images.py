"""Image files: found in a folder, decoded and cropped."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seq2seq.errors import TextError
from seq2seq.vision.images import CaptionedImage, image_files, square_pixels
from tests.vision.corpora import BLUE, RED


def test_a_folder_without_images_and_a_file_that_is_none_are_refused(folder: Path) -> None:
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


def test_the_middle_square_of_any_mode_is_pixels(tmp_path: Path) -> None:
    wide = Image.new("RGB", (12, 4), BLUE)
    wide.paste(RED, (4, 0, 8, 4))
    for mode, name in (("RGB", "a.png"), ("P", "b.gif"), ("RGBA", "c.png"), ("CMYK", "d.tif")):
        wide.convert(mode).save(tmp_path / name)
        pixels = square_pixels(CaptionedImage(name, tmp_path / name, []), 4)
        assert pixels.shape == (4, 4, 3)
        assert np.abs(pixels.astype(int) - RED).max() < 3
    Image.new("L", (4, 4), 90).save(tmp_path / "e.png")
    assert (square_pixels(CaptionedImage("e", tmp_path / "e.png", []), 2) == 90).all()
