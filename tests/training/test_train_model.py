"""What training is begun with, and how it ends."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from seq2seq import hardware
from seq2seq.config.training import TrainConfig
from seq2seq.data.corpus import ParallelCorpus
from seq2seq.data.readers import parallel
from seq2seq.errors import ConfigError, RunError
from seq2seq.hardware import choose_precision
from seq2seq.run_folder import RunFolder
from seq2seq.storage.locks import lock_folder
from seq2seq.tasks.translation import TranslationTask
from seq2seq.training import metric_logger, train_model
from seq2seq.training.metric_logger import MetricLogger
from seq2seq.training.task import ValidationResult
from tests.posix import needs_posix
from tests.toy_corpus import write_corpus

Compose = Callable[..., TrainConfig]
BF16 = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")  # torch's, for products in bf16


@pytest.mark.parametrize("computes", [True, False])
def test_bf16_is_refused_where_the_processor_has_none(
    computes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: computes)

    if computes:
        assert choose_precision("bf16", torch.device("cpu")) == "bf16"
    else:
        with pytest.raises(ConfigError, match="does not compute in bf16"):
            choose_precision("bf16", torch.device("cpu"))
    assert choose_precision("fp32", torch.device("cpu")) == "fp32"


@pytest.mark.parametrize("instructions", [*BF16, ""])
def test_bf16_is_chosen_where_the_processor_has_instructions_for_it(
    instructions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    for name in BF16:
        monkeypatch.setattr(torch.cpu, name, lambda there=name == instructions: there)

    chosen = choose_precision("auto", torch.device("cpu"))

    assert chosen == ("bf16" if instructions else "fp32")


def tiny(config: Compose, folder: Path, *more: str) -> TrainConfig:
    """Options of a training of seconds, on a corpus in `folder`."""
    write_corpus(folder / "corpus")
    return config(
        f"data.path={folder / 'corpus'}", "tokenizer.vocab_size=320", "train.steps=5", *more
    )


@pytest.mark.parametrize("name", ["SIGINT", pytest.param("SIGUSR1", marks=needs_posix)])
def test_a_signal_while_the_end_is_validated_loses_nothing(
    name: str, config: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = getattr(signal, name)

    def hurried(task: TranslationTask, report: MetricLogger, step: int) -> ValidationResult:
        del task, report, step
        signal.raise_signal(number)
        signal.raise_signal(number)  # does not wait for the validation
        raise AssertionError

    monkeypatch.setattr(TranslationTask, "validate", hurried)
    options = tiny(config, tmp_path, "validation.interval=100", "train.save_interval=100")

    with pytest.raises(SystemExit) as stop:
        train_model.train_model(options, tmp_path / "run")

    assert stop.value.code == 128 + number
    with safe_open(tmp_path / "run" / "last.safetensors", framework="pt") as file:
        assert json.loads(file.metadata()["progress"])["step"] == 5


def test_the_time_of_all_parts_of_a_run_is_recorded(config: Compose, tmp_path: Path) -> None:
    train_model.train_model(tiny(config, tmp_path), tmp_path / "run")

    entries = metric_logger.read_metrics(tmp_path / "run" / "metrics.jsonl")
    assert entries[-1]["kind"] == "end"
    assert entries[-1]["seconds"] > max(entry["seconds"] for entry in entries[:-1])


def test_downloads_are_not_of_the_budget(
    config: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*arguments: object, **options: object) -> ParallelCorpus:
        time.sleep(1)
        return reader(*arguments, **options)  # type: ignore[arg-type]

    reader = parallel.parallel
    monkeypatch.setattr(parallel, "parallel", slow)
    began = time.monotonic()

    train_model.train_model(tiny(config, tmp_path), tmp_path / "run")

    counted = metric_logger.read_metrics(tmp_path / "run" / "metrics.jsonl")[-1]["seconds"]
    assert counted < time.monotonic() - began - 1


@pytest.mark.parametrize(
    ("began", "chosen", "goes_on"),
    [("fp32", "bf16", "fp32"), ("bf16", "fp32", "fp32"), ("fp32", "fp32", "fp32")],
)
def test_a_run_resumes_in_its_original_precision_where_the_device_has_it(
    began: str,
    chosen: str,
    goes_on: str,
    config: Compose,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = RunFolder(tmp_path / "run")
    monkeypatch.setattr(hardware, "has_fast_bf16", lambda: False)
    train_model.train_model(tiny(config, tmp_path, "train.device=cpu"), run.folder)
    run.write_facts(run.read_facts() | {"precision": began})
    monkeypatch.setattr(hardware, "has_fast_bf16", lambda: chosen == "bf16")
    caplog.set_level("INFO")
    caplog.clear()

    train_model.train_model(tiny(config, tmp_path, "train.device=cpu", "resume=true"), run.folder)

    assert f"precision {goes_on}," in caplog.text
    told = "started in bf16, which this processor does not compute in" in caplog.text
    assert told == (began != goes_on)


def test_several_runs_in_one_process_have_their_own_precision(
    config: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options, kinds, said = tiny(config, tmp_path), iter(("fp32", "bf16")), list[str]()
    monkeypatch.setattr(train_model, "choose_precision", lambda *_: next(kinds))

    made = [
        train_model.build_training(options, said.append)[1].accelerator.mixed_precision
        for _ in range(2)
    ]

    assert made == ["no", "bf16"]


def test_a_folder_in_use_by_another_training_is_unchanged(config: Compose, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with lock_folder(folder):
        before = sorted(folder.iterdir())
        with pytest.raises(RunError, match="in use"):
            train_model.train_model(tiny(config, tmp_path), folder)
        assert sorted(folder.iterdir()) == before


def test_the_same_data_in_another_folder_are_resumed(config: Compose, tmp_path: Path) -> None:
    train_model.train_model(tiny(config, tmp_path / "one", "train.steps=2"), tmp_path / "run")

    train_model.train_model(tiny(config, tmp_path / "two", "resume=true"), tmp_path / "run")

    assert RunFolder(tmp_path / "run").read_config().data["path"] == str(tmp_path / "two/corpus")


def test_the_refusal_of_other_options_names_five_of_them_and_the_number(
    config: Compose, tmp_path: Path
) -> None:
    train_model.train_model(tiny(config, tmp_path, "train.steps=2"), tmp_path / "run")
    changed = [
        "train.clip=2", "train.seed=9", "train.label_smoothing=0.2", "train.accumulate=3",
        "train.ema.decay=0.5", "train.ema.interval=2", "batches.tokens=99",
    ]  # fmt: skip

    with pytest.raises(RunError, match=r"was started with 7 other options: batches.*") as refused:
        train_model.train_model(tiny(config, tmp_path, *changed, "resume=true"), tmp_path / "run")

    names, _, advice = str(refused.value).partition("options: ")[2].partition("; ")
    assert names.endswith(" and 2 more")
    assert names.count(",") == 4
    assert advice.startswith(f"init={tmp_path / 'run'} ")


@pytest.mark.parametrize(("resume", "advice"), [("false", "add resume=true"), ("true", "leave")])
def test_the_error_of_a_wrong_folder_names_the_command(
    resume: str, advice: str, config: Compose, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    if resume == "false":
        folder.mkdir()
        (folder / "config.yaml").touch()

    with pytest.raises(RunError, match=advice):
        train_model.train_model(tiny(config, tmp_path, f"resume={resume}"), folder)
    assert folder.exists() == (resume == "false")


@pytest.mark.parametrize(
    ("parameters", "size"),
    [
        (2**18, "1 MB"),  # 4 bytes each
        (2**18 - 1, "1024 kB"),
        (5_120, "20 kB"),
        (10 * 2**18, "10 MB"),
    ],
)
def test_the_size_of_a_small_network_is_not_rounded_to_nothing(parameters: int, size: str) -> None:
    assert train_model.fp32_size(parameters) == size
