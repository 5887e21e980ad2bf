"""Runs that begin from others: their network, pieces and ancestors, and what is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import seq2seq
from seq2seq.commands import compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import ConfigError, RunError, UserError
from seq2seq.run_folder import RunFolder
from seq2seq.training import train_model
from tests.conftest import TINY
from tests.toy_corpus import sentences, write_corpus

LINES = [source for source, _ in sentences()[:12]]
COMMON = ["data.validation=validation", "data.test=test", "validation.interval=100", *TINY]
PARENT = ["model/attention=general", "tokenizer.vocab_size=330", "model.dropout=0.2"]


def options(*words: str) -> TrainConfig:
    return to_schema(compose.compose("train", list(words)), TrainConfig)


def begin(folder: Path, *words: str) -> RunFolder:
    """Train with `words` in `folder`, as the command line would."""
    train_model.train_model(options(*words), folder, words)
    return RunFolder(folder)


@pytest.fixture
def report() -> None:
    """Request of the final report: scores, plots and model card, which take most of the time."""


@pytest.fixture(autouse=True)
def _without_report(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "report" not in request.fixturenames:
        monkeypatch.setattr(train_model, "finish_run", lambda *_: None)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the toy corpus, and a run that was trained on it."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQ2SEQ_CACHE", str(folder / "cache"))
        write_corpus(folder / "corpus")
        data = f"data.path={folder / 'corpus'}"
        patch.setattr(train_model, "finish_run", lambda *_: None)
        begin(folder / "parent", *COMMON, *PARENT, data, "train.steps=6", "name=grandmother")
    return folder


@pytest.fixture
def other(tmp_path: Path) -> list[str]:
    """The options of data with other words than those of the parent, and a run from it."""
    folder = tmp_path / "other"
    write_corpus(folder)
    for language, word in (("en", " Zebra quiz"), ("de", " Zebraquiz")):
        file = folder / f"train.{language}"
        lines = file.read_text(encoding="utf-8").splitlines()
        file.write_text("".join(f"{line}{word}\n" for line in lines), encoding="utf-8")
    return [*DATA, f"data.path={folder}"]


DATA = ["data.source=en", "data.target=de", "data.validation=validation", "data.test=test"]
DATA += ["validation.interval=100"]


def weights(run: RunFolder) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in load_file(run.model).items()}  # not mapped


def test_a_run_that_begins_from_another_and_learns_nothing_translates_as_that_does(
    home: Path, tmp_path: Path, other: list[str]
) -> None:
    parent = RunFolder(home / "parent")
    run = begin(
        tmp_path / "run", *other, f"init.run={parent.folder}", "train.steps=1", "optimizer.lr=0"
    )

    before, after = weights(parent), weights(run)
    assert before.keys() == after.keys()
    assert [name for name in before if not before[name].equal(after[name])] == []
    assert [t.model for t in run.read_tokenizers()] == [t.model for t in parent.read_tokenizers()]
    forms = [r.read_truecaser() for r in (run, parent)]
    assert forms[0] is not None
    assert forms[1] is not None
    assert forms[0].forms == forms[1].forms
    shutil.move(parent.folder, home / "away")
    try:
        translations = seq2seq.load(run.folder).translate(LINES)
    finally:
        shutil.move(home / "away", parent.folder)
    assert translations == seq2seq.load(parent.folder).translate(LINES)


def test_the_network_is_that_of_the_initial_run_and_dropout_may_differ(
    home: Path, tmp_path: Path, other: list[str]
) -> None:
    init = f"init.run={home / 'parent'}"

    same = begin(tmp_path / "same", *other, init, "train.steps=1").read_config()
    free = begin(tmp_path / "free", *other, init, "train.steps=1", "model.dropout=0.5")

    parent = RunFolder(home / "parent").read_config()
    assert same.model == parent.model
    assert same.tokenizer == parent.tokenizer
    assert free.read_config().model.dropout == 0.5
    assert free.read_config().model.decoder == parent.model.decoder


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("model.decoder.size=512", "model.decoder.size=512 contradicts"),  # the default, but typed
        ("model.encoder.layers=2", "model.encoder.layers=2 contradicts"),
        ("model/cell=lstm", "model/cell=LSTM contradicts"),
        ("model/cell=gru", ""),  # what it has
        ("model.tie_output=false", "model.tie_output=false contradicts"),
        ("tokenizer.vocab_size=400", "tokenizer.vocab_size=400 contradicts"),
        ("tokenizer.transforms=[nfkc,normalize]", "which has ['normalize']"),
        ("document_context=carry", "document_context=carry contradicts"),
        ("tokenizer.model=x", "the pieces are those of init.run"),
        ("task=language_model", "is a run of translation: add task=translation"),
    ],
)
def test_options_that_contradict_the_initial_run_are_one_line(
    home: Path, tmp_path: Path, other: list[str], word: str, part: str
) -> None:
    words = [*other, f"init.run={home / 'parent'}", "train.steps=1", word]
    if not part:
        begin(tmp_path / "run", *words)
        return
    with pytest.raises(ConfigError) as refused:
        begin(tmp_path / "run", *words)
    assert part in str(refused.value)
    assert not (tmp_path / "run").exists()


def test_ancestors_are_in_run_json_and_the_model_card(
    home: Path, tmp_path: Path, other: list[str], report: None
) -> None:
    del report
    one = begin(
        tmp_path / "one", *other, f"init.run={home / 'parent'}", "train.steps=1", "name=mother"
    )
    two = begin(tmp_path / "two", *other, f"init.run={one.folder}", "train.steps=1", "name=child")

    lineage = two.read_facts()["lineage"]
    assert [each["name"] for each in lineage] == ["mother", "grandmother"]
    assert [each["subject"] for each in lineage] == ["en to de"] * 2
    assert len({each["weights"] for each in lineage}) == 2
    card = two.card.read_text(encoding="utf-8")
    assert card.index("## Lineage") < card.index("- mother: en to de") < card.index("- grandmother")
    assert lineage[1]["weights"] in card
    assert "lineage" not in RunFolder(home / "parent").read_facts()


def test_a_run_goes_on_without_what_it_began_from(
    home: Path, tmp_path: Path, other: list[str]
) -> None:
    shutil.copytree(home / "parent", tmp_path / "parent")
    penalty = ["init.distance_penalty=0.1", "init.average=0.25", "train.ema.decay=0.9"]
    words = [*other, f"init.run={tmp_path / 'parent'}", *penalty]
    whole = begin(tmp_path / "whole", *words, "train.steps=4")
    begin(tmp_path / "part", *words, "train.steps=2")
    shutil.rmtree(tmp_path / "parent")

    part = begin(tmp_path / "part", *words, "train.steps=4", "resume=true")

    for name in ("last.safetensors", "model.safetensors"):
        one, two = load_file(whole.folder / name), load_file(part.folder / name)
        assert [key for key in one if not one[key].equal(two[key])] == []
    assert part.read_config().model.decoder.size == 8


HOSTILE: dict[str, Callable[[RunFolder], Any]] = {
    "class": lambda run: run.config.write_text(
        run.config.read_text().replace("seq2seq.model.cells.rnn.GRU", "os.system")
    ),
    "size": lambda run: run.config.write_text(
        run.config.read_text().replace("size: 8", "size: 65536")
    ),
    "nan": lambda run: save_file(
        {name: value / 0 * 0 for name, value in weights(run).items()}, run.model
    ),
    "cut": lambda run: run.model.write_bytes(run.model.read_bytes()[:999]),
    "no weights": lambda run: run.model.unlink(),
    "tokenizer": lambda run: (run.folder / "tokenizer.model").write_bytes(b"\x80\x03pickle"),
    "link": lambda run: (
        run.model.rename(run.folder.parent / "out"),
        run.model.symlink_to("../out"),  # type: ignore[func-returns-value]
    ),
    "no run": lambda run: shutil.rmtree(run.folder),
}


@pytest.mark.parametrize("harm", HOSTILE)
def test_a_strangers_run_is_checked_before_anything_begins_from_it(
    home: Path, tmp_path: Path, other: list[str], harm: str
) -> None:
    shutil.copytree(home / "parent", tmp_path / "parent")
    HOSTILE[harm](RunFolder(tmp_path / "parent"))

    with pytest.raises(UserError) as refused:
        begin(tmp_path / "run", *other, f"init.run={tmp_path / 'parent'}", "train.steps=1")

    assert "\n" not in str(refused.value)
    assert not (tmp_path / "run" / "config.yaml").exists()


def test_what_an_ancestor_says_of_itself_is_bounded(
    home: Path, tmp_path: Path, other: list[str], report: None
) -> None:
    del report
    parent = RunFolder(Path(shutil.copytree(home / "parent", tmp_path / "parent")))
    facts = json.loads(parent.facts.read_text())
    facts |= {"name": "x" * 10**5, "licence": {"a": 1}, "lineage": [{"name": "\x1b[2J"}, 7] * 999}
    parent.write_facts(facts)

    run = begin(tmp_path / "run", *other, f"init.run={parent.folder}", "train.steps=1")

    lineage = run.read_facts()["lineage"]
    assert len(lineage) <= 100
    assert lineage[0]["name"] == "x" * 200
    assert lineage[0]["licence"] == lineage[1]["weights"] == "unknown"
    assert "\x1b" not in run.card.read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [["init.vocabulary=extend"], ["init.average=0.5"]])
def test_options_of_a_beginning_need_one(words: list[str]) -> None:
    with pytest.raises(ConfigError, match="needs a run to begin from: init=RUN"):
        options(*DATA, *words)


def test_the_pieces_of_a_run_or_file_are_used_again(
    home: Path, tmp_path: Path, other: list[str]
) -> None:
    words = [*other, *TINY, "train.steps=1"]
    given = home / "parent"

    one = begin(tmp_path / "one", *words, f"tokenizer.model={given}")
    two = begin(tmp_path / "two", *words, f"tokenizer.model={given / 'tokenizer.model'}")
    shutil.copytree(given, tmp_path / "given")
    three = begin(tmp_path / "three", *words, f"tokenizer.model={tmp_path / 'given'}")
    shutil.rmtree(tmp_path / "given")
    gone = [*words, "train.steps=2", "resume=true", f"tokenizer.model={tmp_path / 'given'}"]
    begin(three.folder, *gone)

    expected = (given / "tokenizer.model").read_bytes()
    for run in (one, two, three):
        assert (run.folder / "tokenizer.model").read_bytes() == expected
    assert not weights(one)["encoder.embedding.weight"].equal(
        weights(RunFolder(given))["encoder.embedding.weight"]
    )


def test_a_tokenizer_that_cannot_be_used_is_one_line(
    home: Path, tmp_path: Path, other: list[str]
) -> None:
    import sentencepiece as spm

    foreign = tmp_path / "foreign.model"
    with foreign.open("wb") as file:
        spm.SentencePieceTrainer.train(
            sentence_iterator=iter(LINES), model_writer=file, vocab_size=40, minloglevel=2
        )
    (tmp_path / "folder").mkdir()
    cases = {
        str(foreign): "padding, BOS, EOS and unknown have the ids [-1, 1, 2, 0] in it",
        str(tmp_path / "none"): "there is no file",
        str(tmp_path / "folder"): "has no tokenizer.model",
        str(home / "corpus" / "train.en"): "cannot be read",
    }
    for name, part in cases.items():
        with pytest.raises(RunError) as refused:
            begin(tmp_path / "run", *other, *TINY, f"tokenizer.model={name}")
        assert part in str(refused.value)
    with pytest.raises(ConfigError, match=r"one tokenizer for both sides: tokenizer\.joint must"):
        begin(tmp_path / "run", *other, *TINY, "tokenizer.joint=false",
              f"tokenizer.model={home / 'parent'}")  # fmt: skip


def test_resume_auto_begins_a_run_or_goes_on(tmp_path: Path, other: list[str]) -> None:
    words = [*other, *TINY, "resume=auto"]

    run = begin(tmp_path / "run", *words, "train.steps=2")
    first = load_file(run.last)
    begin(tmp_path / "run", *words, "train.steps=4")
    again = begin(tmp_path / "run", *words, "train.steps=4")

    whole = begin(tmp_path / "whole", *words, "train.steps=4")
    one, two = load_file(whole.last), load_file(again.last)
    assert [key for key in one if not one[key].equal(two[key])] == []
    assert not first["model.bridge.linear.weight"].equal(one["model.bridge.linear.weight"])
    assert again.read_config().resume == "true"


def test_data_that_have_grown_are_told_as_such_and_init_is_named(
    tmp_path: Path, other: list[str]
) -> None:
    words = [*other, *TINY]
    run = begin(tmp_path / "run", *words, "train.steps=1")
    for language in ("en", "de"):
        with (tmp_path / "other" / f"train.{language}").open("a", encoding="utf-8") as file:
            file.write(f"Something new in {language}\n")

    with pytest.raises(RunError) as refused:
        begin(run.folder, *words, "train.steps=2", "resume=true")

    assert "grown from 140 to 141 examples an epoch" in str(refused.value)
    assert f"init={run.folder} begins a new run" in str(refused.value)


def test_a_language_model_and_a_classifier_begin_from_others_too(tmp_path: Path) -> None:
    small = {"language_model": "model.decoder.size=8", "classification": "model.encoder.size=4"}
    for name, text in (("one", "abc def\n"), ("two", "fed cba é\n")):
        (tmp_path / f"{name}.txt").write_text(text * 200, encoding="utf-8")
        lines = "".join(f"{word} {n}\t{word[0]}\n" for n in range(20) for word in text.split()[:2])
        for split in ("train", "validation", "test"):
            (tmp_path / f"{name}-{split}.tsv").write_text(lines, encoding="utf-8")
    model = ["task=language_model", "data=text", "tokenizer.kind=char", "train.bptt=8"]
    classes = ["task=classification", "data=labelled", "tokenizer.kind=char"]

    def data(kind: list[str], name: str) -> list[str]:
        if kind is model:
            return [*kind, f"data.path={tmp_path / name}.txt"]
        files = (f"data.{split}={name}-{split}.tsv" for split in ("train", "validation", "test"))
        return [*kind, f"data.path={tmp_path}", *files]

    for kind in (model, classes):
        task = kind[0].removeprefix("task=")
        first = begin(tmp_path / f"{task}-1", *data(kind, "one"), small[task], "train.steps=1")
        init = [f"init.run={first.folder}", "train.steps=1"]
        if kind is classes:  # the labels are the first letters: a and d, f and c
            with pytest.raises(ConfigError, match=r"the labels differ .* \(c is new\)"):
                begin(tmp_path / "refused", *data(kind, "two"), *init)
        name = "one" if kind is classes else "two"
        second = begin(tmp_path / f"{task}-2", *data(kind, name), *init, "optimizer.lr=0")
        before, after = weights(first), weights(second)
        assert [n for n in before if not before[n].equal(after[n])] == []
