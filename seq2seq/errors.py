"""Mistakes that a user can make and mend."""


class UserError(Exception):
    """A user's mistake, told in one line: the option or file, its value, and what would be right.

    Entry points print it on stderr and exit with status 1; everything else lets it pass.
    """


class Stopped(KeyboardInterrupt):
    """A signal has asked the process to end: what is half done is cleaned up on the way out."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number  # of the signal


class ConfigError(UserError):
    """An option that does not exist, has no value, or has one that cannot work."""


class TextError(UserError):
    """Text that cannot be read as it stands: a missing file, unequal line counts, broken UTF-8."""


class RunError(UserError):
    """A run folder that is missing, incomplete, or in the way."""
