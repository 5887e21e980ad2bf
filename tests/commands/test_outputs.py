"""Outputs of commands: refused in one line before work begins, shown without control characters."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seq2seq.commands.classify import classify
from seq2seq.commands.evaluate import require_compatible
from seq2seq.commands.line_io import map_lines
from seq2seq.commands.outputs import require_outputs
from seq2seq.commands.score_file import ScoreWriter
from seq2seq.commands.translate import check_files
from seq2seq.config.commands import ClassifyConfig, EvaluateConfig, TranslateConfig
from seq2seq.errors import ConfigError, UserError
from seq2seq.inference.decode import ScoredTranslation
from seq2seq.storage.outputs import NamedFile
from seq2seq.storage.visible import visible
from tests.posix import needs_posix


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("in.tsv", "run"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(option: str, name: str) -> list[str]:
    """Return the messages of all commands with the option, for a file of that name."""
    common = {"run": "run", "search": {}}
    found = []
    if option in ("output", "scores"):
        translation = TranslateConfig(input="in.tsv", **common, **{option: name})  # type: ignore[arg-type]
        with pytest.raises(UserError) as error:
            check_files(translation)
        found.append(str(error.value))
    if option == "output":
        with pytest.raises(UserError) as error:
            classify(ClassifyConfig(run="run", input="in.tsv", output=name), Path())
        found.append(str(error.value))
    if option == "json":
        config = EvaluateConfig(hypothesis="in.tsv", reference="in.tsv", search={}, json=name)
        with pytest.raises(UserError) as error:
            require_compatible(config)
        found.append(str(error.value))
    return found


@pytest.mark.parametrize("option", ["output", "scores", "json"])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "is empty"),
        (".", "is a folder, not a file"),
        ("..", "is a folder, not a file"),
        ("folder", "is a folder, not a file"),
        ("new/", "is a folder, not a file"),
        ("n" * 300, "cannot be written: its name has 300 "),
        ("loop", "cannot be written: Too many levels of symbolic links"),
        ("none/new", "cannot be written: there is no folder none"),
        ("in.tsv/new", "cannot be written: "),
        ("a\0b", "cannot be written: "),
        ("in.tsv", "would replace"),
    ],
)
def test_what_cannot_be_an_output_is_refused_in_one_line(
    option: str, name: str, reason: str
) -> None:
    messages = refused(option, name)
    assert messages
    for message in messages:
        assert reason in message
        assert option in message
        assert "\n" not in message


def test_a_file_of_the_run_folder_is_not_replaced(home: Path) -> None:
    (home / "folder" / "model.safetensors").touch()
    (home / "link").symlink_to("folder/model.safetensors")
    for name in ("folder/model.safetensors", "link", "folder/../folder/test.jsonl"):
        with pytest.raises(ConfigError, match=r"of the run folder folder: they are one file$"):
            require_outputs([], [NamedFile("output", name)], ["elsewhere", "folder"])
    require_outputs([], [NamedFile("json", "folder/scores.json")], "folder")


def test_standard_input_and_output_are_no_files() -> None:
    require_outputs([NamedFile("input", "-")], [NamedFile("output", "-")] * 2, None)


def test_control_characters_are_not_shown_but_spaces_of_all_kinds_are() -> None:
    assert visible("\x1b[2J\x9b1m\x7f\r") == "\ufffd[2J\ufffd1m\ufffd\ufffd"
    assert visible("a\tb\n10\u00a0\u20ac \u200d\u3000") == "a\tb\n10\u00a0\u20ac \u200d\u3000"


COPY = """
import sys
from seq2seq.commands.line_io import map_lines
map_lines(sys.argv[1], sys.argv[2], 8, lambda lines, first: lines)
"""


@needs_posix
def test_a_terminal_gets_no_escape_sequence_and_a_file_gets_the_text_as_it_is(home: Path) -> None:
    (home / "text").write_text("\x1b]0;title\x07 \u00e9\n", encoding="utf-8")
    leader, follower = os.openpty()
    line = [sys.executable, "-c", COPY, "text", "-"]
    subprocess.run(line, stdout=follower, cwd=home, check=True)
    assert os.read(leader, 999).decode() == "\ufffd]0;title\ufffd \u00e9\r\n"
    os.close(leader)
    os.close(follower)

    map_lines("text", "copy", 8, lambda lines, _: lines)
    assert (home / "copy").read_bytes() == (home / "text").read_bytes()


def test_a_row_of_scores_is_one_row_for_every_name_of_the_file() -> None:
    best = [ScoredTranslation("a\tb", -1.0, -2.0, ["a"], [-2.0])]
    for table in (True, False):
        file = io.StringIO()
        row = ScoreWriter(file, table).rows("x\ty\n\udcff", 1, best)
        assert row.count("\n") == 1
        assert row.count("\t") == (14 if table else 0)
        row.encode("utf-8")
