"""`python -m seq2seq.caption`: what is to be seen in pictures."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from seq2seq.commands import app
from seq2seq.commands.line_io import STANDARD, open_output
from seq2seq.config.commands import CaptionConfig
from seq2seq.data.readers.files import one_line
from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.files import require_parent_folder

if TYPE_CHECKING:
    from seq2seq.vision.images import CaptionedImage

SIDE, LOOKED = 192, 6  # pixels of pictures on the sheet, and pictures whose looks are drawn


def main() -> None:
    """Entry point of `seq2seq-caption`."""
    app.run_command("caption", CaptionConfig, caption)


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
    require_writable(config)
    from seq2seq.builders import instantiate_node  # torch comes in here, after the checks
    from seq2seq.inference.captioner import load_captioner

    found = read_images(config.images)
    search = instantiate_node("search", config.search)
    captioner = load_captioner(
        config.run, search, config.limits, config.batch, config.device, config.trusted
    )
    captions = list(captioner.caption(found))
    with open_output(config.output) as file:
        write_captions(file, found, captions)
    draw_sheets(config, captioner, found, captions)


def require_writable(config: CaptionConfig) -> None:
    """Refuse files that cannot be written, before work is done for them.

    Raises:
        TextError: there is no such folder, or it is a folder itself.
    """
    for option in ("output", "sheet", "attention"):
        name = getattr(config, option)
        if name and name != STANDARD:
            require_parent_folder(Path(name))
            if Path(name).is_dir():
                raise TextError(f"{option}={name} is a folder, not a file")


def read_images(given: Any) -> "list[CaptionedImage]":
    """The pictures of a folder, or of files, or rows of a file of features.

    Raises:
        TextError: there are none.
    """
    from seq2seq.vision.features import read_features
    from seq2seq.vision.images import CaptionedImage, image_files

    names = [Path(str(name)) for name in (given if isinstance(given, list) else [given])]
    found = []
    for name in names:
        if name.suffix in (".npy", ".safetensors"):
            rows = enumerate(read_features(name), 1)
            found += [CaptionedImage(f"{name.name}:{row}", array, []) for row, array in rows]
        elif name.is_file():
            found.append(CaptionedImage(str(name), name, []))
        elif name.is_dir():
            found += [CaptionedImage(path.name, path, []) for path in image_files(name)]
        else:
            raise TextError(f"there is no folder and no picture {name}")
    if not found:
        raise TextError(f"there are no pictures in images={given}")
    return found


def write_captions(file: TextIO, found: "list[CaptionedImage]", captions: list[str]) -> None:
    """A line for each picture; a tab or line break in a name or caption becomes a space."""
    for picture, text in zip(found, captions, strict=True):
        name, said = (one_line(part).replace("\t", " ") for part in (picture.name, text))
        name = name.encode(errors="backslashreplace").decode()  # bytes that are no text
        file.write(f"{name}\t{said}\n")


def draw_sheets(
    config: CaptionConfig, captioner: Any, found: "list[CaptionedImage]", captions: list[str]
) -> None:
    """The contact sheet, and where the network looked; say what they leave out."""
    from seq2seq.plots import contact_sheet
    from seq2seq.vision.images import has_pixels, square_pixels

    seen = [pair for pair in zip(found, captions, strict=True) if has_pixels(pair[0])]
    if config.sheet and seen:
        shown = [
            contact_sheet.CaptionedThumbnail(p.name, square_pixels(p, SIDE), text)
            for p, text in seen[: contact_sheet.MAX_IMAGES]
        ]
        contact_sheet.plot_contact_sheet(shown, Path(config.sheet))
        note_left_out(config.sheet, contact_sheet.MAX_IMAGES, len(seen), "pictures")
    if config.attention:
        looked = captioner.looks(found[:LOOKED])
        if looked:
            contact_sheet.plot_attention_sheet(looked, Path(config.attention))
            note_left_out(config.attention, LOOKED, len(seen), "pictures")
            longest = max(len(each.pieces) for each in looked)
            note_left_out(
                config.attention, contact_sheet.MAX_PIECES, longest, "pieces of the longest caption"
            )
        elif config.attention != CaptionConfig.attention:  # what is there by itself is no demand
            raise ConfigError(
                f"attention={config.attention}: nothing to draw, for want of attention or of pixels"
            )


def note_left_out(name: str, most: int, of: int, things: str) -> None:
    """Say it if a picture shows `most` of more things."""
    if of > most:
        print(f"{name} shows the first {most} of {of:,} {things}", file=sys.stderr)
