"""Classification: training, resuming, the command, and the errors of both."""

import json
import sys
from collections.abc import Sequence
from io import BytesIO, TextIOWrapper
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file

from seq2seq.commands import classify, compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.inference.classifier import MAX_TOKENS, PredictedLabel
from seq2seq.inference.loading import load_classifier
from seq2seq.plots.confusion import plot_confusion
from seq2seq.tasks.classification import ClassificationTask, confusion_matrix
from seq2seq.training import train_model
from seq2seq.training.metric_logger import read_metrics
from tests.signals import train_until
from tests.test_error_messages import told

# Three languages, each of a few letters of its own.
LETTERS = {"ab": "ab ", "xy": "xy ", "zw": "zw "}
TRAINING = [
    "+recipe=language-id", "data=labelled", "model.embedding_size=8", "model.encoder.size=8",
    "model.dropout=0", "tokenizer.kind=char", "tokenizer.vocab_size=null", "batches.sentences=16",
    "optimizer.lr=0.02", "schedule=constant", "train.budget=null", "train.steps=60",
    "train.device=cpu", "train.precision=fp32", "validation.interval=1000", "train.ema.decay=0",
]  # fmt: skip


def lines(count: int, seed: int) -> list[tuple[str, str]]:
    """Return lines of the languages with their labels, one after the other."""
    random = np.random.default_rng(seed)
    pairs = []
    for number, name in enumerate(sorted(LETTERS) * count):
        letters = "".join(random.choice(list(LETTERS[name]), 3 + number % 7))
        pairs.append((" ".join(letters.split()) or name, name))
    return pairs


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with labelled lines, and the run of a classifier that was trained on them."""
    folder = tmp_path_factory.mktemp("labels")
    for split, count in (("train", 30), ("held", 5)):
        text = "".join(f"{line}\t{label}\n" for line, label in lines(count, len(split)))
        (folder / f"{split}.tsv").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQ2SEQ_CACHE", str(folder / "cache"))
        train_model.train_model(
            to_schema(compose.compose("train", options(folder)), TrainConfig), folder / "run"
        )
    return folder


def options(folder: Path) -> list[str]:
    files = ["data.train=train.tsv", "data.validation=held.tsv", "data.test=held.tsv"]
    return [*TRAINING, f"data.path={folder}", *files]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["seq2seq-classify", *arguments])
    classify.main()


def as_lines(labels: Sequence[PredictedLabel | None]) -> str:
    """Return the output of the command for some labels."""
    rows = (f"{label.name}\t{label.probability:.4f}" if label else "" for label in labels)
    return "".join(f"{line}\n" for line in rows)


# A blank line, spaces only, a separator of Unicode's, carriage returns, a tab, and no end.
HARD = ["ab ab", "", "  ", "xy\u2028xy", "zw\rzw", "ab\tba\r", "\u200b", "x" * 3000, "zw"]


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 256])
def test_as_many_lines_come_out_as_go_in_with_the_labels_of_the_labeller(
    home: Path, tmp_path: Path, batch: int, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "in").write_bytes("\n".join(HARD).encode())

    run(monkeypatch, f"run={home / 'run'}", f"input={tmp_path / 'in'}",
        f"output={tmp_path / 'out'}", f"batch={batch}")  # fmt: skip

    text = (tmp_path / "out").read_bytes().decode()
    found = load_classifier(home / "run", 3, "cpu").classify(
        [line.removesuffix("\r") for line in HARD]
    )
    assert text == as_lines(found.labels)
    rows = [line.split("\t") for line in text.split("\n")[:-1]]
    names = [row[0] for row in rows]
    assert names == ["ab", "", "", "xy", "zw", "ab", "", "xy", "zw"]
    assert all(0 < float(row[1]) <= 1 for row in rows if row[0])
    assert "9 lines" in capsys.readouterr().err


@pytest.mark.slow
def test_files_and_standard_input(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("one", "ab\n"), ("two", "xy\n\nzw"), ("none", "")):
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"zw\n\nab")))

    run(monkeypatch, f"run={home / 'run'}", "input=[one,two,none]", "output=[a,b,c]")
    run(monkeypatch, f"run={home / 'run'}")

    names = [
        [line.split("\t")[0] for line in text.splitlines()]
        for text in [*((tmp_path / n).read_text() for n in "abc"), capsys.readouterr().out]
    ]
    assert names == [["ab"], ["xy", "", "zw"], [], ["zw", "", "ab"]]


@pytest.mark.slow
def test_cut_lines_are_reported_once_per_run(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(classify, "GROUP_LINES", 2)
    long = "x" * (2 * MAX_TOKENS)
    (tmp_path / "one").write_text(f"ab\nzw\nab\n{long}\n")
    (tmp_path / "two").write_text(f"{long}\n" * 3)
    (tmp_path / "none").write_text(f"{'x' * (MAX_TOKENS - 1)}\n")  # and the word's beginning

    run(monkeypatch, f"run={home / 'run'}", "input=[one,two]", "output=[a,b]")
    several = capsys.readouterr().err.splitlines()
    run(monkeypatch, f"run={home / 'run'}", "input=one", "output=a")
    single = capsys.readouterr().err.splitlines()
    run(monkeypatch, f"run={home / 'run'}", "input=none", "output=a")

    cut = f"one, line 4 is cut to its first {MAX_TOKENS} of {len(long) + 1} tokens"
    assert several[:-1] == [f"{cut}, the first of 4 such lines"]
    assert single[:-1] == [cut]
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.slow
def test_training_reads_as_much_of_a_line_as_classify(tmp_path: Path) -> None:
    for name, tail in (("short", ""), ("long", "b" * 300)):
        (tmp_path / name).mkdir()
        beginnings = [letter * (MAX_TOKENS - 1) for letter in "ab"]  # and the word's own
        text = "".join(f"{beginnings[n % 2]}{tail}\t{n % 2}\n" for n in range(40))
        for split in ("train", "held"):
            (tmp_path / name / f"{split}.tsv").write_text(text)

    batches, notices = {}, {}
    for name in ("short", "long"):
        messages: list[str] = []
        config = to_schema(compose.compose("train", options(tmp_path / name)), TrainConfig)
        data = ClassificationTask(config, messages.append).train_data
        batches[name] = [data.load(rows, 1) for rows in data.epoch(1)]
        notices[name] = [line for line in messages if "cut" in line]
        assert all(len(b.source[0]) == MAX_TOKENS for b in batches[name])

    assert [b.labels.tolist() for b in batches["short"]] == [
        b.labels.tolist() for b in batches["long"]
    ]
    assert notices == {
        "short": [],
        "long": [f"40 training lines are cut to the first {MAX_TOKENS} pieces"],
    }


@pytest.mark.slow
def test_a_validation_logs_one_line_and_samples_that_change(home: Path) -> None:
    logged: dict[tuple[int, int], list[str]] = {}
    for count in (0, 2):
        overrides = [*options(home), f"validation.samples={count}"]
        task = ClassificationTask(
            to_schema(compose.compose("train", overrides), TrainConfig), lambda _: None
        )
        for step in (7, 8):
            logged[count, step] = []
            report: Any = SimpleNamespace(message=logged[count, step].append)
            result = task.validate(report, step)
            assert list(result.values) == ["accuracy", "perplexity"]
            assert 1.5 < result.values["perplexity"] < 6  # near 3, the number of labels

    pairs = [line.split("\t") for line in (home / "held.tsv").read_text().splitlines()]
    for (count, step), messages in logged.items():
        assert messages[0].startswith(f"validation at step {step}: accuracy ")
        assert len(messages[0]) <= 100
        words = [message.split() for message in messages[1:]]
        assert len(words) == count
        assert all([" ".join(w[3:]), w[0]] in pairs for w in words)
        assert all(w[1] == "predicted" and w[2] in LETTERS for w in words)
    assert logged[2, 7][1:] != logged[2, 8][1:]


@pytest.mark.slow
def test_an_input_that_breaks_off_leaves_the_output_as_it_was(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").write_bytes(b"ab\nx\xff\n")
    (tmp_path / "out").write_text("before")

    message = told(capsys, monkeypatch, "classify", f"run={home / 'run'}", "input=in", "output=out")

    assert "in, line 2, is not UTF-8 at byte 4" in message
    assert (tmp_path / "out").read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


@pytest.mark.slow
def test_the_run_folder_names_its_kind_and_scores(home: Path) -> None:
    facts = json.loads((home / "run" / "run.json").read_text(encoding="utf-8"))

    assert facts["kind"] == "classifier"
    assert facts["labels"] == ["ab", "xy", "zw"]
    # Letters that no other label has: neither can miss.
    assert facts["scores"] == [
        "accuracy 100.00% on 15 lines",
        "naive Bayes over character n-grams: accuracy 100.00%",
    ]
    assert (home / "run" / "test.tsv").read_text() == (home / "held.tsv").read_text()
    assert "classifier" in (home / "run" / "README.md").read_text(encoding="utf-8")
    entries = read_metrics(home / "run" / "metrics.jsonl")
    [validation] = [entry for entry in entries if entry["kind"] == "validation"]
    assert 1 <= validation["perplexity"] < 1.2
    for name in ("confusion.png", "curves.png"):
        with Image.open(home / "run" / name) as image:
            image.load()


@pytest.mark.slow
def test_a_stopped_run_resumes_to_the_very_same_weights(home: Path, tmp_path: Path) -> None:
    overrides = [*options(home), "model.dropout=0.2", "model.word_dropout=0.1"]
    overrides += ["train.ema.decay=0.9", "train.accumulate=2"]
    train_until(7, tmp_path / "whole", *overrides)
    train_until(4, tmp_path / "parts", *overrides)  # within the second epoch

    train_until(7, tmp_path / "parts", *overrides, "resume=true")

    one, other = (load_file(tmp_path / run / "last.safetensors") for run in ("whole", "parts"))
    assert one.keys() == other.keys()
    assert [key for key in one if not one[key].equal(other[key])] == []


def test_the_confusion_matrix_counts_labels_by_predicted_labels(tmp_path: Path) -> None:
    labels, predicted = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 1, 1, 1, 0, 2])

    counts = confusion_matrix(labels, predicted, 4)

    assert counts.tolist() == [[1, 2, 0, 0], [0, 1, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]
    names = ["a", "$b$ and $\\frac{$", "c", "of no line"]
    plot_confusion(counts, names, tmp_path / "confusion.png")
    with Image.open(tmp_path / "confusion.png") as image:
        image.load()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ([], ["no value for run"]),
        (["run=nowhere"], ["nowhere is no run folder"]),
        (["run=RUN", "input=none.txt"], ["there is no file none.txt"]),
        (["run=RUN", "input=[a,b]"], ["2 inputs and 1 output: each input"]),
        (["run=RUN", "batch=0"], ["batch must be positive, not 0"]),
        (["run=RUN", "input=lines", "output=none/out"], ["none/out cannot be written"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_mistakes_of_classify(
    home: Path, tmp_path: Path, arguments: list[str], parts: list[str],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lines").write_text("ab\n")
    words = [word.replace("RUN", str(home / "run")) for word in arguments]

    message = told(capsys, monkeypatch, "classify", *words)

    for part in parts:
        assert part in message


@pytest.mark.slow
def test_a_run_of_another_kind_is_refused(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.png").write_text("")

    message = told(
        capsys, monkeypatch, "caption", f"run={home / 'run'}", f"images={tmp_path / 'a.png'}"
    )

    assert "is a run of classification: use python -m seq2seq.classify" in message


@pytest.mark.parametrize(
    ("text", "arguments", "parts"),
    [
        ("a\tx\tz\nb\ty\n", [], ["lines.tsv, line 1, has 2 labels"]),
        ("a\tx\n\nb\n", [], ["lines.tsv, line 3, has no label"]),
        ("", [], ["lines.tsv is empty"]),
        ("a\tx\nb\tx\n", [], ["labels in the training lines, not 1"]),
        ("a\tx\nb\ty\n", ["data.test=other.tsv"], ["no training line has the label z, which test"]),
        ("a\tx\nb\ty\n", ["data.validation=null"], ["there are no lines for validation"]),
        ("a\tx\nb\ty\n", ["data.test=none.tsv"], ["there is no file", "none.tsv"]),
        ("", ["data.train=null"], ["data.train must be text, not None"]),
        ("", ["data.column=2"], ["no option data.column"]),
        (
            "",
            ["tokenizer.kind=bpe", "tokenizer.sampling=0.1"],
            ["tokenizer.sampling has no meaning"],
        ),
        ("", ["model/attention=dot"], ["model/attention has no meaning with task=classification"]),
        ("", ["search=beam"], ["search has no meaning with task=classification"]),
        ("", ["train.rdrop_alpha=1"], ["train.rdrop_alpha has no meaning with task=class"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_of_training(
    tmp_path: Path, text: str, arguments: list[str], parts: list[str],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lines.tsv").write_text(text)
    (tmp_path / "other.tsv").write_text("c\tz\n")
    files = [f"data.{split}=lines.tsv" for split in ("train", "validation", "test")]
    out = f"hydra.run.dir={tmp_path / 'out'}"

    message = told(capsys, monkeypatch, "train", *TRAINING, *files, *arguments, out)

    for part in parts:
        assert part in message
    assert not (tmp_path / "out" / "config.yaml").exists()  # no run was begun
