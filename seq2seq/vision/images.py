"""Images with captions, as readers return them, and images as arrays."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from seq2seq.errors import TextError

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
Pixels = NDArray[np.uint8]  # (height, width, 3)


class CaptionedImage(NamedTuple):
    """An image and its reference captions."""

    name: str
    image: Any  # a file, a PIL image, pixels (height, width, 3) of bytes, or features
    captions: Sequence[str]


class CaptionedImages(NamedTuple):
    """Images with captions by split: train, validation and test."""

    splits: Mapping[str, Sequence[CaptionedImage]]
    language: str  # language code of the captions
    licence: str
    origin: dict[str, str]  # the sources that were read, and their fingerprints


def has_pixels(image: CaptionedImage) -> bool:
    """Return whether an image has pixels; it may have features alone."""
    return not isinstance(image.image, np.ndarray) or image.image.dtype == np.uint8


def square_pixels(image: CaptionedImage, size: int) -> Pixels:
    """Crop the middle square of an image and scale it to `size` pixels of width and height.

    Raises:
        TextError: the image is no image file, or is damaged, or is features.
    """
    if not has_pixels(image):
        raise TextError(f"{image.name} is features, not pixels: model/vision=features reads them")
    if isinstance(image.image, np.ndarray):
        decoded = Image.fromarray(image.image)
    else:
        decoded = decode_image(image)
    width, height = decoded.size
    side = min(width, height)
    x, y = (width - side) // 2, (height - side) // 2
    box = (x, y, x + side, y + side)
    scaled = decoded.convert("RGB").resize((size, size), Image.Resampling.BILINEAR, box)
    return np.asarray(scaled, dtype=np.uint8)


def decode_image(image: CaptionedImage) -> Image.Image:
    """Return the decoded image of a file, or the image itself if it is decoded already.

    Raises:
        TextError: the file is missing, no image, or damaged.
    """
    if isinstance(image.image, Image.Image):
        return image.image
    try:
        with Image.open(image.image) as decoded:
            decoded.load()
            return decoded
    except FileNotFoundError:
        raise TextError(f"there is no picture {image.image}") from None
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        reason = "no picture" if isinstance(error, UnidentifiedImageError) else str(error)
        raise TextError(f"{image.image} cannot be read: {reason}") from None


def image_files(folder: Path) -> list[Path]:
    """Return the image files of a folder, sorted by name.

    Raises:
        TextError: there is no such folder, or it has no image.
    """
    if not folder.is_dir():
        raise TextError(f"there is no folder {folder}")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    if not files:
        raise TextError(f"{folder} has no pictures: {', '.join(sorted(IMAGE_SUFFIXES))}")
    return files
