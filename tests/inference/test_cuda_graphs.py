"""Buffers of fixed sizes, as a CUDA graph needs them, give what the step itself gives.

What is recorded is played on the CPU here, by calling it.
"""

from collections.abc import Callable

import pytest
import torch

from seq2seq.config.training import TrainConfig
from seq2seq.data.batches import pad
from seq2seq.inference.engines.cuda_graphs import CudaGraphModel
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.search.beam import Beam
from seq2seq.search.greedy import Greedy
from seq2seq.search.interface import Hypothesis, Search
from tests.model.test_contracts import network

Compose = Callable[..., TrainConfig]
SOURCES = [[5 + (i * j) % 7 for j in range(1, 2 + i % 5)] for i in range(19)]
SEARCHES = [Greedy(), Beam(beam_size=3, length_penalty=1.0, n_best=2)]


def captured(graphed: IncrementalModel, counted: list[int]) -> CudaGraphModel:
    def record(work: Callable[[], None]) -> Callable[[], None]:
        counted.append(1)
        return work

    return CudaGraphModel(graphed, record)


def hypotheses_of(
    model: IncrementalModel | CudaGraphModel, search: Search, sources: list[list[int]]
) -> list[list[Hypothesis]]:
    with torch.inference_mode():
        device = next(model.parameters()).device
        source, lengths = pad(sources)
        state = model.init_decoding(source.to(device), lengths)
        limits = torch.tensor([2 * len(ids) + 3 for ids in sources], device=device)
        return search(model.step, state, limits, list(range(len(sources))))


def assert_same_said(
    model: CudaGraphModel, graphed: IncrementalModel, search: Search, sources: list[list[int]]
) -> None:
    for found, expected in zip(
        hypotheses_of(model, search, sources), hypotheses_of(graphed, search, sources), strict=True
    ):
        assert [h.tokens for h in found] == [h.tokens for h in expected]
        for one, other in zip(found, expected, strict=True):
            assert one.logprobs == pytest.approx(other.logprobs, abs=1e-4)


@pytest.mark.parametrize("search", SEARCHES, ids=["greedy", "beam"])
@pytest.mark.parametrize("attention", ["none", "fixed_context", "general"])
def test_cuda_graphs_give_the_same_hypotheses_batch_after_batch(
    config: Compose, search: Search, attention: str
) -> None:
    graphed = IncrementalModel(
        network(config, f"model/attention={attention}", "model/cell=lstm"), "fp32"
    )
    model = captured(graphed, [])

    for batch in (SOURCES, SOURCES[:3], SOURCES[7:16], SOURCES[:1], SOURCES):
        assert_same_said(model, graphed, search, batch)


def test_few_batch_sizes_are_recorded(config: Compose) -> None:
    counted: list[int] = []
    model = captured(IncrementalModel(network(config, "model/attention=general"), "fp32"), counted)

    for first in range(15):
        hypotheses_of(model, Greedy(), SOURCES[first:])

    assert len(counted) <= 3  # up to 8, 16 and 32 sentences
