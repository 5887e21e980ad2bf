"""The command `inspect`, on tiny runs of every kind."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from seq2seq import builders
from seq2seq.analysis import report
from seq2seq.commands import compose, inspect
from seq2seq.config.commands import InspectConfig
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.run_folder import HeldOutPair, RunFolder, vocab_sizes
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.tokenizer_training import train_tokenizer
from tests.toy_corpus import sentences

LINES = [side for pair in sentences() for side in pair]
ENCODER, DECODER = "model.encoder.size=4", "model.decoder.size=8"
OF_A_RUN = ["gradient", "attention", "states"]


def told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str
) -> str:
    """Return the one line that the command prints about a mistake."""
    monkeypatch.setattr(sys, "argv", ["seq2seq-inspect", *arguments])
    with pytest.raises(SystemExit) as stop:
        inspect.main()
    message = str(stop.value.code)
    assert capsys.readouterr().err == ""
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no value for output: without run=RUN, a folder for the pictures"),
        (
            ["output=x", "pictures=[gradients]"],
            "pictures must be some of gradient, recall, costs, attention, states, not gradients",
        ),
        (
            ["output=x", "cells=[gru,gruu]"],
            "cells must be some of deep, gru, lru, lstm, lstm_zero_forget, "
            "mingru, mingru_bare, minlstm, rnn, ssru, not gruu",
        ),
        (["output=x", "cells=[]"], "cells must be some of deep"),
        (["output=x", "length=8"], "length must be 16 or more, not 8"),
        (["output=x", "budget=3"], "a duration"),
        (["run=nowhere"], "nowhere is no run folder"),
        (["output=x", "picture=[states]"], "did you mean pictures?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_one_line(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)

    assert message in told(capsys, monkeypatch, *arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer(LINES, "unigram", 330, len(LINES), len(LINES) // 2).tokenizer


Make = Callable[[Path, Tokenizer], RunFolder]


def begun(folder: Path, tokenizer: Tokenizer, *overrides: str) -> tuple[RunFolder, TrainConfig]:
    """Write a run folder as training does, except for the weights."""
    config = to_schema(
        compose.compose("train", [*overrides, "model.embedding_size=6"]), TrainConfig
    )
    run = RunFolder(folder)
    folder.mkdir()
    run.write_config(config)
    run.write_tokenizers(tokenizer, tokenizer)
    run.write_facts({"labels": ["de", "en"]})
    torch.manual_seed(1)
    return run, config


def translation(folder: Path, tokenizer: Tokenizer, *more: str) -> RunFolder:
    languages = ["data.source=en", "data.target=de", "model/attention=dot", ENCODER, DECODER]
    run, config = begun(folder, tokenizer, *languages, *more)
    both = vocab_sizes(tokenizer, tokenizer)
    run.write_model(builders.build_translation(config.model, both, config.document_context))
    run.write_test([HeldOutPair(*pair, document="1") for pair in sentences()[:9]])
    return run


def of_documents(folder: Path, tokenizer: Tokenizer) -> RunFolder:
    return translation(folder, tokenizer, "document_context=carry")


def language_model(folder: Path, tokenizer: Tokenizer) -> RunFolder:
    run, config = begun(folder, tokenizer, "+recipe=char-lm", DECODER, "model.decoder.layers=2")
    run.write_model(builders.build_language_model(config.model, tokenizer.vocab_size))
    run.write_text(folder / "test.txt", "\n".join(LINES[:20]))
    return run


def classification(folder: Path, tokenizer: Tokenizer) -> RunFolder:
    run, config = begun(folder, tokenizer, "+recipe=language-id", ENCODER)
    run.write_model(builders.build_classifier(config.model, tokenizer.vocab_size, 2))
    rows = (f"{line}\t{'en' if n % 2 == 0 else 'de'}\n" for n, line in enumerate(LINES[:9]))
    run.write_text(folder / "test.tsv", "".join(rows))
    return run


def captions(folder: Path, tokenizer: Tokenizer) -> RunFolder:
    run, config = begun(folder, tokenizer, "+recipe=captions", DECODER)
    vision = builders.instantiate_node("model.vision", config.model.vision)
    run.write_model(builders.build_captioner(config.model, vision, tokenizer.vocab_size))
    (folder / "pictures").mkdir()
    for number in range(2):
        pixels = np.full((64, 64, 3), 100 * number, np.uint8)
        Image.fromarray(pixels).save(folder / "pictures" / f"{number}.png")
    return run


def rows_of(path: Path) -> list[dict[str, Any]]:
    assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    return [json.loads(line) for line in path.with_suffix(".jsonl").read_text().splitlines()]


def drawn(output: Path, *overrides: str) -> list[str]:
    options = to_schema(compose.compose("inspect", [f"output={output}", *overrides]), InspectConfig)
    return list(report.draw_plots(options, output))


@pytest.mark.parametrize(
    ("make", "layers", "attends"),
    [
        (
            translation,
            {"encoder, layer 1, forward", "encoder, layer 1, backward", "decoder, layer 1"},
            True,
        ),
        (
            of_documents,
            {"encoder, layer 1, forward", "encoder, layer 1, backward", "decoder, layer 1"},
            True,
        ),
        (language_model, {"decoder, layer 1", "decoder, layer 2"}, False),
        (classification, {"encoder, layer 1, forward", "encoder, layer 1, backward"}, False),
        (captions, {"decoder, layer 1"}, True),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_run_of_every_kind_is_drawn(
    make: Make, layers: set[str], attends: bool, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    run, output = make(tmp_path / "run", tokenizer), tmp_path / "out"
    asked = f"pictures=[{','.join(OF_A_RUN)}]"

    said = drawn(output, f"run={run.folder}", asked, "cells=[gru]", "length=16", "size=4")

    assert [line.split(":")[0] for line in said] == OF_A_RUN
    gradients = rows_of(output / "gradient")
    assert set(gradients[0]) == {"name", "trained", "distance", "norm", "relative"}
    assert {row["name"] for row in gradients if row["trained"]} == layers
    assert [row["distance"] for row in gradients if row["name"] == "gru"] == list(range(17))
    assert all(row["relative"] == 1 for row in gradients if row["distance"] == 0)
    states = rows_of(output / "states")
    assert set(states[0]) == {"side", "layer", "position", "piece", "norm"}
    assert {f"{row['side']}, {row['layer']}" for row in states} == layers
    assert all(row["norm"] > 0 for row in states)
    if attends:
        for row in rows_of(output / "attention"):
            assert len(row["weights"]) == len(row["target"])
            assert [sum(weights) for weights in row["weights"]] == pytest.approx(
                [1.0] * len(row["target"]), abs=1e-4
            )
    else:
        assert said[1] == "attention: skipped, this run has no attention"
        assert not (output / "attention.png").exists()


def test_without_a_run_fresh_cells_are_drawn(tmp_path: Path) -> None:
    said = drawn(
        tmp_path, "cells=[rnn,lru]", "length=16", "size=4", "batch=2", "budget=1s", "device=cpu"
    )

    assert said[-2:] == [
        "attention: skipped, there is no run",
        "states: skipped, there is no run",
    ]
    names = ["costs", "gradient", "recall"]
    assert sorted(path.stem for path in tmp_path.glob("*.png")) == names
    recalled = rows_of(tmp_path / "recall")
    assert [(row["cell"], row["delay"]) for row in recalled] == [
        (cell, delay) for delay in (1, 2, 4, 8, 16) for cell in ("rnn", "lru")
    ]
    assert all(0 <= row["accuracy"] <= 1 and row["chance"] == 1 / 8 for row in recalled)
    timed = rows_of(tmp_path / "costs")
    assert [(row["cell"], row["length"]) for row in timed] == [("rnn", 16), ("lru", 16)]
    assert all(row["milliseconds"] > 0 and row["memory_mb"] >= 0 for row in timed)


def test_a_captioner_of_features_has_nothing_to_read(tokenizer: Tokenizer, tmp_path: Path) -> None:
    run = captions(tmp_path / "run", tokenizer)
    for picture in (run.folder / "pictures").iterdir():
        picture.unlink()
    (run.folder / "pictures").rmdir()

    said = drawn(tmp_path / "out", f"run={run.folder}", "pictures=[states,gradient]",
                 "cells=[rnn]", "length=16")  # fmt: skip

    assert said[0] == "states: skipped, this run keeps no held-out data"
    assert {row["trained"] for row in rows_of(tmp_path / "out" / "gradient")} == {False}


def test_a_run_of_another_kind_is_refused(
    tokenizer: Tokenizer, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    run = translation(tmp_path / "run", tokenizer)
    mine = run.config.read_text().replace(
        "seq2seq.tasks.translation.TranslationTask", "mine.OtherTask"
    )
    run.config.write_text(mine)
    (tmp_path / "mine.py").write_text(
        "class OtherTask:\n    inference = 'other'\n    def __init__(self, config, notify): ..."
    )
    monkeypatch.syspath_prepend(tmp_path)

    message = told(capsys, monkeypatch, f"run={run.folder}", "trusted=[mine]")

    assert "is a run of other: one of translation, language_model, classification" in message


@pytest.mark.parametrize(("picture", "is_noted"), [("recall", True), ("costs", False)])
def test_the_time_of_training_for_the_recall_plot_is_printed_before(
    picture: str, is_noted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setitem(report.PLOTS, picture, lambda _: [])

    with caplog.at_level("INFO", "seq2seq"):
        drawn(tmp_path, f"pictures=[{picture}]", "budget=3m")

    assert ("recall takes up to budget=3m" in caplog.text) == is_noted
