"""Outputs that would replace another file."""

import os
import re
from pathlib import Path

import pytest

from seq2seq.errors import ConfigError
from seq2seq.storage.outputs import NamedFile, require_distinct


def refusal(inputs: list[NamedFile], outputs: list[NamedFile]) -> str:
    with pytest.raises(ConfigError) as error:
        require_distinct(inputs, outputs)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "in").write_text("text\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "hard").hardlink_to(tmp_path / "in")
    (tmp_path / "soft").symlink_to("in")
    (tmp_path / "dangling").symlink_to("sub/new")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["in", "./in", "sub/../in", "hard", "soft"])
def test_an_output_that_is_an_input_by_any_name_is_refused(name: str) -> None:
    found = refusal([NamedFile("input", "in")], [NamedFile("output", name)])
    assert found == f"output={name} would replace input=in: they are one file"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("new", "./new"),
        ("dangling", "sub/new"),
        ("in", "hard"),
        ("soft", "in"),
        ("in", "sub/../in"),
    ],
)
def test_two_outputs_that_are_one_file_are_refused(first: str, second: str) -> None:
    found = refusal([], [NamedFile("output", first), NamedFile("scores", second)])
    assert found.startswith(f"output={first} and scores={second} are one file")


def test_one_output_given_twice_is_refused() -> None:
    assert "output new is given twice" in refusal([], [NamedFile("output", "new")] * 2)


def test_an_output_that_is_the_input_of_another_is_refused() -> None:
    Path("other").touch()
    inputs = [NamedFile("input", "in"), NamedFile("input", "other")]
    found = refusal(inputs, [NamedFile("output", "new"), NamedFile("output", "in")])
    assert re.fullmatch("output=in would replace input=in: .*", found)


def test_files_that_differ_and_devices_are_let_pass() -> None:
    Path("copy").write_text("text\n")
    null = [NamedFile("output", os.devnull), NamedFile("scores", os.devnull)]
    outputs = [NamedFile("output", name) for name in ("copy", "sub/in", "none/in", "IN2")]
    require_distinct([NamedFile("input", "in"), NamedFile("input", os.devnull)], null + outputs)


def test_names_that_differ_in_case_are_one_where_the_file_system_says_so(folder: Path) -> None:
    outputs = [NamedFile("output", "new"), NamedFile("scores", "NEW")]
    (folder / "probe").touch()
    if (folder / "PROBE").exists():
        assert "are one file" in refusal([], outputs)
    else:
        require_distinct([], outputs)
    assert not list(folder.glob(".names*"))


def test_each_of_many_files_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = [NamedFile("input", f"in{number}") for number in range(500)]
    outputs = [NamedFile("output", f"out{number}") for number in range(500)]
    realpath, looked_up = os.path.realpath, []

    def counted(name: str) -> str:
        looked_up.append(name)
        return realpath(name)

    monkeypatch.setattr(os.path, "realpath", counted)
    require_distinct(inputs, outputs)
    assert sorted(looked_up) == sorted(file.name for file in (*inputs, *outputs))


def test_a_name_that_no_file_can_have_is_no_other_file() -> None:
    outputs = [
        NamedFile("output", name) for name in ("a\0b", "n" * 300, "in/new", "a\0b", "n" * 300)
    ]
    require_distinct([NamedFile("input", "in")], outputs)
