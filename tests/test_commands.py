"""The commands as people run them: train, kill, resume, translate, evaluate, check."""

import gzip
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

import seq2seq
from tests.posix import needs_posix
from tests.processes import Command
from tests.processes import run_command as run
from tests.processes import start_command as start
from tests.toy_corpus import sentences, write_corpus

pytestmark = pytest.mark.slow

MODEL = [
    "model.embedding_size=24",
    "model.encoder.size=24",
    "model.decoder.size=32",
    "model/attention=general",
    "model.dropout=0.1",
    "tokenizer.vocab_size=330",
    "optimizer.lr=0.01",
    "batches.sentences=16",
    "train.log_interval=20",
]


def train(
    folder: Path, out: str, *more: str, is_fresh: bool = False
) -> subprocess.CompletedProcess[str]:
    return run("train", *arguments(folder, out), *more, folder=folder, is_fresh=is_fresh)


def arguments(folder: Path, out: str) -> list[str]:
    return [
        f"data.path={folder / 'corpus'}",
        "data.source=en",
        "data.target=de",
        "data.validation=validation",
        "data.test=test",
        *MODEL,
        f"hydra.run.dir={folder / out}",
    ]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the toy corpus, and a model that was trained on it."""
    folder = tmp_path_factory.mktemp("home")
    os.environ["SEQ2SEQ_CACHE"] = str(folder / "cache")
    write_corpus(folder / "corpus")
    done = train(folder, "run", "train.steps=300", "validation.interval=100")
    assert done.returncode == 0, done.stderr
    (folder / "output").write_text(done.stdout, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All tests of this module share what was prepared once."""
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(home / "cache"))
    return home / "cache"


def test_training_ends_with_scores_samples_and_commands(home: Path) -> None:
    output = (home / "output").read_text(encoding="utf-8")

    assert "test: BLEU = " in output
    assert "nrefs:1|bs:1000|seed:12345|case:mixed|eff:no|tok:13a" in output
    assert "test: chrF2 = " in output
    assert output.count("reference ") >= 10
    assert f"python -m seq2seq.translate run={home / 'run'} input=FILE output=FILE" in output
    assert f"python -m seq2seq.evaluate run={home / 'run'}" in output


def test_the_run_folder_is_complete(home: Path) -> None:
    names = {path.name for path in (home / "run").iterdir()}

    expected = {"config.yaml", "tokenizer.model", "model.safetensors", "last.safetensors",
              "metrics.jsonl", "curves.png", "attention.png", "README.md", "train.log",
              "run.json", "audit.json", "test.jsonl", "confidence.json",
              "confidence.png", "translations.txt"}  # fmt: skip
    assert expected <= names
    card = (home / "run" / "README.md").read_text(encoding="utf-8")
    for part in ("Licence", "BLEU", "torch", "left", "seq2seq.translate",
                 "error of 20 lines", "](confidence.png)"):  # fmt: skip
        assert part in card


def test_the_trained_model_translates_its_training_text(home: Path) -> None:
    translator = seq2seq.load(home / "run")
    held_out = sentences()[160:]

    translations = translator.translate([source for source, _ in held_out])

    right = sum(t == target for t, (_, target) in zip(translations, held_out, strict=True))
    assert right >= 15  # of 20 sentences that it has never seen


def test_validation_bleu_is_that_of_translate_then_evaluate(home: Path) -> None:
    best = max(
        json.loads(line)["bleu"]
        for line in (home / "run" / "metrics.jsonl").read_text().splitlines()
        if '"validation"' in line
    )
    corpus, out = home / "corpus", home / "validation.out"

    run("translate", f"run={home / 'run'}", f"input={corpus / 'validation.en'}",
        f"output={out}", "batch=7", folder=home)  # fmt: skip
    done = run("evaluate", f"hypothesis={out}", f"reference={corpus / 'validation.de'}",
               "bootstrap=0", f"json={home / 'scores.json'}", folder=home)  # fmt: skip

    assert done.returncode == 0, done.stderr
    scores = json.loads((home / "scores.json").read_text(encoding="utf-8"))["scores"]
    assert scores[0]["value"] == pytest.approx(best)


def test_the_commands_of_a_run_decode_as_it_was_scored(home: Path) -> None:
    done = train(home, "beamed", "train.steps=40", "validation.interval=40", "search=beam",
                 "search.beam_size=2", "search.length_penalty=0.5",
                 "limits.max_length_extra=3")  # fmt: skip
    assert done.returncode == 0, done.stderr
    used = done.stdout.strip().splitlines()[-1]
    told = next(line for line in done.stdout.splitlines() if line.startswith("test: BLEU"))

    words = used.removeprefix("python -m seq2seq.evaluate ").split()
    again = run("evaluate", *words, folder=home)

    assert words[1:] == ["search=beam", "search.beam_size=2", "search.length_penalty=0.5",
                         "limits.max_length_extra=3"]  # fmt: skip
    assert again.stdout.splitlines()[0] == told.removeprefix("test: ")


@needs_posix
def test_a_pipe_is_an_input_like_a_file(home: Path) -> None:
    pipe = home / "pipe"
    os.mkfifo(pipe)
    process = start("translate", f"run={home / 'run'}", f"input={pipe}", folder=home)
    pipe.write_text("the dog sees the house\n\n", encoding="utf-8")

    out, err = process.communicate(timeout=120)

    assert process.returncode == 0, err
    assert len(out.splitlines()) == 2


def test_a_moved_run_translates_many_files_and_gzip(home: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    (home / "run").rename(moved)
    try:
        with gzip.open(tmp_path / "a.gz", "wt", encoding="utf-8") as file:
            file.write("The dog sees the house today.\n\nA cat likes a book here.")
        (tmp_path / "b").write_text("The girl finds no water again.\r\n", encoding="utf-8")

        done = run(
            "translate", f"run={moved}", "input=[a.gz,b]", "output=[a.out.gz,b.out]",
            "scores=scores.jsonl", "search=beam", folder=tmp_path,
        )  # fmt: skip
    finally:
        moved.rename(home / "run")

    assert done.returncode == 0, done.stderr
    with gzip.open(tmp_path / "a.out.gz", "rt", encoding="utf-8") as file:
        first = file.read().split("\n")
    assert [bool(line) for line in first] == [True, False, True, False]  # blank stays blank
    assert (tmp_path / "b.out").read_text(encoding="utf-8").count("\n") == 1
    rows = [json.loads(x) for x in (tmp_path / "scores.jsonl").read_text("utf-8").splitlines()]
    assert [(row["file"], row["line"]) for row in rows] == [("a.gz", i) for i in (1, 2, 3)] + [
        ("b", 1)
    ]
    assert rows[0]["logprob"] == pytest.approx(sum(rows[0]["logprobs"]), abs=1e-4)
    assert "lines/s" in done.stderr


def test_a_line_is_answered_before_the_input_ends(home: Path) -> None:
    process = start("translate", f"run={home / 'run'}", folder=home)
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write("The dog sees the house today.\n")
        process.stdin.flush()
        first = process.stdout.readline()  # would wait for ever if it waited for the end
        rest, _ = process.communicate("\nA cat likes a book here.\n", timeout=60)
    finally:
        process.kill()
    assert first.strip()
    assert [bool(line) for line in rest.split("\n")] == [False, True, False]


def test_a_closed_output_pipe_is_no_error(home: Path) -> None:
    process = start("translate", f"run={home / 'run'}", folder=home)
    assert process.stdout
    process.stdout.close()
    process.stdout = None

    _, err = process.communicate("The dog sees the house today.\n", timeout=60)

    assert process.returncode == 1
    assert err == ""


def test_the_same_seed_gives_the_same_samples_in_any_batch(home: Path) -> None:
    text = "".join(source + "\n" for source, _ in sentences()[:9])
    common = [f"run={home / 'run'}", "search=sample", "search.temperature=1.5"]

    one, other, third = (
        run("translate", *common, *more, folder=home, text=text).stdout
        for more in (["batch=1"], ["batch=9"], ["search.seed=2"])
    )

    assert one == other
    assert one != third


def test_two_runs_are_compared(home: Path) -> None:
    (home / "bad.txt").write_text("der Hund\n" * 20, encoding="utf-8")

    done = run("evaluate", f"run={home / 'run'}", "against=bad.txt", "bootstrap=200", folder=home)

    assert done.returncode == 0, done.stderr
    assert "paired bootstrap" in done.stdout
    assert done.stdout.count("  reference  ") == 10


def test_check_prints_an_audit_and_the_time_of_an_epoch(home: Path) -> None:
    done = run("check", *arguments(home, "unused"), "steps=3", folder=home)

    assert done.returncode == 0, done.stderr
    for part in (
        "left",
        "in train too",
        "characters a line",
        "parameters",
        "an epoch of 140 pairs",
    ):
        assert part in done.stdout
    output = done.stdout + done.stderr
    assert output.count("left ") == 3  # the table of three splits, once


LONG = ["train.steps=40", "train.save_interval=7", "validation.interval=15", "train.ema.decay=0.9"]
LONG += ["train.accumulate=2", "schedule=plateau"]


@needs_posix
def test_a_killed_run_resumes_to_the_very_same_weights(home: Path) -> None:
    train(home, "whole", *LONG)
    process = start("train", *arguments(home, "killed"), *LONG, folder=home)
    for _ in range(12_000):  # until it has been validated once: then kill, wherever it is
        if (home / "killed" / "model.safetensors").exists():
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (home / "killed" / "curves.png").exists()  # it had not come to its end

    resumed = train(home, "killed", *LONG, "resume=true", is_fresh=True)  # other hashes

    assert resumed.returncode == 0, resumed.stderr
    assert "resumed" in resumed.stdout
    for name in ("last.safetensors", "model.safetensors"):
        one, other = (load_file(home / run / name) for run in ("whole", "killed"))
        assert one.keys() == other.keys()
        assert [key for key in one if not one[key].equal(other[key])] == []
    steps = [
        [
            json.loads(line)["step"]
            for line in (home / run / "metrics.jsonl").read_text().splitlines()
        ]
        for run in ("whole", "killed")
    ]
    assert steps[0] == steps[1]


@needs_posix
def test_a_run_that_was_killed_before_its_first_step_resumes_too(home: Path) -> None:
    more = ["train.steps=9", "validation.interval=9"]
    process = start("train", *arguments(home, "born"), *more, folder=home)
    for _ in range(12_000):
        if (home / "born" / "config.yaml").exists():
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()

    resumed = train(home, "born", *more, "resume=true")

    assert resumed.returncode == 0, resumed.stderr
    assert "resumed" in resumed.stdout


def test_a_run_is_not_resumed_on_other_data(home: Path, tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus")
    more = [f"data.path={tmp_path / 'corpus'}", "validation.interval=3"]
    train(home, "changing", *more, "train.steps=3")
    with (tmp_path / "corpus" / "train.en").open("a", encoding="utf-8") as file:
        file.write("One more.\n")
    with (tmp_path / "corpus" / "train.de").open("a", encoding="utf-8") as file:
        file.write("Noch einer.\n")

    resumed = train(home, "changing", *more, "train.steps=6", "resume=true")

    assert resumed.returncode == 1
    assert "was started with other data" in resumed.stderr
    assert resumed.stderr.count("\n") == 1


@needs_posix
def test_a_signal_after_the_last_step_says_how_to_resume(home: Path) -> None:
    more = ["train.steps=9", "validation.interval=9"]
    process = start("train", *arguments(home, "late"), *more, folder=home)
    assert process.stdout
    for line in process.stdout:
        if line.startswith("training ended"):
            break
    process.send_signal(signal.SIGTERM)
    rest, err = process.communicate(timeout=60)

    assert process.returncode == 128 + signal.SIGTERM
    assert err == ""
    assert "resume=true" in rest.splitlines()[-1]
    resumed = train(home, "late", *more, "resume=true")
    assert resumed.returncode == 0, resumed.stderr
    assert "test: BLEU" in resumed.stdout


@needs_posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_says_how_to_resume(home: Path, number: signal.Signals) -> None:
    out = f"stopped-{number.name}"
    more = ["train.steps=100000", "train.epochs=null", "train.save_interval=100000"]
    process = start("train", *arguments(home, out), *more, folder=home)
    assert process.stdout
    for line in process.stdout:
        if line.startswith("epoch"):
            break
    process.send_signal(number)
    rest, err = process.communicate(timeout=60)

    assert process.returncode == 128 + number
    assert err == ""
    assert "resume=true" in rest.splitlines()[-1]
    assert (home / out / "last.safetensors").is_file()


def test_a_run_is_neither_overwritten_nor_resumed_with_other_options(home: Path) -> None:
    before = contents(home / "run")

    again = train(home, "run", "train.steps=300", "validation.interval=100")
    other = train(home, "run", "train.steps=300", "validation.interval=100", "train.clip=2",
                  "resume=true")  # fmt: skip

    assert again.returncode == other.returncode == 1
    assert "holds a run already" in again.stderr
    assert "was started with another option: train.clip" in other.stderr
    assert again.stderr.count("\n") == other.stderr.count("\n") == 1
    assert contents(home / "run") == before
    command = json.loads(before[Path("run.json")])["overrides"]
    assert command == [*arguments(home, "run")[:-1], "train.steps=300", "validation.interval=100"]


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file below `folder`."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder): path.read_bytes() for path in files}


@needs_posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_training_begins_is_one_line(
    home: Path, cache: Path, number: signal.Signals
) -> None:
    (home / "other").mkdir(exist_ok=True)
    for name in ("train.en", "train.de"):
        lines = (home / "corpus" / name).read_text().splitlines()
        text = "".join(f"{line} {n}\n" for n in range(2000) for line in lines)
        (home / "other" / name).write_text(text, encoding="utf-8")
    process = start(
        "train", f"data.path={home / 'other'}", "data.source=en", "data.target=de",
        f"hydra.run.dir={home / number.name}", folder=home,
    )  # fmt: skip
    while not list((cache / "prepared").glob(".making-*/*")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 128 + number
    assert err == "seq2seq.train: interrupted\n"
    assert not list((cache / "prepared").glob(".making-*"))  # what was half made is gone


def test_several_runs_from_one_line_wherever_the_flag_stands(home: Path) -> None:
    done = run(
        "train", *arguments(home, "unused")[:-1], "train.steps=5", "name=several", "-m",
        "model/cell=gru,rnn", f"hydra.sweep.dir={home / 'several'}", folder=home,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert len(list((home / "several").glob("**/model.safetensors"))) == 2


def test_a_quantised_run_translates_alike_and_nothing_is_overwritten(home: Path) -> None:
    done = run("quantize", "run=run", "output=small", folder=home)
    assert done.returncode == 0, done.stderr
    assert "model.safetensors" in done.stdout

    sources = "".join(f"{source}\n" for source, _ in sentences()[:30])
    output = [
        run("translate", *options, folder=home, text=sources).stdout.splitlines()
        for options in (["run=run"], ["run=small", "precision=int8"], ["run=[run,small]"])
    ]
    assert [len(lines) for lines in output] == [30] * 3
    for lines in output[1:]:  # a corpus that was learned by heart bears rounding
        assert sum(a == b for a, b in zip(output[0], lines, strict=True)) >= 28
    scored = run("evaluate", "run=[run,small]", "bootstrap=0", folder=home)
    assert "BLEU = " in scored.stdout

    again = run("quantize", "run=run", "output=small", folder=home)
    assert again.returncode == 1
    assert again.stderr == ("seq2seq.quantize: small exists already: choose another output\n")


def answered(home: Path) -> Command:
    """A translation in a pipe that has answered a line, and whose input stays open."""
    process = start("translate", f"run={home / 'run'}", folder=home)
    assert process.stdin
    assert process.stdout
    process.stdin.write("The dog sees the house today.\n")
    process.stdin.flush()
    assert process.stdout.readline().strip()
    return process


@needs_posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_pipe_that_waits_for_more(home: Path, number: signal.Signals) -> None:
    process = answered(home)
    assert process.stderr
    process.send_signal(number)

    assert process.wait(60) == 128 + number
    assert process.stderr.read() == "seq2seq.translate: interrupted\n"
    process.communicate()


def test_a_pipe_ends_with_its_reader_though_more_could_come(home: Path) -> None:
    process = answered(home)
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    process.stdin.write("A cat likes a book here.\n")
    process.stdin.flush()

    assert process.wait(60) == 1
    assert process.stderr.read() == ""
    process.stdin.close()
    process.stderr.close()


def test_of_several_translations_the_output_has_the_best_and_scores_all(home: Path) -> None:
    text = "The dog sees the house today.\n\nA cat likes a book here.\n"
    beam = ["run=run", "search=beam", "search.beam_size=4", "search.n_best=3"]
    told = "search.n_best=3: the output has the best alone, scores=FILE has all"

    silent = run("translate", *beam, "scores=best.tsv", folder=home, text=text)
    json_ = run("translate", *beam, "scores=best.jsonl", folder=home, text=text)
    without = run("translate", *beam, folder=home, text=text)
    chosen = run("translate", "run=run", "search=mbr", "search.samples=3", folder=home, text=text)
    drawn = run("translate", "run=run", "search=sample", "search.samples=2", folder=home,
                text=text)  # fmt: skip

    assert without.stderr.splitlines()[:-1] == [told]
    assert drawn.stderr.startswith(told.replace("n_best=3", "samples=2"))
    assert [len(done.stderr.splitlines()) for done in (silent, json_, chosen)] == [1, 1, 1]
    head, *rows = [x.split("\t") for x in (home / "best.tsv").read_text("utf-8").splitlines()]
    table = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(row["line"], row["rank"]) for row in table] == [
        ("1", "1"), ("1", "2"), ("1", "3"), ("2", "1"), ("3", "1"), ("3", "2"), ("3", "3")
    ]  # fmt: skip
    best = [row["translation"] for row in table if row["rank"] == "1"]
    assert without.stdout.splitlines() == silent.stdout.splitlines() == best
    lines = [json.loads(x) for x in (home / "best.jsonl").read_text("utf-8").splitlines()]
    for row, entry in zip(table, lines, strict=True):
        tokens = [float(p) for p in row["logprobs"].split()]
        assert tokens == entry["logprobs"]
        assert len(tokens) == int(row["tokens"])
        assert sum(tokens) == pytest.approx(float(row["logprob"]), abs=1e-4)


def test_a_sweeper_gets_the_best_validation_score(home: Path) -> None:
    (home / "listening.py").write_text(
        "from hydra.experimental.callback import Callback\n"
        "class Listener(Callback):\n"
        "    def on_job_end(self, config, job_return, **_):\n"
        "        print('returned', job_return.return_value)\n"
    )

    done = train(home, "heard", "train.steps=9", "validation.interval=3",
                 "+hydra.callbacks.mine._target_=listening.Listener")  # fmt: skip

    assert done.returncode == 0, done.stderr
    lines = (home / "heard" / "metrics.jsonl").read_text().splitlines()
    best = max(json.loads(line)["bleu"] for line in lines if '"validation"' in line)
    assert done.stdout.splitlines()[-1] == f"returned {best}"
