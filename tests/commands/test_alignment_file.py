"""The option `alignments` of `seq2seq.translate`."""

import io
import json
import shutil
from pathlib import Path

import pytest

from seq2seq.commands.alignment_file import AlignmentWriter
from seq2seq.commands.resuming import LineFiles, ResumableTranslation, fingerprint
from seq2seq.commands.translate import translate
from seq2seq.config.commands import TranslateConfig
from seq2seq.errors import ConfigError
from seq2seq.inference.loading import load_translator
from seq2seq.storage.partial import PartialResults

FROZEN = Path(__file__).parent.parent / "frozen_runs" / "9491cbe"
GREEDY = {"_target_": "seq2seq.search.greedy.Greedy"}
FIRST, SECOND = ["Today Anna paints the door.", "", "  Lena sells {x} today."], ["Often. No."]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(FROZEN / "translation_attention", tmp_path / "run")
    shutil.copytree(FROZEN / "translation", tmp_path / "none")
    for name, lines in (("one", FIRST), ("two", SECOND)):
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(alignments: str, run: str = "run") -> list[str]:
    """Translate both files, and return the lines of the file of alignments."""
    translate(
        TranslateConfig(
            run=run, search=GREEDY, input=["one", "two"], output=["o", "t"], alignments=alignments
        ),
        Path(),
    )
    return Path(alignments).read_text(encoding="utf-8").split("\n")[:-1]


@pytest.mark.parametrize("name", ["a.txt", "a.pharaoh"])
def test_each_line_of_all_inputs_has_a_line_of_pairs(name: str) -> None:
    lines = run(name)

    assert len(lines) == len(FIRST) + len(SECOND)
    assert lines[1] == ""
    targets = [line.split() for file in ("o", "t") for line in Path(file).read_text().splitlines()]
    for source, target, line in zip([*FIRST, *SECOND], targets, lines, strict=True):
        pairs = [tuple(map(int, pair.split("-"))) for pair in line.split()]
        assert all(i < len(source.split()) and j < len(target) for i, j in pairs)
        assert pairs or not source


def test_json_lines_have_the_words_of_both_sides_and_a_matrix() -> None:
    lines = run("a.jsonl")

    assert lines[1] == ""
    target = Path("o").read_text().splitlines()[2].split()
    entry = json.loads(lines[2])
    assert (entry["source"], entry["target"]) == (FIRST[2].split(), target)
    assert [len(row) for row in entry["weights"]] == [len(FIRST[2].split())] * len(target)
    assert "{x}" in target
    assert entry["weights"][target.index("{x}")] == [0, 0, 1, 0]


def test_translations_do_not_change(home: Path) -> None:
    run("a.txt")
    with_alignments = (home / "o").read_bytes()

    translate(TranslateConfig(run="run", search=GREEDY, input="one", output="o"), Path())

    assert (home / "o").read_bytes() == with_alignments


def test_a_run_without_attention_is_refused_before_anything_is_written(home: Path) -> None:
    with pytest.raises(ConfigError, match="alignments need attention"):
        run("a.txt", "none")

    assert not (home / "o").exists()
    assert not (home / "a.txt").exists()


def test_other_ends_of_file_names_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"\.txt, \.pharaoh or \.jsonl"):
        run("a.csv")


def test_alignments_of_an_interrupted_translation_are_recalled(home: Path) -> None:
    config = TranslateConfig(run="run", search=GREEDY, alignments="a.txt")
    translator = load_translator("run")
    translator.return_alignments()
    texts = []
    for _ in range(2):
        partial = PartialResults(home / "o", fingerprint(config, "one"))
        file = io.StringIO()
        files = LineFiles(alignments=AlignmentWriter(file, soft=False))
        work = ResumableTranslation(translator, "one", files, partial)
        work(FIRST, 1)
        partial.close()
        texts.append((file.getvalue(), work.recalled))

    assert texts[0][0] == texts[1][0] != ""
    assert [recalled for _, recalled in texts] == [0, len(FIRST)]


def test_pairs_and_json_lines_are_different_translations() -> None:
    def of(alignments: str | None) -> str:
        return fingerprint(TranslateConfig(run="run", search={}, alignments=alignments), "one")

    assert len({of(None), of("a.txt"), of("a.jsonl")}) == 3
    assert of("a.txt") == of("b.txt")
