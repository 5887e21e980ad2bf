"""Errors about mistakes that a user can correct."""


class UserError(Exception):
    """A user's mistake, in one line: the option or file, its value, and the values it can have.

    Entry points print it on stderr and exit with status 1.
    """


class Stopped(KeyboardInterrupt):
    """A signal asked the process to end; unfinished files are removed as the exception passes."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number  # number of the signal


class ConfigError(UserError):
    """An option that does not exist, has no value, or has one that cannot work."""


class TextError(UserError):
    """Text that cannot be read: a missing file, unequal line counts, broken UTF-8."""


class RunError(UserError):
    """A run folder that is missing or incomplete, or exists where a new one must be written."""
