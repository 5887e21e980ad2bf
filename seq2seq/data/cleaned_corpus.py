"""A cleaned corpus as files: the pairs that are kept, and those that are dropped with reasons."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from seq2seq.config.training import CleaningOptions
from seq2seq.data.chunk_pool import chunk_pool
from seq2seq.data.cleaning_report import CleaningReport
from seq2seq.data.corpus import Pair, ParallelCorpus
from seq2seq.data.raw_assignment import assign_raw, write_raw
from seq2seq.data.readers.files import without_line_breaks
from seq2seq.data.splits import SplitAssignment
from seq2seq.storage.files import atomic_write
from seq2seq.text.transforms import TextTransforms

DROPPED_FILE = "dropped.tsv"
DROPPED_COLUMNS = ("file", "line", "reason", "source", "target")


def write_cleaned(
    corpus: ParallelCorpus, clean: CleaningOptions, transform: TextTransforms, folder: Path
) -> CleaningReport:
    """Write the cleaned corpus into `folder`, which exists; a pair at a time is in memory.

    Each split that the corpus has becomes two files that `data=parallel` reads, as train.en and
    train.de, with the text as it was read. Nothing is held out. `DROPPED_FILE` has a row for each
    pair that was dropped.

    Raises:
        TextError: the corpus cannot be read, or a file cannot be written.
    """
    with TemporaryDirectory(dir=folder, prefix=".raw-") as work:
        raw = write_raw(corpus, Path(work))
        with chunk_pool(raw["train"].chunks) as pool:
            assignment = assign_raw(raw, clean, None, transform, pool)
    with ExitStack() as stack:
        dropped = stack.enter_context(atomic_write(folder / DROPPED_FILE))
        dropped.write("\t".join(DROPPED_COLUMNS) + "\n")
        for name, pairs in corpus.splits.items():
            source, target = (
                stack.enter_context(atomic_write(folder / f"{name}.{language}"))
                for language in (corpus.source, corpus.target)
            )
            for number, pair, reason in _with_reasons(name, iter(pairs), assignment):
                if reason:
                    cells = (pair.file or name, pair.line or number, reason, *pair[:2])
                    dropped.write("\t".join(_cell(cell) for cell in cells) + "\n")
                else:
                    source.write(f"{without_line_breaks(pair.source)}\n")
                    target.write(f"{without_line_breaks(pair.target)}\n")
    return assignment.audit


def _with_reasons(
    name: str, pairs: Iterator[Pair], assignment: SplitAssignment
) -> Iterator[tuple[int, Pair, str]]:
    """Yield the number of each pair, the pair, and why it is dropped, "" if it is kept."""
    reasons, codes = assignment.reasons[name], assignment.codes[name]
    for number, (pair, code) in enumerate(zip(pairs, codes, strict=True), 1):
        yield number, pair, reasons[code]


def _cell(value: object) -> str:
    """Return a cell of a table: a tab or a line break in it becomes a space."""
    return without_line_breaks(str(value)).replace("\t", " ")
