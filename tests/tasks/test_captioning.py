"""Captioning: training, resuming, the command, and the errors of both."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file

from seq2seq.commands import caption, compose
from seq2seq.commands.caption import write_captions
from seq2seq.config.commands import CaptionConfig
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import ConfigError
from seq2seq.plots import contact_sheet
from seq2seq.plots.contact_sheet import (
    AttentionMap,
    CaptionedThumbnail,
    plot_attention_sheet,
    plot_contact_sheet,
)
from seq2seq.tasks.captioning import CaptioningTask
from seq2seq.text.special_tokens import EOS
from seq2seq.training import train_model
from seq2seq.training.metric_logger import read_metrics
from seq2seq.vision.images import CaptionedImage
from tests.signals import train_until
from tests.test_error_messages import told

COLOURS = {"red": (220, 30, 30), "green": (30, 220, 30), "blue": (30, 30, 220)}
TRAINING = [
    "+recipe=captions", "model/attention=additive", "model.embedding_size=12",
    "model.decoder.size=24",
    "model.dropout=0",
    "tokenizer.kind=char", "tokenizer.vocab_size=null", "batches.sentences=16", "optimizer.lr=0.01",
    "schedule=constant", "train.budget=null", "train.steps=150", "train.device=cpu",
    "train.precision=fp32", "validation.interval=1000", "limits.max_length_extra=12",
    "train.ema.decay=0",
]  # fmt: skip
DATA = ["data=images", "data.language=en", "data.train=train.jsonl", "data.validation=held.jsonl"]
DATA += ["data.test=held.jsonl"]
# Channels that are normalised together: a plain colour is nothing to one by itself.
VISION = ["model.vision.pixels=8", "model.vision.channels=[5,10]"]
OPTIONS = [*TRAINING, *DATA, *VISION]


def painted(folder: Path, name: str, colour: str, seed: int) -> dict[str, Any]:
    """Write an image of one colour with some noise, and return its entry in a caption file."""
    noise = np.random.default_rng(seed).normal(0, 20, (10, 12, 3))
    image = (np.array(COLOURS[colour]) + noise).clip(0, 255).astype(np.uint8)
    Image.fromarray(image).save(folder / name)
    return {"file": name, "captions": [colour, f"all {colour}"]}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of one-colour images with captions, and the run of a trained captioner."""
    folder = tmp_path_factory.mktemp("captions")
    for split, count in (("train", 30), ("held", 6)):
        names = [(f"{split}{n}.png", list(COLOURS)[n % 3]) for n in range(count)]
        entries = [painted(folder, name, colour, n) for n, (name, colour) in enumerate(names)]
        text = "".join(json.dumps(entry) + "\n" for entry in entries)
        (folder / f"{split}.jsonl").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQ2SEQ_CACHE", str(folder / "cache"))
        overrides = [*OPTIONS, f"data.path={folder}"]
        train_model.train_model(
            to_schema(compose.compose("train", overrides), TrainConfig), folder / "run"
        )
    return folder


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    """A folder of pictures that no training has seen, beside a file that is none."""
    folder = tmp_path / "shown"
    folder.mkdir()
    for number, (name, colour) in enumerate(
        [("c.png", "red"), ("b.jpg", "green"), ("a.png", "blue"), ("D.PNG", "red")]
    ):
        painted(folder, name, colour, 100 + number)
    (folder / "notes.txt").write_text("no picture")
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["seq2seq-caption", *arguments])
    caption.main()


def test_tokens_are_counted_as_often_as_they_are_labels(home: Path) -> None:
    options = to_schema(compose.compose("train", [*OPTIONS, f"data.path={home}"]), TrainConfig)

    task = CaptioningTask(options, lambda _: None)

    counts = task.train_data.counts().tolist()
    tokenizer = task.prepared.tokenizer
    [red] = tokenizer.encode(["red"])
    assert counts[EOS] == 60  # 30 pictures with two captions each
    assert counts[red[-1]] == 20  # a d ends both captions of ten red ones, and is in no others
    assert sum(counts) == 60 + sum(map(len, task.train_data.ids))


@pytest.mark.slow
def test_each_picture_is_captioned_by_name_and_shown_on_a_sheet(
    home: Path, shown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)

    run(monkeypatch, f"run={home / 'run'}", f"images={shown}", "batch=1")
    assert [path.name for path in tmp_path.iterdir()] == ["shown"]  # no file that nobody asked for
    printed = capsys.readouterr()
    run(monkeypatch, f"run={home / 'run'}", f"images={shown}", "output=out.tsv",
        "sheet=captions.png", "attention=attention.png")  # fmt: skip
    written = sorted(path.name for path in tmp_path.iterdir())

    text = (tmp_path / "out.tsv").read_text(encoding="utf-8")
    assert printed == (text, "")
    assert capsys.readouterr().err.splitlines() == [
        "the sheet: captions.png", "the attention maps: attention.png"
    ]  # fmt: skip
    names, captions = zip(*(line.split("\t") for line in text.splitlines()), strict=True)
    assert names == ("D.PNG", "a.png", "b.jpg", "c.png")
    for caption_text, colour in zip(captions, ("red", "blue", "green", "red"), strict=True):
        assert caption_text in (colour, f"all {colour}")
    assert written == ["attention.png", "captions.png", "out.tsv", "shown"]
    for name in ("captions.png", "attention.png"):
        with Image.open(tmp_path / name) as image:
            image.load()
            assert image.format == "PNG"
            assert min(image.size) > 100


@pytest.mark.slow
def test_images_and_tokens_missing_from_a_sheet_are_reported(
    home: Path, shown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(contact_sheet, "MAX_SHEET_IMAGES", 3)
    monkeypatch.setattr(contact_sheet, "MAX_PIECES", 2)
    monkeypatch.setattr(caption, "MAPPED", 1)

    run(monkeypatch, f"run={home / 'run'}", f"images={shown}", "sheet=captions.png",
        "attention=attention.png")  # fmt: skip

    out, err = capsys.readouterr()
    first = out.splitlines()[0].split("\t")[1]  # a character is a piece, and the word's beginning
    assert err.splitlines() == [
        "the sheet: captions.png",
        "captions.png shows the first 3 of 4 images",
        "the attention maps: attention.png",
        "attention.png shows the first 1 of 4 images",
        f"attention.png shows the first 2 of {len(first) + 1} pieces of the longest caption",
    ]


def test_attention_is_plotted_only_for_a_model_with_attention(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    features = [CaptionedImage("a", np.zeros((1, 4), np.float32), [])]
    captioner = SimpleNamespace(attention_maps=lambda _: [])  # without attention

    caption.draw_sheets(CaptionConfig(), captioner, features, ["red"])

    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr() == ("", "")
    with pytest.raises(
        ConfigError, match=r"attention=my\.png: nothing to draw"
    ):  # it was asked for
        caption.draw_sheets(CaptionConfig(attention="my.png"), captioner, features, ["red"])
    with pytest.raises(ConfigError, match=r"sheet=my\.png: nothing to draw, features"):
        caption.draw_sheets(CaptionConfig(sheet="my.png"), captioner, features, ["red"])


@pytest.mark.parametrize("option", ["output", "sheet", "attention"])
def test_output_paths_are_checked_before_captioning(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    given = ["run=nowhere", "images=nowhere"]  # which would be told of later

    nowhere = told(capsys, monkeypatch, "caption", *given, f"{option}=none/a.png")
    folder = told(capsys, monkeypatch, "caption", *given, f"{option}=folder")

    assert "none/a.png cannot be written: there is no folder none" in nowhere
    assert f"{option}=folder is a folder, not a file" in folder


@pytest.mark.slow
def test_pictures_one_by_one_and_in_any_order(
    home: Path, shown: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = shown / "c.png", shown / "a.png"

    run(monkeypatch, f"run={home / 'run'}", f"images=[{first},{second}]")

    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines] == [str(first), str(second)]
    assert "red" in lines[0][1]
    assert "blue" in lines[1][1]


@pytest.mark.slow
def test_the_run_folder_names_its_kind_and_scores_a_blind_baseline(home: Path) -> None:
    facts = json.loads((home / "run" / "run.json").read_text(encoding="utf-8"))

    assert facts["kind"] == "captioning model"
    bleu, exact, blind, blindly = facts["scores"]
    assert bleu.startswith("BLEU = ")
    assert "nrefs:2" in bleu
    assert exact == "exact match: 100.0%"
    assert blind.startswith("blind, features zeroed: BLEU = ")
    assert blindly.startswith("blind, exact match: ")
    assert float(blindly.split()[-1].rstrip("%")) < 34  # it says the same of all three colours
    assert "captioning model" in (home / "run" / "README.md").read_text(encoding="utf-8")
    kept = sorted(path.name for path in (home / "run" / "pictures").iterdir())
    assert kept == [f"held{n}.png" for n in range(6)]
    for name in ("captions.png", "attention.png", "curves.png"):
        with Image.open(home / "run" / name) as image:
            image.load()


@pytest.mark.slow
def test_a_validation_logs_one_line_and_samples_that_change(home: Path) -> None:
    overrides = [*OPTIONS, f"data.path={home}", "validation.samples=2"]
    task = CaptioningTask(
        to_schema(compose.compose("train", overrides), TrainConfig), lambda _: None
    )
    samples = []
    for step in (1, 2, 3):
        messages: list[str] = []
        report: Any = SimpleNamespace(message=messages.append)
        result = task.validate(report, step)
        assert list(result.values) == ["bleu", "exact", "perplexity"]
        # Untrained, but for the frequencies of the letters: below the number of tokens.
        assert 1 < result.values["perplexity"] < task.prepared.tokenizer.vocab_size
        assert messages[0].startswith(f"validation at step {step}: BLEU ")
        assert len(messages[0]) <= 100
        assert len(messages) == 3
        assert all("reference" in message and "caption" in message for message in messages[1:])
        samples.append(messages[1:])
    assert samples[0] != samples[1] or samples[1] != samples[2]
    [validation] = [e for e in read_metrics(home / "run" / "metrics.jsonl") if "bleu" in e]
    assert 1 < validation["perplexity"] < 3  # trained: the first letter tells the rest


@pytest.mark.slow
@pytest.mark.parametrize("more", [["tokenizer.kind=unigram", "tokenizer.sampling=0.5"], []])
def test_a_stopped_run_resumes_to_the_very_same_weights(
    home: Path, tmp_path: Path, more: list[str]
) -> None:
    overrides = [*OPTIONS, f"data.path={home}", "model.dropout=0.1"]
    overrides += ["train.ema.decay=0.9", *more]
    train_until(9, tmp_path / "whole", *overrides)
    train_until(5, tmp_path / "parts", *overrides)  # within the second epoch

    train_until(9, tmp_path / "parts", *overrides, "resume=true")

    one, other = (load_file(tmp_path / run / "last.safetensors") for run in ("whole", "parts"))
    assert one.keys() == other.keys()
    assert [key for key in one if not one[key].equal(other[key])] == []


def test_names_and_captions_stay_on_their_line(tmp_path: Path) -> None:
    names = ["a\tb", "c\nd", "e\udce9"]  # the last: a byte that is no UTF-8, as Python has it

    with (tmp_path / "out").open("w", encoding="utf-8", newline="\n") as file:
        write_captions(
            file, [CaptionedImage(name, None, []) for name in names], ["x\ty", "u\r\nv", "w\u2028w"]
        )

    text = (tmp_path / "out").read_bytes().decode()
    assert text == "a b\tx y\nc d\tu v\ne\\udce9\tw\u2028w\n"


def test_sheets_are_plotted_for_any_caption(tmp_path: Path) -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    captions = ["", "$5 and $\\frac{$", "二つの円", "\x0f", "word " * 60]

    plot_contact_sheet(
        [CaptionedThumbnail(f"{n}", pixels, text) for n, text in enumerate(captions)],
        tmp_path / "a.png",
    )
    plot_attention_sheet(
        [
            AttentionMap(pixels, captions, np.full((5, 4), 0.25)),
            AttentionMap(pixels, [], np.zeros((0, 4))),
        ],
        tmp_path / "b.png",
    )

    for name in ("a.png", "b.png"):
        with Image.open(tmp_path / name) as image:
            image.load()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ([], ["no value for run"]),
        (["run=RUN"], ["no value for images"]),
        (["run=RUN", "images=nowhere"], ["there is no folder and no picture nowhere"]),
        (["run=RUN", "images=empty"], ["empty has no pictures", ".png"]),
        (["run=RUN", "images=[]"], ["there are no pictures"]),
        (["run=RUN", "images=wrong.png"], ["wrong.png cannot be read: no picture"]),
        (["run=RUN", "images=wrong.npy"], ["wrong.npy cannot be read"]),
        (["run=RUN", "images=features.npy"], ["features.npy:1 is features, not pixels"]),
        (["run=empty", "images=wrong.png"], ["empty is no run folder"]),
        (["run=RUN", "images=SHOWN", "output=none/out"], ["none/out cannot be written"]),
        (["run=RUN", "images=SHOWN", "batch=0"], ["batch must be positive, not 0"]),
        (["limits.max_length_ratio=3"], ["limits.max_length_ratio has no meaning for captions"]),
        (["limits.max_source_length=3"], ["limits.max_source_length has no meaning for captions"]),
        (["limits.max_length_extra=0"], ["limits.max_length_extra must be positive"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_mistakes_of_caption(
    home: Path, shown: Path, tmp_path: Path, arguments: list[str], parts: list[str],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    wrong_files(tmp_path)
    words = [w.replace("RUN", str(home / "run")).replace("SHOWN", str(shown)) for w in arguments]

    message = told(capsys, monkeypatch, "caption", *words)

    for part in parts:
        assert part in message


def wrong_files(folder: Path) -> None:
    """A folder without pictures, files that are none, features, and captions of all of these."""
    (folder / "empty").mkdir()
    (folder / "wrong.png").write_text("no picture")
    (folder / "wrong.npy").write_bytes(b"")
    np.save(folder / "features.npy", np.zeros((2, 3), np.float32))
    captions = {"wrong": ["wrong.png"], "missing": ["none.png"], "one": ["a.png"], "nothing": []}
    Image.new("RGB", (4, 4)).save(folder / "a.png")
    for name, files in {**captions, "two": ["a.png", "b.png"]}.items():
        lines = [json.dumps({"file": file, "caption": "x"}) for file in files]
        (folder / f"{name}.jsonl").write_text("".join(f"{line}\n" for line in lines))


HERE = [*DATA, "data.path=.", "data.validation=${data.train}", "data.test=${data.train}"]
FEATURES = ["model/vision=features", "model.vision.size=4", "data.features=features.npy"]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ([*HERE, "data.train=wrong.jsonl"], ["wrong.png cannot be read: no picture"]),
        ([*HERE, "data.train=missing.jsonl"], ["there is no picture", "none.png", "train"]),
        ([*HERE, "data.train=nothing.jsonl"], ["nothing.jsonl has no captions"]),
        ([*HERE, "data.train=absent.jsonl"], ["there is no file", "absent.jsonl"]),
        ([*HERE, "data.train=one.jsonl", *FEATURES], ["features.npy has 2 rows for 1 captioned"]),
        ([*HERE, "data.train=two.jsonl", *FEATURES],
         ["features of a.png are 1 of 3", "model.vision.size=4"]),
        ([*HERE, "data.train=two.jsonl", *FEATURES[2:]], ["a.png is features, not pixels"]),
        ([*HERE, "data.train=one.jsonl", *FEATURES[:2]], ["a.png comes without features"]),
        ([*HERE, "data.train=one.jsonl", "model.vision.pixels=1"], ["1 pixels cannot be halved 3"]),
        ([*HERE, "model.encoder.size=3"], ["model.encoder has no meaning with task=captions"]),
        ([*HERE, "limits.max_length_ratio=3"], ["limits.max_length_ratio has no meaning with task=captions"]),  # noqa: E501
        (["data.language=fr"], ["data.language must be one of en, de, not fr"]),
        (["data.test=0"], ["data.test must be positive, not 0"]),
        (["data.train=-1"], ["data.train must be positive, not -1"]),
        (["data.seed=-1"], ["data.seed must be 0 or more, not -1"]),
    ],
    ids=lambda value: " ".join(value[-2:]),
)  # fmt: skip
def test_mistakes_of_training(
    tmp_path: Path, arguments: list[str], parts: list[str],
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    wrong_files(tmp_path)
    out = f"hydra.run.dir={tmp_path / 'out'}"

    message = told(capsys, monkeypatch, "train", *TRAINING, *arguments, out)

    for part in parts:
        assert part in message
    assert not (tmp_path / "out" / "config.yaml").exists()  # no run was begun
