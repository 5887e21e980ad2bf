"""Rows of a data set as images with captions."""

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from PIL import Image

from seq2seq.data.readers.files import without_line_breaks
from seq2seq.errors import TextError
from seq2seq.vision.caption_files import has_blank, text_list
from seq2seq.vision.images import CaptionedImage


class DatasetImages(Sequence[CaptionedImage]):
    """Rows of a split of a data set as images, each decoded when it is read."""

    def __init__(
        self, data: Any, image_column: str, caption_column: str, split: str, rows: Sequence[int]
    ) -> None:
        """Read `rows` of `data`, which is the split called `split`."""
        self.data, self.image_column, self.caption_column = data, image_column, caption_column
        self.split, self.rows = split, rows

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> CaptionedImage: ...
    @overload
    def __getitem__(self, index: slice) -> list[CaptionedImage]: ...
    def __getitem__(self, index: int | slice) -> CaptionedImage | list[CaptionedImage]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        number = self.rows[index]
        name = f"{self.split}-{number:06}"
        try:
            row = self.data[number]  # decodes the image
            image = _to_image(row[self.image_column])
        except (OSError, ValueError, TypeError, OverflowError) as error:
            raise TextError(f"{name}: {self.image_column} is no image: {error}") from None
        value = row[self.caption_column]
        captions = text_list(value)
        if not captions:
            column = self.caption_column
            raise TextError(f"{name}: {column} is no text and no list of texts: {value!r}")
        if has_blank(captions):
            raise TextError(f"{name}: an empty text in {self.caption_column}")
        return CaptionedImage(name, image, [without_line_breaks(caption) for caption in captions])


def _to_image(value: Any) -> Image.Image:
    """Return the value of an image column as an image; it may be lists of pixels.

    Raises:
        ValueError: the value is neither.
    """
    if isinstance(value, list):
        return Image.fromarray(np.asarray(value, dtype=np.uint8))
    if not isinstance(value, Image.Image):
        raise ValueError(repr(value))
    return value
