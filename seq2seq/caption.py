"""`python -m seq2seq.caption`: what is to be seen in pictures."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from seq2seq import command
from seq2seq.config.commands import CaptionConfig
from seq2seq.errors import ConfigError, TextError
from seq2seq.passing import STANDARD, sink
from seq2seq.text.lines import check_folder
from seq2seq.text.readers.files import one_line

if TYPE_CHECKING:
    from seq2seq.vision.album import Picture

SIDE, LOOKED = 192, 6  # pixels of pictures on the sheet, and pictures whose looks are drawn


def main() -> None:
    """Entry point of `seq2seq-caption`."""
    command.run("caption", CaptionConfig, caption)


def caption(config: CaptionConfig, _: Path) -> None:
    """Write name<TAB>caption for each picture, and draw the sheets.

    Raises:
        ConfigError: no run or no pictures are given.
        TextError: a picture cannot be read, or a file cannot be written.
        RunError: `run` is no captioning run.
    """
    if config.run is None or config.images is None:
        missing = "run" if config.run is None else "images"
        raise ConfigError(f"no value for {missing}: both run=RUN and images=FOLDER are needed")
    check_places(config)
    from seq2seq.build import make  # torch comes in here, after the checks
    from seq2seq.captioner import load

    found = pictures(config.images)
    search = make("search", config.search)
    captioner = load(config.run, search, config.limits, config.batch, config.device, config.trusted)
    captions = list(captioner.caption(found))
    with sink(config.output) as file:
        write(file, found, captions)
    draw(config, captioner, found, captions)


def check_places(config: CaptionConfig) -> None:
    """Refuse files that cannot be written, before work is done for them.

    Raises:
        TextError: there is no such folder, or it is a folder itself.
    """
    for option in ("output", "sheet", "attention"):
        name = getattr(config, option)
        if name and name != STANDARD:
            check_folder(Path(name))
            if Path(name).is_dir():
                raise TextError(f"{option}={name} is a folder, not a file")


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


def draw(
    config: CaptionConfig, captioner: Any, found: "list[Picture]", captions: list[str]
) -> None:
    """The contact sheet, and where the network looked; say what they leave out."""
    from seq2seq.vision import sheet
    from seq2seq.vision.album import has_pixels, pixels

    seen = [pair for pair in zip(found, captions, strict=True) if has_pixels(pair[0])]
    if config.sheet and seen:
        shown = [sheet.Shown(p.name, pixels(p, SIDE), text) for p, text in seen[: sheet.MOST]]
        sheet.contact(shown, Path(config.sheet))
        tell(config.sheet, sheet.MOST, len(seen), "pictures")
    if config.attention:
        looked = captioner.looks(found[:LOOKED])
        if looked:
            sheet.looked(looked, Path(config.attention))
            tell(config.attention, LOOKED, len(seen), "pictures")
            longest = max(len(each.pieces) for each in looked)
            tell(config.attention, sheet.WORDS, longest, "pieces of the longest caption")
        elif config.attention != CaptionConfig.attention:  # what is there by itself is no demand
            raise ConfigError(
                f"attention={config.attention}: nothing to draw, for want of attention or of pixels"
            )


def tell(name: str, most: int, of: int, things: str) -> None:
    """Say it if a picture shows `most` of more things."""
    if of > most:
        print(f"{name} shows the first {most} of {of:,} {things}", file=sys.stderr)


if __name__ == "__main__":
    main()
