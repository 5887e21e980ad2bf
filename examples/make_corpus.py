"""Write the example corpus of English and German: `python examples/make_corpus.py`."""

from itertools import product
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
SIZES = {"train": 200, "validation": 20, "test": 20}
STRIDE = 77  # coprime to the number of pairs, so that the order mixes the templates

# English; German nominative and accusative.
DEVICES = {
    "light": ("das Licht", "das Licht"),
    "lamp": ("die Lampe", "die Lampe"),
    "radio": ("das Radio", "das Radio"),
    "heating": ("die Heizung", "die Heizung"),
    "fan": ("der Ventilator", "den Ventilator"),
    "television": ("der Fernseher", "den Fernseher"),
}
OPENINGS = {
    "door": ("die Tür", "die Tür"),
    "window": ("das Fenster", "das Fenster"),
    "cupboard": ("der Schrank", "den Schrank"),
}
ROOMS = {
    "kitchen": "in der Küche",
    "bedroom": "im Schlafzimmer",
    "living room": "im Wohnzimmer",
    "hall": "im Flur",
    "garage": "in der Garage",
    "office": "im Büro",
}
SWITCHES = {"on": "ein", "off": "aus"}
POSITIONS = {"open": "offen", "closed": "geschlossen"}
STATES = {"broken": "kaputt", "new": "neu", "off": "aus"}


def sentence_pairs() -> list[tuple[str, str]]:
    """Return the 240 sentences with their translations, mixed."""
    pairs = [
        (f"Turn {on} the {device} in the {room}.", f"Schalten Sie {german[1]} {where} {ein}.")
        for (on, ein), (device, german), (room, where) in product(
            SWITCHES.items(), DEVICES.items(), ROOMS.items()
        )
    ]
    pairs += [
        (f"The {device} in the {room} is {state}.", f"{german[0]} {where} ist {zustand}.")
        for (device, german), (room, where), (state, zustand) in product(
            DEVICES.items(), ROOMS.items(), STATES.items()
        )
    ]
    for (opening, german), (room, where) in product(OPENINGS.items(), ROOMS.items()):
        close = f"Please close the {opening} in the {room}."
        pairs.append((close, f"Bitte schließen Sie {german[1]} {where}."))
        for position, stellung in POSITIONS.items():
            question = f"Is the {opening} in the {room} {position}?"
            pairs.append((question, f"Ist {german[0]} {where} {stellung}?"))
    pairs += [(f"Where is the {device}?", f"Wo ist {g[0]}?") for device, g in DEVICES.items()]
    pairs = [(source, target[0].upper() + target[1:]) for source, target in pairs]
    return [pairs[index * STRIDE % len(pairs)] for index in range(len(pairs))]


def corpus_files() -> dict[str, str]:
    """Return the content of each file by its name."""
    pairs, files = sentence_pairs(), {}
    for name, size in SIZES.items():
        split, pairs = pairs[:size], pairs[size:]
        for side, language in enumerate(("en", "de")):
            files[f"{name}.{language}"] = "".join(f"{pair[side]}\n" for pair in split)
    return files


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file_name, text in corpus_files().items():
        (FOLDER / file_name).write_text(text, encoding="utf-8", newline="\n")
