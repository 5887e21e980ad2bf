"""Requests that are refused: a status and a message for the client."""


class RefusalError(Exception):
    """A request that is not answered; the message is one line."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class MissingKeyError(RefusalError):
    """A request without a key, where one is needed."""

    def __init__(self) -> None:
        super().__init__(400, "Please contact the server operator to get an API key")
