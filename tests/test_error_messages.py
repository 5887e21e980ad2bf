"""A user's mistake is one clear line, a non-zero exit, and costs no import of torch."""

import logging
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from seq2seq.commands.compose import SCHEMAS, recipe_names
from seq2seq.config.paths import CONF_DIR

DATA = ["data.source=en", "data.target=de"]
JOINED = ["data=joined", "+data@data.corpora.old=parallel"]
STAGES = "stages=[{weights: {old: 1}, epochs: 2}, {weights: {old: 2}}]"
JOINED += ["data.corpora.old.source=en", "data.corpora.old.target=de"]


def told(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    *arguments: str,
) -> str:
    """The one line that a command says of its mistake."""
    monkeypatch.setattr(sys, "argv", [f"seq2seq-{command}", *arguments])
    main = import_module(f"seq2seq.{command}").main
    with pytest.raises(SystemExit) as stop:
        main()
    message = str(stop.value.code)
    assert capsys.readouterr().err == ""  # nothing is said beside it
    assert "\n" not in message
    assert message.startswith(f"seq2seq.{command}: ")
    return message


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["optimizer.lrr=1"], ["no option optimizer.lrr", "did you mean optimizer.lr?"]),
        (["train.lrr=1"], ["no option train.lrr", "did you mean optimizer.lr?"]),
        (["+train.clop=1"], ["no option train.clop", "did you mean train.clip?"]),
        (["model.atention=1"], ["no option model.atention", "did you mean model.attention?"]),
        (
            ["model/attention=additive", "model.attention.sise=4"],
            ["did you mean model.attention.size?"],
        ),
        (["+model.cell.size=4"], ["model.cell.size", "the program sets it"]),
        (["train.clip=abc"], ["train.clip must be a number, not abc"]),
        (["train.accumulate=1e26"], ["train.accumulate must be at most 10000, not 100000000"]),
        (["search.beam_size=5"], ["search.beam_size belongs to search=beam"]),
        (["+search.beam_size=5"], ["search.beam_size belongs to search=beam"]),
        (["search.seed=5"], ["belongs to search=mbr and search=sample: add one of them"]),
        (["model.cell.depth=3"], ["belongs to model/cell=deep: add model/cell=deep"]),
        (["~train.budget"], ["train.budget cannot be removed", "as in train.budget=null"]),
        (["~train.bugdet"], ["no option train.bugdet; did you mean train.budget?"]),
        (
            ["tokenizer.transforms=nfkc"],
            ["tokenizer.transforms must be a list, as in tokenizer.transforms=[nfkc]"],
        ),
        (["train.resume=[1]"], ["no option train.resume", "did you mean resume?"]),
        (["resume=maybe"], ["resume must be one of true, false, auto, not maybe"]),
        (["stages=[{weights: {a: 1}}]"], ["stages choose among the corpora of data=joined"]),
        (["stages=[{wieghts: {a: 1}}]"], ["stages takes no wieghts"]),
        (["stages=[{weights: {}}]"], ["each of stages needs weights"]),
        (["stages=[{weights: {a: 0}}]"], ["the weight of a must be above 0 and at most 1000"]),
        (["stages=[{weights: {a: x}}]"], ["must be a number, not x"]),
        (["stages=3"], ["stages must be a list"]),
        (
            [*JOINED, "stages=[{weights: {old: 1}, epochs: 1}, {weights: {nwe: 1}}]"],
            ["stages: there is no corpus nwe, only old"],
        ),
        (
            [*JOINED, "stages=[{weights: {old: 1}}, {weights: {old: 1}}]"],
            ["all of stages but the last have epochs"],
        ),
        (
            [
                *JOINED,
                "train.epochs=2",
                "stages=[{weights: {old: 1}, epochs: 2}, {weights: {old: 2}}]",
            ],
            ["train.epochs=2 ends before the last of stages begins, after 2 epochs"],
        ),
        (["init=none"], ["none is no run folder"]),
        (["+recipe=own", "init=none"], ["the network is that of init.run"]),
        (["init.average=2"], ["init.average must be from 0 to 1, not 2"]),
        (["init.vocabulary=extend"], ["needs a run to begin from: init=RUN"]),
        (["train.freeze=[encodr]"], ["train.freeze must be one of embedding, encoder, ", "encodr"]),
        (["train.freeze=encoder"], ["must be a list, as in train.freeze=[encoder]"]),
        (["tokenizer.model=none"], ["there is no file none"]),
        (["name=[a,b]"], ["name must be text, not ['a', 'b']"]),
        (["train.clip=-1"], ["train.clip must be positive, not -1"]),
        (["train.precision=fp8"], ["train.precision must be one of auto, fp32, bf16, not fp8"]),
        (["tokenizer.vocab_size=100"], ["tokenizer.vocab_size must be 261 or more, not 100"]),
        (["train.budget=10"], ["a duration", "as in 10m", "'10'"]),
        (["+recipe=en-xx"], ["no recipe/en-xx", "en-de", "en-fr"]),
        (["recipe=en-de"], ["+recipe=NAME"]),
        (["model/cell=gruu"], ["no model/cell/gruu", "gru, lru, lstm", "did you mean gru?"]),
        (["data=paralel"], ["no data/paralel", "did you mean parallel?"]),
        (["data=tsv"], ["no value for data.train"]),
        (["data.source=DE"], ["data.source must be a language code", "'DE'"]),
        (["data.source=false"], ["data.source must be a language code", "in quotes: 'no'"]),
        (["word"], ["word"]),
        (["optimizer.lr=fast"], ["optimizer.lr must be a number, not 'fast'"]),
        (["optimizer.lr=-1"], ["optimizer.lr must be 0 or more, not -1"]),
        (["search=beam", "search.beam_size=0"], ["search.beam_size must be positive, not 0"]),
        (["search=beam", "search.beam_size=1000000"], ["search.beam_size must be at most 1000"]),
        (["optimizer.lr=true"], ["optimizer.lr must be a number, not True"]),
        (["optimizer.betas=[0.9]"], ["optimizer.betas must be a list of 2 values, not [0.9]"]),
        (["optimizer.betas=0.9"], ["optimizer.betas must be a list of 2 values, not 0.9"]),
        (["optimizer.betas=[0.9,a]"], ["optimizer.betas[1] must be a number, not 'a'"]),
        (
            ["search=beam", "search.beam_size=2.5"],
            ["search.beam_size must be a whole number, not 2.5"],
        ),
        (["model.cell=gru"], ["model.cell is chosen by name, as model/cell=NAME, and not 'gru'"]),
        (["search=null"], ["must be a string or a list"]),
        (["document_context=carri"], ["document_context must be one of none, carry, not carri"]),
        (
            ["task=language_model", "document_context=carry"],
            ["document_context has no meaning with task=language_model"],
        ),
        (
            ["task=language_model", "train.rdrop_alpha=1"],
            ["train.rdrop_alpha has no meaning with task=language_model"],
        ),
        (
            ["train.rdrop_alpha=1", "document_context=carry"],
            ["train.rdrop_alpha has no meaning with document_context=carry"],
        ),
        (["train.rdrop_alpha=-1"], ["train.rdrop_alpha must be 0 or more"]),
        (["model.vision.pixels=32"], ["model/vision has no meaning with task=translation"]),
        (["data.licence=[a]"], ["data.licence must be text, not ['a']"]),
        (["data=tsv", "data.train=[a]"], ["data.train must be text, not ['a']"]),
        (["data.train=3"], ["data.train must be text or a list, not 3 (text is '3'"]),
        (["data=joined", "data.path=d"], ["no option data.path"]),
        (["data=joined", "+data.wieghts={a: 1}"], ["did you mean data.weights?"]),
        (["train.seed=-1"], ["train.seed must be 0 or more, not -1"]),
        (
            ["train.seed=99999999999999999999"],
            ["train.seed must be at most 2^63 - 1, not 99999999999999999999"],
        ),
        (
            ["limits.max_length_ratio=inf"],
            ["limits.max_length_ratio must be at most 100, not inf"],
        ),
        (
            ["data=tsv", "data.train=1"],
            ["data.train must be text, not 1 (text is '1', quotes included)"],
        ),
    ],
    ids=lambda value: " ".join(value),
)
def test_mistaken_options_of_train(
    arguments: list[str],
    parts: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    message = told(capsys, monkeypatch, "train", *DATA, *arguments)
    for part in parts:
        assert part in message
    option = message.partition("no option ")[2]
    assert not option.endswith(f"did you mean {option.partition(';')[0]}?")
    assert ("quotes included" in message) <= ("[" not in message)  # a list is no text to be quoted


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["search=beam", "search.n_best=9"], "search.n_best must be from 1 to beam_size"),
        (
            ["search=beam", "search.coverage_penalty=0.2"],
            "search.coverage_penalty must be 0 for a run without attention, not 0.2",
        ),
        (["model/attention=dot", "model.decoder.size=100"], "model.attention: dot attention needs"),
        (
            ["model.tie_source_target=true", "tokenizer.joint=false"],
            "model.tie_source_target=true needs one",
        ),
        (
            ["task=language_model", "data=text", "data.path=none", "model.cell.positive_state=3"],
            "model.cell.positive_state belongs to model/cell=mingru and model/cell=minlstm",
        ),
        ([], "data: there is no file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_arguments_that_classes_refuse_are_reported_before_a_corpus_is_read(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    data = [] if "data=text" in arguments else [*DATA, "data.path=none"]

    assert message in told(capsys, monkeypatch, "train", *data, *arguments)
    assert not list(tmp_path.glob("runs/*/*"))  # nor is an empty run left
    logging.getLogger("seq2seq.finish_cost").warning("this opens no log in the folder that is gone")


@pytest.mark.parametrize(
    ("arguments", "found", "wanted"),
    [
        ("+recipe=char-lm data=parallel data.path=. data.source=en data.target=de", "parallel text",
         "running text"),
        ("+recipe=language-id data=text data.path=train.en", "running text", "lines with labels"),
        ("+recipe=captions data=text data.path=train.en", "running text", "images with captions"),
        ("data=text data.path=train.en", "running text", "parallel text"),
    ],
)  # fmt: skip
def test_data_of_another_task_is_refused(
    arguments: str,
    found: str,
    wanted: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("train.en", "train.de"):
        (tmp_path / name).write_text("one\ntwo\n")

    said = told(capsys, monkeypatch, "train", *arguments.split())

    assert f"the chosen data is {found}, and this task learns from {wanted}" in said


def test_a_missing_value_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    assert "no value for data.source, data.target" in told(capsys, monkeypatch, "train")


def test_a_mistyped_option_is_reported_before_a_missing_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    message = told(capsys, monkeypatch, "train", "data.source=en", "+data.traget=de")
    assert "did you mean data.target?" in message
    assert "no option trian" in told(capsys, monkeypatch, "train", "+trian.clip=1")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("train: {lrr: 3}", ["no option train.lrr"]),
        ("model: {cell: {hiden: 3}}", ["no option model.cell.hiden"]),
        ("optimizer: {lrr: 3}", ["no option optimizer.lrr", "did you mean optimizer.lr?"]),
        ("train: {clip: abc}", ["train.clip must be a number, not abc"]),
        ("data: {source: no}", ["data.source", "in quotes: 'no'"]),
    ],
)
def test_mistakes_in_a_recipe(
    text: str,
    parts: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine" / "recipe").mkdir(parents=True)
    recipe = tmp_path / "mine" / "recipe" / "wrong.yaml"
    recipe.write_text(f"# @package _global_\ndata: {{source: en, target: de}}\n{text}\n"
                      if "data:" not in text
                      else f"# @package _global_\n{text}\n")  # fmt: skip

    message = told(
        capsys, monkeypatch, "train", "--config-dir", str(tmp_path / "mine"), "+recipe=wrong",
        *([] if "data:" not in text else ["data.target=de"]),
    )  # fmt: skip
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("command", "arguments", "parts"),
    [
        ("translate", ["run=nowhere"], ["nowhere is no run folder"]),
        ("translate", ["run=x", "input=none.txt"], ["there is no file none.txt"]),
        ("translate", ["input=[a,b]"], ["2 inputs and 1 output: each input"]),
        ("translate", [], ["no value for run"]),
        ("translate", ["run=x", "scores=a.csv"], ["scores must be a .tsv or .jsonl"]),
        ("translate", ["search=beam", "search.beam_sise=3"], ["did you mean search.beam_size?"]),
        ("translate", ["batch=0"], ["batch must be positive"]),
        ("translate", ["run"], ["run is no option: one is given as KEY=VALUE"]),
        ("translate", ["--nosuch"], ["there is no flag --nosuch", "--help"]),
        ("translate", ["run=[]"], ["run must be a folder, or a list of folders, not []"]),
        ("translate", ["run={a: 1}"], ["run must be a folder"]),
        (
            "translate",
            ["run=x", "input=null"],
            ["input must be a file, a list of files, or -, not null", """type 'input="null"'"""],
        ),
        ("translate", ["run=x", "batch=null"], ["batch must be a value, not null"]),
        ("translate", ["run=x", "limits=3"], ["limits must be options of its own"]),
        ("translate", ["run=x", "batch=1e12"], ["batch must be at most 100000, not 1000000000000"]),
        (
            "translate",
            ["run=x", "input=${x}.en"],
            ["input: there is no option x; to give the text itself", r"""'input="\${x}"'"""],
        ),
        ("translate", ["run=x", "output=no/b"], ["no/b cannot be written: there is no folder no"]),
        ("translate", ["run=x", "scores=no/b.tsv"], ["there is no folder no"]),
        ("translate", ["run=x", "input=[-,-]", "output=[b,b]"], ["output b is given twice"]),
        ("evaluate", ["run=x"], ["x is no run folder"]),
        ("evaluate", ["run=x", "source=a"], ["both are needed"]),
        ("evaluate", ["run=x", "against=b"], ["there is no run and no file b"]),
        ("evaluate", ["run=x", "json=no/b.json"], ["there is no folder no"]),
        ("evaluate", ["hypothesis=/", "reference=/", "against=/"], ["no value for source"]),
        ("evaluate", [], ["no value for run", "hypothesis"]),
        ("evaluate", ["hypothesis=a"], ["no value for reference"]),
        ("evaluate", ["hypothesis=a", "reference=b"], ["there is no file"]),
        ("evaluate", ["run=x", "hypothesis=a"], ["run and hypothesis"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_mistakes_of_translate_and_evaluate(
    command: str,
    arguments: list[str],
    parts: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    message = told(capsys, monkeypatch, command, *arguments)
    for part in parts:
        assert part in message


@pytest.mark.parametrize("command", sorted(SCHEMAS))
def test_options_are_checked_without_torch(command: str, tmp_path: Path) -> None:
    code = (
        f"import sys; sys.argv = ['x', 'nonsense.option=1']; import seq2seq.{command} as m\n"
        "try: m.main()\n"
        "except SystemExit as stop: print(stop.code)\n"
        "print([m for m in ('torch', 'datasets', 'sacrebleu', 'numpy') if m in sys.modules])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
    )

    assert "no option nonsense.option" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
    assert done.stderr == ""


def test_help_lists_recipes_and_choices(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "seq2seq.train", "--help"],
        capture_output=True, text=True, cwd=tmp_path, check=True,
    )  # fmt: skip

    for group in ("model/cell", "search"):
        choices = sorted(path.stem for path in (CONF_DIR / group).glob("*.yaml"))
        assert f"{group}: {', '.join(choices)}" in done.stdout
    assert [name for name in recipe_names() if name not in done.stdout] == []
