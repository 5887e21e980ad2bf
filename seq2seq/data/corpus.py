"""Corpora as readers return them: splits of pairs or lines, their licence and origin."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from seq2seq.errors import TextError

T = TypeVar("T")

SPLITS = ("train", "validation", "test")


class Flaw(NamedTuple):
    """Reason why a row of a file is no pair."""

    kind: str  # of `FLAW_KINDS`
    where: str  # file and line
    what: str  # as a sentence that goes on from `where`

    @property
    def message(self) -> str:
        """Return the sentence."""
        return f"{self.where}{self.what}"


OTHER_COLUMNS, MISSING_FIELD, HEADER_LINE, NOT_JSON = FLAW_KINDS = (
    "columns",
    "missing field",
    "header line",
    "not JSON",
)


class RowError(TextError):
    """A row that is no pair; readers yield it as a pair with a flaw."""

    def __init__(self, kind: str, where: str, what: str) -> None:
        """See `Flaw`."""
        self.flaw = Flaw(kind, where, what)
        super().__init__(self.flaw.message)


class Pair(NamedTuple):
    """A sentence and its translation, both without line breaks."""

    source: str
    target: str
    document: str | None = None  # name of the document that the sentence is from
    weight: float | None = None  # occurrences of the pair in one epoch, on average; None: 1
    corpus: str | None = None  # of joined corpora, the name of the one that it is of
    flaw: Flaw | None = None  # the row is no pair, and is dropped
    file: str | None = None  # where the pair was read; of two files the source's
    line: int | None = None  # its number there, from 1
    tags: str = ""  # before the source, with blanks between them; see `text.source_tags`
    languages: str | None = None  # of source and target, a blank between; None: those of the corpus


class ParallelCorpus(NamedTuple):
    """Parallel text. `train` is always there; `validation` and `test` where the corpus has them."""

    splits: Mapping[str, Iterable[Pair]]  # can be iterated again and again
    source: str  # language code
    target: str  # language code
    licence: str
    origin: dict[str, str]  # the files that were read, and their fingerprints
    directions: Sequence[tuple[str, str]] = ()  # of pairs in several languages, source and target
    temperature: float = 1.0  # with which directions are sampled


class LabelledCorpus(NamedTuple):
    """Lines with labels, by split: train, validation and test. The target of a pair is a label."""

    splits: Mapping[str, Iterable[Pair]]  # can be iterated again and again
    licence: str
    origin: dict[str, str]  # the files that were read, and their fingerprints


class TextCorpus(NamedTuple):
    """Running text by lines. `train` is always there; the others where the text has them."""

    splits: Mapping[str, Iterable[str]]  # can be iterated again and again
    licence: str
    origin: dict[str, str]  # the files that were read, and their fingerprints


class Repeatable(Generic[T]):
    """Iterable that calls `function` with `arguments` for each iteration."""

    def __init__(self, function: Callable[..., Iterator[T]], *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __iter__(self) -> Iterator[T]:
        return self.function(*self.arguments)
