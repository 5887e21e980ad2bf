"""`python -m seq2seq.caption`: captions of images."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from seq2seq.commands import app
from seq2seq.commands.line_io import open_output
from seq2seq.commands.outputs import require_outputs
from seq2seq.config.commands import CaptionConfig
from seq2seq.data.readers.files import without_line_breaks
from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.outputs import NamedFile
from seq2seq.storage.regular import escaped

if TYPE_CHECKING:
    from seq2seq.vision.images import CaptionedImage

SIDE, MAPPED = 192, 6  # pixels of an image on the sheet; images whose attention is drawn


def main() -> None:
    """Entry point of `seq2seq-caption`."""
    app.run_command("caption", CaptionConfig, caption)


def caption(config: CaptionConfig, _: Path) -> None:
    """Write name<TAB>caption for each image, and draw the plots that were asked for.

    Raises:
        ConfigError: no run or no images are given, or an output would replace another file.
        TextError: an image cannot be read, or a file cannot be written.
        RunError: `run` is no captioning run.
    """
    if config.run is None or config.images is None:
        missing = "run" if config.run is None else "images"
        raise ConfigError(f"no value for {missing}: both run=RUN and images=FOLDER are needed")
    require_outputs([], named_outputs(config), config.run)
    from seq2seq.builders import instantiate_node  # torch is imported here, after the checks
    from seq2seq.inference.loading import load_captioner

    images = read_images(config.images)
    inputs = [NamedFile("images", str(p.image)) for p in images if isinstance(p.image, Path)]
    require_outputs(inputs, named_outputs(config), config.run)
    search = instantiate_node("search", config.search)
    captioner = load_captioner(
        config.run, search, config.limits, config.batch, config.device, config.trusted
    )
    captions = list(captioner.caption(images))
    with open_output(config.output) as file:
        write_captions(file, images, captions)
    draw_sheets(config, captioner, images, captions)


def named_outputs(config: CaptionConfig) -> list[NamedFile]:
    """Return the files that are to be written."""
    names = {option: getattr(config, option) for option in ("output", "sheet", "attention")}
    return [NamedFile(option, name) for option, name in names.items() if name is not None]


def read_images(value: Any) -> "list[CaptionedImage]":
    """Return the images of a folder, image files, or the rows of a file of features.

    Raises:
        TextError: there are none.
    """
    from seq2seq.vision.features import read_features
    from seq2seq.vision.images import CaptionedImage, image_files

    names = [Path(str(name)) for name in (value if isinstance(value, list) else [value])]
    images = []
    for name in names:
        if name.suffix in (".npy", ".safetensors"):
            rows = enumerate(read_features(name), 1)
            images += [CaptionedImage(f"{name.name}:{row}", array, []) for row, array in rows]
        elif name.is_file():
            images.append(CaptionedImage(str(name), name, []))
        elif name.is_dir():
            images += [CaptionedImage(path.name, path, []) for path in image_files(name)]
        else:
            raise TextError(f"there is no folder and no picture {name}")
    if not images:
        raise TextError(f"there are no pictures in images={value}")
    return images


def write_captions(file: TextIO, images: "list[CaptionedImage]", captions: list[str]) -> None:
    """Write a line for each image; a tab or line break in a name or caption becomes a space."""
    for image, text in zip(images, captions, strict=True):
        name, caption_line = (
            without_line_breaks(part).replace("\t", " ") for part in (image.name, text)
        )
        name = name.encode(errors="backslashreplace").decode()  # bytes that are not UTF-8
        file.write(f"{name}\t{caption_line}\n")


def draw_sheets(
    config: CaptionConfig, captioner: Any, images: "list[CaptionedImage]", captions: list[str]
) -> None:
    """Draw the contact sheet and the attention maps that were asked for, and print their names.

    Raises:
        ConfigError: there is nothing to draw: the model has no attention, or the images no pixels.
    """
    from seq2seq.plots import contact_sheet
    from seq2seq.vision.images import has_pixels, square_pixels

    visible = [pair for pair in zip(images, captions, strict=True) if has_pixels(pair[0])]
    if config.sheet:
        if not visible:
            raise ConfigError(f"sheet={config.sheet}: nothing to draw, features have no pixels")
        entries = [
            contact_sheet.CaptionedThumbnail(p.name, square_pixels(p, SIDE), text)
            for p, text in visible[: contact_sheet.MAX_SHEET_IMAGES]
        ]
        contact_sheet.plot_contact_sheet(entries, Path(config.sheet))
        print(f"the sheet: {escaped(config.sheet)}", file=sys.stderr)
        note_omitted(config.sheet, contact_sheet.MAX_SHEET_IMAGES, len(visible), "images")
    if config.attention:
        maps = captioner.attention_maps(images[:MAPPED])
        if not maps:
            raise ConfigError(
                f"attention={config.attention}: nothing to draw, for want of attention or of pixels"
            )
        contact_sheet.plot_attention_sheet(maps, Path(config.attention))
        print(f"the attention maps: {escaped(config.attention)}", file=sys.stderr)
        note_omitted(config.attention, MAPPED, len(visible), "images")
        longest = max(len(each.pieces) for each in maps)
        note_omitted(
            config.attention, contact_sheet.MAX_PIECES, longest, "pieces of the longest caption"
        )


def note_omitted(name: str, most: int, of: int, things: str) -> None:
    """Print a note if a plot shows only the first `most` of more things."""
    if of > most:
        print(f"{escaped(name)} shows the first {most} of {of:,} {things}", file=sys.stderr)
