from collections.abc import Callable
from functools import partial

import pytest
import torch
from accelerate import Accelerator
from torch import Tensor

from seq2seq import builders
from seq2seq.config.training import TrainConfig
from seq2seq.data.batches import Batch, collate
from seq2seq.tasks.translation import sentence_segments
from seq2seq.tasks.truncated_bptt import truncated_segments
from seq2seq.training.train_step import StepResult, TrainStep

Compose = Callable[..., TrainConfig]
PIECES = 20


def uneven() -> Batch:
    """Sentences of other lengths on either side."""
    return collate([[5, 6, 7], [8]], [[9], [10, 11, 12, 13]])


def learned(
    options: TrainConfig, chunk: int, consistency: float
) -> tuple[StepResult, dict[str, Tensor]]:
    """What a step gave, and the weights after it."""
    torch.manual_seed(0)
    model = builders.build_translation(options.model, builders.VocabSizes(PIECES, PIECES, True))
    learner = TrainStep(
        model,
        partial(truncated_segments, chunk=chunk, streams=0) if chunk else sentence_segments,
        torch.optim.SGD(model.parameters(), lr=1.0),
        Accelerator(cpu=True),
        clip=1.0,
        smoothing=0.1,
        seed=1,
        consistency=consistency,
    )
    return learner.step([uneven()], 1, 1.0), model.state_dict()


@pytest.mark.parametrize("chunk", [0, 2])
def test_rdrop_without_dropout_has_the_gradients_of_one_pass(config: Compose, chunk: int) -> None:
    options = config("model/attention=general", "model.dropout=0")

    once, after = learned(options, chunk, consistency=0.0)
    twice, same = learned(options, chunk, consistency=5.0)

    assert twice.tokens == once.tokens == 7  # 1 + END, 4 + END
    torch.testing.assert_close(twice.loss, once.loss)
    torch.testing.assert_close(twice.exact, once.exact)
    torch.testing.assert_close(same, after, atol=1e-6, rtol=1e-5)


def test_two_passes_that_differ_are_pulled_together(config: Compose) -> None:
    options = config("model/attention=general", "model.dropout=0.5")

    plain, weights = learned(options, 0, consistency=1e-9)
    pulled, others = learned(options, 0, consistency=5.0)

    torch.testing.assert_close(pulled.exact, plain.exact)  # the same values were dropped
    assert pulled.loss > plain.loss
    assert any(not torch.equal(weights[name], others[name]) for name in weights)
