"""Systems without POSIX's modules, locales that are not UTF-8, and devices that do not work."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from seq2seq import hardware
from tests.conftest import TINY
from tests.toy_corpus import write_corpus

LIKE_WINDOWS = Path(__file__).parent / "like_windows"
# Runs commands one after the other in one process: torch is imported once.
PROGRAM = """
import importlib, json, sys
for name, *words in json.loads(sys.argv[1]):
    sys.argv = [name, *words]
    try:
        importlib.import_module(f"seq2seq.{name}").main()
    except SystemExit as stop:
        if stop.code:
            raise
    print("-" * 40)
"""
JAPANESE = ["猫は魚を食べる。", "犬は家を見る。", "彼女は本を読む。", "私たちは水を飲む。"]


def call(folder: Path, commands: list[list[str]], **environment: str) -> list[str]:
    """Run commands in an interpreter, and return what each prints on stdout."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(commands)],
        cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, check=False,
        env=os.environ | {"SEQ2SEQ_CACHE": str(folder / "cache")} | environment,
    )  # fmt: skip
    output = (done.stdout + done.stderr).decode("utf-8")
    assert done.returncode == 0, output
    assert "Traceback" not in output
    return done.stdout.decode("utf-8").split("-" * 40)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="tests/like_windows needs /proc")
def test_the_commands_need_nothing_that_windows_lacks(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    data = [*TINY, "data.path=."]
    run = [*data, "hydra.run.dir=run"]

    outputs = call(
        tmp_path,
        [
            ["train", *run, "train.steps=3"],
            ["train", *run, "train.steps=4", "resume=true"],
            ["translate", "run=run", "input=test.en", "output=out.de"],
            ["evaluate", "hypothesis=out.de", "reference=test.de"],
            ["check", *data, "train.steps=3", "steps=1"],
            ["inspect", "pictures=[gradient]", "length=16", "output=pictures"],
        ],
        PYTHONPATH=os.pathsep.join([str(LIKE_WINDOWS), str(LIKE_WINDOWS.parent.parent)]),
    )

    assert "resumed" in outputs[1]
    assert "BLEU" in outputs[3]
    assert "an epoch of" in outputs[4]
    assert "memory:" not in outputs[4]  # nothing reports it
    metrics = (tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8")
    assert "perplexity" in metrics
    assert "memory_mb" not in metrics
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

    trained, scored, audit, _ = call(
        tmp_path,
        [
            ["train", *data, "train.steps=3", "validation.interval=3", "hydra.run.dir=run",
             "heldout.share=0.1"],
            ["evaluate", "hypothesis=second.ja", "reference=first.ja", "against=first.ja",
             "bootstrap=10"],
            ["check", *data, "steps=0"],
        ],
        **locale,
    )  # fmt: skip

    assert any(sentence[:3] in trained for sentence in JAPANESE)
    assert any(sentence[:3] in scored for sentence in JAPANESE)
    assert audit.strip()


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
