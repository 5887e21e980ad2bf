"""Promises of SECURITY.md that no other test of this folder holds: each test names one."""

import pickle
import shutil
import socket
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

import seq2seq
from seq2seq.config.allowed_classes import require_known_targets
from seq2seq.data.readers.catalogues import catalogues
from seq2seq.data.readers.parallel import parallel
from seq2seq.errors import ConfigError, RunError, TextError, UserError
from seq2seq.run_folder import RunFolder
from seq2seq.vision.features import read_features
from tests.processes import run_command
from tests.toy_corpus import write_corpus

FROZEN = Path(__file__).parents[1] / "frozen_runs" / "9491cbe"


class Payload:
    """An object whose pickle creates the file PWNED when it is loaded."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return eval, ("open('PWNED', 'w').close()",)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(FROZEN / "translation", tmp_path / "run"))


def change_options(run: Path, node: str, **values: Any) -> None:
    """Add values to a node of config.yaml; "" is the top."""
    options: Any = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    target = options
    for name in node.split(".") if node else ():
        target = target[name]
    target |= values
    (run / "config.yaml").write_text(yaml.safe_dump(options), encoding="utf-8")


def test_the_payload_of_these_tests_creates_a_file_when_it_is_unpickled(run: Path) -> None:
    pickle.loads(pickle.dumps(Payload()))

    assert (run.parent / "PWNED").exists()


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.model", "config.yaml"])
def test_a_pickle_in_a_run_folder_is_refused_and_not_loaded(run: Path, name: str) -> None:
    (run / name).write_bytes(pickle.dumps(Payload()))

    with pytest.raises(UserError, match=name.replace(".", r"\.")):
        seq2seq.load(run)

    assert not Path("PWNED").exists()


def test_a_pickle_in_place_of_image_features_is_refused_and_not_loaded(run: Path) -> None:
    del run
    import numpy as np

    np.save("objects.npy", np.array([Payload()], dtype=object), allow_pickle=True)
    Path("plain.npy").write_bytes(pickle.dumps(Payload()))

    for name in ("objects.npy", "plain.npy"):
        with pytest.raises(TextError, match=name):
            read_features(Path(name))

    assert not Path("PWNED").exists()


def test_an_argument_that_the_constructor_does_not_take_is_refused(run: Path) -> None:
    change_options(run, "model.cell", command="touch PWNED")

    with pytest.raises(RunError, match=r"no option model\.cell\.command"):
        seq2seq.load(run)


def test_an_argument_of_another_type_than_the_constructors_is_refused(run: Path) -> None:
    target = "seq2seq.model.cells.rnn.LSTM"
    change_options(run, "model.cell", _target_=target, forget_bias="import os")

    with pytest.raises(RunError, match=r"model\.cell\.forget_bias must be a number"):
        seq2seq.load(run)


def test_a_run_folder_cannot_name_a_trusted_module_for_itself(run: Path) -> None:
    change_options(run, "", trusted=["os"])
    change_options(run, "model.cell", _target_="os.system", command="touch PWNED")

    with pytest.raises(RunError):
        seq2seq.load(run)

    assert not Path("PWNED").exists()


def test_a_module_of_this_program_cannot_be_trusted() -> None:
    options = {"model": {"cell": {"_target_": "seq2seq.builders.instantiate_node"}}}

    with pytest.raises(ConfigError, match="not trusted"):
        require_known_targets(options, ["seq2seq", "seq2seq.builders"])


@pytest.mark.parametrize("name", ["run.json", "test.jsonl"])
def test_facts_and_test_text_outside_of_the_run_folder_are_not_read(run: Path, name: str) -> None:
    (run / name).rename(run.parent / name)
    (run / name).symlink_to(run.parent / name)
    folder = RunFolder(run)

    with pytest.raises(RunError, match="is a link to a file outside the run folder"):
        folder.read_facts() if name == "run.json" else folder.read_test()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "kind", "words"),
    [
        ("generate", "language_model", []),
        ("classify", "classification", []),
        ("caption", "captions", ["images=image.png"]),
    ],
)
def test_no_command_of_another_task_runs_code_of_a_run_folder(
    run: Path, command: str, kind: str, words: list[str]
) -> None:
    del run
    folder = Path(shutil.copytree(FROZEN / kind, kind))
    node = {"_target_": "torch.utils.collect_env.run", "command": "touch PWNED"}
    change_options(folder, "model", cell=node)
    Path("image.png").touch()

    ended = run_command(command, f"run={folder}", *words)

    assert ended.returncode == 1
    assert "from a module that is not trusted" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert not Path("PWNED").exists()


def test_an_archive_is_not_unpacked_to_disk(run: Path) -> None:
    folder = run.parent / "inside"
    folder.mkdir()
    with zipfile.ZipFile(folder / "toy.whl", "w") as archive:
        for language, text in (("en", "one"), ("de", "eins")):
            archive.writestr(f"../../{language}.json", f'{{"a": "{text}"}}')
            archive.writestr(f"/tmp/{language}.json", f'{{"b": "{text}"}}')
    before = sorted(run.parent.rglob("*"))

    corpus = catalogues(
        "toy", "1", "", ["../../{lang}.json"], str(folder / "toy.whl"), "en", "de", "unknown"
    )

    assert [(pair.source, pair.target) for pair in corpus.splits["train"]] == [("one", "eins")]
    assert sorted(run.parent.rglob("*")) == before


def test_no_network_is_contacted_to_translate_or_to_read_files(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    corpus = parallel(
        str(write_corpus(run.parent / "corpus")), "train", None, None, "en", "de", "unknown"
    )

    assert len(seq2seq.load(run).translate(["wir sehen"])) == 1
    assert len(list(corpus.splits["train"])) == 140
