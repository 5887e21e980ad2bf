"""Work on chunks in several processes."""

import hashlib
import os
from pathlib import Path

import pytest

from seq2seq.config.protect import ProtectOptions
from seq2seq.config.training import CleaningOptions, HeldOutOptions, TokenizerOptions
from seq2seq.data import arrow_files, chunk_pool
from seq2seq.data.chunk_pool import map_in_order
from seq2seq.data.corpus import Pair, ParallelCorpus
from seq2seq.data.prepare_parallel import prepare_parallel
from tests.toy_corpus import sentences


def double_or_die(number: int) -> int:
    if number == 3 and os.getpid() != PARENT:
        os._exit(1)
    return 2 * number


PARENT = int(os.environ.setdefault("SEQ2SEQ_TEST_PARENT", str(os.getpid())))


def test_killed_processes_lose_no_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQ2SEQ_TEST_PARENT", str(os.getpid()))
    monkeypatch.setattr(f"{__name__}.PARENT", os.getpid())
    monkeypatch.setattr(chunk_pool, "usable_processors", lambda: 2)

    with chunk_pool.chunk_pool(20) as pool:
        assert pool is not None
        assert list(map_in_order(pool, double_or_die, range(20))) == list(range(0, 40, 2))


def test_two_processes_prepare_the_same_bytes_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = [
        Pair(f"{source} {n}", f"{target} {n}") for n in (1, 2) for source, target in sentences()
    ]
    pairs.insert(70, Pair("", "x"))
    corpus = ParallelCorpus({"train": pairs}, "en", "de", "our own", {"train": "1"})
    monkeypatch.setattr(arrow_files, "CHUNK_PAIRS", 50)
    made = {}
    for processes in (1, 2):
        monkeypatch.setattr(chunk_pool, "usable_processors", lambda count=processes: count)
        cache = tmp_path / str(processes)
        prepared = prepare_parallel(
            corpus, CleaningOptions(), HeldOutOptions(validation=5, test=5),
            TokenizerOptions(vocab_size=400), cache, ProtectOptions(),
        )  # fmt: skip
        digests = {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in cache.rglob("*")
            if file.is_file()
        }
        made[processes] = prepared.fingerprint, prepared.audit.to_dict(), digests

    assert made[1] == made[2]
    assert {"train.arrow", "prepared.json", "source.model"} <= set(made[1][2])
