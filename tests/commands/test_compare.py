"""`python -m seq2seq.compare`: runs side by side."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from seq2seq.analysis.compared_runs import differing_options, flat_options, read_compared_run
from seq2seq.analysis.run_table import cell, run_table
from seq2seq.commands.compare import compare, with_runs
from seq2seq.config.compare import CompareConfig
from seq2seq.errors import ConfigError, RunError

FROZEN = Path(__file__).parent.parent / "frozen_runs" / "9491cbe"
WORDS = "abcdefghijklmnopqrst"
REFERENCES = [f"the {a} door of the {b} house is {a} {b}" for a in WORDS for b in WORDS[:5]]
HALF = [line if i % 2 else "no idea at all" for i, line in enumerate(REFERENCES)]


def make_run(name: str, best: float, translations: list[str] | None, **options: object) -> None:
    """Copy the frozen run into `name`, with other options, scores and translations."""
    folder = Path(name)
    shutil.copytree(FROZEN / "translation", folder)
    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    for option, value in options.items():
        config["train"][option] = value
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    facts |= {"target": "en", "parameters": 1234, "scores": [f"BLEU = {best:.2f} [1.00, 2.00]  x"]}
    (folder / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    entries = [
        {"kind": "train", "step": 10, "loss": 5.5, "seconds": 3},
        {"kind": "validation", "step": 10, "bleu": best, "seconds": 61.0},
        {"kind": "validation", "step": 20, "bleu": best - 1, "seconds": 70.0},
    ]
    lines = "".join(json.dumps(entry) + "\n" for entry in entries)
    (folder / "metrics.jsonl").write_text(lines + '{"kind": "tr', encoding="utf-8")
    pairs = [{"source": "x", "target": reference} for reference in REFERENCES]
    text = "".join(json.dumps(pair) + "\n" for pair in pairs)
    (folder / "test.jsonl").write_text(text, encoding="utf-8")
    if translations is not None:
        text = "".join(f"{line}\n" for line in translations)
        (folder / "translations.txt").write_text(text, encoding="utf-8")


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    make_run("good", 50, REFERENCES, seed=1)
    make_run("bad", 20, HALF, seed=2)
    make_run("same", 40, REFERENCES, seed=3)
    return ["bad", "good", "same"]


def test_the_best_run_is_first_with_what_differs_its_scores_and_its_cost(runs: list[str]) -> None:
    [titles, *rows], notes = run_table([read_compared_run(run) for run in runs], None, 100)

    assert not notes
    assert titles == [
        "run", "train.seed", "validation BLEU", "at step", "BLEU", "p", "steps", "time",
        "parameters",
    ]  # fmt: skip
    assert [row[0] for row in rows] == ["good", "same", "bad"]
    best = ["good", "1", "50", "10", "50.00 [1.00, 2.00]", "-", "20", "01:10", "1,234"]
    assert rows[0] == best
    assert rows[1][5] == "1.000"  # the same translations
    assert float(rows[2][5]) == pytest.approx(1 / 101, abs=1e-3)  # no resample is better


def test_the_compared_run_can_be_chosen(runs: list[str]) -> None:
    [titles, *rows], _ = run_table([read_compared_run(run) for run in runs], "bad", 100)

    chances = {row[0]: row[titles.index("p")] for row in rows}
    assert chances["bad"] == "-"
    assert float(chances["good"]) < 0.05


def test_runs_without_translations_or_with_another_text_are_not_tested(runs: list[str]) -> None:
    Path("bad", "translations.txt").unlink()
    lines = Path("same", "test.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    Path("same", "test.jsonl").write_text("".join([*lines[1:], lines[0]]), encoding="utf-8")

    [titles, *_], notes = run_table([read_compared_run(run) for run in runs], None, 100)
    assert "p" not in titles
    assert len(notes) == 2
    assert notes[0].startswith("same and good have different test texts")
    assert notes[1].startswith("bad has no translations.txt")


def test_a_class_is_named_and_an_option_of_one_run_alone_differs(runs: list[str]) -> None:
    nested = {"name": "x", "cell": {"_target_": "a.b.LSTM", "size": 3}, "list": [1]}
    assert flat_options(nested) == {"cell": "LSTM", "cell.size": 3, "list": [1]}

    first, second = (read_compared_run(run) for run in runs[:2])
    second = second._replace(options=first.options | {"only": None})
    assert differing_options([first, second]) == ["only"]


def test_cells_are_short_lines() -> None:
    assert [cell(value) for value in (True, None, 0.001, 1e-05, "a\nb", [1])] == [
        "true", "null", "0.001", "1e-05", "a b", "[1]",
    ]  # fmt: skip
    assert cell("x" * 50) == "x" * 39 + "…"


def test_table_and_picture_are_written(runs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    compare(CompareConfig(run=runs, bootstrap=0, table="t.tsv", picture="c.png"), Path())

    printed = capsys.readouterr().out.splitlines()
    rows = [line.split("\t") for line in Path("t.tsv").read_text(encoding="utf-8").splitlines()]
    assert [row[0] for row in rows] == ["run", "good", "same", "bad"]
    assert [line.split()[0] for line in printed] == ["run", "good", "same", "bad"]
    assert Path("c.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("runs")
def test_folders_of_the_command_line_are_one_option() -> None:
    Path("a=b, c").mkdir()
    Path("multirun.yaml").touch()
    assert with_runs(["good", "bootstrap=0", "a=b, c", "--help", "multirun.yaml"]) == [
        "bootstrap=0", "--help", 'run=["good","a=b, c"]',
    ]  # fmt: skip
    assert with_runs(["run=[a,b]"]) == ["run=[a,b]"]


def test_mistakes_are_told(runs: list[str]) -> None:
    shutil.copytree(FROZEN / "classification", "other")
    for options, message in (
        ({"run": ["good"]}, "two runs or more"),
        ({"run": ["good", "other"]}, "other is a ClassificationTask, and good a TranslationTask"),
        ({"run": runs, "against": "x"}, "against=x must be one of the runs"),
        ({"run": runs, "picture": "c.pdf"}, "picture must be a .png file, not c.pdf"),
    ):
        with pytest.raises(ConfigError, match=message):
            compare(CompareConfig(**options), Path())


@pytest.mark.usefixtures("runs")
def test_translations_of_another_number_are_refused() -> None:
    Path("good", "translations.txt").write_text("one line\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"translations.txt has 1 lines, and the test text 100"):
        read_compared_run("good")
