"""Files of captions: JSON lines, and JSON in COCO's form."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seq2seq.data.readers.files import without_line_breaks
from seq2seq.errors import TextError
from seq2seq.text.lines import read_lines
from seq2seq.text.normalization import is_blank

CaptionsByName = Mapping[str, list[str]]  # captions by the name of the image


def read_captions(file: Path) -> CaptionsByName:
    """Read the captions of a file, by the names of their images.

    Raises:
        TextError: the file is not JSON, or lacks a required field; the message names the line.
    """
    lines = list(read_lines(file))
    if len(lines) == 1 and '"annotations"' in lines[0]:
        return _parse_coco(file, lines[0])
    text = "\n".join(lines)
    if text.lstrip().startswith("{") and '"annotations"' in text:
        return _parse_coco(file, text)
    captions_by_name: dict[str, list[str]] = defaultdict(list)
    for number, line in enumerate(lines, 1):
        if line.strip():
            name, captions = _parse_line(file, number, line)
            captions_by_name[name] += captions
    if not captions_by_name:
        raise TextError(f"{file} has no captions")
    return dict(captions_by_name)


def text_list(value: Any) -> list[str] | None:
    """Return a text, or a list of texts, as a list; None for other values and an empty list."""
    texts = [value] if isinstance(value, str) else value
    is_list = isinstance(texts, list) and all(isinstance(text, str) for text in texts)
    return texts if is_list and texts else None


def has_blank(captions: Sequence[str]) -> bool:
    """Return whether a caption is blank: a blank caption would only train EOS."""
    return any(is_blank(caption) for caption in captions)


def _parse_line(file: Path, number: int, line: str) -> tuple[str, list[str]]:
    """Return the name of an image and its captions, from a line of JSON."""
    try:
        entry = json.loads(line)
    except ValueError as error:
        raise TextError(f"{file}, line {number}, is no JSON: {error}") from None
    name = entry.get("file") if isinstance(entry, dict) else None
    captions = text_list(entry.get("captions") or entry.get("caption")) if name else None
    if not isinstance(name, str) or not captions:
        raise TextError(f"{file}, line {number}, needs a file and a caption, or captions")
    if has_blank(captions):
        raise TextError(f"{file}, line {number}, has an empty caption")
    return name, [without_line_breaks(caption) for caption in captions]


def _parse_coco(file: Path, text: str) -> CaptionsByName:
    """Parse COCO's form, Chen et al. (2015), https://arxiv.org/abs/1504.00325."""
    try:
        content = json.loads(text)
        names = {image["id"]: str(image["file_name"]) for image in content["images"]}
        captions_by_name: dict[str, list[str]] = defaultdict(list)
        for annotation in content["annotations"]:
            name, caption = (
                names[annotation["image_id"]],
                without_line_breaks(annotation["caption"]),
            )
            if has_blank([caption]):
                raise TextError(f"{file}: {name} has an empty caption")
            captions_by_name[name].append(caption)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TextError(f"{file} is not in COCO's form: {error!r}") from None
    return dict(captions_by_name)
