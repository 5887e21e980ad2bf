"""Drawn scenes: they agree with their captions, depend on the seed alone, and differ by split."""

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
    training = held_out_combinations("train")  # has each part of a test scene
    assert {group.colour for group in training} == set(COLOURS)
    assert {group.shape for group in training} == set(SHAPES)


@given(st.integers(0, 2**32 - 1))
def test_a_held_out_combination_is_in_no_training_scene_and_in_each_held_out_one(seed: int) -> None:
    training = combinations(random_scene(np.random.default_rng(seed), "train"))

    assert not training & (held_out_combinations("validation") | held_out_combinations("test"))
    for split in ("validation", "test"):
        scene = random_scene(np.random.default_rng(seed), split)
        assert len(combinations(scene) & held_out_combinations(split)) == 1
        assert combinations(scene) <= held_out_combinations(split) | held_out_combinations("train")


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_the_first_group_is_drawn_on_the_side_that_the_caption_names(seed: int) -> None:
    random = np.random.default_rng(seed)
    scene = random_scene(random, "train")
    assume(scene.second is not None)
    assert scene.second is not None
    colours = [scene.first.colour, scene.second.colour]
    assume(colours[0] != colours[1] and set(colours) != MIXED)

    image = draw_scene(scene, random).astype(float)

    centres = []
    for colour in colours:
        distance = np.linalg.norm(image - np.array(RGB[colour]), axis=-1)
        positions = np.argwhere(distance < 30)
        assert len(positions) > 10
        centres.append(positions.mean(0))
    (y, x), (other_y, other_x) = centres
    is_true = {"above": y < other_y, "below": y > other_y}
    is_true |= {"left of": x < other_x, "right of": x > other_x}
    assert is_true[scene.relation or ""]


def test_a_drawing_is_a_function_of_its_seed_alone() -> None:
    few, many = (shapes(n, 2, 2, 7, "en").splits["train"] for n in (3, 50))
    german = shapes(3, 2, 2, 7, "de").splits["train"]
    other = shapes(3, 2, 2, 8, "en").splits["train"]

    last = few[2]  # whichever was drawn before it
    for index, image in enumerate(few):
        for same in (many[index], german[index]):
            assert np.array_equal(image.image, same.image)
        assert image.captions == many[index].captions != german[index].captions
        assert not np.array_equal(image.image, other[index].image)
    assert np.array_equal(last.image, few[2].image)
    assert last.image.shape == (64, 64, 3)
    assert last.image.dtype == np.uint8


def test_splits_are_drawn_by_other_random_numbers_and_end() -> None:
    corpus = shapes(4, 4, 4, 1, "en")

    many = shapes(20, 20, 20, 1, "en").splits
    sizes = {" ".join(" ".join(p.captions[0].split()[:2]) for p in many[split]) for split in SPLITS}
    assert len(sizes) == 3  # "two small", "a large" and so on
    assert [len(list(corpus.splits[split])) for split in SPLITS] == [4, 4, 4]
    assert [p.name for p in corpus.splits["test"][1:3]] == ["test-00001.png", "test-00002.png"]
    with pytest.raises(IndexError):
        corpus.splits["test"][4]


def test_each_seed_number_and_language_has_its_own_fingerprint() -> None:
    origins = [str(shapes(*facts).origin) for facts in [
        (3, 2, 2, 1, "en"), (4, 2, 2, 1, "en"), (3, 2, 2, 2, "en"), (3, 2, 2, 1, "de"),
    ]]  # fmt: skip

    assert len(set(origins)) == 4
    assert str(shapes(3, 2, 2, 1, "en").origin) == origins[0]


def test_another_language_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"data\.language must be one of en, de, not fr"):
        shapes(1, 1, 1, 1, "fr")
