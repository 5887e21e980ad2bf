"""A cleaned corpus as files: the pairs that are kept, and those that are dropped with reasons."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from seq2seq.config.training import CleaningOptions, HeldOutOptions
from seq2seq.data.chunk_pool import chunk_pool
from seq2seq.data.cleaning_report import CleaningReport
from seq2seq.data.corpus import SPLITS, Pair, ParallelCorpus
from seq2seq.data.raw_assignment import assign_raw, write_raw
from seq2seq.data.readers.files import without_line_breaks
from seq2seq.data.splits import SplitAssignment
from seq2seq.storage.files import atomic_write
from seq2seq.text.transforms import TextTransforms

DROPPED_FILE = "dropped.tsv"
DROPPED_COLUMNS = ("file", "line", "reason", "source", "target")


def write_cleaned(
    corpus: ParallelCorpus,
    clean: CleaningOptions,
    transform: TextTransforms,
    folder: Path,
    heldout: HeldOutOptions | None = None,
) -> CleaningReport:
    """Write the cleaned corpus into `folder`, which exists; a pair at a time is in memory.

    Each split becomes two files that `data=parallel` reads, as train.en and train.de, with the text
    as it was read. `DROPPED_FILE` has a row for each pair that was dropped.

    Args:
        corpus: the corpus, which is read twice.
        clean: the rules.
        transform: applied to both sides before they are checked.
        folder: where the files are written.
        heldout: how much training text becomes validation and test text, as it does in training, if
            the corpus has none; None: nothing.

    Raises:
        TextError: the corpus cannot be read, or a file cannot be written.
    """
    with TemporaryDirectory(dir=folder, prefix=".raw-") as work:
        raw = write_raw(corpus, Path(work))
        with chunk_pool(raw["train"].chunks) as pool:
            assignment = assign_raw(raw, clean, heldout, transform, pool)
    with ExitStack() as stack:
        dropped = stack.enter_context(atomic_write(folder / DROPPED_FILE))
        dropped.write("\t".join(DROPPED_COLUMNS) + "\n")
        files = {
            split: [
                stack.enter_context(atomic_write(folder / f"{split}.{language}"))
                for language in (corpus.source, corpus.target)
            ]
            for split in SPLITS
            if any(mask.any() for _, mask in assignment.masks(split)) or split in corpus.splits
        }
        for name, pairs in corpus.splits.items():
            for number, pair, reason, split in _assigned(name, iter(pairs), assignment):
                if reason:
                    cells = (pair.file or name, pair.line or number, reason, *pair[:2])
                    dropped.write("\t".join(_cell(cell) for cell in cells) + "\n")
                else:
                    for file, text in zip(files[split], pair[:2], strict=True):
                        file.write(f"{without_line_breaks(text)}\n")
    return assignment.audit


def _assigned(
    name: str, pairs: Iterator[Pair], assignment: SplitAssignment
) -> Iterator[tuple[int, Pair, str, str]]:
    """Yield the number of each pair, the pair, why it is dropped ("": kept), and its split."""
    reasons, codes = assignment.reasons[name], assignment.codes[name]
    numbers = assignment.numbers[name]
    for number, (pair, code, split) in enumerate(zip(pairs, codes, numbers, strict=True), 1):
        yield number, pair, reasons[code], SPLITS[split]


def _cell(value: object) -> str:
    """Return a cell of a table: a tab or a line break in it becomes a space."""
    return without_line_breaks(str(value)).replace("\t", " ")
