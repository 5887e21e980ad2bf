"""`translate` with documents: files and folders in, the same out, and each mistake in one line."""

from pathlib import Path

import pytest

from seq2seq.commands.documents import is_document_work
from seq2seq.commands.translate import translate
from seq2seq.config.commands import TranslateConfig
from seq2seq.config.documents import DocumentOptions
from seq2seq.errors import ConfigError, TextError

FROZEN = Path(__file__).resolve().parent.parent / "frozen_runs" / "9491cbe" / "translation"


def config(source: object, output: object, **options: object) -> TranslateConfig:
    files = {
        key: [str(name) for name in value] if isinstance(value, list) else str(value)
        for key, value in (("input", source), ("output", output))
    }
    search = {"_target_": "seq2seq.search.greedy.Greedy"}
    return TranslateConfig(
        run=str(FROZEN), search=search, device="cpu", **files, **options  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_folder_gives_the_same_tree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, output = tmp_path / "in", tmp_path / "out"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "a.json").write_bytes(b'{"k": "Today Anna paints the door.", "n": 1}\r\n')
    (source / "a.po").write_bytes(b'msgid "Today Anna paints the door."\nmsgstr ""\n')
    (source / "picture.bin").write_bytes(b"\xff\x00")
    (source / ".git").mkdir()
    (source / ".git" / "a.po").write_bytes(b"not read")
    (source / "~$a.docx").write_bytes(b"the lock of an open file")
    (source / "link.po").symlink_to("/etc/passwd")

    translate(config(source, output), tmp_path)

    files = sorted(str(p.relative_to(output)) for p in output.rglob("*") if p.is_file())
    assert files == ["a.po", "deep/a.json", "picture.bin"]
    assert (output / "picture.bin").read_bytes() == b"\xff\x00"
    translation = (output / "a.po").read_text().split('msgstr "')[1][:-2]
    assert translation
    json = (output / "deep" / "a.json").read_bytes().decode()
    assert json == f'{{"k": "{translation}", "n": 1}}\r\n'
    printed = capsys.readouterr().err
    assert "1 file copied, of no known format: picture.bin" in printed
    assert "3 files left out, hidden or a link: .git, link.po, ~$a.docx" in printed
    assert "2 segments: 2 translated" in printed


def test_a_damaged_document_leaves_everything_as_it_was(tmp_path: Path) -> None:
    good, bad = tmp_path / "a.json", tmp_path / "b.json"
    good.write_text('["a"]')
    bad.write_text('{"a": ')
    out = [tmp_path / "a.out", tmp_path / "b.out"]

    with pytest.raises(TextError, match=r"b\.json: .*line 1.* is not JSON|b\.json: .* is not JSON"):
        translate(config([good, bad], out), tmp_path)
    assert not any(path.exists() for path in out)


@pytest.mark.parametrize(
    ("name", "output", "options", "message"),
    [
        ("a.json", "out", {"format": "jsn"}, "format=jsn must be lines, "),
        ("a.json", "out", {"scores": "s.tsv"}, "scores has no meaning for documents"),
        ("a.json", "a.json", {}, "they are one file"),
        ("", "in", {}, "must not be in one another"),
        ("", "out", {"format": "po"}, "the files of a folder have theirs by their endings"),
        (
            "a.csv",
            "out",
            {"format": "csv"},
            "document.columns must name the columns to translate; .* id, text",
        ),
        ("a.csv", "out", {"document": DocumentOptions(columns=["x"])}, "no column x; .* id, text"),
    ],
)
def test_mistakes_are_one_line(
    name: str, output: str, options: dict[str, object], message: str, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.json").write_text('["a"]')
    (folder / "a.csv").write_text("id,text\n1,a\n")

    with pytest.raises(ConfigError, match=message):
        translate(config(folder / name, folder / output if name else tmp_path / output, **options),
                  tmp_path)  # fmt: skip


def test_a_table_without_columns_is_text_in_lines(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("Today Anna paints the door.\n\n")

    assert not is_document_work(config(tmp_path / "a.tsv", tmp_path / "out"))
    columns = DocumentOptions(columns=[1])
    assert is_document_work(config(tmp_path / "a.tsv", tmp_path / "out", document=columns))
