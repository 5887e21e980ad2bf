"""What a reader of pictures gives, and pictures as arrays."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from seq2seq.errors import TextError

ENDINGS = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
Pixels = NDArray[np.uint8]  # (height, width, 3)


class CaptionedImage(NamedTuple):
    """A picture and what people have said of it."""

    name: str
    image: Any  # a file, an image of PIL's, pixels, or the features of one; see `pixels`
    captions: Sequence[str]


class CaptionedImages(NamedTuple):
    """Pictures by split: train, validation and test."""

    splits: Mapping[str, Sequence[CaptionedImage]]
    language: str  # code, of the captions
    licence: str
    origin: dict[str, str]  # what was read, and a fingerprint of it


def has_pixels(picture: CaptionedImage) -> bool:
    """Whether there is something to see: features are no picture."""
    return not isinstance(picture.image, np.ndarray) or picture.image.dtype == np.uint8


def square_pixels(picture: CaptionedImage, size: int) -> Pixels:
    """The middle square of a picture, `size` pixels wide and high.

    Raises:
        TextError: it is no picture, or a damaged one, or features.
    """
    if not has_pixels(picture):
        raise TextError(f"{picture.name} is features, not pixels: model/vision=features reads them")
    if isinstance(picture.image, np.ndarray):
        image = Image.fromarray(picture.image)
    else:
        image = decode_image(picture)
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    box = (left, top, left + side, top + side)
    scaled = image.convert("RGB").resize((size, size), Image.Resampling.BILINEAR, box)
    return np.asarray(scaled, dtype=np.uint8)


def decode_image(picture: CaptionedImage) -> Image.Image:
    """The image of a picture, decoded.

    Raises:
        TextError: it is none.
    """
    if isinstance(picture.image, Image.Image):
        return picture.image
    try:
        with Image.open(picture.image) as image:
            image.load()
            return image
    except FileNotFoundError:
        raise TextError(f"there is no picture {picture.image}") from None
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        reason = "no picture" if isinstance(error, UnidentifiedImageError) else str(error)
        raise TextError(f"{picture.image} cannot be read: {reason}") from None


def image_files(folder: Path) -> list[Path]:
    """The picture files of a folder, by name.

    Raises:
        TextError: there is no such folder, or no picture in it.
    """
    if not folder.is_dir():
        raise TextError(f"there is no folder {folder}")
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    if not found:
        raise TextError(f"{folder} has no pictures: {', '.join(sorted(ENDINGS))}")
    return found
