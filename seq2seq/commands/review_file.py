"""The review file of `seq2seq.translate`: the lines whose translations may be wrong."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from seq2seq.config.commands import TranslateConfig
from seq2seq.config.lists import as_list
from seq2seq.documents.memory import MemoryMatch, TranslationMemory
from seq2seq.errors import ConfigError
from seq2seq.storage.files import atomic_write
from seq2seq.storage.writable import STANDARD

if TYPE_CHECKING:
    from seq2seq.documents.document import SegmentTranslation
    from seq2seq.inference.decode import ScoredTranslation

    RatedText = ScoredTranslation | SegmentTranslation

REVIEW_HEADER = "file\tline\tconfidence\tsource\ttranslation\n"
# Where there is a translation memory: the similarity of its nearest text, and that text.
MEMORY_HEADER = "\tmatch\tmemory source\tmemory translation\n"


class ReviewWriter:
    """Writer of the lines whose confidence is below a minimum, or that a memory has a match for."""

    def __init__(
        self, file: TextIO, minimum: float | None, memory: TranslationMemory | None = None
    ) -> None:
        """Write to `file` as TSV."""
        self.file, self.minimum, self.memory = file, minimum, memory
        file.write(REVIEW_HEADER.rstrip() + MEMORY_HEADER if memory else REVIEW_HEADER)

    def rows(
        self, name: str, first: int, lines: Sequence[str], best: "Sequence[ScoredTranslation]"
    ) -> str:
        """Return the rows of consecutive lines of the file `name`, from line `first`."""
        return "".join(
            self.row(name, str(first + index), source, translation)
            for index, (source, translation) in enumerate(zip(lines, best, strict=True))
        )

    def row(self, name: str, location: str, source: str, translation: "RatedText") -> str:
        """Return the row of a text at a location of the file `name`; "" if none is needed."""
        confidence, match = translation.confidence, self._match(source, translation)
        is_sure = confidence is None or self.minimum is None or confidence >= self.minimum
        if is_sure and match is None:
            return ""
        name = name.encode(errors="backslashreplace").decode()  # a name may be no Unicode
        rating = "" if confidence is None else f"{confidence:.4f}"
        cells = [name, location, rating, source, translation.text]
        if match:
            cells += [f"{match.similarity:.0%}", match.source, match.target]
        elif self.memory:
            cells += ["", "", ""]
        return "\t".join(cell.translate({9: " ", 10: " "}) for cell in cells) + "\n"

    def _match(self, source: str, translation: "RatedText") -> MemoryMatch | None:
        if self.memory is None:
            return None
        if self.memory.recall(source) == translation.text:
            return MemoryMatch(source, translation.text, 1.0)
        return self.memory.nearest(source)


def review_name(config: TranslateConfig) -> str | None:
    """Return the name of the review file, None if there is none.

    Raises:
        ConfigError: options do not go together, or there is no output to place it beside.
    """
    if config.min_confidence is None and (config.review is None or config.memory is None):
        if config.review is not None:
            raise ConfigError("review needs min_confidence, as in min_confidence=0.6, or memory")
        return None
    if config.review is not None:
        if not config.review.endswith(".tsv"):
            raise ConfigError(f"review must be a .tsv file, not {config.review}")
        return config.review
    outputs = as_list(config.output)
    if not outputs or outputs[0] == STANDARD:
        raise ConfigError("min_confidence needs review=FILE.tsv where output is standard output")
    return f"{Path(outputs[0])}.review.tsv"  # beside an output that is a folder


@contextmanager
def open_review(
    name: str | None, minimum: float | None, memory: TranslationMemory | None = None
) -> Iterator[ReviewWriter | None]:
    """Open the review file, which appears when it is complete; None if `name` is None."""
    if name is None:
        yield None
        return
    with atomic_write(Path(name)) as file:
        yield ReviewWriter(file, minimum, memory)
