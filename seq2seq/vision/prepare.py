"""Pictures to arrays on disk and captions to pieces, cached by what went in."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.format import open_memmap

from seq2seq.config.earlier import to_first_names
from seq2seq.config.training import TokenizerOptions as TokenizerOptions
from seq2seq.data.cache import fingerprint, load_or_build
from seq2seq.data.corpus import SPLITS
from seq2seq.errors import TextError
from seq2seq.text.normalization import normalize
from seq2seq.text.tokenizer import Tokenizer, train_tokenizer
from seq2seq.vision.backbones import ImageBackbone
from seq2seq.vision.images import CaptionedImages

CACHE_FORMAT = 1  # of the prepared files; another number makes everything anew


class PreparedImages(NamedTuple):
    """The pictures of a split, as they are stored, and what was said of each."""

    stored: Any  # (N, ...) memory-mapped
    captions: list[list[str]]  # N lists, normalised
    names: list[str]


class PreparedCaptions(NamedTuple):
    """Pictures that a network can be trained on, and where they came from."""

    splits: Mapping[str, PreparedImages]
    tokenizer: Tokenizer
    notices: list[str]
    album: CaptionedImages
    fingerprint: str

    def table(self) -> str:
        """Counts for people."""
        rows = [f"{'':<12}{'pictures':>10}{'captions':>10}{'different':>11}"]
        for name in SPLITS:
            captions = [c for said in self.splits[name].captions for c in said]
            rows.append(
                f"{name:<12}{len(self.splits[name].names):>10,}{len(captions):>10,}"
                f"{len(set(captions)):>11,}"
            )
        return "\n".join(rows)


def prepare_captions(
    album: CaptionedImages,
    vision: ImageBackbone,
    about: Any,
    options: TokenizerOptions,
    cache: Path,
    notify: Callable[[str], None],
) -> PreparedCaptions:
    """Look at every picture once, or find what was seen in `cache`.

    Args:
        album: what a reader gave.
        vision: what is stored of a picture.
        about: the options that `vision` was made with.
        options: of the tokenizer; its `joint` has no meaning here.
        cache: the folder.
        notify: tells people what takes a while.

    Raises:
        TextError: a picture cannot be read, a split is empty, or the disk is full.
    """
    kept = [options.kind, options.vocab_size]
    counts = {name: len(pictures) for name, pictures in album.splits.items()}
    facts = [CACHE_FORMAT, album.origin, album.language, counts, to_first_names(about), kept]
    mark = fingerprint(facts)
    folder = cache / "pictures" / mark

    def make(made: Path) -> None:
        notify(f"looking at {sum(counts.values()):,} pictures, once")
        _build(album, vision, options, made)

    def load() -> PreparedCaptions:
        told = json.loads((folder / "gallery.json").read_text(encoding="utf-8"))
        splits = {
            name: PreparedImages(
                np.load(folder / f"{name}.npy", mmap_mode="r"), *told["splits"][name]
            )
            for name in SPLITS
        }
        tokenizer = Tokenizer.load(folder / "tokenizer.model")
        return PreparedCaptions(splits, tokenizer, told["notices"], album, mark)

    return load_or_build(folder, "gallery.json", make, load)


def _build(
    album: CaptionedImages, vision: ImageBackbone, options: TokenizerOptions, folder: Path
) -> None:
    if absent := [name for name in SPLITS if not len(album.splits[name])]:
        raise TextError(f"there are no pictures for {', '.join(absent)}")
    splits: dict[str, Sequence[Any]] = {}
    for name in SPLITS:
        pictures = album.splits[name]
        captions: list[list[str]] = []
        names: list[str] = []
        array = None
        for place, stored in enumerate(vision.store(_recording(pictures, captions, names))):
            if array is None:
                shape = (len(pictures), *stored.shape)
                array = open_memmap(folder / f"{name}.npy", "w+", stored.dtype, shape)
            array[place] = stored
        del array  # written
        splits[name] = [captions, names]
    lines = [caption for said in splits["train"][0] for caption in said]
    made = train_tokenizer(lines, options.kind, options.vocab_size, len(lines), len(lines))
    made.tokenizer.save(folder / "tokenizer.model")
    told = {"splits": splits, "notices": made.notices}
    (folder / "gallery.json").write_text(json.dumps(told), encoding="utf-8")


def _recording(pictures: Sequence[Any], captions: list[Any], names: list[str]) -> Any:
    """The pictures, one after the other, and what is said of each noted."""
    for picture in pictures:
        captions.append([normalize(caption) for caption in picture.captions])
        names.append(picture.name)
        yield picture
