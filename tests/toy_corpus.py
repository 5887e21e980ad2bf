"""A toy language pair, written for the tests: English sentences and their German ones."""

from itertools import product
from pathlib import Path

SUBJECTS = {"the dog": "der Hund", "a cat": "eine Katze", "my friend": "mein Freund",
            "the girl": "das Mädchen"}  # fmt: skip
VERBS = {"sees": "sieht", "likes": "mag", "finds": "findet"}
OBJECTS = {"the house": "das Haus", "three apples": "drei Äpfel", "a book": "ein Buch",
           "the bread": "das Brot", "no water": "kein Wasser"}  # fmt: skip
ENDS = {"today": "heute", "again": "wieder", "here": "hier"}


def sentences() -> list[tuple[str, str]]:
    """All 180 sentences of the language, in an order that mixes them."""
    pairs = [
        (f"{s[0]} {v[0]} {o[0]} {e[0]}.".capitalize(), f"{s[1]} {v[1]} {e[1]} {o[1]}.")
        for s, v, o, e in product(SUBJECTS.items(), VERBS.items(), OBJECTS.items(), ENDS.items())
    ]
    return [pairs[i * 77 % len(pairs)] for i in range(len(pairs))]


def write_corpus(folder: Path) -> Path:
    """Files train, validation and test (140, 20 and 20 sentences) in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = sentences()
    for name, part in (
        ("train", pairs[:140]),
        ("validation", pairs[140:160]),
        ("test", pairs[160:]),
    ):
        for place, language in enumerate(("en", "de")):
            text = "".join(pair[place] + "\n" for pair in part)
            (folder / f"{name}.{language}").write_text(text, encoding="utf-8")
    return folder
