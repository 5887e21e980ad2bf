"""Python's own language reference as running text, without a download."""

import hashlib
import importlib
from collections.abc import Iterator

from seq2seq.data.corpus import Repeatable, TextCorpus
from seq2seq.errors import TextError


def pydoc(licence: str) -> TextCorpus:
    """Read the chapters of Python's language reference that `help()` shows.

    Raises:
        TextError: this Python was built without them.
    """
    try:
        module = importlib.import_module("pydoc_data.topics")
    except ImportError as error:
        raise TextError("this Python has no pydoc_data.topics; data=text reads files") from error
    topics: dict[str, str] = module.topics

    def read() -> Iterator[str]:
        for name in sorted(topics):
            yield from topics[name].split("\n")

    digest = hashlib.sha256("\n".join(read()).encode()).hexdigest()
    return TextCorpus({"train": Repeatable(read)}, licence, {"pydoc_data.topics": digest})
