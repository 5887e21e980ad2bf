import torch
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.search.largest import BLOCK, largest, top


def test_of_a_tie_the_first() -> None:
    scores = torch.tensor([[1.0, 3.0, 3.0], [-torch.inf, -torch.inf, -torch.inf]])

    assert largest(scores).tolist() == [1, 0]


@given(
    size=st.integers(1, 12 * BLOCK),
    count=st.integers(1, 6),
    levels=st.integers(1, 1000),
    seed=st.integers(0, 1000),
)
def test_the_largest_are_those_of_a_sort(size: int, count: int, levels: int, seed: int) -> None:
    # Few levels make many ties; a third of the scores are of what must not be said.
    made = torch.Generator().manual_seed(seed)
    scores = torch.randint(0, levels, (2, 3, size), generator=made).float()
    scores[torch.rand(2, 3, size, generator=made) < 1 / 3] = -torch.inf

    values, places = top(scores, count)

    expected = scores.sort(-1, descending=True).values[..., :count]
    assert torch.equal(values, expected)
    assert torch.equal(scores.gather(-1, places), expected)
    assert all(len(set(row)) == len(row) for row in places.flatten(0, 1).tolist())
    ranked = scores.sort(stable=True, dim=-1, descending=True).indices
    assert torch.equal(largest(scores), ranked[..., 0])
