"""Languages of the two sides of a corpus, told apart by the character trigrams of the corpus."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BUCKETS = 2**16  # hash buckets of trigrams
MIN_COMPARED = 100  # to tell the languages apart by
MIN_DISTANCE = (
    0.5  # nats a trigram that a line loses on the other side, on average; else one language
)
# A line is of the other side from so many nats a trigram, and in all. Of 80,000 lines of Tatoeba
# two are taken for it, and of lines that really are 98 % are found.
MIN_GAIN, MIN_TOTAL = 0.7, 10.0
MIN_SWAPPED = 15.0  # nats of both sides of a pair together
FOREIGN_DEVIATIONS = 4  # standard deviations above the mean cost of a line
MIN_FOREIGN = 30  # characters of a line that may be foreign
Costs = NDArray[np.float32]


def trigram_buckets(lines: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the bucket of each trigram of some lines, and where each line's trigrams begin.

    A line is in small letters and has a blank before and after it; n characters have n trigrams.

    Args:
        lines: N lines without line breaks.

    Returns:
        Buckets (T,), and starts (N + 1,): those of line i are `buckets[starts[i]:starts[i + 1]]`.
    """
    text = "".join(f" {line.lower()} \n" for line in lines)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    ends = np.flatnonzero(codes == ord("\n"))
    hashed = (codes[:-2] * np.uint32(961) + codes[1:-1] * np.uint32(31) + codes[2:]) * np.uint32(
        2654435761
    ) >> np.uint32(16)
    is_inside = np.ones(len(hashed), np.bool_)
    for offset in range(3):  # trigrams with a line break in them
        at = ends - offset
        is_inside[at[(at >= 0) & (at < len(hashed))]] = False
    lengths = np.diff(ends, prepend=-1) - 3
    return hashed[is_inside].astype(np.int64), np.concatenate([[0], lengths.cumsum()])


class SideLanguages:
    """Trigram frequencies of both sides of a corpus, which most of its lines fit.

    A line is the likelier to be in the language of the other side, the less its trigrams cost
    there: costs are cross-entropies, in nats, with add-one smoothing (Cavnar and Trenkle 1994
    identify languages by character n-grams too).
    """

    def __init__(self, sources: Sequence[str], targets: Sequence[str]) -> None:
        """Count the trigrams of N pairs, of which most must be right."""
        self.are_distinct = len(sources) >= MIN_COMPARED
        if not self.are_distinct:
            return
        self.costs: list[Costs] = []
        self.limits: list[float] = []  # costs of a trigram above which a line is foreign
        parts = [trigram_buckets(lines) for lines in (sources, targets)]
        for buckets, starts in parts:
            counts = np.bincount(buckets, minlength=BUCKETS)
            self.costs.append((np.log(len(buckets) + BUCKETS) - np.log(counts + 1)).astype("f4"))
            own, lengths = _means(self.costs[-1], buckets, starts)
            own = own[lengths >= MIN_FOREIGN]
            self.limits.append(
                float(own.mean() + FOREIGN_DEVIATIONS * own.std()) if len(own) else np.inf
            )
        gains = [self._gains(side, *part)[0].mean() for side, part in enumerate(parts)]
        self.are_distinct = max(gains) < -MIN_DISTANCE

    def _gains(
        self, side: int, buckets: NDArray[np.int64], starts: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return what each line gains by a change of sides, in nats a trigram, and the lengths."""
        return _means(self.costs[side] - self.costs[1 - side], buckets, starts)

    def misplaced(self, sources: Sequence[str], targets: Sequence[str]) -> dict[str, list[int]]:
        """Return the indices of N pairs that are in other languages than most, by kind.

        "swapped": each side is in the language of the other. "language": one is. "foreign": a side
        is in neither language, or in an odd form.
        """
        if not self.are_distinct or not sources:
            return {}
        are_other, totals = [], []
        is_foreign = np.zeros(len(sources), np.bool_)
        for side, lines in enumerate((sources, targets)):
            buckets, starts = trigram_buckets(lines)
            gains, lengths = self._gains(side, buckets, starts)
            totals.append(gains * lengths)
            are_other.append((gains > MIN_GAIN) & (totals[-1] > MIN_TOTAL))
            own, _ = _means(self.costs[side], buckets, starts)
            is_foreign |= (own > self.limits[side]) & (lengths >= MIN_FOREIGN)
        is_swapped = (totals[0] + totals[1] > MIN_SWAPPED) & (totals[0] > 0) & (totals[1] > 0)
        is_other = (are_other[0] | are_other[1]) & ~is_swapped
        masks = {
            "swapped": is_swapped,
            "language": is_other,
            "foreign": is_foreign & ~is_swapped & ~is_other,
        }
        return {kind: np.flatnonzero(mask).tolist() for kind, mask in masks.items()}


def _means(
    costs: Costs, buckets: NDArray[np.int64], starts: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the mean cost of the trigrams of each line, (N,), and their number, (N,)."""
    sums = np.concatenate([[0.0], costs[buckets].cumsum(dtype=np.float64)])
    lengths = np.diff(starts)
    return np.diff(sums[starts]) / np.maximum(1, lengths), lengths
