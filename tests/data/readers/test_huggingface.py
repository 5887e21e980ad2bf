"""Data sets of the Hugging Face hub, saved and in files."""

import hashlib
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import datasets
import pytest

from seq2seq.data.corpus import ParallelCorpus
from seq2seq.data.readers.huggingface import content_fingerprint, huggingface, load_splits
from seq2seq.errors import TextError

ROWS = [("one", "eins"), ("two", "zwei")]
NESTED = {"translation": [{"en": s, "de": t} for s, t in ROWS]}
PLAIN = {"en": [s for s, _ in ROWS], "de": [t for _, t in ROWS]}


def read(path: Path | str, **more: Any) -> ParallelCorpus:
    options: dict[str, Any] = {
        "name": None, "revision": None, "train": ["train"], "validation": ["validation", "val"],
        "test": ["test"], "source_field": None, "target_field": None,
    }  # fmt: skip
    return huggingface(
        path=str(path), **options | more, source="en", target="de", licence="our own"
    )


def rows(corpus: ParallelCorpus, split: str = "train") -> list[tuple[str, str]]:
    return [(pair.source, pair.target) for pair in corpus.splits[split]]


@pytest.fixture(autouse=True)
def own_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what `datasets` converts in a folder of the test."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache / "datasets")


@pytest.mark.parametrize("columns", [NESTED, PLAIN])
def test_a_saved_data_set_is_read(tmp_path: Path, columns: dict[str, list[Any]]) -> None:
    part = datasets.Dataset.from_dict(columns)
    datasets.DatasetDict({"train": part, "val": part}).save_to_disk(str(tmp_path / "saved"))

    corpus = read(tmp_path / "saved")

    assert rows(corpus) == ROWS
    assert rows(corpus, "validation") == ROWS
    assert "test" not in corpus.splits


def test_a_folder_of_parquet_files_is_read(tmp_path: Path) -> None:
    for split in ("train", "test"):
        path = tmp_path / "data" / f"{split}-00000-of-00001.parquet"
        path.parent.mkdir(exist_ok=True)
        datasets.Dataset.from_dict(NESTED).to_parquet(str(path))

    corpus = read(tmp_path / "data")

    assert rows(corpus) == rows(corpus, "test") == ROWS


def test_a_folder_of_json_lines_is_read_by_the_names_of_columns(tmp_path: Path) -> None:
    lines = [json.dumps({"src": s, "more": {"tgt": t}}) for s, t in ROWS]
    (tmp_path / "train.jsonl").write_text("\n".join(lines))

    assert rows(read(tmp_path, source_field="src", target_field="more.tgt")) == ROWS
    with pytest.raises(TextError, match=r"no column en; it has src, more: .*data\.source_field"):
        read(tmp_path)


def test_a_folder_of_parallel_text_files_is_read(tmp_path: Path) -> None:
    for split in ("train", "val"):
        for side, language in enumerate(("en", "de")):
            text = "".join(row[side] + "\n" for row in ROWS)
            (tmp_path / f"{split}.{language}").write_text(text)

    corpus = read(tmp_path)

    assert rows(corpus) == rows(corpus, "validation") == ROWS


def test_a_missing_training_split_is_reported_with_those_that_exist(tmp_path: Path) -> None:
    part = datasets.Dataset.from_dict(PLAIN)
    datasets.DatasetDict({"dev": part}).save_to_disk(str(tmp_path / "saved"))

    with pytest.raises(TextError, match="no split named train; it has dev"):
        read(tmp_path / "saved")


def test_a_hub_that_cannot_be_reached_is_reported_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # a port at which nobody answers
        port = closed.getsockname()[1]
        code = (
            "from seq2seq.data.readers.huggingface import load_splits\n"
            "from seq2seq.errors import TextError\n"
            "try:\n    load_splits('somebody/something', None, None)\n"
            "except TextError as error:\n    print(error)\n"
        )
        environment = {
            "HF_ENDPOINT": f"http://127.0.0.1:{port}", "HF_HOME": str(tmp_path),
            "PYTHONPATH": str(Path(__file__).resolve().parents[3]), "PATH": "",
        }  # fmt: skip
        process = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
        )

    assert process.stdout.count("\n") == 1
    assert "somebody/something" in process.stdout
    assert "data.path=FOLDER" in process.stdout


def test_a_local_file_that_cannot_be_parsed_is_reported_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "train.jsonl").write_text('{"en": "a", "de": "b"}\nno json\n')

    with pytest.raises(TextError, match=r"cannot be read \(.*JSON parse error"):
        load_splits(str(tmp_path), None, None)
    assert capfd.readouterr() == ("", "")


def write_lines(folder: Path, rows: list[tuple[str, str]] = ROWS, name: str = "train") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps({"en": s, "de": t}) + "\n" for s, t in rows))
    return path


def digest(corpus: ParallelCorpus) -> str:
    [value] = corpus.origin.values()
    return value


def test_the_fingerprint_is_that_of_the_content_whatever_the_folder_and_the_time(
    tmp_path: Path,
) -> None:
    first = write_lines(tmp_path / "one")
    before = digest(read(tmp_path / "one"))
    os.utime(first, (1, 1))
    write_lines(tmp_path / "two")
    saved = datasets.Dataset.from_dict({**PLAIN, "id": [7, 8]})  # another column is not read
    datasets.DatasetDict({"train": saved}).save_to_disk(str(tmp_path / "saved"))

    assert digest(read(tmp_path / "one")) == before
    assert digest(read(tmp_path / "two")) == before
    assert digest(read(tmp_path / "saved")) == before


@pytest.mark.parametrize(
    "changed",
    [
        [("one", "eins"), ("two", "zwo")],
        [("two", "zwei"), ("one", "eins")],
        [("one", "eins")],
        [("on", "eeins"), ("two", "zwei")],
        [("eins", "one"), ("zwei", "two")],
    ],
)
def test_other_content_has_another_fingerprint(
    tmp_path: Path, changed: list[tuple[str, str]]
) -> None:
    write_lines(tmp_path / "one")
    write_lines(tmp_path / "two", changed)

    assert digest(read(tmp_path / "one")) != digest(read(tmp_path / "two"))


def test_the_fingerprint_does_not_depend_on_how_rows_are_stored(tmp_path: Path) -> None:
    many = [(f"number {n}", f"Zahl {n}") for n in range(2500)]
    columns = {"en": [s for s, _ in many], "de": [t for _, t in many]}
    part = datasets.Dataset.from_dict(columns)
    chunks = datasets.concatenate_datasets([part.select(range(700)), part.select(range(700, 2500))])
    shuffled = part.select([*range(1, 2500), 0]).select([2499, *range(2499)])  # by indices
    found = []
    for name, data in (("whole", part), ("chunks", chunks), ("indices", shuffled)):
        datasets.DatasetDict({"train": data}).save_to_disk(str(tmp_path / name))
        found.append(digest(read(tmp_path / name)))
    found.append(content_fingerprint(shuffled, ["en", "de"], "it"))

    assert len(set(found)) == 1


def test_the_fingerprint_is_the_sha256_of_columns_in_json_a_thousand_rows_at_a_time() -> None:
    columns = {"en": [f"{n}" for n in range(1500)], "de": ["ja"] * 1500}
    parts = [columns["en"][:1000], ["ja"] * 1000, columns["en"][1000:], ["ja"] * 500]
    text = "2" + "".join(json.dumps(part) for part in parts)

    found = content_fingerprint(datasets.Dataset.from_dict(columns), ["en", "de"], "it")

    assert found == hashlib.sha256(text.encode()).hexdigest()


def test_nulls_are_not_empty_texts_to_the_fingerprint_and_are_blank_sides(tmp_path: Path) -> None:
    rows_of = {}
    for name, value in (("null", None), ("empty", "")):
        part = datasets.Dataset.from_dict({"en": ["one", "two"], "de": ["eins", value]})
        datasets.DatasetDict({"train": part}).save_to_disk(str(tmp_path / name))
        rows_of[name] = rows(read(tmp_path / name))

    assert rows_of["null"] == rows_of["empty"] == [("one", "eins"), ("two", "")]
    assert digest(read(tmp_path / "null")) != digest(read(tmp_path / "empty"))


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("fr", "saved train has no field fr; it has translation"),
        ("translation.fr", r"saved train has no field translation\.fr; it has en, de"),
        ("translation.en.x", r"no field translation\.en\.x; it has none"),
    ],
)
def test_a_missing_field_is_named_with_those_that_exist(
    tmp_path: Path, field: str, message: str
) -> None:
    part = datasets.Dataset.from_dict(NESTED)
    datasets.DatasetDict({"train": part}).save_to_disk(str(tmp_path / "saved"))

    with pytest.raises(TextError, match=message):
        read(tmp_path / "saved", source_field=field)


def test_an_empty_split_for_validation_is_refused(tmp_path: Path) -> None:
    part = datasets.Dataset.from_dict(PLAIN)
    blank = datasets.Dataset.from_dict({"en": ["", " "], "de": ["", "x"]})
    both = datasets.DatasetDict({"train": part, "validation": blank})
    both.save_to_disk(str(tmp_path / "saved"))

    with pytest.raises(TextError, match=r"saved validation is empty.*data\.validation=\[\]"):
        read(tmp_path / "saved")
    assert "validation" not in read(tmp_path / "saved", validation=[]).splits


def test_a_data_set_that_is_a_script_is_refused_in_one_line_and_not_run(tmp_path: Path) -> None:
    folder = tmp_path / "scripted"
    folder.mkdir()
    (folder / "scripted.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w')\n")

    with pytest.raises(TextError, match=r"scripted is a script, which is not run") as caught:
        read(folder)
    assert "data.revision=refs/convert/parquet" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()
