"""Text from strangers on a terminal or in a log: without control characters."""

import logging

# Control characters but tab and line feed: an escape sequence begins with one.
CONTROLS = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}


def visible(text: str) -> str:
    """Return `text` with a replacement character for each control character."""
    return text.translate(CONTROLS)


class VisibleFormatter(logging.Formatter):
    """Formatter of log records without control characters: corpora and names may hold some."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of `record`."""
        return visible(super().format(record))


class OnceFilter(logging.Filter):
    """Passes each message once."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the message of `record` is new."""
        message = record.getMessage()
        is_new = message not in self._seen
        self._seen.add(message)
        return is_new
