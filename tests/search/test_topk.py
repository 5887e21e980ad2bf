import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.search.topk import BLOCK, argmax, logsumexp, topk_of_rows


def test_argmax_returns_the_first_of_a_tie() -> None:
    scores = torch.tensor([[1.0, 3.0, 3.0], [-torch.inf, -torch.inf, -torch.inf]])

    assert argmax(scores).tolist() == [1, 0]


def test_logsumexp_neither_overflows_nor_underflows() -> None:
    never = -torch.inf
    rows = [[0.0, never, math.log(3.0)], [1000.0, 1000.0, never], [-200.0, never, 0.0]]

    found = logsumexp(torch.tensor(rows))

    expected = [math.log(4.0), 1000.0 + math.log(2.0), 0.0]
    torch.testing.assert_close(found, torch.tensor(expected))


def test_top_k_adds_the_offsets_of_rows() -> None:
    scores = torch.tensor([[[0.0, 5.0, 2.0], [1.0, 4.0, 3.0]]])  # 1 sentence, 2 rows, 3 scores
    offsets = torch.tensor([[-2.0, 0.5]])

    values, indices = topk_of_rows(scores, offsets, 3)

    assert values.tolist() == [[4.5, 3.5, 3.0]]
    assert indices.tolist() == [[3 + 1, 3 + 2, 1]]


@given(
    rows=st.integers(1, 4),
    size=st.integers(1, 12 * BLOCK),
    count=st.integers(1, 6),
    levels=st.integers(1, 1000),
    seed=st.integers(0, 1000),
)
def test_top_k_equals_the_head_of_a_sort(
    rows: int, size: int, count: int, levels: int, seed: int
) -> None:
    # Few levels make many ties; a third of the scores are masked.
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randint(0, levels, (2, rows, size), generator=generator).float()
    scores[torch.rand(2, rows, size, generator=generator) < 1 / 3] = -torch.inf
    offsets = torch.randint(-3, 3, (2, rows), generator=generator).double()

    values, indices = topk_of_rows(scores, offsets, count)

    sums = (scores + offsets.unsqueeze(-1)).flatten(1)
    assert torch.equal(values, sums.sort(-1, descending=True).values[:, :count])
    assert torch.equal(sums.gather(-1, indices), values)
    assert all(len(set(row)) == len(row) for row in indices.tolist())


@pytest.mark.parametrize("size", [40, 9 * BLOCK, 9 * BLOCK + 5])
def test_top_k_starts_with_the_first_of_a_tie(size: int) -> None:
    scores = torch.zeros(1, 1, size)
    scores[..., :3] = -torch.inf

    _, indices = topk_of_rows(scores, torch.zeros(1, 1), 2)

    assert indices[0, 0] == 3
