"""Documents as streams: every sentence once, after the one before it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import seq2seq
from seq2seq.config.training import BatchOptions, TrainConfig
from seq2seq.data.document_sampler import DocumentBatchSampler, document_starts
from seq2seq.errors import ConfigError
from seq2seq.evaluation.metrics import score_hypotheses
from seq2seq.run_folder import RunFolder
from seq2seq.tasks.translation import TranslationTask
from seq2seq.training import checkpoint, train_model
from seq2seq.training.progress import Progress
from tests.toy_corpus import sentences

Compose = Callable[..., TrainConfig]
DOCUMENT = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=6)


def sampler_of(
    documents: list[list[tuple[int, int]]], options: BatchOptions, weight: float = 1.0
) -> DocumentBatchSampler:
    pairs = np.array([pair for document in documents for pair in document], dtype=np.int32)
    first = np.array([place == 0 for document in documents for place in range(len(document))])
    weights = None if weight == 1.0 else np.full(len(pairs), weight, dtype=np.float32)
    return DocumentBatchSampler((pairs[:, 0], pairs[:, 1], weights), first, options, 3)


@given(st.lists(DOCUMENT, min_size=1, max_size=12), st.integers(1, 5), st.integers(12, 60))
def test_each_stream_reads_one_document_after_another(
    documents: list[list[tuple[int, int]]], most: int, tokens: int
) -> None:
    documents = [[(1, 1)], *documents]  # a sentence that fits
    made = sampler_of(documents, BatchOptions(tokens=tokens, sentences=most))
    owner = [d for d, document in enumerate(documents) for _ in document]

    batches = list(made.epoch(1))

    again = [rows.tolist() for rows in made.epoch(1)]
    assert [rows.tolist() for rows in batches] == again  # the same for the same number
    seen = [row for rows in batches for row in rows[:, 0].tolist()]
    assert sorted(seen) == np.flatnonzero(made.fits).tolist()  # each once
    last: dict[int, int] = {}
    for rows in batches:
        assert len(set(rows[:, 1].tolist())) == len(rows) <= most  # a stream goes on once
        wide = made.source[rows[:, 0]].max() + made.target[rows[:, 0]].max() + 1
        assert wide * len(rows) <= tokens
        for row, stream in rows.tolist():
            before = last.get(stream)
            left = [r for r in range(row) if owner[r] == owner[row] and made.fits[r]]
            if made.is_first[row]:
                assert not left
            else:  # the stream comes from the sentence before, those that are too long left out
                assert before == left[-1]
            last[stream] = row
    assert max(last, default=0) < made.streams


def test_a_document_is_sampled_as_often_as_its_weight() -> None:
    made = sampler_of([[(1, 1)] * 3, [(2, 2)]], BatchOptions(sentences=4), weight=2.0)

    seen = sorted(row for rows in made.epoch(0) for row in rows[:, 0].tolist())

    assert seen == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_document_ends_where_its_name_does() -> None:
    class Prepared:
        data = pa.table({"document": ["a", "a", "b", "a", None, None]})

    assert document_starts(Prepared()).tolist() == [True, False, True, True, True, True]


def corpus(folder: Path) -> None:
    """Documents of 1, 3, 5 ... sentences, in three columns."""
    lines = [f"{a}\t{b}\td{int(n**0.5)}\n" for n, (a, b) in enumerate(sentences())]
    for name, part in (("train", lines[:140]), ("val", lines[140:160]), ("test", lines[160:])):
        (folder / f"{name}.tsv").write_text("".join(part), encoding="utf-8")


def options(folder: Path) -> list[str]:
    return [
        "data=tsv", f"data.path={folder}", "data.train=train.tsv", "data.validation=val.tsv",
        "data.test=test.tsv", "tokenizer.vocab_size=330", "batches.sentences=6",
        "document_context=carry",
        "model/attention=general",
    ]  # fmt: skip


@pytest.mark.parametrize("chunk", [0, 3])
def test_training_resumes_in_the_middle_of_documents(
    config: Compose, tmp_path: Path, chunk: int
) -> None:
    corpus(tmp_path)
    chosen = config(*options(tmp_path), "data.document_column=3", f"train.bptt={chunk}")

    task, learner, average = train_model.build_training(chosen, print)
    rows = list(task.train_data.epoch(0))
    new = [task.train_data.load(batch, 0).is_first for batch in rows]
    middle = next(i for i, row in enumerate(new) if i > 3 and row is not None and not row.any())
    for number in range(middle):
        learner.step([task.train_data.load(rows[number], 0)], number + 1, 1.0)
    checkpoint.save_checkpoint(tmp_path / "last", learner, average, Progress(step=middle))
    _, other, kept = train_model.build_training(chosen, print)
    checkpoint.load_checkpoint(tmp_path / "last", other, kept)
    for number in range(middle, middle + 3):
        batch = task.train_data.load(rows[number], 0)
        one, two = (each.step([batch], number + 1, 1.0) for each in (learner, other))
        assert float(one.loss) == float(two.loss)

    for mine, theirs in zip(learner.model.parameters(), other.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_text_without_documents_is_refused(config: Compose, tmp_path: Path) -> None:
    corpus(tmp_path)

    with pytest.raises(ConfigError, match=r"the train text does not say: give .*_column"):
        TranslationTask(config(*options(tmp_path)), print)


def test_the_scores_of_training_are_those_of_translating_documents(
    config: Compose, tmp_path: Path
) -> None:
    corpus(tmp_path)
    limits = ["limits.max_length_ratio=0.5", "limits.max_length_extra=3"]
    chosen = config(
        *options(tmp_path), *limits, "data.document_column=3", "train.steps=4", "optimizer.lr=0.1"
    )

    train_model.train_model(chosen, tmp_path / "run")

    run = RunFolder(tmp_path / "run")
    test, translator = run.read_test(), seq2seq.load(run.folder, limits=chosen.limits)
    found = translator.translate([p.source for p in test], [p.document for p in test])
    scores = score_hypotheses(found, [p.target for p in test], "de", ("bleu", "chrf"), 1000)
    assert run.read_facts()["scores"] == [str(s) for s in scores]
    assert [pair.document for pair in test] == ["d12"] * 9 + ["d13"] * 11
    with_border = [*(p.source for p in test[:9]), "", *(p.source for p in test[9:])]
    assert [*found[:9], "", *found[9:]] == translator.translate(with_border)
