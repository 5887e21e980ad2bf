"""Encoder, bridges, initial states and dropout."""

import pytest
import torch

from seq2seq.model import bridge, initial_state
from seq2seq.model.cells.truncated import reverse_order
from seq2seq.model.decoder import OutputLayer
from seq2seq.model.dropout import Dropout
from seq2seq.model.embeddings import Embedding, OneHotEmbedding


def test_backwards_turns_each_sentence_and_leaves_padding() -> None:
    order = reverse_order(torch.tensor([4, 2, 1]), 4)

    assert order.tolist() == [[3, 2, 1, 0], [1, 0, 2, 3], [0, 1, 2, 3]]


def test_copy_hands_the_state_on_and_refuses_another_shape() -> None:
    final = torch.randn(2, 1, 2, 3)

    assert torch.equal(bridge.CopyBridge((1, 2, 3), (1, 2, 3))(final), final)
    with pytest.raises(ValueError, match=r"\(1, 2, 3\) and \(1, 2, 4\)"):
        bridge.CopyBridge((1, 2, 3), (1, 2, 4))


def test_an_output_bias_from_counts_predicts_the_unigram_frequencies() -> None:
    output = OutputLayer(Embedding(4, 3, 0.0), tied=True)

    output.init_bias_from_counts(torch.tensor([6, 3, 1, 0]))

    probabilities = output(torch.zeros(2, 3)).softmax(-1)
    torch.testing.assert_close(probabilities, torch.tensor([[6.1, 3.1, 1.1, 0.1]] * 2) / 10.4)


def test_projection_is_tanh_of_a_linear_map() -> None:
    made = bridge.ProjectionBridge((1, 1, 2), (2, 1, 1))
    made.linear.weight.data = torch.tensor([[1.0, 2.0], [0.0, -1.0]])
    made.linear.bias.data = torch.tensor([0.5, 0.0])

    state = made(torch.tensor([[[[0.25, 0.125]]]]))

    # tanh(0.25 + 0.25 + 0.5) in the first layer, tanh(-0.125) in the second
    torch.testing.assert_close(state, torch.tensor([[[[1.0]], [[-0.125]]]]).tanh())


def test_zeros_and_learned_bridges_ignore_the_source() -> None:
    final = torch.randn(3, 1, 2, 4)
    learned = bridge.LearnedBridge((1, 2, 4), (2, 2, 5))
    torch.nn.init.normal_(learned.state)

    assert (
        bridge.ZeroBridge((1, 2, 4), (2, 2, 5))(final).tolist() == torch.zeros(3, 2, 2, 5).tolist()
    )
    assert learned(final).shape == (3, 2, 2, 5)
    assert torch.equal(learned(final)[0], learned(-final)[2])


def test_a_learned_first_state_gets_a_gradient() -> None:
    state = initial_state.LearnedState((1, 2, 1, 3))

    state(4, torch.zeros(1)).sum().backward()

    assert state.state.grad is not None
    assert state.state.grad.unique().tolist() == [4.0]  # once for each of four sentences


def test_variational_dropout_drops_the_same_values_at_every_position() -> None:
    torch.manual_seed(0)
    dropped = Dropout(0.5, variational=True)(torch.ones(3, 7, 50))

    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}  # kept values are doubled


def test_plain_dropout_drops_other_values_at_each_position() -> None:
    torch.manual_seed(0)
    dropped = Dropout(0.5, variational=False)(torch.ones(3, 7, 50))

    assert not torch.equal(dropped[:, 0], dropped[:, 1])
    assert set(dropped.unique().tolist()) == {0.0, 2.0}


@pytest.mark.parametrize("variational", [False, True])
@pytest.mark.parametrize("p", [0.001, 0.1, 0.35, 0.9, 0.999])
def test_dropout_keeps_the_expectation(p: float, variational: bool) -> None:
    """On CPUs the share is rounded to 256ths, and never to none or all."""
    torch.manual_seed(0)
    rounded = min(max(round(p * 256), 1), 255) / 256
    x = torch.full((1000, 1, 101), 3.0, requires_grad=True)

    dropped = Dropout(p, variational)(x)

    kept = dropped != 0
    torch.testing.assert_close(dropped[kept], torch.full_like(dropped[kept], 3 / (1 - rounded)))
    deviation = (rounded * (1 - rounded) / kept.numel()) ** 0.5
    assert kept.float().mean().item() == pytest.approx(1 - rounded, abs=5 * deviation)
    (gradient,) = torch.autograd.grad(dropped.sum(), x)
    torch.testing.assert_close(gradient, dropped.detach() / 3)


def test_nothing_is_dropped_outside_training() -> None:
    x = torch.randn(2, 3, 4)

    assert torch.equal(Dropout(0.9, variational=True).eval()(x), x)


def test_word_dropout_zeroes_vectors_of_tokens_in_training_only() -> None:
    torch.manual_seed(0)
    embedding = Embedding(5, 3, word_dropout=0.25)
    tokens = torch.full((40, 50), 2)

    seen = embedding(tokens)  # (40, 50, 3)

    hidden = (seen == 0).all(-1)
    assert torch.equal(seen[~hidden], embedding.weight[2].expand_as(seen[~hidden]))
    assert 0.2 < hidden.float().mean() < 0.3  # of 2,000, a quarter: five standard deviations
    assert torch.equal(embedding.eval()(tokens), embedding.weight[2].expand(40, 50, 3))


def test_one_hot_embeddings_equal_the_lookup() -> None:
    torch.manual_seed(0)
    looked, multiplied = Embedding(5, 3, word_dropout=0.0), OneHotEmbedding(5, 3, word_dropout=0.0)
    multiplied.load_state_dict(looked.state_dict())
    tokens = torch.tensor([[4, 0], [2, 2]])

    vectors = [made(tokens) for made in (looked, multiplied)]
    for x in vectors:
        x.square().sum().backward()

    torch.testing.assert_close(*vectors)
    torch.testing.assert_close(looked.weight.grad, multiplied.weight.grad)
