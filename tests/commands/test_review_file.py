"""Confidence on the command line: `min_confidence`, `review`, `scores` and `fit_confidence`."""

import io
import json
import shutil
from pathlib import Path

import pytest

from seq2seq.commands.evaluate import evaluate
from seq2seq.commands.quantize import quantize
from seq2seq.commands.resuming import LineFiles, ResumableTranslation, fingerprint
from seq2seq.commands.review_file import REVIEW_HEADER, ReviewWriter
from seq2seq.commands.translate import translate
from seq2seq.config.commands import EvaluateConfig, QuantizeConfig, TranslateConfig
from seq2seq.errors import ConfigError, RunError
from seq2seq.evaluation.calibration import Calibration
from seq2seq.evaluation.confidence_fit import ConfidenceFit
from seq2seq.inference.loading import load_translator
from seq2seq.storage.partial import PartialResults

FROZEN = Path(__file__).parent.parent / "frozen_runs" / "9491cbe" / "translation"
GREEDY = {"_target_": "seq2seq.search.greedy.Greedy"}
LINES = ["Today Anna paints the door.", "", "Lena\tsells {x} x.", "{x}"]
FIT = ConfidenceFit(Calibration((0.6, 0.3), -0.2), Calibration((1.1,), 0.05))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(FROZEN, tmp_path / "run")
    FIT.save(tmp_path / "run" / "confidence.json")
    (tmp_path / "in").write_text("".join(f"{line}\n" for line in LINES), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(**options: object) -> None:
    given = {"run": "run", "search": GREEDY, "input": "in", "output": "out", **options}
    translate(TranslateConfig(**given), Path())  # type: ignore[arg-type]


def rows(path: Path) -> list[list[str]]:
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    assert f"{header}\n" == REVIEW_HEADER
    return [line.split("\t") for line in lines]


def test_lines_below_the_minimum_are_in_the_file_beside_the_output(home: Path) -> None:
    best = load_translator("run").best(LINES)
    confidences = [each.confidence or 0 for each in best]
    low, high = sorted(confidences)[:2]
    assert low < high < 1 == confidences[1] == confidences[3]  # a blank line and a copied one

    run(min_confidence=(low + high) / 2)
    index = confidences.index(low)
    [[file, line, confidence, source, text]] = rows(home / "out.review.tsv")
    assert (file, line) == ("in", str(index + 1))
    assert float(confidence) == pytest.approx(low, abs=1e-4)
    assert source == LINES[index].replace("\t", " ")
    assert text == (home / "out").read_text(encoding="utf-8").splitlines()[index]

    run(min_confidence=1, review="r.tsv")
    assert [row[1] for row in rows(home / "r.tsv")] == ["1", "3"]
    run(min_confidence=0, review="r.tsv")
    assert rows(home / "r.tsv") == []


def test_scores_have_the_confidence_and_the_probability_of_each_word(home: Path) -> None:
    run(scores="s.jsonl")
    entries = [json.loads(line) for line in (home / "s.jsonl").read_text().splitlines()]
    for entry in entries:
        assert 0 <= entry["confidence"] <= 1
        assert [word["text"] for word in entry["words"]] == entry["translation"].split()
        assert all(0 <= word["probability"] <= 1 for word in entry["words"])

    run(scores="s.tsv")
    header, *lines = (home / "s.tsv").read_text().splitlines()
    for line, entry in zip(lines, entries, strict=True):
        cells = dict(zip(header.split("\t"), line.split("\t"), strict=True))
        assert float(cells["confidence"]) == entry["confidence"]
        assert [float(p) for p in cells["probabilities"].split()] == [
            word["probability"] for word in entry["words"]
        ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"review": "r.tsv"}, "review needs min_confidence"),
        ({"min_confidence": 0.5, "review": "r.txt"}, r"review must be a \.tsv file, not r\.txt"),
        (
            {"min_confidence": 0.5, "output": "-"},
            r"needs review=FILE\.tsv where output is standard",
        ),
        ({"min_confidence": 0.5, "review": "in"}, "review must be a .tsv file"),
        ({"min_confidence": 0.5, "output": "a.tsv", "review": "a.tsv"}, "are one file"),
        ({"min_confidence": 0.5, "scores": "out.review.tsv"}, "are one file"),
        ({"min_confidence": 0.5, "input": "out.review.tsv"}, "would replace input="),
        ({"min_confidence": 1.5}, "min_confidence must be from 0 to 1, not 1.5"),
    ],
)
def test_options_that_do_not_go_together_are_one_line(
    home: Path, options: dict[str, object], message: str
) -> None:
    (home / "out.review.tsv").write_text("mine\n")
    with pytest.raises(ConfigError, match=message):
        run(**options)
    assert (home / "out.review.tsv").read_text() == "mine\n"
    assert not (home / "out").exists()


def test_a_run_without_a_fit_says_how_to_get_one_and_can_be_fitted(
    home: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "run" / "confidence.json").unlink()
    with pytest.raises(ConfigError, match=r"no fit of confidence: .* fit_confidence=true"):
        run(min_confidence=0.5)
    assert not (home / "out").exists()
    run(scores="s.tsv")
    assert "fit_confidence=true" in caplog.text
    assert "\t\t\n" in (home / "s.tsv").read_text() + "\n"

    evaluate(EvaluateConfig(run="run", search=GREEDY, bootstrap=0, fit_confidence=True), Path())
    assert "confidence.json: fitted" in capsys.readouterr().err
    run(min_confidence=1)
    assert rows(home / "out.review.tsv")


@pytest.mark.parametrize("runs", [["run"], None])
def test_the_fit_needs_one_run(runs: object) -> None:
    (Path("h")).write_text("a\n")
    hypothesis = None if runs else "h"
    config = EvaluateConfig(
        run=runs, hypothesis=hypothesis, reference=hypothesis, search=GREEDY, fit_confidence=True
    )
    with pytest.raises(ConfigError, match="fit_confidence needs run: one run folder"):
        evaluate(config, Path())


def test_a_hostile_fit_is_one_line(home: Path) -> None:
    (home / "run" / "confidence.json").write_text('{"word": {"weights": [1e308, 0], "bias": 0}}')
    with pytest.raises(RunError, match=r"confidence\.json is no fit of confidence: word"):
        run()


def test_int8_copies_ensembles_and_int8_products_keep_the_fit(home: Path) -> None:
    quantize(QuantizeConfig(run="run", output="small"), Path())

    assert load_translator("small").fit == FIT
    assert load_translator("run", precision="int8").fit == FIT
    (home / "small" / "confidence.json").unlink()
    assert load_translator(["run", "small"]).fit == FIT
    assert load_translator(["small", "run"]).fit is None


def test_rows_of_an_interrupted_translation_are_recalled(home: Path) -> None:
    config = TranslateConfig(run="run", search=GREEDY, min_confidence=0.99)
    translator = load_translator("run")
    texts = []
    for _ in range(2):
        partial = PartialResults(home / "out", fingerprint(config, "in"))
        file = io.StringIO()
        files = LineFiles(review=ReviewWriter(file, 0.99))
        work = ResumableTranslation(translator, "in", files, partial)
        work(LINES[:2], 1)
        work(LINES[2:], 3)
        partial.close()
        texts.append((file.getvalue(), work.recalled))

    assert texts == [(texts[0][0], 0), (texts[0][0], 4)]
    assert [row.split("\t")[1] for row in texts[0][0].splitlines()[1:]] == ["1", "3"]
    others = [config, TranslateConfig(run="run", search=GREEDY, min_confidence=0.5)]
    assert len({fingerprint(each, name) for each in others for name in ("in", "else")}) == 4


def test_standard_input_is_reviewed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.TextIOWrapper(io.BytesIO("".join(f"{line}\n" for line in LINES).encode()))
    monkeypatch.setattr("sys.stdin", text)

    run(input="-", min_confidence=1)

    assert [row[:2] for row in rows(home / "out.review.tsv")] == [["-", "1"], ["-", "3"]]
