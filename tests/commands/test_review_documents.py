"""`min_confidence` with documents: marks, counts and rows of what is not sure."""

import json
import shutil
from pathlib import Path

import pytest

import seq2seq
from seq2seq.commands.review_file import REVIEW_HEADER
from seq2seq.commands.translate import translate
from seq2seq.config.commands import TranslateConfig
from seq2seq.config.documents import DocumentOptions
from seq2seq.errors import ConfigError
from seq2seq.evaluation.calibration import Calibration
from seq2seq.evaluation.confidence_fit import ConfidenceFit

FROZEN = Path(__file__).parent.parent / "frozen_runs" / "9491cbe" / "translation"
FIRST, SECOND = "Today Anna paints the door.", "Lena sells the old boat."
TEXTS = [FIRST, SECOND]
FIT = ConfidenceFit(Calibration((0.6, 0.3), -0.2), Calibration((1.1,), 0.05))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(FROZEN, tmp_path / "run")
    FIT.save(tmp_path / "run" / "confidence.json")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.po").write_text(
        "".join(f'msgid "{text}"\nmsgstr ""\n\n' for text in TEXTS)
    )
    (tmp_path / "in" / "b.json").write_text(json.dumps({"k": f"{FIRST}\n{SECOND}", "n": "7"}))
    return tmp_path


def run(**options: object) -> None:
    search = {"_target_": "seq2seq.search.greedy.Greedy"}
    given = {"run": "run", "search": search, "input": "in", "output": "out/", "device": "cpu"}
    translate(TranslateConfig(**{**given, **options}), Path())  # type: ignore[arg-type]


def test_what_is_not_sure_is_marked_counted_and_in_the_review_file(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    best = seq2seq.load("run", device="cpu").best(TEXTS)
    rated = sorted((each.confidence or 0, text) for each, text in zip(best, TEXTS, strict=True))
    (low, unsure), (high, _) = rated
    assert low < high

    run(min_confidence=(low + high) / 2)

    messages = (home / "out" / "a.po").read_text().split("\n\n")
    assert [("fuzzy" in each) for each in messages[:2]] == [
        text == unsure for text in (FIRST, SECOND)
    ]
    header, *lines = (home / "out.review.tsv").read_text().splitlines(keepends=True)
    assert header == REVIEW_HEADER
    cells = [line.rstrip("\n").split("\t") for line in lines]
    # The text of two lines is as sure as the one that is the least so.
    assert [(Path(file).name, source) for file, _, _, source, _ in cells] == [
        ("a.po", unsure),
        ("b.json", f"{FIRST} {SECOND}"),
    ]
    assert [float(row[2]) for row in cells] == pytest.approx([low, low], abs=1e-4)
    assert cells[1][1] == "k"
    assert "4 segments: 1 left, 2 not sure, 3 translated" in capsys.readouterr().err


def test_documents_are_marked_from_python_too(home: Path) -> None:
    translator = seq2seq.load("run", device="cpu")
    report = seq2seq.translate_document(translator, "in/a.po", "b.po", min_confidence=1.0)
    assert report.counts["not sure"] == 2
    assert (home / "b.po").read_text().count("#, fuzzy") == 2


def test_a_run_without_a_fit_is_refused_before_anything_is_written(home: Path) -> None:
    (home / "run" / "confidence.json").unlink()
    with pytest.raises(ConfigError, match="min_confidence cannot be used, for the run has no fit"):
        run(min_confidence=0.5)
    assert not (home / "out.review.tsv").exists()
    assert not [path for path in home.glob("out/*") if path.is_file()]


def test_a_memory_is_taken_over_and_its_similar_texts_are_shown(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    similar = FIRST.replace("door", "doors")
    (home / "old.po").write_text(
        f'msgid "{similar}"\nmsgstr "Anna"\n\nmsgid "{SECOND}"\nmsgstr "Lena"\n'
    )
    run(memory="old.po", review="review.tsv")

    assert f'msgid "{SECOND}"\nmsgstr "Lena"\n' in (home / "out" / "a.po").read_text()
    header, *lines = (home / "review.tsv").read_text().splitlines()
    assert header.split("\t")[-3:] == ["match", "memory source", "memory translation"]
    assert [line.split("\t")[3:4] + line.split("\t")[5:] for line in lines] == [
        [FIRST, "96%", similar, "Anna"],
        [SECOND, "100%", SECOND, "Lena"],
    ]
    printed = capsys.readouterr().err
    assert f"{Path('in/a.po')}: 2 segments: 1 from memory, 1 translated\n" in printed
    assert "4 segments: 1 from memory, 1 left, 2 translated\n" in printed


@pytest.mark.parametrize("prefixes", ["", "\n\nLena kommt\n\n"])
def test_lines_that_a_memory_has_are_taken_over(
    prefixes: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = f'msgid "{SECOND}"\nmsgstr "Lena"\n\nmsgid "{FIRST}"\nmsgstr "two\\nlines"\n'
    (home / "old.po").write_text(old)
    (home / "a.txt").write_text(f"{FIRST}\n{SECOND}\n{SECOND}\n\n")
    (home / "prefixes.txt").write_text(prefixes)

    with_prefixes = {"prefix": "prefixes.txt"} if prefixes else {}
    run(input="a.txt", output="b.txt", memory="old.po", review="review.tsv", **with_prefixes)

    translator = seq2seq.load("run", device="cpu")
    first, second = translator.translate([FIRST, SECOND], prefixes=["", "Lena kommt"])
    last = second if prefixes else "Lena"
    assert (home / "b.txt").read_text().splitlines() == [first, "Lena", last, ""]
    count = 1 if prefixes else 2
    assert f"4 lines, {count} of them from memory" in capsys.readouterr().err
    rows = [line.split("\t") for line in (home / "review.tsv").read_text().splitlines()[1:]]
    assert [row[1:2] + row[4:7] for row in rows][1] == ["2", "Lena", "100%", SECOND]


def test_mistakes_about_a_memory_are_one_line(home: Path) -> None:
    with pytest.raises(ConfigError, match=r"memory=in/b\.json must be a \.tmx"):
        run(memory="in/b.json")
    (home / "a.txt").write_text("a\n")
    (home / "old.po").write_text("")
    with pytest.raises(ConfigError, match="scores cannot be used with memory"):
        run(memory="old.po", input="a.txt", output="b.txt", scores="s.tsv")
    options = DocumentOptions(encoding="cp1252")
    with pytest.raises(ConfigError, match=r"document\.encoding has no meaning for lines"):
        run(input="a.txt", output="b.txt", document=options)
    with pytest.raises(ConfigError, match=r"document\.encoding must be an encoding of Python"):
        DocumentOptions(encoding="klingon")
    with pytest.raises(ConfigError, match="review needs min_confidence"):
        run(review="review.tsv")
