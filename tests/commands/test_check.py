"""`seq2seq.check`, as a process."""

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

    again = run_command("check", *words, "output=clean", folder=tmp_path)
    assert again.returncode != 0
    assert "output must be a new or an empty folder, not clean" in again.stderr
