"""Recurrences in chunks: the numbers of the whole, and a gradient that ends with the chunk."""

from collections.abc import Callable

import pytest
import torch

from seq2seq import builders
from seq2seq.config.training import TrainConfig
from seq2seq.model.cells.truncated import truncated_forward
from tests.model.test_contracts import names

Compose = Callable[..., TrainConfig]


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("cell", names("cell"))
def test_chunks_have_the_outputs_of_the_uncut_sequence(
    config: Compose, cell: str, directions: int
) -> None:
    both = str(directions == 2).lower()
    options = config(
        f"model/cell={cell}", f"model.encoder.bidirectional={both}", "model.encoder.layers=2"
    )
    torch.manual_seed(0)
    encoder = builders.build_translation(
        options.model, builders.VocabSizes(13, 13, True)
    ).encoder.eval()
    tokens, lengths = torch.randint(4, 13, (4, 7)), torch.tensor([7, 2, 5, 4])

    for given in (lengths, None):
        whole = encoder(tokens, given)
        for chunk in (1, 2, 3, 7, 9):
            parts = encoder(tokens, given, None, chunk)
            torch.testing.assert_close(parts.values, whole.values, atol=1e-5, rtol=1e-4)
            torch.testing.assert_close(parts.final, whole.final, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("backward", "seen", "reached"),
    [
        # Chunks of 2 positions; rows of 5 and of 2. What is seen at position 2 hears of its own
        # chunk, positions 2 and 3, up to itself; the final state of the last chunk that was read.
        (False, [2], [[4], [0, 1]]),
        (True, [2, 3], [[0, 1], [0, 1]]),
    ],
)
def test_the_gradient_ends_with_the_chunk(
    config: Compose, backward: bool, seen: list[int], reached: list[list[int]]
) -> None:
    cell = builders.build_cells(config().model, [3], 4)[0]
    x, lengths = torch.randn(2, 5, 3, requires_grad=True), torch.tensor([5, 2])
    first = torch.randn(2, 1, 4, requires_grad=True)

    output, last = truncated_forward(cell, x, first, lengths, chunk=2, backward=backward)

    def heard(of: torch.Tensor, row: int) -> list[int]:
        [gradient] = torch.autograd.grad(of.sum(), x, retain_graph=True)
        return [t for t in range(5) if gradient[row, t].abs().sum() > 0]

    assert heard(output[0, 2], 0) == seen
    assert [heard(last[row], row) for row in (0, 1)] == reached
    # A first state that is learned is heard of by each sentence's own first chunk, and by no other.
    [begun] = torch.autograd.grad(last.sum(), first, retain_graph=True)
    assert [bool(row.any()) for row in begun] == [False, True]
