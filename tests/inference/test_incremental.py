"""The quick form says what the network says, whatever it is made of."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from seq2seq import builders
from seq2seq.config.training import TrainConfig
from seq2seq.data.batches import collate
from seq2seq.hardware import has_onednn, onednn_supports_bf16
from seq2seq.inference.engines import incremental, linear
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.inference.engines.linear import BFloat16Linear, Int8Linear, PackedLinear
from seq2seq.model.encoder_decoder import DecoderState, EncoderDecoder
from tests.model.test_contracts import CHOICES, SOURCES, TARGETS, network

Compose = Callable[..., TrainConfig]


def logits(
    model: EncoderDecoder | IncrementalModel, rows: list[int], hypotheses: int = 1
) -> torch.Tensor:
    """Return the log-probabilities of each token, (b, T, V), step by step along the targets."""
    made = collate([SOURCES[r] for r in rows], [TARGETS[r] for r in rows])
    with torch.inference_mode():
        state: DecoderState = model.init_decoding(made.source, made.source_lengths)
        state = state.reorder(torch.zeros(len(rows), hypotheses, dtype=torch.long))
        steps = []
        for t in range(made.target_input.shape[1]):
            found, state = model.step(state, made.target_input[:, t : t + 1].expand(-1, hypotheses))
            steps.append(found[:, -1])
    return torch.stack(steps, 1)


@pytest.mark.parametrize("choice", CHOICES, ids=" ".join)
def test_fp32_logits_equal_those_of_the_model(config: Compose, choice: tuple[str, ...]) -> None:
    model = network(config, *choice)

    found = logits(IncrementalModel(model, "fp32"), [0, 1, 2, 3], hypotheses=2)

    torch.testing.assert_close(found, logits(model, [0, 1, 2, 3]), atol=1e-5, rtol=1e-4)


def test_a_table_that_would_be_too_large_is_not_built(
    config: Compose, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = network(config, "model/attention=general")
    monkeypatch.setattr(incremental, "MAX_TABLE_ELEMENTS", 3)

    without = IncrementalModel(model, "fp32")

    assert without.readout_table.table is None
    torch.testing.assert_close(logits(without, [0, 1]), logits(model, [0, 1]))


@pytest.mark.parametrize("precision", ["bf16", "int8"])
@pytest.mark.parametrize("choice", CHOICES, ids=" ".join)
def test_bf16_and_int8_logits_are_close_to_fp32(
    config: Compose, choice: tuple[str, ...], precision: str
) -> None:
    model = network(config, *choice)

    found, exact = (
        logits(IncrementalModel(model, precision), [0, 1, 2, 3]),
        logits(model, [0, 1, 2, 3]),
    )

    assert (found - exact).abs().max() < 0.1 * exact.std()


@pytest.mark.parametrize("precision", ["fp32", "bf16", "int8"])
def test_a_sentence_does_not_depend_on_its_neighbours(config: Compose, precision: str) -> None:
    model = IncrementalModel(
        network(config, "model/attention=additive", "model/cell=lstm"), precision
    )

    together = logits(model, [0, 1, 2, 3])

    for row in range(4):
        alone = logits(model, [row])[0]
        torch.testing.assert_close(together[row, : len(alone)], alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("rows", [1, 2, 65])
def test_a_product_with_packed_weights_equals_a_plain_one(
    rows: int, biased: bool, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not there:
        monkeypatch.setattr(linear, "has_onednn", lambda: False)
        monkeypatch.setattr(linear, "onednn_supports_bf16", lambda: False)
    torch.manual_seed(0)
    weight, bias = torch.randn(300, 130), torch.randn(300) if biased else None
    x = torch.randn(rows, 2, 130)[:, 1]  # as the states of a layer lie

    plain, half = PackedLinear(weight, bias), BFloat16Linear(weight, bias)

    exact = functional.linear(x, weight, bias)
    torch.testing.assert_close(plain(x), exact, atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(half(x), exact, atol=0.5, rtol=0.02)  # of 130 products of 8 bits
    assert (plain.packed is not None) == (there and has_onednn())
    assert (half.packed.packed is not None) == (there and onednn_supports_bf16())


@pytest.mark.skipif(not has_onednn(), reason="nothing is laid out")
def test_batches_are_padded_to_few_row_counts_for_onednn() -> None:
    class Shapes(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            del types
            if func is torch.ops.mkldnn._linear_pointwise:
                seen.add(len(args[0]))
            return func(*args, **(kwargs or {}))

    seen = set[int]()
    plain = PackedLinear(torch.ones(3, 2), None)

    with Shapes():
        found = [len(plain(torch.ones(rows, 2))) for rows in range(1, 641)]

    assert found == list(range(1, 641))
    assert seen == {1, *range(8, 65, 8), *range(96, 641, 32)}


@pytest.mark.parametrize(("bits", "part"), [(8, 64 / 127), (7, 32 / 63)])
def test_an_int8_product_worked_by_hand(
    bits: int, part: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Rows are scaled by 2 / 127 and 1 / 127, x by 1 / 127 or 1 / 63: all are whole codes here.
    monkeypatch.setattr(linear, "has_vnni", lambda: bits == 8)
    weight = torch.tensor([[2.0, -2.0], [1.0, 0.0]])
    product = Int8Linear(weight, torch.tensor([0.0, 10.0]))

    found = product(torch.tensor([[1.0, -1.0], [0.0, 1.0], [part, 1.0]]))

    expected = [[4.0, 11.0], [-2.0, 10.0], [2 * part - 2, 10 + part]]
    torch.testing.assert_close(found, torch.tensor(expected))
    large = product(torch.tensor([[300.0, 0.0]]))  # each row has a scale of its own
    torch.testing.assert_close(large, torch.tensor([[600.0, 310.0]]))


def test_the_largest_int8_products_do_not_overflow() -> None:
    product = Int8Linear(torch.ones(2, 64), None)

    assert product(torch.ones(1, 64)).tolist() == [[pytest.approx(64.0)] * 2]


def test_int8_weights_are_rounded_by_half_a_code_at_most() -> None:
    torch.manual_seed(0)
    weight = torch.randn(5, 8)
    product = Int8Linear(weight, None)

    columns = product(torch.eye(8))  # (8, 5): the weights themselves, transposed

    off = (columns.t() - weight).abs()
    assert bool((off <= weight.abs().amax(1, keepdim=True) / 127 / 2 + 1e-6).all())


def test_a_step_computes_no_needless_products(config: Compose) -> None:
    """Of a GRU with attention: h, the readout and the output; the keys are projected once."""
    model = IncrementalModel(network(config, "model/attention=general"), "fp32")
    made = collate(SOURCES, TARGETS)
    with torch.inference_mode():
        state = model.init_decoding(made.source, made.source_lengths)
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
            model.step(state, made.target_input[:, :1])

    products = ("aten::addmm", "aten::mm", "mkldnn::_linear_pointwise")
    count = sum(e.count for e in profile.key_averages() if e.key in products)
    assert count == 3


@pytest.mark.parametrize(("cell", "products"), [("ssru", 0), ("mingru", 0), ("gru", 2)])
def test_the_first_layer_of_linear_recurrences_is_looked_up(
    config: Compose, cell: str, products: int
) -> None:
    """Of both directions of the encoder: no product of what is as large as the embeddings."""
    model = network(config, f"model/cell={cell}", "model/attention=dot", "model/bridge=zeros")
    quick = IncrementalModel(model, "fp32")
    made = collate(SOURCES, TARGETS)
    seen = []

    class Products(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            if func is functional.linear or func is getattr(torch, cell, None):
                seen.append(func)
            return func(*args, **(kwargs or {}))

    with torch.inference_mode(), Products():
        quick.init_decoding(made.source, made.source_lengths)

    assert len(seen) == products


def test_the_vocabulary_of_the_builder_is_that_of_the_incremental_model(config: Compose) -> None:
    model = builders.build_translation(config().model, builders.VocabSizes(9, 11, False)).eval()

    assert IncrementalModel(model, "fp32").readout_table.table is not None
    made = collate([[5, 6]], [[7]])
    with torch.inference_mode():
        quickly, _ = IncrementalModel(model, "fp32").step(
            model.init_decoding(made.source, made.source_lengths), made.target_input[:, :1]
        )
    assert quickly.shape == (1, 1, 11)
