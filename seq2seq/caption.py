"""`python -m seq2seq.caption`: what is to be seen in pictures."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from seq2seq import command
from seq2seq.errors import ConfigError, TextError
from seq2seq.passing import sink
from seq2seq.requests import Caption
from seq2seq.text.readers.files import one_line

if TYPE_CHECKING:
    from seq2seq.vision.album import Picture

SIDE, LOOKED = 192, 6  # pixels of pictures on the sheet, and pictures whose looks are drawn


def main() -> None:
    """Entry point of `seq2seq-caption`."""
    command.run("caption", Caption, caption)


def caption(config: Caption, _: Path) -> None:
    """Write name<TAB>caption for each picture, and draw the sheets.

    Raises:
        ConfigError: no run or no pictures are given.
        TextError: a picture cannot be read.
        RunError: `run` is no captioning run.
    """
    if config.run is None or config.images is None:
        missing = "run" if config.run is None else "images"
        raise ConfigError(f"no value for {missing}: both run=RUN and images=FOLDER are needed")
    from seq2seq.build import make  # torch comes in here, after the checks
    from seq2seq.captioner import load

    found = pictures(config.images)
    search = make("search", config.search)
    captioner = load(config.run, search, config.limits, config.batch, config.device, config.trusted)
    captions = list(captioner.caption(found))
    with sink(config.output) as file:
        write(file, found, captions)
    draw(config, captioner, found, captions)


def pictures(given: Any) -> "list[Picture]":
    """The pictures of a folder, or of files, or rows of a file of features.

    Raises:
        TextError: there are none.
    """
    from seq2seq.vision.album import Picture, pictures_in
    from seq2seq.vision.features import read_features

    names = [Path(str(name)) for name in (given if isinstance(given, list) else [given])]
    found = []
    for name in names:
        if name.suffix in (".npy", ".safetensors"):
            rows = enumerate(read_features(name), 1)
            found += [Picture(f"{name.name}:{row}", array, []) for row, array in rows]
        elif name.is_file():
            found.append(Picture(str(name), name, []))
        elif name.is_dir():
            found += [Picture(path.name, path, []) for path in pictures_in(name)]
        else:
            raise TextError(f"there is no folder and no picture {name}")
    if not found:
        raise TextError(f"there are no pictures in images={given}")
    return found


def write(file: TextIO, found: "list[Picture]", captions: list[str]) -> None:
    """A line for each picture; a tab or line break in a name or caption becomes a space."""
    for picture, text in zip(found, captions, strict=True):
        name, said = (one_line(part).replace("\t", " ") for part in (picture.name, text))
        name = name.encode(errors="backslashreplace").decode()  # bytes that are no text
        file.write(f"{name}\t{said}\n")


def draw(config: Caption, captioner: Any, found: "list[Picture]", captions: list[str]) -> None:
    """The contact sheet, and where the network looked."""
    from seq2seq.vision import sheet
    from seq2seq.vision.album import has_pixels, pixels

    def shown() -> Iterator[sheet.Shown]:
        for picture, text in list(zip(found, captions, strict=True))[: sheet.MOST]:
            if has_pixels(picture):
                yield sheet.Shown(picture.name, pixels(picture, SIDE), text)

    if config.sheet and (all_shown := list(shown())):
        sheet.contact(all_shown, Path(config.sheet))
    if config.attention:
        looked = captioner.looks(found[:LOOKED])
        if not looked:
            raise ConfigError(
                f"attention={config.attention}: nothing to draw, for want of attention or of pixels"
            )
        sheet.looked(looked, Path(config.attention))


if __name__ == "__main__":
    main()
