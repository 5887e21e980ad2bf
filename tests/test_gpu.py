"""What is otherwise on a GPU than on a CPU. Where there is none, nothing of this is tested."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

import seq2seq
from seq2seq import builders
from seq2seq.commands import compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.data.batches import collate
from seq2seq.inference.engines.cuda_graphs import CudaGraphModel
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.search.interface import Search
from seq2seq.tasks.translation import sentence_segments
from seq2seq.training.train_model import train_model
from seq2seq.training.train_step import TrainStep
from tests.conftest import TINY
from tests.inference.test_cuda_graphs import SEARCHES, SOURCES, assert_same_said
from tests.model.test_contracts import names, network
from tests.toy_corpus import sentences, write_corpus

Compose = Callable[..., TrainConfig]
PIECES = 13
TARGETS = SOURCES[::-1]

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


@pytest.fixture(autouse=True)
def exact() -> Iterator[None]:
    """Products of fp32 in fp32, and not in TF32."""
    allowed = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cudnn.allow_tf32 = allowed


def learner(config: Compose, device: str, precision: str, *overrides: str) -> TrainStep:
    options = config("model.dropout=0", *overrides)
    torch.manual_seed(0)
    model = builders.build_translation(options.model, builders.VocabSizes(PIECES, PIECES, True)).to(
        device
    )
    optimizer = builders.instantiate_node(
        "optimizer", options.optimizer, {"parameters": model.parameters()}
    )
    AcceleratorState._reset_state(reset_partial_state=True)
    accelerator = Accelerator(cpu=device == "cpu", mixed_precision=precision)
    made = TrainStep(
        model, sentence_segments, optimizer, accelerator, clip=1.0, smoothing=0.1, seed=1
    )
    assert {weights.device.type for weights in model.parameters()} == {device}
    assert accelerator.device.type == device
    return made


@pytest.mark.parametrize("attention", ["none", "general", "additive"])
@pytest.mark.parametrize("cell", names("cell"))
def test_a_step_of_training_is_the_same_as_on_a_cpu(
    config: Compose, cell: str, attention: str
) -> None:
    choice = f"model/cell={cell}", f"model/attention={attention}"
    made = collate(SOURCES, TARGETS)

    one = learner(config, "cpu", "no", *choice).step([made], 1, 1.0)
    other = learner(config, "cuda", "no", *choice).step([made], 1, 1.0)

    torch.testing.assert_close(other.loss.cpu(), one.loss, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(other.grad_norm.cpu(), one.grad_norm, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("attention", ["none", "general", "additive"])
@pytest.mark.parametrize("cell", names("cell"))
def test_a_step_of_training_does_not_wait_for_the_device(
    config: Compose, cell: str, attention: str
) -> None:
    choice = f"model/cell={cell}", f"model/attention={attention}", "model.dropout=0.3"
    made = learner(config, "cuda", "bf16", *choice, "model.word_dropout=0.1")
    rows = collate(SOURCES, TARGETS)
    made.step([rows], 1, 1.0)  # in which libraries set themselves up

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that this is a prototype
        torch.cuda.set_sync_debug_mode("error")
    try:
        learned = made.step([rows], 2, 1.0)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert learned.loss.isfinite()


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("lengths", [None, torch.tensor([2, 1, 5])])
def test_gradients_are_not_lost_in_autocast(
    config: Compose, cell: str, lengths: torch.Tensor | None
) -> None:
    """In fp16, in which torch would compute, the smaller ones are zero."""
    [made] = builders.build_cells(config(f"model/cell={cell}").model, [6], 8)
    made = made.cuda()
    x = torch.randn(3, 5, 6, device="cuda")
    state = torch.zeros(3, made.num_states, 8, device="cuda")
    found = []
    for scale in (1.0, 1e-9):
        made.zero_grad()
        with torch.autocast("cuda", torch.bfloat16):
            output, _ = made(x, state, lengths)
        assert output.dtype == torch.bfloat16
        (output.float().sum() * scale).backward()
        found.append([weight.grad for weight in made.parameters() if weight.grad is not None])

    assert len(found[0]) == len(found[1]) == 4
    for whole, small in zip(*found, strict=True):
        torch.testing.assert_close(small * 1e9, whole, rtol=0.1, atol=0.1)
        assert small.any()


@pytest.mark.parametrize("search", SEARCHES, ids=["greedy", "beam"])
@pytest.mark.parametrize("attention", ["none", "summary", "general"])
@pytest.mark.parametrize("cell", names("cell"))
def test_recorded_steps_equal_plain_steps(
    config: Compose, cell: str, attention: str, search: Search
) -> None:
    model = network(config, f"model/cell={cell}", f"model/attention={attention}").cuda()
    quick = IncrementalModel(model, "fp32")
    recorded = CudaGraphModel(quick)

    for _ in range(2):  # recorded, and then played alone
        assert_same_said(recorded, quick, search, SOURCES)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_run_trained_on_a_gpu_translates_there_and_on_a_cpu(
    tmp_path: Path, precision: str
) -> None:
    corpus = write_corpus(tmp_path / "corpus")
    overrides = [*TINY, f"data.path={corpus}", "model/attention=general", "train.steps=150"]
    overrides += ["validation.interval=50", "optimizer.lr=0.02", "train.ema.decay=0.9"]
    sizes = ["model.embedding_size=32", "model.encoder.size=32", "model.decoder.size=64"]
    config = to_schema(compose.compose("train", [*overrides, *sizes]), TrainConfig)

    train_model(config, tmp_path / "run")

    assert AcceleratorState().device.type == "cuda"
    lines = [pair[0] for pair in sentences()[:40]]
    there = [
        seq2seq.load(tmp_path / "run", device="cuda", precision=precision, batch=size)
        for size in (1, 7, 40)
    ]
    here = seq2seq.load(tmp_path / "run", device="cpu")
    expected = here.translate(lines)
    for translator in there:
        same = sum(a == b for a, b in zip(translator.translate(lines), expected, strict=True))
        assert same >= (40 if precision == "fp32" else 36)
