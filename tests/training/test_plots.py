"""Choice of the texts that are plotted."""

import pytest

from seq2seq.training.plots import readable_indices


@pytest.mark.parametrize(
    ("lengths", "count", "indices"),
    [
        ([30, 5, 4, 12, 13, 8], 3, [1, 3, 5]),  # those of 5 to 12 tokens
        ([5, 6, 7, 8], 2, [0, 2]),  # evenly spaced
        ([30, 5, 40, 50], 2, [0, 2]),  # only one is readable: all are candidates
        ([], 3, []),
    ],
)
def test_texts_of_a_readable_length_are_plotted(
    lengths: list[int], count: int, indices: list[int]
) -> None:
    assert readable_indices(lengths, count) == indices
