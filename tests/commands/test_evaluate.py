"""The command `evaluate`: files of text, and mistakes that are reported before translation."""

import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from seq2seq.commands import evaluate
from seq2seq.commands.held_out_text import language_of_file
from seq2seq.config.training import TrainConfig
from seq2seq.run_folder import HeldOutPair, RunFolder
from tests.posix import needs_posix


def scores(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["seq2seq-evaluate", *arguments])
    evaluate.main()


@pytest.fixture
def here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: Callable[..., TrainConfig]
) -> Path:
    """Return a folder with a run that cannot translate: it has neither tokenizer nor weights."""
    monkeypatch.chdir(tmp_path)
    run = RunFolder(tmp_path / "run")
    run.folder.mkdir()
    run.write_config(config())
    run.write_facts({"source": "en", "target": "de"})
    run.write_test([HeldOutPair("one", "eins"), HeldOutPair("two", "zwei")])
    for name, count in (("two.en", 2), ("two.de", 2), ("three.de", 3)):
        (tmp_path / name).write_text("a b\n" * count, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "options", "tokenizer"),
    [
        ("test.de", [], "13a"),
        ("test.ja", [], "char"),
        ("test.zh-Hans", [], "zh"),
        ("test.ja.txt", [], "13a"),  # only what a name ends in says anything
        ("ja", [], "13a"),
        ("test.ja", ["language=de"], "13a"),
        ("test.de", ["language=ja"], "char"),
    ],
)
def test_the_tokenizer_of_bleu_is_that_of_the_suffix_of_the_reference(
    name: str,
    options: list[str],
    tokenizer: str,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (here / name).write_text("Das ist gut.\n", encoding="utf-8")

    scores(monkeypatch, "hypothesis=" + name, "reference=" + name, "bootstrap=0", *options)

    assert f"|tok:{tokenizer}|" in capsys.readouterr().out.splitlines()[0]


@pytest.mark.parametrize(
    ("name", "options", "is_guessed"),
    [("test.txt", [], True), ("test.ja", [], False), ("test.txt", ["language=de"], False)],
)
def test_the_language_of_text_without_spaces_is_guessed_and_said(
    name: str,
    options: list[str],
    is_guessed: bool,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (here / name).write_text("猫が好きです。\n", encoding="utf-8")

    scores(monkeypatch, "hypothesis=" + name, "reference=" + name, "bootstrap=0", *options)

    printed = capsys.readouterr()
    assert len(printed.err.splitlines()) == is_guessed
    assert ("scored as ja" in printed.err) == is_guessed
    assert ("tok:char" in printed.out) == (options == [])


def test_several_references_documents_and_a_file_for_comet(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, lines in {
        "out.de": "A B C D\ne f g h\nx\n",
        "a.de": "a b c d\ne f g x\ny\n",
        "b.de": "a b c x\ne f g h\nz\n",
        "names": "first\nfirst\nsecond\n",
        "three.en": "one\ntwo\nthree\n",
    }.items():
        (here / name).write_text(lines, encoding="utf-8")

    scores(
        monkeypatch, "hypothesis=out.de", "reference=[a.de,b.de]", "lowercase=true", "bootstrap=0",
        "metrics=[bleu,chrf++]", "tokenizer=none", "documents=names", "source=three.en",
        "comet=out.jsonl", "json=out.json",
    )  # fmt: skip

    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("BLEU = ")
    assert "nrefs:2|case:lc|eff:no|tok:none" in printed[0]
    assert printed[1].startswith("chrF2++ = ")
    assert [line.split()[:2] for line in printed[3:]] == [["second", "1"], ["first", "2"]]
    of_documents = json.loads((here / "out.json").read_text(encoding="utf-8"))["documents"]
    assert [(entry["document"], entry["lines"]) for entry in of_documents] == [
        ("first", 2), ("second", 1)
    ]  # fmt: skip
    assert of_documents[0]["scores"][0]["value"] == pytest.approx(100)
    comet = (here / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(comet[1]) == {"src": "two", "mt": "e f g h", "ref": "e f g x"}
    assert len(comet) == 3


@needs_posix
def test_pipes_are_read_once_as_a_shell_gives_them_for_a_command(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("hypothesis", "reference"):
        os.mkfifo(here / name)
        text = "the dog sees the house\n"
        threading.Thread(target=(here / name).write_text, args=(text,), daemon=True).start()

    scores(monkeypatch, "hypothesis=hypothesis", "reference=reference", "bootstrap=0")

    assert capsys.readouterr().out.startswith("BLEU = 100.00")


def test_the_language_is_before_the_ending_of_a_compressed_file() -> None:
    assert language_of_file(Path("some/test.zh.gz")) == "zh"
    assert language_of_file(Path("test.v2.ja.xz")) == "ja"
    assert language_of_file(Path("test.gz")) == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run=run", "bootstrap=1"], "bootstrap must be 0, for none, or at least 2, not 1"),
        (["run=run", "bootstrap=-5"], "bootstrap must be 0, for none, or at least 2, not -5"),
        (
            ["run=run", "source=two.en", "reference=three.de"],
            "two.en has 2 lines, and three.de has 3: there must be one for each",
        ),
        (
            ["run=run", "against=three.de"],
            "three.de has 3 lines, and the test text of run has 2: there must be one for each",
        ),
        (
            ["run=run", "source=two.en", "reference=two.de", "against=three.de"],
            "three.de has 3 lines, and two.de has 2: there must be one for each",
        ),
        (
            ["hypothesis=two.de", "reference=[two.de,three.de]"],
            "three.de has 3 lines, and two.de has 2: there must be one for each",
        ),
        (
            ["hypothesis=two.de", "reference=two.de", "documents=three.de"],
            "three.de has 3 lines, and two.de has 2: there must be one for each",
        ),
        (
            ["hypothesis=two.de", "reference=two.de", "comet=a.jsonl"],
            "no value for source: COMET compares translations with it",
        ),
        (["run=run", "comet=a.csv"], "comet must be a .jsonl file, not a.csv"),
        (["run=run", "metrics=[]"], "metrics must be a list of one or more, not []"),
        (
            ["run=run", "source=two.en", "reference=[]"],
            "reference must be a file, or a list of files, not []",
        ),
        (["run=run", "against=none"], "there is no run and no file none"),
        (["run=run", "against=/"], "/ is no run folder: it has no config.yaml"),
        (["run=run"], "run has no tokenizer.model"),  # what is told where all else is right
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_reported_before_anything_is_translated(
    arguments: list[str], message: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del here
    with pytest.raises(SystemExit) as stop:
        scores(monkeypatch, *arguments)

    assert stop.value.code == f"seq2seq.evaluate: {message}"
