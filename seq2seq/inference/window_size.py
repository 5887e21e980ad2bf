"""Sizes of the windows of a translation whose finished windows are stored: some seconds each."""

FIRST_BATCHES = 2  # of the first window, before there is a rate
# The longest time of a window at the rate of the one before it; at least half of it is used.
WINDOW_SECONDS = 15.0


class WindowSize:
    """Number of lines of the next window: a power of two, in batches, by the rate that is measured.

    A short window loses little when work is interrupted; a long one has more lines of equal length
    to form batches of.
    """

    def __init__(self, batch: int, most: int, seconds: float = WINDOW_SECONDS) -> None:
        """Begin with a window of `FIRST_BATCHES`.

        Args:
            batch: lines of a batch.
            most: lines of a window.
            seconds: time of a window.
        """
        self.batch, self.most, self.seconds = batch, most, seconds
        self.lines = min(FIRST_BATCHES * batch, most)

    def measure(self, lines: int, seconds: float) -> None:
        """Choose the next size, after a window of `lines` lines took `seconds`."""
        self._choose(lines * self.seconds / max(seconds, 1e-9))

    def resume(self, lines: int) -> None:
        """Go on after a window of `lines` lines that was translated before."""
        self._choose(max(lines, FIRST_BATCHES * self.batch))

    def _choose(self, lines: float) -> None:
        """Choose at most `lines` lines, but at least a batch."""
        batches = int(min(lines, self.most) / self.batch)
        self.lines = min(self.batch << max(batches.bit_length() - 1, 0), self.most)
