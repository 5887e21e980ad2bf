"""Coverage of a search against the attention weights of its finished hypotheses."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from seq2seq.data.batches import pad
from seq2seq.errors import ConfigError
from seq2seq.inference.decode import decode_batch
from seq2seq.inference.engines.cuda_graphs import CudaGraphModel
from seq2seq.inference.engines.ensemble import Ensemble
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.inference.forced_attention import attention_weights
from seq2seq.inference.translator import Translator
from seq2seq.search.beam import Beam
from seq2seq.search.interface import Hypothesis
from seq2seq.text.special_tokens import EOS
from seq2seq.text.tokenizer import ByteTokenizer
from tests.inference.networks import LIMITS, random_network

SOURCES = [[9, 8, 7], [12], [5, 6, 7, 8, 9, 10, 11]]
TOKENIZER = ByteTokenizer()
BETA = 0.4


def graphed(model: IncrementalModel) -> CudaGraphModel:
    def record(work: Callable[[], None]) -> Callable[[], None]:
        return work  # played by calling it

    return CudaGraphModel(model, record)


def fast(attention: str, seed: int) -> IncrementalModel:
    return IncrementalModel(random_network(TOKENIZER, attention, seed, scale=2), "fp32")


MODELS: dict[str, Callable[[], Any]] = {
    "network": lambda: random_network(TOKENIZER, "general", 1, scale=2),
    "incremental": lambda: fast("general", 1),
    "CUDA graphs": lambda: graphed(fast("general", 1)),
    "ensemble": lambda: Ensemble([fast("general", 1), fast("additive", 2)]),
    "ensemble, one without": lambda: Ensemble(
        [graphed(fast("none", 3)), fast("fixed_context", 4), graphed(fast("general", 1))]
    ),
}


def search(model: Any, sources: list[list[int]]) -> list[list[Hypothesis]]:
    beam = Beam(beam_size=3, length_penalty=1.0, n_best=3, coverage_penalty=BETA)
    limits = [len(ids) + 4 for ids in sources]
    return decode_batch(model, beam, pad(sources), limits, range(len(sources)), True)


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())
def test_scores_have_the_penalty_of_the_attention_weights(make: Callable[[], Any]) -> None:
    model = make()

    for source, hypotheses in zip(SOURCES, search(model, SOURCES), strict=True):
        for h in hypotheses:
            # Rows for each token and for the step behind the last, whether EOS came or not.
            weights = attention_weights(model, pad([source]), [[*h.tokens, EOS]])[0]
            sums = [sum(float(row[i]) for row in weights) for i in range(len(source))]
            penalty = BETA * sum(math.log(min(max(x, 1e-10), 1.0)) for x in sums)
            expected = sum(h.logprobs) / ((5 + len(h.tokens) + 1) / 6) + penalty
            assert h.score == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())
def test_hypotheses_do_not_depend_on_the_batch(make: Callable[[], Any]) -> None:
    model = make()
    together = search(model, SOURCES)

    for source, expected in zip(SOURCES, together, strict=True):
        [alone] = search(model, [source])
        assert [h.tokens for h in alone] == [h.tokens for h in expected]
        assert [h.score for h in alone] == pytest.approx([h.score for h in expected], abs=1e-3)


def test_a_network_without_attention_is_refused_with_one_line() -> None:
    beam = Beam(beam_size=3, length_penalty=1.0, n_best=1, coverage_penalty=BETA)
    model = random_network(TOKENIZER, "fixed_context", 1)

    with pytest.raises(ConfigError, match="must be 0 for a run without attention"):
        Translator(model, TOKENIZER, TOKENIZER, beam, LIMITS, 8)
    with torch.inference_mode():  # without a penalty it is not needed
        Translator(model, TOKENIZER, TOKENIZER, Beam(3, 1.0, 1), LIMITS, 8).translate(["a"])
