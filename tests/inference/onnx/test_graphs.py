"""The graphs say what the network says, whatever it is made of."""

from collections.abc import Callable
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq.config.training import TrainConfig
from seq2seq.data.batches import collate, pad
from seq2seq.inference.decode import decode_batch
from seq2seq.inference.engines.ensemble import Ensemble
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.inference.engines.onnx import OnnxModel
from seq2seq.inference.forced_attention import attention_weights, has_attention
from seq2seq.inference.onnx import products
from seq2seq.inference.onnx.checking import require_safe_graphs
from seq2seq.inference.onnx.decoding import convert
from seq2seq.inference.onnx.export import export_graphs
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.search.beam import Beam
from seq2seq.search.greedy import Greedy
from seq2seq.search.interface import Hypothesis, Search
from tests.inference.networks import random_network, toy_tokenizer
from tests.inference.test_incremental import logits
from tests.model.test_contracts import CHOICES, PIECES, SOURCES, TARGETS, network

Compose = Callable[..., TrainConfig]
# One of each way to quantise: a constant scale, and rows with scales of their own.
ALONE = [
    ("model/cell=lstm", "model/attention=additive"),
    ("model/cell=lstm", "model.encoder.layers=2", "model.decoder.layers=3", "model.residual=true",
     "model/attention=general"),
    ("model/cell=lru", "model/attention=general"),
    ("model/cell=rnn", "model.cell.nonlinearity=relu", "model/attention=fixed_context"),
    ("model/cell=minlstm", "model.decoder.layers=2", "model/attention=dot"),
]  # fmt: skip
# Each cell, attention and bridge once.
IN_INT8 = [c for c in CHOICES if "model/attention=general" in c or "model/cell=gru" in c]
IN_INT8 += [c for c in CHOICES if not c[0].startswith("model/cell")]
PENALTY, COVERAGE = 1.0, 0.2


def hypotheses(model: object, search: Search) -> list[list[Hypothesis]]:
    """What a search finds for the sources, of at most 6 tokens."""
    return decode_batch(model, search, pad(SOURCES), [6] * len(SOURCES), range(4), scored=True)


@pytest.mark.parametrize("choice", CHOICES, ids=" ".join)
def test_fp32_logits_and_searches_equal_those_of_torch(
    config: Compose, choice: tuple[str, ...]
) -> None:
    model = network(config, *choice)
    graphs = convert(model, "fp32")
    incremental = IncrementalModel(model, "fp32")

    rows = [0, 1, 2, 3]
    found = logits(graphs, rows, hypotheses=2)  # type: ignore[arg-type]

    torch.testing.assert_close(found, logits(model, rows), atol=1e-5, rtol=1e-4)
    beta = COVERAGE if has_attention(graphs) else 0.0
    for search in (Greedy(), Beam(3, PENALTY, 2, beta)):
        ours, theirs = hypotheses(graphs, search), hypotheses(incremental, search)
        assert [[h.tokens for h in each] for each in ours] == [
            [h.tokens for h in each] for each in theirs
        ]
        scores = [torch.tensor([h.score for each in made for h in each]) for made in (ours, theirs)]
        torch.testing.assert_close(*scores, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("choice", IN_INT8, ids=" ".join)
def test_int8_logits_are_close_to_fp32(config: Compose, choice: tuple[str, ...]) -> None:
    model = network(config, *choice)
    require_safe_graphs(export_graphs(model, "int8"), "folder")  # of what a folder may hold

    found = logits(convert(model, "int8"), [0, 1, 2, 3])  # type: ignore[arg-type]

    exact = logits(model, [0, 1, 2, 3])
    assert (found - exact).abs().max() < 0.1 * exact.std()


@cache
def exported(choice: tuple[str, ...]) -> OnnxModel:
    """A network of larger numbers than usual, in int8."""
    options = [option for option in choice if not option.startswith("model/attention")]
    attention = choice[-1].partition("=")[2]
    return convert(random_network(toy_tokenizer(), attention, 1, *options), "int8")


@pytest.mark.parametrize("choice", ALONE, ids=" ".join)
@given(st.lists(st.lists(st.integers(5, 300), min_size=1, max_size=9), min_size=1, max_size=5))
@settings(max_examples=8)
def test_a_sentence_in_int8_does_not_depend_on_its_company(
    choice: tuple[str, ...], sources: list[list[int]]
) -> None:
    model = exported(choice)
    together = model.init_decoding(*pad(sources))
    last = torch.tensor([[7], [9], [5], [6], [8]])[: len(sources)]
    logits_of_all, following = model.step(together, last)

    for row, source in enumerate(sources):
        alone = model.init_decoding(torch.tensor([source]), None)
        expected, after = model.step(alone, last[row : row + 1])
        torch.testing.assert_close(logits_of_all[row], expected[0], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(following.hidden[row], after.hidden[0], atol=1e-4, rtol=1e-4)


def test_a_product_in_int8_is_within_its_rounding(config: Compose) -> None:
    """Half a code of each of H numbers on each side: of states, features and weights."""
    model = network(config, "model/cell=gru", "model/attention=none")
    made = collate(SOURCES, TARGETS)
    exact = model.init_decoding(made.source, made.source_lengths)
    graphs = convert(model, "int8").init_decoding(made.source, made.source_lengths)

    # One bridge behind five positions: each adds at most some hundredths here.
    assert (graphs.hidden - exact.hidden).abs().max() < 0.05


def test_a_table_that_would_be_too_large_is_not_made(
    config: Compose, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = network(config, "model/cell=mingru", "model/attention=general")
    monkeypatch.setattr(products, "MAX_TABLE_ELEMENTS", PIECES * 6)  # the readout's remains

    graphs = convert(model, "fp32")

    shapes = {tuple(table.shape) for table in graphs.sessions.tables.values()}
    assert shapes == {(PIECES, 6)}
    found = logits(graphs, [0, 1])  # type: ignore[arg-type]
    torch.testing.assert_close(found, logits(model, [0, 1]), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("attention", ["additive", "dot", "general"])
def test_forced_attention_weights_equal_those_of_torch(config: Compose, attention: str) -> None:
    model = network(config, f"model/attention={attention}")
    source = pad(SOURCES)

    found = attention_weights(convert(model, "fp32"), source, TARGETS)

    torch.testing.assert_close(found, attention_weights(model, source, TARGETS))


def test_an_ensemble_mixes_graphs_and_torch(config: Compose) -> None:
    models: list[EncoderDecoder] = [
        network(config, f"model/cell={cell}", "model/attention=general") for cell in ("gru", "lstm")
    ]
    torch_only = Ensemble([IncrementalModel(model, "fp32") for model in models])
    mixed = Ensemble([IncrementalModel(models[0], "fp32"), convert(models[1], "fp32")])

    ours, theirs = (
        hypotheses(mixed, Beam(3, PENALTY, 1)),
        hypotheses(torch_only, Beam(3, PENALTY, 1)),
    )

    assert [each[0].tokens for each in ours] == [each[0].tokens for each in theirs]
