import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from seq2seq.errors import RunError
from seq2seq.training.checkpoint import load_checkpoint, save_checkpoint
from seq2seq.training.ema import WeightEMA
from seq2seq.training.progress import Progress
from tests.posix import needs_posix

ROOT = Path(__file__).resolve().parents[2]

# Writes one checkpoint, then, where no file may be longer than 4 kB, a larger one; and says how
# that ended.
FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from types import SimpleNamespace
import torch
from torch import nn
from seq2seq.errors import RunError
from seq2seq.training.ema import WeightEMA
from seq2seq.training.checkpoint import save_checkpoint
from seq2seq.training.progress import Progress
from tests.posix import needs_posix

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
for size in (4, 400):
    model = nn.Linear(size, size)
    optimizer = torch.optim.AdamW(model.parameters())
    try:
        learning = SimpleNamespace(model=model, optimizer=optimizer, carried=None)
        save_checkpoint(path, learning, WeightEMA(model, 0.9, 1), Progress(tokens=size))
        print("saved", size)
    except RunError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
"""


class Trained:
    """A small model on its way."""

    def __init__(self, seed: int, size: int = 3) -> None:
        torch.manual_seed(seed)
        self.model = nn.Linear(size, size)
        self.optimizer: torch.optim.Optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.1)
        self.average = WeightEMA(self.model, 0.9, 1)
        self.carried: dict[str, torch.Tensor] | None = None

    def step(self, number: int) -> None:
        self.optimizer.zero_grad()
        self.model(torch.ones(1, self.model.in_features)).square().sum().backward()
        self.optimizer.step()
        self.average.update(number)

    def save(self, path: Path, step: int) -> None:
        save_checkpoint(path, self, self.average, Progress(step=step))

    def load(self, path: Path) -> Progress:
        return load_checkpoint(path, self, self.average)

    def weights(self) -> Iterator[torch.Tensor]:
        yield from (p.detach().clone() for p in self.model.parameters())
        yield from (v.clone() for v in self.average.state().values())


def test_training_resumes_from_a_checkpoint_to_the_same_weights(tmp_path: Path) -> None:
    one, other = Trained(1), Trained(2)
    for number in (1, 2, 3):
        one.step(number)

    one.carried = {"state": torch.tensor([1.5, 2.5])}
    one.save(tmp_path / "last", 3)
    progress = other.load(tmp_path / "last")

    assert progress.step == 3
    assert other.carried is not None
    assert other.carried["state"].tolist() == [1.5, 2.5]
    for number in (4, 5, 6):
        one.step(number)
        other.step(number)
    assert all(a.equal(b) for a, b in zip(one.weights(), other.weights(), strict=True))
    assert [path.name for path in tmp_path.iterdir()] == ["last"]


@pytest.mark.parametrize(("fused", "place"), [(True, "meta"), (False, "cpu")])
def test_fused_kernels_find_the_count_of_steps_where_they_want_it(
    tmp_path: Path, fused: bool, place: str
) -> None:
    before, after = Trained(1), Trained(2)
    before.step(1)
    save_checkpoint(tmp_path / "last", before, before.average, Progress())
    after.model.to("meta")  # stands for a device with such kernels
    after.optimizer = torch.optim.AdamW(after.model.parameters())
    after.optimizer.param_groups[0]["fused"] = fused

    load_checkpoint(tmp_path / "last", after, WeightEMA(after.model, 0.9, 1))

    state = after.optimizer.state[after.model.weight]
    assert state["step"].device.type == place
    assert state["exp_avg"].device.type == "meta"


def test_whoever_may_read_the_folder_may_read_the_weights(tmp_path: Path) -> None:
    run = Trained(1)
    (tmp_path / "any").touch()

    save_checkpoint(tmp_path / "last", run, run.average, Progress())

    assert (tmp_path / "last").stat().st_mode == (tmp_path / "any").stat().st_mode


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    path = tmp_path / "last"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip

    assert done.stderr == ""
    first, second = done.stdout.splitlines()
    assert first == "saved 4"
    assert f"{path} could not be written" in second
    assert [p.name for p in tmp_path.iterdir()] == ["last"]  # and nothing half written
    assert Trained(0, size=4).load(path).tokens == 4


@pytest.mark.parametrize("keep", [0, 5, 100])
def test_a_truncated_checkpoint_is_an_error(tmp_path: Path, keep: int) -> None:
    made = Trained(1)
    made.save(tmp_path / "last", 1)
    (tmp_path / "last").write_bytes((tmp_path / "last").read_bytes()[:keep])

    with pytest.raises(RunError, match="cannot be read"):
        made.load(tmp_path / "last")


def test_a_loaded_checkpoint_shares_no_memory_with_its_file(tmp_path: Path) -> None:
    one, other = Trained(1), Trained(2)
    one.step(1)
    one.save(tmp_path / "last", 1)
    other.load(tmp_path / "last")
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("the system does not list the files that a process has mapped")

    assert str(tmp_path / "last") not in maps.read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"optimizer.exp_avg.nobody": torch.ones(3)}, r"no use for optimizer\.exp_avg\.nobody"),
        ({"model.nobody": torch.ones(3)}, r"no use for model\.nobody"),
        ({"nobody": torch.ones(3)}, "no use for nobody"),
        ({"model.bias": torch.tensor([1.0, float("nan"), 1.0])}, r"model\.bias holds NaN"),
        ({"average.bias": torch.tensor([1.0, float("nan"), 1.0])}, r"average\.bias holds NaN"),
    ],
)
def test_a_checkpoint_with_a_tensor_that_cannot_be_is_refused(
    tmp_path: Path, change: dict[str, torch.Tensor], message: str
) -> None:
    path = tmp_path / "last"
    trained = Trained(1)
    trained.step(1)
    trained.save(path, 1)
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    save_file(load_file(path) | change, path, metadata)

    with pytest.raises(RunError, match=message):
        Trained(2).load(path)


@needs_posix
def test_a_pipe_as_a_checkpoint_is_not_taken_for_a_missing_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "last")

    with pytest.raises(RunError, match="last is a pipe, not a file"):
        Trained(1).load(tmp_path / "last")


def test_a_checkpoint_without_the_optimizer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "last"
    Trained(1).save(path, 0)  # before the first step an optimizer has no state
    Trained(2).load(path)
    Trained(1).save(path, 5)

    with pytest.raises(RunError, match="has no state of the optimizer"):
        Trained(2).load(path)


def test_a_missing_checkpoint_and_that_of_another_model_are_errors(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="nothing to resume"):
        Trained(1).load(tmp_path / "last")

    Trained(1, size=4).save(tmp_path / "last", 1)
    with pytest.raises(RunError, match="of another model"):
        Trained(1).load(tmp_path / "last")
