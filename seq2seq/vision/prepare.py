"""Preparation of captioned images: arrays on disk and a tokenizer, cached by fingerprint."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.format import open_memmap

from seq2seq.config.earlier import to_first_names
from seq2seq.config.training import DEFAULT_TRANSFORMS
from seq2seq.config.training import TokenizerOptions as TokenizerOptions
from seq2seq.data.cache import cache_fingerprint, load_or_build
from seq2seq.data.corpus import SPLITS
from seq2seq.errors import TextError
from seq2seq.text.given_pieces import GivenPieces, given_or_trained
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.tokenizer_training import PieceOptions, train_tokenizer
from seq2seq.text.transforms import TextTransforms
from seq2seq.vision.backbones import ImageBackbone
from seq2seq.vision.images import CaptionedImages

CAPTIONED_FORMAT = 1  # of the prepared files; with another number all data is prepared again

log = logging.getLogger("seq2seq.data")


class PreparedImages(NamedTuple):
    """The images of a split, as the backbone stores them, and the captions of each."""

    stored: Any  # (N, ...) memory-mapped
    captions: list[list[str]]  # N lists, normalised
    names: list[str]


class PreparedCaptions(NamedTuple):
    """Prepared splits and tokenizer, and the images that they were prepared from."""

    splits: Mapping[str, PreparedImages]
    tokenizer: Tokenizer
    notices: list[str]
    album: CaptionedImages
    fingerprint: str

    def table(self) -> str:
        """Return a table of the numbers of images and captions of each split."""
        rows = [f"{'':<12}{'pictures':>10}{'captions':>10}{'different':>11}"]
        for name in SPLITS:
            captions = [c for references in self.splits[name].captions for c in references]
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
    given: GivenPieces | None = None,
) -> PreparedCaptions:
    """Prepare the images and train the tokenizer, or load both from `cache`.

    Args:
        album: the images, as a reader returns them.
        vision: the backbone, whose `store` computes the stored arrays.
        about: the options of `vision`.
        options: tokenizer options; `joint` has no meaning here.
        cache: the cache folder.
        notify: a function that prints a line before a slow step.
        given: the tokenizer to use; None: a new one is trained.

    Raises:
        TextError: an image cannot be read, a split is empty, or the disk is full.
    """
    tokenizer_facts: list[Any] = [options.kind, options.vocab_size]
    if options.transforms != list(DEFAULT_TRANSFORMS):  # the first version always applied these
        tokenizer_facts.append(options.transforms)
    if options.split_digits:
        tokenizer_facts.append("split_digits")
    counts = {name: len(images) for name, images in album.splits.items()}
    vision_facts = to_first_names(about)
    facts = [CAPTIONED_FORMAT, album.origin, album.language, counts, vision_facts, tokenizer_facts]
    key = cache_fingerprint(facts)
    folder = cache / "pictures" / (cache_fingerprint([key, given.facts()]) if given else key)

    def build(temporary: Path) -> None:
        notify(f"looking at {sum(counts.values()):,} pictures, once")
        _build(album, vision, options, temporary, given)

    def load() -> PreparedCaptions:
        stored = json.loads((folder / "gallery.json").read_text(encoding="utf-8"))
        splits = {
            name: PreparedImages(
                np.load(folder / f"{name}.npy", mmap_mode="r"), *stored["splits"][name]
            )
            for name in SPLITS
        }
        tokenizer = Tokenizer.load(folder / "tokenizer.model")
        return PreparedCaptions(splits, tokenizer, stored["notices"], album, key)

    return load_or_build(folder, "gallery.json", build, load)


def _build(
    album: CaptionedImages,
    vision: ImageBackbone,
    options: TokenizerOptions,
    folder: Path,
    given: GivenPieces | None,
) -> None:
    """Write the files of prepared images into `folder`, an empty one."""
    if absent := [name for name in SPLITS if not len(album.splits[name])]:
        raise TextError(f"there are no pictures for {', '.join(absent)}")
    transform = TextTransforms(options.transforms)
    splits: dict[str, Sequence[Any]] = {}
    for name in SPLITS:
        images = album.splits[name]
        captions: list[list[str]] = []
        names: list[str] = []
        array = None
        recorded = _recording(images, transform, captions, names)
        for index, stored in enumerate(vision.store(recorded)):
            if array is None:
                shape = (len(images), *stored.shape)
                array = open_memmap(folder / f"{name}.npy", "w+", stored.dtype, shape)
            array[index] = stored
        del array  # writes the file
        splits[name] = [captions, names]
    lines = [caption for references in splits["train"][0] for caption in references]
    if given is None:
        log.info("training the tokenizer on %s captions", f"{len(lines):,}")
    count, digits = len(lines), PieceOptions(split_digits=options.split_digits)
    trained = given_or_trained(
        given,
        lambda: train_tokenizer(
            lines, options.kind, options.vocab_size, count, count, pieces=digits
        ),
    )
    trained.tokenizer.save(folder / "tokenizer.model")
    prepared = {"splits": splits, "notices": trained.notices}
    (folder / "gallery.json").write_text(json.dumps(prepared), encoding="utf-8")


def _recording(
    images: Sequence[Any], transform: TextTransforms, captions: list[Any], names: list[str]
) -> Any:
    """Yield the images, and append the normalised captions and the name of each to the lists."""
    for image in images:
        captions.append(transform.apply(image.captions))
        names.append(image.name)
        yield image
