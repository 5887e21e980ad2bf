"""The file of word alignments of `seq2seq.translate`: one line for each line of the inputs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from seq2seq.storage.files import atomic_write

if TYPE_CHECKING:
    from seq2seq.inference.decode import ScoredTranslation

HARD, SOFT = (".txt", ".pharaoh"), ".jsonl"  # the ends of file names


class AlignmentWriter:
    """Writer of the alignments of best translations; a blank line has a blank line."""

    def __init__(self, file: TextIO, soft: bool) -> None:
        """Write to `file`: words and weights as JSON lines if `soft`, else `i-j` pairs."""
        self.file, self.soft = file, soft

    def rows(self, best: "Sequence[ScoredTranslation]") -> str:
        """Return the lines of the best translations of a group of lines."""
        return "".join(f"{self._row(translation)}\n" for translation in best)

    def _row(self, translation: "ScoredTranslation") -> str:
        alignment = translation.alignment
        if alignment is None:
            return ""
        return alignment.json() if self.soft else alignment.pharaoh()


@contextmanager
def open_alignments(name: str | None) -> Iterator[AlignmentWriter | None]:
    """Open the file for alignments, which appears when it is complete; None if `name` is None."""
    if name is None:
        yield None
        return
    with atomic_write(Path(name)) as file:
        yield AlignmentWriter(file, name.endswith(SOFT))
