"""Drawn scenes of coloured shapes: images with captions that need no download.

The combinations of shape, colour, size and number are split: a combination that is in a test image
is in no training image, although each of its four parts is.
"""

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple, overload

import numpy as np
from PIL import Image, ImageDraw

from seq2seq.config.ranges import require, require_one_of
from seq2seq.data.corpus import SPLITS
from seq2seq.vision.images import CaptionedImage, CaptionedImages, Pixels
from seq2seq.vision.synthetic.captions import COLOURS, RELATIONS, SHAPES, SIZES, Group, describe

IMAGE_SIZE = 64  # pixels of width and height
SUPERSAMPLING = 4  # scenes are drawn this many times as large, and scaled down
RGB = {
    "red": (214, 48, 40), "green": (44, 160, 64), "blue": (44, 84, 214), "yellow": (240, 208, 40),
    "white": (240, 240, 240), "grey": (128, 128, 128),
}  # fmt: skip
RADII = {"small": 4.5, "large": 9.0}  # pixels
DRAWING_FORMAT = 3  # part of the fingerprint: another number is another set of drawings
CAPTION_LANGUAGES = ("en", "de")
OPPOSITES = {
    "above": "below", "below": "above", "left of": "right of", "right of": "left of",
}  # fmt: skip
NUMBERS = (1, 2, 3)
# Of the 216 combinations of shape, colour, size and number.
HELD_OUT_COMBINATIONS = {"validation": 16, "test": 32}

Points = list[tuple[float, float]]
Area = tuple[int, int, int, int]  # least x and y, largest x and y
Random = np.random.Generator


class Scene(NamedTuple):
    """A group of shapes, or two groups and their relation."""

    first: Group
    relation: str | None
    second: Group | None


def shapes(train: int, validation: int, test: int, seed: int, language: str) -> CaptionedImages:
    """Draw images of scenes and caption them.

    Args:
        train: the number of training images.
        validation: number of validation images.
        test: number of test images.
        seed: seed of all random numbers.
        language: language of the captions, en or de.

    Raises:
        ConfigError: `language` is another one, or a number is out of range.
    """
    require_one_of("data.language", language, CAPTION_LANGUAGES)
    require("data.seed", seed, seed >= 0, "0 or more")
    counts = {"train": train, "validation": validation, "test": test}
    for name, count in counts.items():
        require(f"data.{name}", count, count > 0, "positive")
    facts = [DRAWING_FORMAT, train, validation, test, seed, language]
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    splits = {name: Scenes(name, count, seed, language) for name, count in counts.items()}
    return CaptionedImages(splits, language, "CC0-1.0", {f"drawn, seed {seed}": key})


class Scenes(Sequence[CaptionedImage]):
    """The images of a split, each drawn when it is read."""

    def __init__(self, split: str, count: int, seed: int, language: str) -> None:
        self.split, self.num_images, self.seed, self.language = split, count, seed, language

    def __len__(self) -> int:
        return self.num_images

    @overload
    def __getitem__(self, index: int) -> CaptionedImage: ...
    @overload
    def __getitem__(self, index: slice) -> list[CaptionedImage]: ...
    def __getitem__(self, index: int | slice) -> CaptionedImage | list[CaptionedImage]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self.num_images))]
        if not 0 <= index < self.num_images:
            raise IndexError(index)
        split = SPLITS.index(self.split)
        random = np.random.default_rng([self.seed, split, index])
        scene = random_scene(random, self.split)
        captions = [describe(*statement, self.language) for statement in true_statements(scene)]
        return CaptionedImage(f"{self.split}-{index:05}.png", draw_scene(scene, random), captions)


def held_out_combinations(split: str) -> set[Group]:
    """Return the combinations that belong to `split` alone."""
    order = sorted(
        (Group(*parts) for parts in product(SHAPES, COLOURS, SIZES, NUMBERS)),
        key=lambda group: hashlib.sha256(" ".join(map(str, group)).encode()).hexdigest(),
    )
    test = HELD_OUT_COMBINATIONS["test"]
    held_out = test + HELD_OUT_COMBINATIONS["validation"]
    parts = {"test": order[:test], "validation": order[test:held_out], "train": order[held_out:]}
    return set(parts[split])


def random_scene(random: Random, split: str) -> Scene:
    """Draw a scene; in validation and test, a scene has a combination that training lacks."""
    own, known = sorted(held_out_combinations(split)), sorted(held_out_combinations("train"))
    first = own[random.integers(len(own))]
    if random.random() < 0.3:
        return Scene(first, None, None)
    while (second := known[random.integers(len(known))])[:2] == first[:2]:
        pass  # two groups must differ in more than size and number
    if random.random() < 0.5:
        first, second = second, first
    return Scene(first, list(RELATIONS)[random.integers(len(RELATIONS))], second)


def true_statements(scene: Scene) -> list[Scene]:
    """Return all true statements about a scene: a above b is b below a."""
    if scene.relation is None or scene.second is None:
        return [scene]
    return [scene, Scene(scene.second, OPPOSITES[scene.relation], scene.first)]


def draw_scene(scene: Scene, random: Random) -> Pixels:
    """Draw the pixels (64, 64, 3) of a scene; positions within each half are random."""
    level = int(random.integers(0, 40))
    image = Image.new(
        "RGB", (IMAGE_SIZE * SUPERSAMPLING, IMAGE_SIZE * SUPERSAMPLING), (level, level, level)
    )
    pen = ImageDraw.Draw(image)
    if scene.second is None:
        _draw_group(pen, scene.first, (0, 0, IMAGE_SIZE, IMAGE_SIZE), random)
    else:
        areas = {
            "above": ((0, 0, IMAGE_SIZE, 31), (0, 33, IMAGE_SIZE, IMAGE_SIZE)),
            "below": ((0, 33, IMAGE_SIZE, IMAGE_SIZE), (0, 0, IMAGE_SIZE, 31)),
            "left of": ((0, 0, 31, IMAGE_SIZE), (33, 0, IMAGE_SIZE, IMAGE_SIZE)),
            "right of": ((33, 0, IMAGE_SIZE, IMAGE_SIZE), (0, 0, 31, IMAGE_SIZE)),
        }[scene.relation or "above"]
        for group, area in zip((scene.first, scene.second), areas, strict=True):
            _draw_group(pen, group, area, random)
    image = image.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BOX)
    noise = random.normal(0, 4, (IMAGE_SIZE, IMAGE_SIZE, 3))
    return (np.asarray(image) + noise).clip(0, 255).astype(np.uint8)


def _draw_group(pen: ImageDraw.ImageDraw, group: Group, area: Area, random: Random) -> None:
    """Draw the shapes of a group in an area, without overlaps."""
    for x, y in _centres(group, area, random):
        radius = RADII[group.size] * random.uniform(0.9, 1.1)
        OUTLINES[group.shape](
            pen, (x * SUPERSAMPLING, y * SUPERSAMPLING), radius * SUPERSAMPLING, RGB[group.colour]
        )


def _centres(group: Group, area: Area, random: Random) -> Points:
    """Return the centres of the shapes: random, or in a row if random ones would overlap."""
    x_min, y_min, x_max, y_max = area
    radius = RADII[group.size] * 1.15
    centres: Points = []
    for _ in range(100):
        x = random.uniform(x_min + radius, x_max - radius)
        y = random.uniform(y_min + radius, y_max - radius)
        if all(math.dist((x, y), other) > 2 * radius for other in centres):
            centres.append((x, y))
        if len(centres) == group.number:
            return centres
    shares = [(index + 0.5) / group.number for index in range(group.number)]
    if x_max - x_min >= y_max - y_min:
        return [(x_min + share * (x_max - x_min), (y_min + y_max) / 2) for share in shares]
    return [((x_min + x_max) / 2, y_min + share * (y_max - y_min)) for share in shares]


Colour = tuple[int, int, int]


def _circle(pen: ImageDraw.ImageDraw, at: tuple[float, float], r: float, colour: Colour) -> None:
    x, y = at
    pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)


def _ellipse(pen: ImageDraw.ImageDraw, at: tuple[float, float], r: float, colour: Colour) -> None:
    x, y = at
    pen.ellipse((x - 1.15 * r, y - 0.55 * r, x + 1.15 * r, y + 0.55 * r), fill=colour)


def _polygon(corners: int, turn: float, inner: float = 1.0) -> Callable[..., None]:
    """Return a function that draws a polygon.

    Args:
        corners: number of corners, which lie on a circle.
        turn: the angle of the first corner, in radians clockwise from the top.
        inner: radius of every second corner, as a share of the radius of the others.
    """

    def outline(
        pen: ImageDraw.ImageDraw, at: tuple[float, float], r: float, colour: Colour
    ) -> None:
        points = []
        for corner in range(corners):
            angle = turn + 2 * math.pi * corner / corners
            length = r * (inner if corner % 2 else 1.0) * 1.1
            points.append((at[0] + length * math.sin(angle), at[1] - length * math.cos(angle)))
        pen.polygon(points, fill=colour)

    return outline


OUTLINES: dict[str, Callable[..., None]] = {
    "circle": _circle,
    "ellipse": _ellipse,
    "square": _polygon(4, math.pi / 4),
    "diamond": _polygon(4, 0.0, 0.6),
    "triangle": _polygon(3, 0.0),
    "star": _polygon(10, 0.0, 0.45),
}
