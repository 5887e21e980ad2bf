"""The folder of images that most tests of readers begin with."""

from pathlib import Path

import pytest
from PIL import Image

from tests.vision.corpora import BLUE, RED


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a red image and a blue one."""
    for name, colour in (("a.png", RED), ("b.png", BLUE)):
        Image.new("RGB", (4, 4), colour).save(tmp_path / name)
    return tmp_path
