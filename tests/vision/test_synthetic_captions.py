"""Captions of drawn scenes, worked by hand: every gender, number and case."""

import pytest

from seq2seq.vision.synthetic.captions import Group, describe


@pytest.mark.parametrize(
    ("group", "english", "german"),
    [
        (Group("circle", "red", "small", 1), "a small red circle", "ein kleiner roter Kreis"),
        (Group("star", "yellow", "large", 1), "a large yellow star", "ein großer gelber Stern"),
        (Group("square", "white", "small", 1), "a small white square",
         "ein kleines weißes Quadrat"),
        (Group("triangle", "green", "large", 1), "a large green triangle",
         "ein großes grünes Dreieck"),
        (Group("diamond", "blue", "large", 1), "a large blue diamond", "eine große blaue Raute"),
        (Group("ellipse", "grey", "small", 1), "a small grey ellipse", "eine kleine graue Ellipse"),
        (Group("circle", "red", "small", 2), "two small red circles", "zwei kleine rote Kreise"),
        (Group("star", "grey", "large", 3), "three large grey stars", "drei große graue Sterne"),
        (Group("square", "blue", "small", 3), "three small blue squares",
         "drei kleine blaue Quadrate"),
        (Group("triangle", "white", "large", 2), "two large white triangles",
         "zwei große weiße Dreiecke"),
        (Group("diamond", "green", "small", 2), "two small green diamonds",
         "zwei kleine grüne Rauten"),
        (Group("ellipse", "yellow", "large", 3), "three large yellow ellipses",
         "drei große gelbe Ellipsen"),
    ],
)  # fmt: skip
def test_one_group_is_named_in_the_nominative(group: Group, english: str, german: str) -> None:
    assert describe(group, None, None, "en") == english
    assert describe(group, None, None, "de") == german


@pytest.mark.parametrize(
    ("relation", "second", "english", "german"),
    [
        ("above", Group("star", "red", "small", 1), "above a small red star",
         "über einem kleinen roten Stern"),
        ("below", Group("square", "white", "large", 1), "below a large white square",
         "unter einem großen weißen Quadrat"),
        ("left of", Group("ellipse", "green", "large", 1), "left of a large green ellipse",
         "links von einer großen grünen Ellipse"),
        # The dative plural has an n, unless there is one.
        ("right of", Group("circle", "blue", "small", 2), "right of two small blue circles",
         "rechts von zwei kleinen blauen Kreisen"),
        ("above", Group("triangle", "grey", "large", 3), "above three large grey triangles",
         "über drei großen grauen Dreiecken"),
        ("below", Group("diamond", "yellow", "small", 2), "below two small yellow diamonds",
         "unter zwei kleinen gelben Rauten"),
    ],
)  # fmt: skip
def test_the_second_group_is_in_the_dative(
    relation: str, second: Group, english: str, german: str
) -> None:
    first = Group("diamond", "blue", "large", 1)

    assert describe(first, relation, second, "en") == f"a large blue diamond {english}"
    assert describe(first, relation, second, "de") == f"eine große blaue Raute {german}"
