"""What holds for every cell, attention, bridge and initial state in conf/, by being there."""

from collections.abc import Callable
from itertools import product

import pytest
import torch

from seq2seq import builders
from seq2seq.config.paths import CONF_DIR
from seq2seq.config.training import TrainConfig
from seq2seq.data.batches import collate
from seq2seq.errors import ConfigError
from seq2seq.model.attention import AdditiveAttention
from seq2seq.model.encoder import Encoder
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.training.loss import cross_entropy

Compose = Callable[..., TrainConfig]
SOURCES = [[5, 6, 7, 8, 9], [10, 11], [12], [5, 9, 7]]
TARGETS = [[5, 6], [7, 8, 9, 10], [11], [12, 5, 6]]
PIECES = 13


def names(group: str) -> list[str]:
    return sorted(path.stem for path in (CONF_DIR / "model" / group).glob("*.yaml"))


def network(config: Compose, *overrides: str) -> EncoderDecoder:
    torch.manual_seed(0)
    model = builders.build_translation(
        config(*overrides).model, builders.VocabSizes(PIECES, PIECES, True)
    )
    for parameter in model.parameters():  # a learned vector starts at zero, and hides mistakes
        torch.nn.init.uniform_(parameter, -0.5, 0.5)
    return model.eval()


def losses(model: EncoderDecoder, rows: list[int]) -> torch.Tensor:
    """The summed loss of some of the sentences, as one batch."""
    made = collate([SOURCES[r] for r in rows], [TARGETS[r] for r in rows])
    decoded = model(made.source, made.source_lengths, made.target_input)
    features, output = decoded.features.flatten(0, 1)[made.label_positions], model.output.linear
    total, _ = cross_entropy(features, output.weight, output.bias, made.labels, 0.1)
    return total


def gradients(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


CHOICES = [
    *product(
        [f"model/cell={name}" for name in names("cell")],
        [f"model/attention={name}" for name in names("attention")],
    ),
    *[(f"model/bridge={b}", "model/attention=dot") for b in names("bridge")],
    *[(f"model/initial_state={i}", "model/attention=none") for i in names("initial_state")],
    ("model.encoder.bidirectional=false", "model.decoder.size=4", "model/bridge=copy"),
    ("model.encoder.layers=2", "model.decoder.layers=3", "model.residual=true",
     "model/attention=general", "model/cell=lstm"),
    ("model.tie_source_target=true", "model.tie_output=false"),
]  # fmt: skip


@pytest.mark.parametrize("choice", CHOICES, ids=" ".join)
def test_a_batch_is_its_sentences_one_by_one(config: Compose, choice: tuple[str, ...]) -> None:
    model = network(config, *choice)

    together = losses(model, [0, 1, 2, 3])
    together.backward()
    batched = gradients(model)
    model.zero_grad()
    alone = torch.stack([losses(model, [row]) for row in range(4)]).sum()
    alone.backward()

    torch.testing.assert_close(together, alone)
    for name, gradient in gradients(model).items():
        torch.testing.assert_close(batched[name], gradient, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("choice", CHOICES, ids=" ".join)
def test_gradients_reach_every_weight(config: Compose, choice: tuple[str, ...]) -> None:
    model = network(config, *choice)

    losses(model, [0, 1, 2, 3]).backward()

    # The encoder is never heard by a decoder that neither starts from it nor attends.
    silent = {n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum()}
    assert silent == set()


@pytest.mark.parametrize("choice", CHOICES, ids=" ".join)
def test_training_and_searching_see_the_same_numbers(
    config: Compose, choice: tuple[str, ...]
) -> None:
    model = network(config, *choice)
    made = collate(SOURCES, TARGETS)

    whole = model.output(
        model(made.source, made.source_lengths, made.target_input).features
    )  # (B, T, V)
    state = model.init_decoding(made.source, made.source_lengths)
    for t in range(made.target_input.shape[1]):
        logits, state = model.step(state, made.target_input[:, t : t + 1])
        torch.testing.assert_close(logits[:, 0], whole[:, t], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("cell", names("cell"))
def test_hypotheses_of_a_sentence_do_not_see_one_another(config: Compose, cell: str) -> None:
    model = network(config, f"model/cell={cell}", "model/attention=additive")
    made = collate(SOURCES, TARGETS)
    state = model.init_decoding(made.source, made.source_lengths)
    tokens = torch.tensor([[5, 9], [6, 5], [7, 7], [8, 6]])  # two hypotheses each

    both, following = model.step(state.reorder(torch.zeros(4, 2, dtype=torch.long)), tokens)
    crossed = following.reorder(torch.tensor([[1, 0]] * 4)).select(torch.tensor([2, 0]))
    second, after = model.step(state, tokens[:, 1:])

    torch.testing.assert_close(both[:, 1], second[:, 0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(crossed.hidden[1, 0], after.hidden[0, 0], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("cell", names("cell"))
def test_every_cell_trains_in_bf16(config: Compose, cell: str) -> None:
    if cell.startswith("lstm") and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        pytest.skip("this processor has no LSTM in bf16")
    exact = network(config, f"model/cell={cell}", "model/attention=general")

    with torch.autocast("cpu", torch.bfloat16):
        total = losses(exact, [0, 1, 2, 3])
    total.backward()

    torch.testing.assert_close(total, losses(exact, [0, 1, 2, 3]), rtol=0.02, atol=0.1)
    assert all(torch.isfinite(g).all() for g in gradients(exact).values())


def test_one_vocabulary_is_needed_to_tie_both_sides(config: Compose) -> None:
    with pytest.raises(ConfigError, match=r"tokenizer\.joint=true"):
        builders.build_translation(
            config("model.tie_source_target=true").model, builders.VocabSizes(9, 9, False)
        )


def test_parts_that_do_not_fit_are_errors(config: Compose) -> None:
    with pytest.raises(ConfigError, match=r"model.bridge: the copy bridge needs .*"):
        builders.build_translation(
            config("model/bridge=copy", "model.decoder.size=7").model,
            builders.VocabSizes(9, 9, True),
        )


@pytest.mark.parametrize("cell", sorted({*names("cell")} - {"mingru_bare"}))
def test_attention_can_be_learned_from_the_first_step(config: Compose, cell: str) -> None:
    """With the gain and the sizes of the recipes: no softmax is so steep that it has no gradient.

    Of `mingru_bare`, whose states are large and never negative, documents say so.
    """
    torch.manual_seed(0)
    sizes = ["model.embedding_size=64", "model.encoder.size=64", "model.decoder.size=128"]
    chosen = [f"model/cell={cell}", "model/attention=general", "model.input_gain=4"]
    model = builders.build_translation(
        config(*sizes, *chosen).model, builders.VocabSizes(50, 50, True)
    ).eval()
    source, target = torch.randint(4, 50, (2, 8, 16))

    weights = model(source, None, target).weights  # (B, T, S)

    assert 1 / 16 < weights.amax(-1).mean() < 0.5


@pytest.mark.parametrize("cell", names("cell"))
def test_the_gain_is_of_weights_that_read_vectors_alone(config: Compose, cell: str) -> None:
    made = []
    for gain in (1.0, 4.0):
        torch.manual_seed(0)
        options = config(
            f"model/cell={cell}", f"model.input_gain={gain}", "model/attention=additive"
        ).model
        made.append(builders.build_translation(options, builders.VocabSizes(PIECES, PIECES, True)))

    reading = set()
    for model in made:
        decoder, encoder = model.decoder, model.encoder
        assert isinstance(encoder, Encoder)
        cells = [*decoder.stack.cells, *(cell for layer in encoder.layers for cell in layer)]
        normalising = getattr(cells[0], "norm", None) is not None
        larger = [] if normalising else [cell.input_weights()[0] for cell in cells]
        larger.append(decoder.readout.weight)
        attention = decoder.attention
        assert isinstance(attention, AdditiveAttention)
        larger += [attention.key.weight, attention.query.weight]
        names_of = {id(weight): name for name, weight in model.named_parameters()}
        reading |= {names_of[id(weight)] for weight in larger}
    before, after = (dict(model.named_parameters()) for model in made)
    for name, weight in before.items():
        assert torch.equal(after[name], (4 if name in reading else 1) * weight)
    # Of three cells, unless they normalise what they read; of attention two, and of the readout.
    assert len(reading) == (3 if normalising else 6)
