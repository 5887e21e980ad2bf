"""Control characters of names, hypotheses and generated text do not reach a terminal."""

import os
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from seq2seq.text.tokenizer import Tokenizer
from tests.posix import needs_posix
from tests.processes import start_command
from tests.toy_corpus import write_corpus

FROZEN = Path(__file__).parents[1] / "frozen_runs" / "9491cbe"
ESCAPES = "\x1b]0;title\x07\x1b[31m\x9b31m"  # sets the title of a terminal and its colour
# Sequences that no command writes itself; the colours of a progress bar are its own.
FORBIDDEN = ("\x1b]0;", "\x07", "\x9b", "\x1b\x1b")

pytestmark = needs_posix


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown_on_a_terminal(*words: str, stdin: str = "") -> str:
    """Return the output of a command whose stdout and stderr are a terminal."""
    import pty  # not on Windows

    parent, child = pty.openpty()
    process = start_command(*words, stdout=child, stderr=child)
    os.close(child)
    assert process.stdin
    process.stdin.write(stdin)
    process.stdin.close()
    chunks = []
    while True:
        try:
            chunks.append(os.read(parent, 2**16))
        except OSError:  # Linux: the other end is closed
            break
        if not chunks[-1]:  # macOS
            break
    process.wait()
    os.close(parent)
    return b"".join(chunks).decode("utf-8")


def assert_harmless(shown: str) -> None:
    assert shown.strip()
    assert [sequence for sequence in FORBIDDEN if sequence in shown] == []
    assert "Traceback" not in shown


def run_that_generates_escapes(kind: str, home: Path) -> Path:
    """Return a run folder whose most probable token is always the byte 0x1b."""
    run = Path(shutil.copytree(FROZEN / kind, home / "run"))
    escape = Tokenizer((run / "tokenizer.model").read_bytes()).processor.piece_to_id("<0x1B>")
    weights = load_file(run / "model.safetensors")
    weights["output.linear.bias"][escape] = 1000.0
    save_file(weights, run / "model.safetensors")
    return run


@pytest.mark.slow
def test_escape_codes_in_a_hypothesis_do_not_reach_a_terminal(home: Path) -> None:
    run = run_that_generates_escapes("translation", home)

    shown = shown_on_a_terminal("translate", f"run={run}", stdin="wir sehen\n")

    assert "\ufffd\ufffd" in shown
    assert_harmless(shown)


@pytest.mark.slow
def test_escape_codes_in_a_hypothesis_reach_a_file_as_they_are(home: Path) -> None:
    run = run_that_generates_escapes("translation", home)
    Path("in.en").write_text("wir sehen\n")

    shown_on_a_terminal("translate", f"run={run}", "input=in.en", "output=out.de")

    assert "\x1b\x1b" in Path("out.de").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ["translate", "run={0}"],
        ["translate", "run=run", "input={0}", "output=out"],
        ["evaluate", "hypothesis={0}", "reference={0}"],
        ["classify", "run={0}"],
        ["caption", "run=run", "images={0}"],
        ["check", "data.path={0}", "data.source=en", "data.target=de"],
        ["train", "data=tsv", "data.train={0}", "data.source=en", "data.target=de"],
    ],
    ids=" ".join,
)
def test_escape_codes_in_the_name_of_a_missing_file_do_not_reach_a_terminal(
    home: Path, words: list[str]
) -> None:
    shutil.copytree(FROZEN / "translation", home / "run")

    assert_harmless(shown_on_a_terminal(*(word.format(f"'no{ESCAPES}'") for word in words)))


@pytest.mark.slow
def test_escape_codes_in_the_name_of_a_corpus_do_not_reach_a_terminal() -> None:
    corpus = write_corpus(Path(f"corpus{ESCAPES}"))
    data = [f"data.path='{corpus}'", "data.source=en", "data.target=de"]
    splits = ["data.validation=validation", "data.test=test", "tokenizer.vocab_size=300"]

    shown = shown_on_a_terminal("check", *data, *splits, "steps=0")

    assert "train source:" in shown
    assert_harmless(shown)


@pytest.mark.slow
def test_escape_codes_in_the_names_of_a_translated_file_do_not_reach_a_terminal(home: Path) -> None:
    shutil.copytree(FROZEN / "translation", home / f"run{ESCAPES}")
    Path(f"in{ESCAPES}").write_text("wir sehen\n")

    shown = shown_on_a_terminal(
        "translate", f"run='run{ESCAPES}'", f"input='in{ESCAPES}'", f"output='out{ESCAPES}'"
    )

    assert "1 line," in shown
    assert_harmless(shown)
