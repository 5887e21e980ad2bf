"""Captions of drawn scenes, in English and in German, where gender and case agree."""

from typing import NamedTuple


class Noun(NamedTuple):
    """The names of a shape."""

    english: str
    plural: str
    german: str
    german_plural: str
    gender: str  # m, f or n


SHAPES = {
    "circle": Noun("circle", "circles", "Kreis", "Kreise", "m"),
    "star": Noun("star", "stars", "Stern", "Sterne", "m"),
    "square": Noun("square", "squares", "Quadrat", "Quadrate", "n"),
    "triangle": Noun("triangle", "triangles", "Dreieck", "Dreiecke", "n"),
    "ellipse": Noun("ellipse", "ellipses", "Ellipse", "Ellipsen", "f"),
    "diamond": Noun("diamond", "diamonds", "Raute", "Rauten", "f"),
}
COLOURS = {"red": "rot", "green": "grün", "blue": "blau", "yellow": "gelb", "white": "weiß",
           "grey": "grau"}  # fmt: skip
SIZES = {"small": "klein", "large": "groß"}
RELATIONS = {"above": "über", "below": "unter", "left of": "links von", "right of": "rechts von"}
ENGLISH_NUMBERS, GERMAN_NUMBERS = ("a", "two", "three"), ("", "zwei", "drei")

# Endings of the indefinite article, and of an adjective after it, by case and gender.
_ARTICLES = {
    ("nominative", "m"): "ein", ("nominative", "n"): "ein", ("nominative", "f"): "eine",
    ("dative", "m"): "einem", ("dative", "n"): "einem", ("dative", "f"): "einer",
}  # fmt: skip
_ENDINGS = {("nominative", "m"): "er", ("nominative", "n"): "es", ("nominative", "f"): "e"}
_WEAK = "en"  # ending of adjectives in the dative, and in most other cases
_STRONG = "e"  # ending of adjectives in the plural, without an article


class Group(NamedTuple):
    """Shapes of one kind, colour and size."""

    shape: str
    colour: str
    size: str
    number: int  # 1 to 3


def english(group: Group) -> str:
    """Return the English name of a group, such as `two small red circles`."""
    noun = SHAPES[group.shape]
    name = noun.english if group.number == 1 else noun.plural
    number = ENGLISH_NUMBERS[group.number - 1]
    return f"{number} {group.size} {group.colour} {name}"


def german(group: Group, case: str) -> str:
    """Return the German name of a group in a case.

    `zwei kleine rote Kreise` is nominative, `zwei kleinen roten Kreisen` dative.
    """
    noun = SHAPES[group.shape]
    if group.number == 1:
        article = _ARTICLES[case, noun.gender]
        ending = _ENDINGS.get((case, noun.gender), _WEAK)
        name = noun.german
    else:
        article = GERMAN_NUMBERS[group.number - 1]
        ending = _STRONG if case == "nominative" else _WEAK
        name = noun.german_plural
        if case == "dative" and not name.endswith("n"):
            name += "n"
    return f"{article} {SIZES[group.size]}{ending} {COLOURS[group.colour]}{ending} {name}"


def describe(first: Group, relation: str | None, second: Group | None, language: str) -> str:
    """Return the caption of one group, or of two groups and their relation."""
    subject = english(first) if language == "en" else german(first, "nominative")
    if relation is None or second is None:
        return subject
    if language == "en":
        return f"{subject} {relation} {english(second)}"
    return f"{subject} {RELATIONS[relation]} {german(second, 'dative')}"
