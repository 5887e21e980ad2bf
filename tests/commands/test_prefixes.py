"""Target prefixes of the command `translate`: a file of them, or a column of the input."""

import io
import shutil
import sys
from pathlib import Path

import pytest

from seq2seq.commands import translate
from seq2seq.commands.resuming import fingerprint
from seq2seq.config.commands import TranslateConfig

FROZEN = Path(__file__).parent.parent / "frozen_runs" / "9491cbe"
LINES = ["Today Omar opens the door.", "", "Often Omar repairs the clock.", "a lamp"]
PREFIXES = ["Morgen ", "Die", "Oft rep", ""]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(FROZEN / "translation_attention", "run")
    write("a.en", LINES)
    write("prefixes", PREFIXES)
    write("table.tsv", [f"{line}\t{prefix}" for line, prefix in zip(LINES, PREFIXES, strict=True)])


def write(name: str, lines: list[str]) -> None:
    Path(name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def run(monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    monkeypatch.setattr(sys, "argv", ["seq2seq-translate", "run=run", *options])
    translate.main()


def lines(name: str) -> list[str]:
    return Path(name).read_text(encoding="utf-8").split("\n")[:-1]


@pytest.mark.parametrize("search", ["greedy", "beam"])
def test_each_translation_begins_with_the_prefix_of_its_line(
    monkeypatch: pytest.MonkeyPatch, search: str
) -> None:
    run(monkeypatch, f"search={search}", "input=a.en", "output=plain")
    run(monkeypatch, f"search={search}", "input=a.en", "output=out", "prefix=prefixes")
    run(monkeypatch, f"search={search}", "input=a.en", "output=same", "prefix=table.tsv")

    found, plain = lines("out"), lines("plain")
    assert found == lines("same")
    assert found[0].startswith("Morgen ")
    assert found[1] == ""  # a blank line stays blank
    assert found[2].startswith("Oft rep")
    assert found[3] == plain[3]


def test_a_prefix_search_reads_the_second_column_of_its_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "input=a.en", "output=out", "prefix=prefixes")
    run(monkeypatch, "search=prefix", "input=table.tsv", "output=of_table")
    capsys.readouterr()
    stream = io.TextIOWrapper(io.BytesIO(Path("table.tsv").read_bytes()), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stream)
    run(monkeypatch, "search=prefix")

    assert lines("of_table") == lines("out")
    assert capsys.readouterr().out.split("\n")[:-1] == lines("out")


def test_several_inputs_have_a_prefix_file_each(monkeypatch: pytest.MonkeyPatch) -> None:
    write("no_prefixes", [""] * 4)
    run(monkeypatch, "input=a.en", "output=plain")

    run(monkeypatch, "input=[a.en,a.en]", "output=[x,y]", "prefix=[prefixes,no_prefixes]")

    assert lines("x")[0].startswith("Morgen ")
    assert lines("y") == lines("plain")


def test_lines_behind_the_first_window_have_their_own_prefix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("many.en", ["a lamp"] * 70)  # windows of 64 lines
    write("many.prefixes", [f"x{number} " for number in range(70)])

    run(monkeypatch, "batch=1", "input=many.en", "output=out", "prefix=many.prefixes")

    assert [line.split(" ")[0] for line in lines("out")] == [f"x{n}" for n in range(70)]


def test_other_prefixes_are_another_translation() -> None:
    config = TranslateConfig(run="run", input="a.en", output="out", prefix="prefixes", search={})
    before = fingerprint(config, "a.en")
    assert fingerprint(config, "a.en") == before

    write("prefixes", ["Heute", *PREFIXES[1:]])

    assert fingerprint(config, "a.en") != before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["prefix=no"], "there is no file no"),
        (["prefix=three"], "three has 3 lines, and a.en has 4: there must be one for each"),
        (["prefix=[prefixes,prefixes]"], "1 inputs and 2 prefix files: one for each"),
        (["prefix=."], ". is a folder, not a file"),
        (
            ["prefix=prefixes", "output=prefixes"],
            "output=prefixes would replace prefix=prefixes: they are one file",
        ),
        (
            ["prefix=prefixes", "input=-"],
            "prefix needs a file as input; of standard input, search=prefix reads lines "
            "SOURCE<TAB>PREFIX",
        ),
    ],
)
def test_a_mistake_is_one_line(
    monkeypatch: pytest.MonkeyPatch, options: list[str], message: str
) -> None:
    write("three", PREFIXES[:3])
    given = {word.partition("=")[0]: word for word in ("input=a.en", "output=out", *options)}

    with pytest.raises(SystemExit) as stop:
        run(monkeypatch, *given.values())

    assert stop.value.code == f"seq2seq.translate: {message}"
