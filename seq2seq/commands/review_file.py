"""The review file of `seq2seq.translate`: the lines whose translations may be wrong."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from seq2seq.config.commands import TranslateConfig
from seq2seq.errors import ConfigError
from seq2seq.storage.files import atomic_write
from seq2seq.storage.writable import STANDARD

if TYPE_CHECKING:
    from seq2seq.inference.decode import ScoredTranslation

REVIEW_HEADER = "file\tline\tconfidence\tsource\ttranslation\n"
HOW_TO_FIT = (
    "python -m seq2seq.evaluate run=RUN fit_confidence=true fits it, on text of yours with "
    "source= and reference="
)


class ReviewWriter:
    """Writer of the lines whose confidence is below a minimum."""

    def __init__(self, file: TextIO, minimum: float) -> None:
        """Write to `file` as TSV."""
        self.file, self.minimum = file, minimum
        file.write(REVIEW_HEADER)

    def rows(
        self, name: str, first: int, lines: Sequence[str], best: "Sequence[ScoredTranslation]"
    ) -> str:
        """Return the rows of consecutive lines of the file `name`, from line `first`."""
        name = name.encode(errors="backslashreplace").decode()  # a name may be no Unicode
        rows = ""
        for line, source, translation in zip(
            range(first, first + len(lines)), lines, best, strict=True
        ):
            confidence = translation.confidence
            if confidence is not None and confidence < self.minimum:
                cells = (name, line, f"{confidence:.4f}", source, translation.text)
                rows += "\t".join(str(cell).translate({9: " ", 10: " "}) for cell in cells) + "\n"
        return rows


def review_name(config: TranslateConfig) -> str | None:
    """Return the name of the review file, None if there is none.

    Raises:
        ConfigError: options do not go together, or there is no output to place it beside.
    """
    if config.min_confidence is None:
        if config.review is not None:
            raise ConfigError("review needs min_confidence, as in min_confidence=0.6")
        return None
    if config.review is not None:
        if not config.review.endswith(".tsv"):
            raise ConfigError(f"review must be a .tsv file, not {config.review}")
        return config.review
    outputs = config.output if isinstance(config.output, list) else [config.output]
    if not outputs or outputs[0] == STANDARD:
        raise ConfigError("min_confidence needs review=FILE.tsv where output is standard output")
    return f"{outputs[0]}.review.tsv"


@contextmanager
def open_review(name: str | None, minimum: float | None) -> Iterator[ReviewWriter | None]:
    """Open the review file, which appears when it is complete; None if `name` is None."""
    if name is None or minimum is None:
        yield None
        return
    with atomic_write(Path(name)) as file:
        yield ReviewWriter(file, minimum)
