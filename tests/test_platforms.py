"""Systems without POSIX's modules, locales that are not UTF-8, and devices that do not work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from seq2seq import hardware
from tests.conftest import TINY
from tests.toy_corpus import write_corpus

# A system like Windows: no such signals, no such calls, and no such modules for this package.
# (Other packages ask for the name of the system, which stays.)
FAKE_SYSTEM = """
import builtins, os, signal
original = builtins.__import__
def fake(name, globals=None, *rest, **more):
    importer = (globals or {}).get("__name__", "")
    if name in ("resource", "fcntl") and importer.startswith("seq2seq"):
        raise ModuleNotFoundError(f"No module named {name}", name=name)
    return original(name, globals, *rest, **more)
builtins.__import__ = fake
for name in ("SIGUSR1", "SIGUSR2", "SIGHUP", "SIGQUIT", "SIGALRM"):
    if hasattr(signal, name):
        delattr(signal, name)
for name in ("sched_getaffinity", "O_NOFOLLOW", "O_NONBLOCK"):
    if hasattr(os, name):
        delattr(os, name)
"""
JAPANESE = ["猫は魚を食べる。", "犬は家を見る。", "彼女は本を読む。", "私たちは水を飲む。"]


def call(folder: Path, name: str, *words: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", f"seq2seq.{name}", *words],
        cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, check=False,
        env=os.environ | {"SEQ2SEQ_CACHE": str(folder / "cache")} | environment,
    )  # fmt: skip
    output = (done.stdout + done.stderr).decode("utf-8")
    assert done.returncode == 0, output
    assert "Traceback" not in output
    return output


@pytest.mark.slow
def test_the_commands_need_nothing_that_windows_lacks(tmp_path: Path) -> None:
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "sitecustomize.py").write_text(FAKE_SYSTEM, encoding="utf-8")
    write_corpus(tmp_path)
    fake = {"PYTHONPATH": os.pathsep.join([str(tmp_path / "fake"), str(Path.cwd())])}
    data = [*TINY, "data.path=.", "train.steps=3", "hydra.run.dir=run"]

    call(tmp_path, "train", *data, **fake)
    call(tmp_path, "train", *data, "train.steps=4", "resume=true", **fake)
    call(tmp_path, "translate", "run=run", "input=test.en", "output=out.de", **fake)
    call(tmp_path, "evaluate", "hypothesis=out.de", "reference=test.de", **fake)
    checked = call(tmp_path, "check", *data[:-2], "steps=1", **fake)

    assert "an epoch of" in checked
    assert "memory:" not in checked  # nothing reports it
    metrics = (tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8")
    assert "perplexity" in metrics
    assert "memory_mb" not in metrics
    call(tmp_path, "inspect", "pictures=[gradient]", "length=16", "output=pictures", **fake)

    assert len((tmp_path / "out.de").read_text(encoding="utf-8").split("\n")) == 21


@pytest.mark.slow
@pytest.mark.parametrize(
    "locale",
    [{"PYTHONIOENCODING": "cp1252"}, {"PYTHONUTF8": "0", "LC_ALL": "C"}],
    ids=["1252", "C"],
)
def test_output_is_utf8_in_every_locale(tmp_path: Path, locale: dict[str, str]) -> None:
    pairs = [(f"line {n} of the text", f"{JAPANESE[n % 4]}{n}") for n in range(120)]
    rows = "".join(f"{source}\t{target}\n" for source, target in pairs)
    (tmp_path / "train.tsv").write_text(rows, encoding="utf-8")
    for name in ("first", "second"):
        lines = [target if name == "first" else target[::-1] for _, target in pairs]
        (tmp_path / f"{name}.ja").write_text("\n".join(lines) + "\n", encoding="utf-8")
    data = [*TINY, "data=tsv", "data.train=train.tsv", "data.target=ja", "tokenizer.vocab_size=400"]

    trained = call(
        tmp_path, "train", *data, "train.steps=3", "validation.interval=3", "hydra.run.dir=run",
        "heldout.share=0.1", **locale,
    )  # fmt: skip
    scored = call(
        tmp_path, "evaluate", "hypothesis=second.ja", "reference=first.ja", "against=first.ja",
        "bootstrap=10", **locale,
    )  # fmt: skip
    audit = call(tmp_path, "check", *data, "steps=0", **locale)

    assert any(sentence[:3] in trained for sentence in JAPANESE)
    assert any(sentence[:3] in scored for sentence in JAPANESE)
    assert audit


def test_auto_is_the_cpu_where_torch_has_no_kernels_for_the_gpu(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    hardware._works.cache_clear()
    caplog.set_level("WARNING")

    assert hardware.choose_device("auto") == torch.device("cpu")
    hardware._works.cache_clear()

    assert "device=auto: the CPU" in caplog.text


def test_trying_a_device_does_not_change_later_random_numbers() -> None:
    hardware._works.cache_clear()
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)

    assert hardware._works(torch.device("cpu"))
    hardware._works.cache_clear()

    assert torch.equal(torch.rand(3), expected)


def test_mps_is_used_on_demand_only_and_one_line_says_that_nobody_compared_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    hardware._warn_of_mps.cache_clear()

    for _ in range(2):
        assert hardware.choose_device("mps") == torch.device("mps")
    assert [record.getMessage() for record in caplog.records] == [
        "device=mps: its results have not been compared with those of a CPU"
    ]
    if not torch.cuda.is_available():
        assert hardware.choose_device("auto") == torch.device("cpu")
