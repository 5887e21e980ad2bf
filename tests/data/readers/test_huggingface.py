import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import datasets
import pytest

from seq2seq.data.corpus import ParallelCorpus
from seq2seq.data.readers.huggingface import huggingface, load_splits
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
    """What `datasets` converts is kept in a folder of the test."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", cache / "datasets")


@pytest.mark.parametrize("columns", [NESTED, PLAIN])
def test_a_data_set_that_was_saved(tmp_path: Path, columns: dict[str, list[Any]]) -> None:
    part = datasets.Dataset.from_dict(columns)
    datasets.DatasetDict({"train": part, "val": part}).save_to_disk(str(tmp_path / "saved"))

    corpus = read(tmp_path / "saved")

    assert rows(corpus) == ROWS
    assert rows(corpus, "validation") == ROWS
    assert "test" not in corpus.splits


def test_a_folder_of_parquet_files(tmp_path: Path) -> None:
    for split in ("train", "test"):
        path = tmp_path / "data" / f"{split}-00000-of-00001.parquet"
        path.parent.mkdir(exist_ok=True)
        datasets.Dataset.from_dict(NESTED).to_parquet(str(path))

    corpus = read(tmp_path / "data")

    assert rows(corpus) == rows(corpus, "test") == ROWS


def test_a_folder_of_json_lines_with_columns_by_name(tmp_path: Path) -> None:
    lines = [json.dumps({"src": s, "more": {"tgt": t}}) for s, t in ROWS]
    (tmp_path / "train.jsonl").write_text("\n".join(lines))

    assert rows(read(tmp_path, source_field="src", target_field="more.tgt")) == ROWS
    with pytest.raises(TextError, match=r"no column en; it has src, more: .*data\.source_field"):
        read(tmp_path)


def test_a_folder_of_parallel_text_files(tmp_path: Path) -> None:
    for split in ("train", "val"):
        for place, language in enumerate(("en", "de")):
            text = "".join(row[place] + "\n" for row in ROWS)
            (tmp_path / f"{split}.{language}").write_text(text)

    corpus = read(tmp_path)

    assert rows(corpus) == rows(corpus, "validation") == ROWS


def test_a_missing_training_split_is_told(tmp_path: Path) -> None:
    part = datasets.Dataset.from_dict(PLAIN)
    datasets.DatasetDict({"dev": part}).save_to_disk(str(tmp_path / "saved"))

    with pytest.raises(TextError, match="no split named train; it has dev"):
        read(tmp_path / "saved")


def test_a_hub_that_cannot_be_reached_is_told_soon_and_with_the_way_out(tmp_path: Path) -> None:
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
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
        )

    assert done.stdout.count("\n") == 1
    assert "somebody/something" in done.stdout
    assert "data.path=FOLDER" in done.stdout


def test_a_local_file_that_cannot_be_parsed_is_told_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "train.jsonl").write_text('{"en": "a", "de": "b"}\nno json\n')

    with pytest.raises(TextError, match=r"cannot be read \(.*JSON parse error"):
        load_splits(str(tmp_path), None, None)
    assert capfd.readouterr() == ("", "")
