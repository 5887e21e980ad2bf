"""Drawn scenes: what is drawn is what is said, a function of the seed, and kept apart by split."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seq2seq.errors import ConfigError
from seq2seq.vision.synthetic.captions import COLOURS, SHAPES, Group
from seq2seq.vision.synthetic.shapes import (
    RGB,
    Scene,
    draw_scene,
    held_out_combinations,
    random_scene,
    shapes,
)

SPLITS = ("train", "validation", "test")
MIXED = {"white", "grey"}  # the edge of white on black is grey


def combinations(scene: Scene) -> set[Group]:
    return {group for group in (scene.first, scene.second) if group}


def test_every_combination_belongs_to_one_split() -> None:
    parts = [held_out_combinations(split) for split in SPLITS]

    assert sum(len(part) for part in parts) == len(set.union(*parts)) == 6 * 6 * 2 * 3
    assert {group.colour for group in held_out_combinations("train")} == set(
        COLOURS
    )  # all that is in a test scene
    assert {group.shape for group in held_out_combinations("train")} == set(
        SHAPES
    )  # was seen, apart


@given(st.integers(0, 2**32 - 1))
def test_what_is_held_out_is_in_no_training_scene_and_in_each_other_one(seed: int) -> None:
    training = combinations(random_scene(np.random.default_rng(seed), "train"))

    assert not training & (held_out_combinations("validation") | held_out_combinations("test"))
    for split in ("validation", "test"):
        scene = random_scene(np.random.default_rng(seed), split)
        assert len(combinations(scene) & held_out_combinations(split)) == 1
        assert combinations(scene) <= held_out_combinations(split) | held_out_combinations("train")


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_the_first_group_is_where_the_caption_says(seed: int) -> None:
    random = np.random.default_rng(seed)
    scene = random_scene(random, "train")
    assume(scene.second is not None)
    assert scene.second is not None
    colours = [scene.first.colour, scene.second.colour]
    assume(colours[0] != colours[1] and set(colours) != MIXED)

    image = draw_scene(scene, random).astype(float)

    middles = []
    for colour in colours:
        distance = np.linalg.norm(image - np.array(RGB[colour]), axis=-1)
        places = np.argwhere(distance < 30)
        assert len(places) > 10
        middles.append(places.mean(0))
    (y, x), (other_y, other_x) = middles
    right = {"above": y < other_y, "below": y > other_y}
    right |= {"left of": x < other_x, "right of": x > other_x}
    assert right[scene.relation or ""]


def test_a_drawing_is_a_function_of_its_seed_alone() -> None:
    few, many = (shapes(n, 2, 2, 7, "en").splits["train"] for n in (3, 50))
    german = shapes(3, 2, 2, 7, "de").splits["train"]
    other = shapes(3, 2, 2, 8, "en").splits["train"]

    last = few[2]  # whatever was drawn before it
    for place, picture in enumerate(few):
        for same in (many[place], german[place]):
            assert np.array_equal(picture.image, same.image)
        assert picture.captions == many[place].captions != german[place].captions
        assert not np.array_equal(picture.image, other[place].image)
    assert np.array_equal(last.image, few[2].image)
    assert last.image.shape == (64, 64, 3)
    assert last.image.dtype == np.uint8


def test_splits_are_drawn_by_other_random_numbers_and_end() -> None:
    album = shapes(4, 4, 4, 1, "en")

    many = shapes(20, 20, 20, 1, "en").splits
    sizes = {" ".join(" ".join(p.captions[0].split()[:2]) for p in many[split]) for split in SPLITS}
    assert len(sizes) == 3  # "two small", "a large" and so on
    assert [len(list(album.splits[split])) for split in SPLITS] == [4, 4, 4]
    assert [p.name for p in album.splits["test"][1:3]] == ["test-00001.png", "test-00002.png"]
    with pytest.raises(IndexError):
        album.splits["test"][4]


def test_each_seed_number_and_language_is_known_again() -> None:
    marks = [str(shapes(*facts).origin) for facts in [
        (3, 2, 2, 1, "en"), (4, 2, 2, 1, "en"), (3, 2, 2, 2, "en"), (3, 2, 2, 1, "de"),
    ]]  # fmt: skip

    assert len(set(marks)) == 4
    assert str(shapes(3, 2, 2, 1, "en").origin) == marks[0]


def test_another_language_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"data\.language must be one of en, de, not fr"):
        shapes(1, 1, 1, 1, "fr")
