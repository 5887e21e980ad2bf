"""Options of +recipe=own, chosen from a toy corpus."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from seq2seq.commands import compose
from seq2seq.config.fitted import FITTED_OPTIONS, option_value
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.data.corpus import Pair, ParallelCorpus
from seq2seq.run_folder import RunFolder
from seq2seq.tasks import fitting
from seq2seq.tasks.fitting import corpus_facts, fit_options
from seq2seq.train import main
from seq2seq.training.task import Task
from seq2seq.training.throughput import Throughput, time_steps
from seq2seq.training.train_step import TrainStep
from tests.toy_corpus import sentences, write_corpus

LANGUAGES = ["data.source=en", "data.target=de"]
SPLITS = ["data.validation=validation", "data.test=test"]


def own(folder: Path, *overrides: str) -> TrainConfig:
    words = ["+recipe=own", *LANGUAGES, *SPLITS, f"data.path={folder}", *overrides]
    return to_schema(compose.compose("train", words), TrainConfig)


def test_each_option_is_said_with_its_value_and_its_reason_or_that_it_was_given(
    tmp_path: Path,
) -> None:
    config = own(write_corpus(tmp_path), "model.dropout=0.15", "model.decoder.size=24")
    lines: list[str] = []

    fitted, download_seconds = fit_options(config, lines.append)

    assert download_seconds < 5
    said = dict(line.split(": ")[0].split("=") for line in lines)
    assert sorted(said) == sorted(FITTED_OPTIONS)
    assert said == {name: str(option_value(fitted, name)) for name in FITTED_OPTIONS}
    assert "model.dropout=0.15: given" in lines
    assert "model.decoder.size=24: given" in lines
    assert "model.encoder.size=96: for 140 pairs" in lines
    assert fitted.model.attention["_target_"].endswith("GeneralAttention")


@pytest.mark.parametrize("kind", ["joined", "tsv", "byte"])
def test_text_of_other_readers_and_in_bytes_is_fitted_to(kind: str, tmp_path: Path) -> None:
    write_corpus(tmp_path)
    rows = "".join(f"{source}\t{target}\n" for source, target in sentences())
    (tmp_path / "pairs.tsv").write_text(rows, encoding="utf-8")
    shared = f"path:{tmp_path},source:en,target:de,licence:x,documents:false"
    files = f"{{_target_:seq2seq.data.readers.parallel.parallel,{shared},train:train"
    readers = {
        "joined": [
            "data=joined",
            f"+data.corpora={{a:{files},validation:validation,test:test}}}}",
            "data.weights={a:2}",
        ],
        "tsv": ["data=tsv", f"data.train={tmp_path / 'pairs.tsv'}"],
        "byte": [f"data.path={tmp_path}", "tokenizer.kind=byte"],
    }
    words = ["+recipe=own", *LANGUAGES, *readers[kind]]
    lines: list[str] = []

    fitted, _ = fit_options(to_schema(compose.compose("train", words), TrainConfig), lines.append)

    pairs = {"joined": 280, "tsv": 163, "byte": 127}[kind]  # the others hold out some
    assert any(line == f"batches.sentences=16: for {pairs} pairs" for line in lines), lines
    assert any(line.startswith("tokenizer.vocab_size") for line in lines) == (kind != "byte")
    assert fitted.model.encoder.size == 96


def test_a_budget_is_measured_against_in_little_of_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[float] = []

    def timed(task: Task, step: TrainStep, steps: int, limit: float) -> Throughput:
        limits.append(limit)
        return time_steps(task, step, min(1, steps), limit)

    monkeypatch.setattr(fitting, "time_steps", timed)
    lines: list[str] = []

    fit_options(own(write_corpus(tmp_path), "train.budget=60s"), lines.append)

    assert limits == [pytest.approx(0.3)] * 2  # together a hundredth of the budget
    assert any(line.startswith("model.dropout=") and "epochs" in line for line in lines)


def test_characters_are_those_of_both_sides_after_the_transforms(
    config: Callable[..., TrainConfig],
) -> None:
    pairs = [Pair("Aa", "b"), Pair("a", "b\u00e9"), Pair("a", "be\u0301")]  # é in both forms
    corpus = ParallelCorpus({"train": pairs}, "en", "fr", "", {})

    assert corpus_facts(corpus, config()) == (3, 4)  # A, a, b, é
    lower = config("tokenizer.transforms=[lowercase,normalize]")
    assert corpus_facts(corpus, lower) == (3, 3)


@pytest.mark.slow
def test_the_run_records_what_was_chosen_and_resumes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["+recipe=own", *LANGUAGES, *SPLITS, f"data.path={write_corpus(tmp_path / 'text')}"]
    words += ["model.encoder.size=4", "model.decoder.size=8", "hydra.run.dir=run"]
    monkeypatch.setattr(sys, "argv", ["train", *words, "train.steps=2"])
    main()
    recorded = RunFolder(tmp_path / "run").read_config()
    assert "${" not in (tmp_path / "run" / "config.yaml").read_text(encoding="utf-8")
    assert recorded.model.embedding_size == 128
    assert "model.embedding_size" in recorded.fitted
    plain = OmegaConf.to_container(OmegaConf.load(tmp_path / "run" / "config.yaml"))
    assert isinstance(plain, dict)
    plain["model"]["dropout"] = 0.25  # as if other rules had chosen it
    (tmp_path / "run" / "config.yaml").write_text(OmegaConf.to_yaml(plain), encoding="utf-8")

    monkeypatch.setattr(sys, "argv", ["train", *words, "train.steps=3", "resume=true"])
    main()

    assert RunFolder(tmp_path / "run").read_config().model.dropout == 0.25
    assert RunFolder(tmp_path / "run").read_config().train.steps == 3
