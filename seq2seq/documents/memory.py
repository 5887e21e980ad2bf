"""Translation memories: texts that were translated before, equal ones and similar ones."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from seq2seq.documents.document import Document, FormatSettings
from seq2seq.documents.registry import MAX_DOCUMENT_BYTES, find_format, parse_document
from seq2seq.errors import ConfigError
from seq2seq.storage.regular import read_regular_bytes

MEMORY_FORMATS = ("tmx", "xliff", "po")  # formats that have sources and targets
MIN_SIMILARITY = 0.75  # of a text that is shown beside a translation


class MemoryMatch(NamedTuple):
    """A text of a memory that is similar to another text."""

    source: str
    target: str
    similarity: float  # 1 - edit distance / characters of the longer text


class TranslationMemory:
    """Pairs of texts; of several translations of a text, the last is taken."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._targets = dict(pairs)

    def __len__(self) -> int:
        return len(self._targets)

    def recall(self, text: str) -> str | None:
        """Return the translation of a text that is in the memory; None where it is not."""
        return self._targets.get(text)

    @cached_property
    def _by_length(self) -> tuple[list[str], list[int]]:
        texts = sorted(self._targets, key=len)
        return texts, [len(text) for text in texts]

    def nearest(self, text: str) -> MemoryMatch | None:
        """Return the most similar text of the memory, None where all are too different."""
        from rapidfuzz.distance import Levenshtein
        from rapidfuzz.process import extractOne

        texts, lengths = self._by_length
        # Texts of other lengths have a larger distance.
        first = bisect_left(lengths, MIN_SIMILARITY * len(text))
        last = bisect_right(lengths, len(text) / MIN_SIMILARITY)
        found = extractOne(
            text,
            texts[first:last],
            scorer=Levenshtein.normalized_similarity,
            score_cutoff=MIN_SIMILARITY,
        )
        return MemoryMatch(found[0], self._targets[found[0]], found[1]) if found else None


def require_similarity() -> None:
    """Require the package that finds similar texts.

    Raises:
        ConfigError: it is missing.
    """
    if find_spec("rapidfuzz") is None:
        raise ConfigError(
            "similar texts of a memory need rapidfuzz: pip install 'seq2seq[documents]'"
        )


def translated_pairs(document: Document) -> Iterator[tuple[str, str]]:
    """Yield the texts of a document that have a translation, with it."""
    for segment in document.segments:
        if segment.is_kept and segment.existing and segment.text.strip():
            yield segment.text, segment.existing


def read_memory(names: Sequence[str], source: str = "", target: str = "") -> TranslationMemory:
    """Read translation memories.

    Args:
        names: of files of `MEMORY_FORMATS`.
        source: language of texts.
        target: language of translations.

    Raises:
        ConfigError: a file has another ending.
        TextError: a file cannot be read, or is damaged.
    """
    settings = FormatSettings(source_language=source, target_language=target)
    pairs = dict[str, str]()
    for name in names:
        found = find_format(name)
        if found is None or found.name not in MEMORY_FORMATS:
            raise ConfigError(f"memory={name} must be a .tmx, .xlf, .xliff or .po file")
        data = read_regular_bytes(Path(name), MAX_DOCUMENT_BYTES)
        pairs.update(translated_pairs(parse_document(data, found.name, settings, name)))
    return TranslationMemory(pairs.items())
