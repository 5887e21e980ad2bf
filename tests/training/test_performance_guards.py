"""What was won in speed, held without a clock: counts of calls, and memory that stays."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from accelerate import Accelerator
from torch.overrides import TorchFunctionMode

from seq2seq import builders
from seq2seq.config.training import TrainConfig
from seq2seq.data.batches import collate
from seq2seq.hardware import has_onednn
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.tasks.translation import sentence_segments
from seq2seq.training.train_step import TrainStep
from tests.model.test_contracts import names
from tests.posix import needs_posix

Compose = Callable[..., TrainConfig]
PIECES = 50


class Calls(TorchFunctionMode):
    """Counts what Python asks torch to do."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def __torch_function__(
        self, func: Any, types: Any, args: Iterable[Any] = (), kwargs: Any = None
    ) -> Any:
        del types
        self.counts[getattr(func, "__name__", str(func))] += 1
        return func(*args, **(kwargs or {}))


def learner(config: Compose, *overrides: str) -> TrainStep:
    options = config(*overrides)
    model = builders.build_translation(options.model, builders.VocabSizes(PIECES, PIECES, True))
    optimizer = builders.instantiate_node(
        "optimizer", options.optimizer, {"parameters": model.parameters()}
    )
    return TrainStep(
        model, sentence_segments, optimizer, Accelerator(cpu=True), clip=1.0, smoothing=0.1, seed=1
    )


def sentences(count: int, length: int) -> list[list[int]]:
    return torch.randint(4, PIECES, (count, length)).tolist()


# Of cells without a kernel of torch's: a scan is one multiplication and addition a position on
# CPUs, and the deep one cannot do without its loop.
LINEAR = ("mingru", "mingru_bare", "minlstm", "ssru", "lru")
LOOPS = {name: {"addcmul", "__getitem__"} for name in LINEAR}


@pytest.mark.parametrize("attention", ["none", "general", "additive"])
@pytest.mark.parametrize("cell", sorted({*names("cell")} - {"deep"}))
def test_training_has_no_python_loop_over_time(config: Compose, cell: str, attention: str) -> None:
    made = learner(
        config, f"model/cell={cell}", f"model/attention={attention}", "model.encoder.layers=2",
        "model.decoder.layers=2",
    )  # fmt: skip

    made.step([collate([[5]], [[5]])], 1, 1.0)  # in which the optimiser makes its state
    counted = []
    for length in (4, 40):
        text = sentences(3, length)
        with Calls() as calls:
            made.step([collate(text, text)], 1, 1.0)
        counted.append(calls.counts)

    differing = {name for name in counted[1] if counted[0][name] != counted[1][name]}
    assert differing == LOOPS.get(cell, set())
    assert counted[0].total() > 20  # something was counted


def test_a_decoding_step_asks_for_no_more_than_it_must(config: Compose) -> None:
    """Of a GRU with attention, whatever the length of the source and the number of hypotheses."""
    model = learner(config, "model/attention=general").model.eval()
    quick = IncrementalModel(model, "fp32")

    counted = []
    for length, hypotheses in ((3, 1), (30, 5)):
        made = collate(sentences(4, length), sentences(4, 1))
        with torch.inference_mode():
            state = quick.init_decoding(made.source, made.source_lengths)
            state = state.reorder(torch.zeros(4, hypotheses, dtype=torch.long))
            with Calls() as calls:
                quick.step(state, torch.full((4, hypotheses), 7))
        counted.append(calls.counts)

    assert counted[0] == counted[1]
    # h, the readout, and the output; the keys are there
    products = ("_linear_pointwise", "linear") if has_onednn() else ("linear", "_linear_pointwise")
    assert [counted[0][name] for name in products] == [3, 0]
    assert counted[0].total() <= 62


@needs_posix
def test_memory_does_not_grow_while_training(config: Compose) -> None:
    import resource  # not on Windows

    made = learner(config, "model/attention=general", "model.dropout=0.1")
    lengths = [3 + step * 7 % 29 for step in range(200)]
    texts = {length: sentences(16, length) for length in lengths}

    def train(steps: Iterable[int]) -> float:
        for step in steps:
            text = texts[lengths[step]]
            made.step([collate(text, text)], step, 1.0)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # MB

    early = train(range(100))  # all 29 shapes were seen three times

    assert train(range(100, 200)) - early < 8
