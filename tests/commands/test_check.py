"""`seq2seq.check`, as a process."""

from itertools import chain
from pathlib import Path

from tests.processes import run_command
from tests.toy_corpus import sentences


def test_a_header_of_a_corpus_that_is_read_several_times_is_told_once(tmp_path: Path) -> None:
    rows = [("English", "German"), *sentences()]
    table = tmp_path / "pairs.tsv"
    table.write_text("".join(f"{one}\t{other}\n" for one, other in rows), encoding="utf-8")

    words = ["data=tsv", "data.source=en", "data.target=de", "data.train=pairs.tsv", "steps=0"]
    done = run_command("check", *words, folder=tmp_path)

    assert done.returncode == 0, done.stderr
    printed = done.stdout + done.stderr
    assert printed.count("is a header and is skipped: 'English | German'") == 1


def test_output_writes_the_cleaned_corpus_into_a_new_folder(tmp_path: Path) -> None:
    rows = [*sentences(), ("OK", "OK")]
    table = tmp_path / "pairs.tsv"
    table.write_text("".join(f"{one}\t{other}\n" for one, other in rows), encoding="utf-8")
    words = ["data=tsv", "data.source=en", "data.target=de", "data.train=pairs.tsv", "steps=0"]

    done = run_command("check", *words, "output=clean", folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "180 of 181 pairs in train" in done.stdout
    assert len((tmp_path / "clean" / "train.en").read_text(encoding="utf-8").splitlines()) == 180

    words += ["heldout.share=0.1"]
    split = run_command("check", *words, "output=split", "hold_out=true", folder=tmp_path)
    assert split.returncode == 0, split.stderr
    held_out = [
        (tmp_path / "split" / f"{name}.en").read_text(encoding="utf-8").splitlines()
        for name in ("train", "validation", "test")
    ]
    assert [len(lines) for lines in held_out] == [146, 18, 16]  # a tenth, and of the rest a tenth
    assert sorted(chain(*held_out)) == sorted(source for source, _ in sentences())

    again = run_command("check", *words, "output=clean", folder=tmp_path)
    assert again.returncode != 0
    assert "output must be a new or an empty folder, not clean" in again.stderr
