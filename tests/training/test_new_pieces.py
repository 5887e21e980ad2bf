"""Rows of new pieces: means of the rows of the old pieces that they are made of."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from seq2seq.run_folder import RunFolder
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.tokenizer_training import train_tokenizer
from seq2seq.text.vocabulary_extension import extend_vocabulary, old_tokens
from seq2seq.training import train_model
from seq2seq.training.initial import with_new_rows
from tests.conftest import TINY
from tests.toy_corpus import write_corpus
from tests.training.test_initial import begin

DATA = ["data.validation=validation", "data.test=test", "validation.interval=100"]


def spelled() -> tuple[Tokenizer, Tokenizer]:
    """A tokenizer of a and b alone, and the same with the pieces of the line "ab c"."""
    old = train_tokenizer(["a b"], "char", None, 1, 1).tokenizer
    new = train_tokenizer(["ab c"] * 9, "unigram", 264, 9, 9).tokenizer
    return old, extend_vocabulary(old, new).tokenizer


def test_the_row_of_a_new_piece_is_the_mean_of_its_parts() -> None:
    old, new = spelled()
    rows = torch.arange(old.vocab_size, dtype=torch.float)
    model = nn.Module()
    model.decoder = nn.Module()
    tensors = {"decoder.embedding.weight": rows.unsqueeze(1), "output.linear.bias": rows}

    made = with_new_rows(model, tensors, (old, old), (new, new))

    a, b, c = old.ids(["a"])[0], old.ids(["b"])[0], old.ids(["<0x63>"])[0]
    means = {new.piece(t): float(made["output.linear.bias"][t]) for t in range(new.vocab_size)}
    assert means["a"] == a  # as it was
    assert means["c"] == c  # the byte that spelled it
    for piece, tokens in (("ab", [a, b]), ("\u2581c", [*old.ids(["\u2581"]), c])):
        if piece in means:
            assert means[piece] == pytest.approx(sum(tokens) / 2)
    assert {"c"} < set(means)
    assert made["decoder.embedding.weight"].flatten().equal(made["output.linear.bias"])


@pytest.mark.parametrize(
    "words",
    [["model.tie_source_target=true"], ["tokenizer.joint=false"], ["model.tie_output=false"]],
    ids=lambda words: words[0],
)
def test_a_run_with_new_pieces_keeps_the_old_rows_and_says_what_is_new(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(train_model, "finish_run", lambda *_: None)
    caplog.set_level("INFO")
    write_corpus(tmp_path / "old")
    write_corpus(tmp_path / "new")
    for language in ("en", "de"):
        file = tmp_path / "new" / f"train.{language}"
        file.write_text(file.read_text(encoding="utf-8").replace(".\n", " Жук.\n"), "utf-8")
    size = "tokenizer.vocab_size=330"
    parent = begin(
        tmp_path / "a", *TINY, *DATA, *words, size, f"data.path={tmp_path / 'old'}", "train.steps=2"
    )
    child = ["data.source=en", "data.target=de", *DATA, f"data.path={tmp_path / 'new'}"]
    child += [f"init.run={parent.folder}", "init.vocabulary=extend", size]

    run = begin(tmp_path / "b", *child, "train.steps=1", "optimizer.lr=0")

    before, after = (  # copies: Windows removes no file that is mapped
        {name: value.clone() for name, value in load_file(each.model).items()}
        for each in (parent, run)
    )
    sides = {"encoder.embedding.weight": 0, "decoder.embedding.weight": 1}
    sides |= {"output.linear.weight": 1, "output.linear.bias": 1}
    old, new = parent.read_tokenizers(), run.read_tokenizers()
    assert before.keys() == after.keys()
    for name, value in before.items():
        assert after[name][: len(value)].equal(value)
        side = sides.get(name)
        for token in range(len(value), len(after[name])):
            assert side is not None
            parts = old_tokens(old[side], new[side].piece(token))
            torch.testing.assert_close(after[name][token], value[parts].mean(0))
    assert new[0].vocab_size > old[0].vocab_size
    assert "pieces of the new text that are added: " in caplog.text
    assert "Ж" in caplog.text
    shutil.rmtree(parent.folder)
    begin(run.folder, *child, "train.steps=2", "optimizer.lr=0", "resume=true")
    assert RunFolder(run.folder).read_tokenizers()[1].model == new[1].model
