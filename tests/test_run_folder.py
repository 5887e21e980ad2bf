"""Run folders: what is written is read again, and what is damaged is refused in one line."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf

import seq2seq
from seq2seq import builders
from seq2seq.commands import compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import RunError
from seq2seq.run_folder import HeldOutPair, RunFolder, vocab_sizes
from seq2seq.storage.run_files import COPIED_FILES, INFERENCE_FILES, RUN_FILES, TOKENIZERS
from seq2seq.text.tokenizer_training import train_tokenizer
from tests.posix import needs_posix
from tests.toy_corpus import sentences

LINES = [side for pair in sentences() for side in pair]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run folder with a model that was never trained."""
    options = ["data.source=en", "data.target=de", "model.embedding_size=6", "model.encoder.size=4",
               "model.decoder.size=8", "model.tie_source_target=true",
               "model/attention=dot"]  # fmt: skip
    config = to_schema(compose.compose("train", options), TrainConfig)
    tokenizer = train_tokenizer(LINES, "unigram", 330, len(LINES), len(LINES) // 2).tokenizer
    run = RunFolder(tmp_path / "run")
    run.folder.mkdir()
    run.write_config(config)
    run.write_tokenizers(tokenizer, tokenizer)
    torch.manual_seed(1)
    run.write_model(builders.build_translation(config.model, vocab_sizes(tokenizer, tokenizer)))
    run.write_facts({"source": "en", "target": "de"})
    return run


def test_a_run_folder_can_be_moved(run: RunFolder, tmp_path: Path) -> None:
    before = seq2seq.load(run.folder).translate(LINES[:5])

    moved = run.folder.rename(tmp_path / "elsewhere")

    assert seq2seq.load(moved).translate(LINES[:5]) == before


def test_a_run_of_an_earlier_version_is_read(run: RunFolder) -> None:
    """Read options as version 0.1.0 wrote them, which had one task and one kind of input."""
    options: Any = OmegaConf.load(run.config)
    del options["task"], options["model"]["embedding"], options["model"]["vision"]
    run.config.write_text(OmegaConf.to_yaml(options))

    assert len(seq2seq.load(run.folder).translate(LINES[:5])) == 5


def test_tied_weights_are_stored_once(run: RunFolder) -> None:
    model = seq2seq.load(run.folder).model

    stored = run.model.stat().st_size
    assert stored < 4 * sum(p.numel() for p in model.parameters()) + 4000


def test_int8_takes_a_quarter_of_the_space_and_rounds_to_half_a_code(run: RunFolder) -> None:
    config, sizes = run.read_config(), vocab_sizes(*run.read_tokenizers())
    exact, rounded = (builders.build_translation(config.model, sizes) for _ in range(2))
    run.read_weights(exact)
    before = run.model.stat().st_size

    run.write_model(exact, int8=True)

    # A byte a weight, four for each row's scale and each bias, and the names of what is stored.
    assert run.model.stat().st_size < before / 4 + 4 * 2000 + 4000
    run.read_weights(rounded)
    for name, value in exact.state_dict().items():
        restored = rounded.state_dict()[name]
        if value.dim() == 2:
            code = value.abs().amax(1, keepdim=True) / 127
            assert bool(((restored - value).abs() <= code / 2 + 1e-7).all()), name
        else:
            assert torch.equal(restored, value), name


def test_networks_of_one_vocabulary_form_an_ensemble(run: RunFolder, tmp_path: Path) -> None:
    alone = seq2seq.load(run.folder).translate(LINES[:5])

    assert seq2seq.load([run.folder, run.folder]).translate(LINES[:5]) == alone

    other = RunFolder(tmp_path / "other")
    shutil.copytree(run.folder, other.folder)
    tokenizer = train_tokenizer(LINES, "bpe", 330, len(LINES), len(LINES) // 2).tokenizer
    other.write_tokenizers(tokenizer, tokenizer)
    other.write_model(
        builders.build_translation(run.read_config().model, vocab_sizes(tokenizer, tokenizer))
    )
    with pytest.raises(RunError, match="other has another vocabulary than"):
        seq2seq.load([run.folder, other.folder])


def test_test_text_is_read_as_it_was_written(run: RunFolder) -> None:
    pairs = [HeldOutPair("a\u2028b", "  Grüße\x85 "), HeldOutPair('"', "🦊")]

    run.write_test(pairs)

    assert run.read_test() == pairs


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("config.yaml", None, "is no run folder: it has no config.yaml"),
        ("config.yaml", b"a: [", r"config\.yaml, line 1, column"),
        ("config.yaml", b"[1]", r"config\.yaml.* must be options here"),
        ("tokenizer.model", None, r"has no tokenizer\.model"),
        ("tokenizer.model", b"no", r"tokenizer\.model cannot be read"),
        ("model.safetensors", None, r"there is no file .*model\.safetensors"),
        ("model.safetensors", b"\x10", r"model\.safetensors cannot be read"),
    ],
)
def test_a_damaged_folder_is_refused_with_its_file(
    run: RunFolder, name: str, damage: bytes | None, message: str
) -> None:
    path = run.folder / name
    path.unlink()
    if damage is not None:
        path.write_bytes(damage)

    with pytest.raises(RunError, match=message):
        seq2seq.load(run.folder)


@needs_posix
@pytest.mark.parametrize(
    "name", ["config.yaml", "tokenizer.model", "test.jsonl", "truecase.txt", "confidence.json"]
)
@pytest.mark.parametrize(("kind", "make"), [("pipe", "mkfifo"), ("folder", "mkdir")])
def test_what_is_no_file_is_not_taken_for_missing(
    run: RunFolder, name: str, kind: str, make: str
) -> None:
    (run.folder / name).unlink(missing_ok=True)
    getattr(os, make)(run.folder / name)
    read: dict[str, Callable[[], object]] = {
        "config.yaml": run.read_config,
        "tokenizer.model": run.read_tokenizers,
        "test.jsonl": run.read_test,
        "truecase.txt": run.read_truecaser,
        "confidence.json": run.read_confidence,
    }

    with pytest.raises(RunError, match=rf"{re.escape(name)} is a {kind}, not a file"):
        read[name]()


@pytest.mark.parametrize("damage", ["no", "[1]", "{}", '{"format": "x"}'])
def test_damaged_facts_and_test_text_are_refused(run: RunFolder, damage: str) -> None:
    run.facts.write_text(damage)
    run.test.write_text(damage)

    with pytest.raises(RunError, match=r"run\.json cannot be read"):
        run.read_facts()
    with pytest.raises(RunError, match=r"test\.jsonl cannot be read"):
        run.read_test()


def test_truncated_weights_are_refused(run: RunFolder) -> None:
    run.model.write_bytes(run.model.read_bytes()[:-100])

    with pytest.raises(RunError, match=r"model\.safetensors cannot be read"):
        seq2seq.load(run.folder)


def test_a_run_without_a_validation_yet_has_no_model_yet(run: RunFolder) -> None:
    run.model.rename(run.last)

    with pytest.raises(RunError, match=r"has no model yet: it is being trained, or training was"):
        seq2seq.load(run.folder)


def test_weights_of_another_network_are_refused(run: RunFolder) -> None:
    text = run.config.read_text()
    assert text.count("embedding_size: 6\n") == 1
    run.config.write_text(text.replace("embedding_size: 6\n", "embedding_size: 7\n"))

    with pytest.raises(RunError, match=r"model\.safetensors"):
        seq2seq.load(run.folder)


def test_a_run_folder_cannot_choose_the_code_that_runs(run: RunFolder) -> None:
    text = run.config.read_text()
    run.config.write_text(text.replace("seq2seq.model.cells.rnn.GRU", "subprocess.Popen"))

    with pytest.raises(RunError, match=r"takes 'subprocess\.Popen', from a module that is not"):
        seq2seq.load(run.folder)


def test_a_run_of_a_later_version_is_refused(run: RunFolder) -> None:
    run.facts.write_text('{"format": 99}')

    with pytest.raises(RunError, match="later version"):
        run.read_facts()


def test_each_file_of_a_run_is_protected_from_being_an_output(run: RunFolder) -> None:
    names = {path.name for path in vars(run).values() if path != run.folder}

    assert len(names) == 15
    assert names <= set(RUN_FILES)
    assert {path.name for path in run.folder.iterdir()} <= set(RUN_FILES)
    assert set(TOKENIZERS) <= set(INFERENCE_FILES) & set(COPIED_FILES)
    assert set(INFERENCE_FILES) | set(COPIED_FILES) <= set(RUN_FILES)
