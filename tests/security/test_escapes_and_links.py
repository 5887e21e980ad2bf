"""Escape codes of a corpus or a folder's name, links in run folders, catalogues that grow."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from seq2seq.commands.quantize import quantize
from seq2seq.config.commands import QuantizeConfig
from seq2seq.data.readers.catalogues import catalogues
from seq2seq.errors import RunError, TextError
from tests.posix import needs_posix
from tests.security.test_terminal import ESCAPES, FROZEN, assert_harmless, shown_on_a_terminal
from tests.toy_corpus import write_corpus

SIZES = ["model.embedding_size=4", "model.encoder.size=4", "model.decoder.size=4"]
SHORT = ["train.steps=1", "validation.interval=1", "tokenizer.vocab_size=300", *SIZES]
HELD_OUT = ["data.validation=validation", "data.test=test"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def corpus_with_escapes() -> list[str]:
    """Write a corpus with an escape sequence in each line, and some lines on the wrong side."""
    folder = write_corpus(Path("corpus"))
    for file in folder.iterdir():
        lines = file.read_text(encoding="utf-8").splitlines()
        file.write_text("".join(f"{line[:5]}{ESCAPES}{line[5:]}\n" for line in [*lines, lines[0]]))
    sides = [folder / "train.en", folder / "train.de"]
    texts = [side.read_text(encoding="utf-8").splitlines() for side in sides]
    texts[0][3], texts[1][3] = texts[1][3], texts[0][3]
    for side, lines in zip(sides, texts, strict=True):
        side.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return ["data.path=corpus", "data.source=en", "data.target=de"]


@needs_posix
@pytest.mark.slow
def test_escape_codes_in_a_corpus_do_not_reach_a_terminal_by_check() -> None:
    shown = shown_on_a_terminal(
        "check", *corpus_with_escapes(), "tokenizer.vocab_size=300", "steps=0"
    )

    assert "- swapped" in shown
    assert_harmless(shown)


@needs_posix
@pytest.mark.slow
def test_escape_codes_in_a_corpus_reach_neither_terminal_nor_log_nor_model_card() -> None:
    shown = shown_on_a_terminal(
        "train", *corpus_with_escapes(), *HELD_OUT, *SHORT, "hydra.run.dir=run"
    )

    assert "held-out samples" in shown
    assert_harmless(shown)
    assert_harmless(Path("run/train.log").read_text(encoding="utf-8"))
    assert_harmless(Path("run/README.md").read_text(encoding="utf-8"))


@needs_posix
@pytest.mark.slow
def test_escape_codes_in_the_name_of_a_trained_run_folder_do_not_reach_a_terminal() -> None:
    write_corpus(Path("corpus"))
    words = ["data.path=corpus", "data.source=en", "data.target=de", *HELD_OUT, *SHORT]

    assert_harmless(shown_on_a_terminal("train", *words, f"hydra.run.dir='run{ESCAPES}'"))


@pytest.mark.parametrize("name", ["test.jsonl", "run.json"])
def test_quantize_copies_no_file_from_outside_of_the_run_folder(home: Path, name: str) -> None:
    run = Path(shutil.copytree(FROZEN / "translation", home / "run"))
    (home / "secret").write_text("secret\n")
    (run / name).unlink()
    (run / name).symlink_to(home / "secret")

    with pytest.raises(RunError, match="is a link to a file outside the run folder"):
        quantize(QuantizeConfig(run=str(run), output="small"), Path())

    assert not Path("small").exists()


def test_a_catalogue_that_grows_when_it_is_decompressed_is_refused() -> None:
    with zipfile.ZipFile("toy.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        for language in ("en", "de"):
            archive.writestr(f"{language}.json", json.dumps({"a": language + "x" * 2**29}))

    with pytest.raises(TextError, match=r"en\.json|de\.json"):
        catalogues("toy", "1", "", ["{lang}.json"], "toy.whl", "en", "de", "unknown")
