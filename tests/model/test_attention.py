import math

import pytest
import torch

from seq2seq.model.attention import (
    AdditiveAttention,
    Attention,
    DotAttention,
    FixedContext,
    GeneralAttention,
    NoAttention,
)


def made(kind: str) -> Attention:
    torch.manual_seed(0)
    kinds: dict[str, Attention] = {
        "dot": DotAttention(3, 3),
        "general": GeneralAttention(2, 3),
        "additive": AdditiveAttention(2, 3, 4),
    }
    return kinds[kind]


@pytest.mark.parametrize("kind", ["dot", "general", "additive"])
def test_padding_changes_nothing_and_weights_sum_to_one(kind: str) -> None:
    attention = made(kind)
    final = torch.randn(1, 3)
    query = torch.randn(1, 2, 3 if kind == "dot" else 2)
    values = torch.randn(1, 5, 3)
    mask = torch.tensor([[True, True, True, False, False]])

    context, weights = attention(query, attention.prepare_memory(values, mask, final))
    alone, _ = attention(query, attention.prepare_memory(values[:, :3], mask[:, :3], final))

    torch.testing.assert_close(context, alone)
    assert weights[0, :, 3:].abs().sum() == 0
    torch.testing.assert_close(weights.sum(-1), torch.ones(1, 2))


def test_additive_weights_are_the_formula_of_the_paper() -> None:
    attention = AdditiveAttention(query_size=1, memory_size=1, size=1)
    for weight, value in zip(attention.parameters(), (1.0, 2.0, 3.0), strict=True):
        torch.nn.init.constant_(weight, value)  # W, U, v
    values = torch.tensor([[[0.0], [1.0]]])
    memory = attention.prepare_memory(values, torch.tensor([[True, True]]), values[:, -1])

    _, weights = attention(torch.tensor([[[0.5]]]), memory)

    scores = [3 * math.tanh(1 * 0.5 + 2 * key) for key in (0.0, 1.0)]
    odds = math.exp(scores[1] - scores[0])
    assert weights[0, 0].tolist() == pytest.approx([1 / (1 + odds), odds / (1 + odds)])


def test_dot_weights_by_hand() -> None:
    attention = DotAttention(2, 2)
    values = torch.tensor([[[math.log(3.0), 0.0], [0.0, 5.0]]])
    memory = attention.prepare_memory(values, torch.tensor([[True, True]]), values[:, -1])

    context, weights = attention(torch.tensor([[[1.0, 0.0]]]), memory)

    # scores log 3 and 0: odds 3 to 1
    assert weights[0, 0].tolist() == pytest.approx([0.75, 0.25])
    assert context[0, 0].tolist() == pytest.approx([0.75 * math.log(3), 1.25])


def test_general_attention_projects_the_keys() -> None:
    attention = GeneralAttention(query_size=1, memory_size=2)
    torch.nn.init.zeros_(attention.key.weight)
    attention.key.weight.data[0, 1] = 2.0  # W: twice the second value
    values = torch.tensor([[[9.0, math.log(2.0)], [9.0, 0.0]]])
    memory = attention.prepare_memory(values, torch.tensor([[True, True]]), values[:, -1])

    _, weights = attention(torch.tensor([[[1.0]]]), memory)

    assert weights[0, 0].tolist() == pytest.approx([0.8, 0.2])  # odds exp(2 log 2) = 4 to 1


def test_dot_attention_refuses_sizes_that_do_not_match() -> None:
    with pytest.raises(ValueError, match=r"state \(3\).*output \(4"):
        DotAttention(3, 4)


def test_without_attention_nothing_is_read() -> None:
    attention = NoAttention(3, 4)
    there = torch.ones(2, 5, dtype=torch.bool)
    memory = attention.prepare_memory(torch.randn(2, 5, 4), there, torch.randn(2, 4))

    context, weights = attention(torch.randn(2, 6, 3), memory)

    assert context.shape == weights.shape == (2, 6, 0)


def test_the_summary_is_read_at_every_position_whatever_the_query() -> None:
    attention = FixedContext(3, 4)
    final = torch.randn(2, 4)
    memory = attention.prepare_memory(
        torch.randn(2, 5, 4), torch.ones(2, 5, dtype=torch.bool), final
    )

    context, weights = attention(torch.randn(2, 6, 3), memory)

    assert torch.equal(context, torch.stack([final] * 6, 1))
    assert weights.shape == (2, 6, 0)
    assert torch.equal(memory.select(torch.tensor([1])).values, final[1:].unsqueeze(1))
