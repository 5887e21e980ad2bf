"""Interrupted translations: resumed, their output is that of an uninterrupted one."""

import json
import os
import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from seq2seq.commands.resuming import (
    LineFiles,
    ResumableTranslation,
    fingerprint,
    kept_until_complete,
    locked_outputs,
    open_partial,
)
from seq2seq.commands.translate import translate as translate_files
from seq2seq.config.commands import TranslateConfig
from seq2seq.errors import RunError
from seq2seq.inference.loading import load_translator
from seq2seq.inference.translator import Translator
from seq2seq.inference.unit_decoding import UnitBatch
from seq2seq.storage.partial import GroupResults, PartialResults
from tests.posix import needs_posix
from tests.processes import run_command, start_command

FROZEN = Path(__file__).parent.parent / "frozen_runs" / "9491cbe"
GROUP, GROUPS = 64, 12  # lines of a group when one line is decoded at a time, and groups
OPTIONS = ("input=in", "output=out", "scores=scores.jsonl", "batch=1")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run, an input of mostly blank lines, and its translation."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(FROZEN / "translation", folder / "run")
    text = json.loads((folder / "run" / "expected.json").read_text())["input"]
    lines = [text[i // 16 % len(text)] if i % 16 == 0 else "" for i in range(GROUP * GROUPS)]
    (folder / "in").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    translate(folder, "output=whole", "scores=whole.jsonl")
    return folder


def translate(folder: Path, *options: str) -> str:
    words = {option.partition("=")[0]: option for option in (*OPTIONS, *options)}.values()
    done = run_command("translate", "run=run", *words, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stderr


def interrupt(folder: Path, number: signal.Signals) -> str:
    """Send a signal when two groups are done, and return what was printed."""
    process = start_command("translate", "run=run", *OPTIONS, folder=folder)
    part = folder / ".out.part"
    while not part.exists() or part.read_bytes().count(b"\n") < 3:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    return process.communicate()[1]


@needs_posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])  # Windows lacks the second
def test_an_interrupted_translation_is_resumed_to_the_same_bytes(home: Path, name: str) -> None:
    printed = interrupt(home, signal.Signals[name])
    assert bool(list(home.glob(".*.tmp*"))) == (name == "SIGKILL")
    assert not (home / "out").exists()
    assert not (home / "scores.jsonl").exists()
    if name == "SIGINT":
        assert "lines are kept in " in printed
        assert printed.endswith("seq2seq.translate: interrupted\n")

    printed = translate(home)

    assert "of them before an interruption" in printed
    assert (home / "out").read_bytes() == (home / "whole").read_bytes()
    scores = (home / "scores.jsonl").read_bytes()
    assert scores == (home / "whole.jsonl").read_bytes()
    assert not (home / ".out.part").exists()
    assert not list(home.glob(".*.tmp*"))  # those of the killed process are removed
    for output in ("out", "scores.jsonl"):
        (home / output).unlink()


def test_another_option_input_name_or_model_is_another_translation(home: Path) -> None:
    run = home / "run"

    def of(name: str = "in", **options: object) -> str:
        given = {"run": str(run), "search": {"_target_": "x"}, **options}
        return fingerprint(TranslateConfig(**given), name)  # type: ignore[arg-type]

    first = of()
    assert of() == first
    assert of(output="elsewhere") == first
    others = [
        of(batch=2), of(precision="bf16"), of(search={"_target_": "y"}), of(scores="a.tsv"),
        of(scores="a.jsonl"), of("other", scores="a.jsonl"),
    ]  # fmt: skip
    weights = (run / "model.safetensors").read_bytes()
    (run / "model.safetensors").write_bytes(weights[:-1] + b"\x00")
    others.append(of())
    (run / "model.safetensors").write_bytes(weights)
    assert len({first, *others}) == len(others) + 1


@needs_posix
def test_an_interrupt_names_the_kept_file_without_control_characters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    partial = PartialResults(tmp_path / "\x1b[31mred\nout", "f")
    partial.append(["a"], GroupResults(["b"], ""))
    work = kept_until_complete()
    work.__enter__().append(partial)
    assert not work.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)  # it is raised again

    printed = capsys.readouterr().err
    assert r"/.\x1b[31mred\nout.part: the same command resumes" in printed
    assert printed.removesuffix("\n").isprintable()


@needs_posix
def test_pipes_and_resume_false_store_nothing(home: Path) -> None:
    os.mkfifo(home / "pipe")
    config = TranslateConfig(run=str(home / "run"), search={})
    for name, output in (("-", "o"), ("pipe", "o"), ("in", "-"), ("in", "pipe")):
        names = [str(home / each) if each != "-" else each for each in (name, output)]
        assert open_partial(config, *names) is None
    config.resume = False
    assert open_partial(config, str(home / "in"), str(home / "o")) is None


def test_a_resumed_document_is_translated_as_an_uninterrupted_one(tmp_path: Path) -> None:
    text = json.loads((FROZEN / "documents" / "expected.json").read_text())["input"]
    lines = [line for line in text * 3 if line]
    groups = [lines[0:3], lines[3:6], [lines[6], "", lines[7]], lines[0:3], lines[4:7]]
    translator = load_translator(FROZEN / "documents")

    def translated(partial: PartialResults | None, upto: int) -> list[list[str]]:
        work = ResumableTranslation(translator, "in", LineFiles(), partial)
        return [work(group, 1 + 3 * i) for i, group in enumerate(groups[:upto])]

    whole = translated(None, len(groups))
    for done in range(len(groups) + 1):
        first = PartialResults(tmp_path / "out", "f")
        translated(first, done)
        first.close()
        second = PartialResults(tmp_path / "out", "f")
        assert translated(second, len(groups)) == whole
        second.remove()


def test_an_interrupt_in_the_second_file_loses_neither_scores_nor_lines_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        Path(name).write_text(f"Today Anna paints {name}.\n\n")
    config = TranslateConfig(
        run=str(FROZEN / "translation"), search={"_target_": "seq2seq.search.greedy.Greedy"},
        device="cpu", input=["a", "b"], output=["a.out", "b.out"], scores="s.tsv",
    )  # fmt: skip
    translate_files(config, tmp_path)
    whole = {name: Path(name).read_bytes() for name in ("a.out", "b.out", "s.tsv")}
    for name in whole:
        Path(name).unlink()
    translate_window, calls = Translator.translate_window, []

    def interrupted(self: Translator, lines: list[str], *arguments: object) -> object:
        calls.append(lines)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return translate_window(self, lines, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Translator, "translate_window", interrupted)
    with pytest.raises(KeyboardInterrupt):
        translate_files(config, tmp_path)
    assert "2 lines are kept in " in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.glob("*.*")) == [".a.out.part", "a.out"]

    translate_files(config, tmp_path)

    assert {name: Path(name).read_bytes() for name in whole} == whole
    assert len(calls) == 3  # the first file was not translated again
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("run", ["translation_attention", "documents"])
def test_an_interruption_within_a_block_loses_its_current_batch_only(
    tmp_path: Path, run: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = json.loads((FROZEN / run / "expected.json").read_text())["input"]
    Path("in").write_text("".join(f"{line}\n" for line in text), encoding="utf-8")
    config = TranslateConfig(
        run=str(FROZEN / run), search={"_target_": "seq2seq.search.greedy.Greedy"}, device="cpu",
        batch=2, input="in", output="out", scores="scores.jsonl", alignments="words.jsonl",
        glossary="terms.tsv",
    )  # fmt: skip
    words = sorted({word for line in text for word in re.findall("[a-z]{3,}", line)})
    Path("terms.tsv").write_text("".join(f"{word}\tx{word}\n" for word in words))
    decode_units, batches = Translator.decode_units, []

    def decode(self: Translator, batch: UnitBatch, blocked_ngram: int = 0) -> object:
        if not blocked_ngram:  # the first try, which is stored
            batches.append(len(batch.units))
            if len(batches) == interrupted_at:
                raise KeyboardInterrupt
        return decode_units(self, batch, blocked_ngram)

    monkeypatch.setattr(Translator, "decode_units", decode)
    interrupted_at = 0
    translate_files(config, tmp_path)
    outputs = {name: Path(name).read_bytes() for name in ("out", "scores.jsonl", "words.jsonl")}
    assert len(batches) == 3
    table = capsys.readouterr().err.rpartition("\n")[0].splitlines()[:-1]
    assert len(table) > len(words) / 2
    in_all, interrupted_at = [*batches], 3
    batches.clear()
    for name in outputs:
        Path(name).unlink()
    with pytest.raises(KeyboardInterrupt):
        translate_files(config, tmp_path)
    assert f"{sum(in_all[:2])} lines are kept in " in capsys.readouterr().err

    interrupted_at = 0
    batches.clear()
    translate_files(config, tmp_path)

    assert batches == in_all[2:]
    assert {name: Path(name).read_bytes() for name in outputs} == outputs
    printed = capsys.readouterr().err
    assert f", {sum(in_all[:2])} of them before an interruption" in printed
    assert printed.splitlines()[:-1] == table  # terms of both runs


def test_two_translations_cannot_have_the_same_output_at_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in").write_text("a\n")
    config = TranslateConfig(run="run", input="in", output="out")

    with locked_outputs(config, [("in", "out")]):
        refused = pytest.raises(RunError, match=r"out.part is in use by another translation into")
        with refused, locked_outputs(config, [("in", "./out")]):
            pass
        with locked_outputs(config, [("in", "other")]):
            pass
        assert Path(".out.part.lock").exists()

    with locked_outputs(config, [("in", "out")]):  # it is free again
        pass
    assert not list(tmp_path.glob(".*"))
