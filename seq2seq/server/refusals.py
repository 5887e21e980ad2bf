"""Requests that are refused: a status and a message for the client."""

import logging

log = logging.getLogger("seq2seq.serve")


class RefusalError(Exception):
    """A request that is not answered; the message is one line."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class MissingKeyError(RefusalError):
    """A request without a key, where one is needed."""

    def __init__(self) -> None:
        super().__init__(400, "Please contact the server operator to get an API key")


def log_fault(error: BaseException) -> None:
    """Log where a fault of this program has ended a request, without a word of the request."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    where = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else ""
    log.error("%s in %s ended a request", type(error).__name__, where)
