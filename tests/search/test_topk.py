import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.search.topk import BLOCK, argmax, logsumexp, topk_of_rows


def test_of_a_tie_the_first() -> None:
    scores = torch.tensor([[1.0, 3.0, 3.0], [-torch.inf, -torch.inf, -torch.inf]])

    assert argmax(scores).tolist() == [1, 0]


def test_the_normaliser_neither_overflows_nor_vanishes() -> None:
    never = -torch.inf
    rows = [[0.0, never, math.log(3.0)], [1000.0, 1000.0, never], [-200.0, never, 0.0]]

    found = logsumexp(torch.tensor(rows))

    expected = [math.log(4.0), 1000.0 + math.log(2.0), 0.0]
    torch.testing.assert_close(found, torch.tensor(expected))


def test_rows_are_compared_with_their_offsets() -> None:
    scores = torch.tensor([[[0.0, 5.0, 2.0], [1.0, 4.0, 3.0]]])  # 1 sentence, 2 rows, 3 scores
    offsets = torch.tensor([[-2.0, 0.5]])

    values, places = topk_of_rows(scores, offsets, 3)

    assert values.tolist() == [[4.5, 3.5, 3.0]]
    assert places.tolist() == [[3 + 1, 3 + 2, 1]]


@given(
    rows=st.integers(1, 4),
    size=st.integers(1, 12 * BLOCK),
    count=st.integers(1, 6),
    levels=st.integers(1, 1000),
    seed=st.integers(0, 1000),
)
def test_the_largest_are_those_of_a_sort(
    rows: int, size: int, count: int, levels: int, seed: int
) -> None:
    # Few levels make many ties; a third of the scores are of what must not be said.
    made = torch.Generator().manual_seed(seed)
    scores = torch.randint(0, levels, (2, rows, size), generator=made).float()
    scores[torch.rand(2, rows, size, generator=made) < 1 / 3] = -torch.inf
    offsets = torch.randint(-3, 3, (2, rows), generator=made).double()

    values, places = topk_of_rows(scores, offsets, count)

    sums = (scores + offsets.unsqueeze(-1)).flatten(1)
    assert torch.equal(values, sums.sort(-1, descending=True).values[:, :count])
    assert torch.equal(sums.gather(-1, places), values)
    assert all(len(set(row)) == len(row) for row in places.tolist())


@pytest.mark.parametrize("size", [40, 9 * BLOCK, 9 * BLOCK + 5])
def test_of_many_that_tie_for_the_best_the_first_leads(size: int) -> None:
    scores = torch.zeros(1, 1, size)
    scores[..., :3] = -torch.inf

    _, places = topk_of_rows(scores, torch.zeros(1, 1), 2)

    assert places[0, 0] == 3
