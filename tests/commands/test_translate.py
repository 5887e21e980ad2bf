"""`translate` with a glossary: a table of its terms, and one line for a wrong file."""

import shutil
from pathlib import Path

import pytest

from seq2seq.commands.translate import term_table, translate
from seq2seq.config.commands import TranslateConfig
from seq2seq.errors import TextError

FROZEN = Path(__file__).resolve().parent.parent / "frozen_runs" / "9491cbe" / "translation"
GREEDY = {"_target_": "seq2seq.search.greedy.Greedy"}


def test_the_table_counts_terms_by_outcome() -> None:
    counts = {("light", "met"): 3, ("light", "enforced"): 1, ("API", "missing"): 1200}

    assert term_table(counts) == [
        f"{'term':<30}       met  enforced   missing",
        f"{'API':<30}         0         0     1,200",
        f"{'light':<30}         3         1         0",
    ]
    assert term_table({}) == []


def config(folder: Path, terms: str, words: str | None = None) -> TranslateConfig:
    if words is not None:
        (folder / "words.txt").write_text(words, encoding="utf-8")
    (folder / "terms.tsv").write_text(terms, encoding="utf-8")
    (folder / "in").write_text("Today Anna paints the door.\n", encoding="utf-8")
    shutil.copytree(FROZEN, folder / "run")
    return TranslateConfig(
        run=str(folder / "run"),
        input=str(folder / "in"),
        output=str(folder / "out"),
        glossary=str(folder / "terms.tsv"),
        do_not_translate=str(folder / "words.txt") if words is not None else None,
        search=GREEDY,
        device="cpu",
    )


def test_a_run_without_symbols_says_which_terms_are_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    translate(config(tmp_path, "door\tZzz\n"), tmp_path)

    printed = capsys.readouterr().err
    assert f"{'door':<30}         0         0         1" in printed
    assert len((tmp_path / "out").read_text(encoding="utf-8").splitlines()) == 1


def test_a_wrong_glossary_is_named_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"terms\.tsv, line 2: a term needs a source"):
        translate(config(tmp_path, "a\tb\ndoor\n"), tmp_path)
    assert not (tmp_path / "out").exists()


def test_words_that_are_not_translated_are_in_the_output_and_in_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    translate(config(tmp_path, "cat\tKatze\n", "Anna\npaints\n"), tmp_path)

    printed = capsys.readouterr().err
    words = (tmp_path / "out").read_text(encoding="utf-8")
    assert "Anna" in words
    assert "paints" in words
    for word in ("Anna", "paints"):
        [row] = [line for line in printed.splitlines() if line.startswith(f"{word} ")]
        assert row.endswith(" 0")  # none is missing


def test_a_wrong_word_is_named_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"words\.txt, line 2: 'Door' is a term of the"):
        translate(config(tmp_path, "door\tTür\n", "Anna\nDoor\n"), tmp_path)
    assert not (tmp_path / "out").exists()
