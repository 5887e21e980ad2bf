"""A copy of a run folder with int8 weights."""

from pathlib import Path

import pytest
from safetensors.torch import load_file

from seq2seq.commands.quantize import quantize
from seq2seq.config.commands import QuantizeConfig
from seq2seq.errors import ConfigError, RunError
from seq2seq.inference.loading import load_translator
from seq2seq.run_folder import RunFolder

RUN = Path(__file__).parent.parent / "frozen_runs" / "9491cbe" / "translation"


def run(output: str) -> None:
    quantize(QuantizeConfig(run=str(RUN), output=output), Path())


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_copy_translates_and_each_weight_is_within_half_a_step_of_its_row(home: Path) -> None:
    run("new/small")

    assert [path.name for path in (home / "new").iterdir()] == ["small"]
    assert load_translator(home / "new" / "small").translate(["Today Anna paints the door."])
    before = load_file(RUN / "model.safetensors")
    after = load_file(home / "new" / "small" / "model.safetensors")
    matrices = [name for name, value in before.items() if value.dim() == 2]
    assert matrices
    for name in matrices:
        scales = after[f"{name}.int8_scale"].unsqueeze(1)
        error = (after[name] * scales - before[name]).abs()
        assert bool((error <= 0.501 * scales).all())


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("taken", "taken exists already"),
        ("link", "link exists already"),
        (".", "exists already"),
        ("n" * 300, "cannot be written: File name too long"),
        ("file/new", "cannot be written: Not a directory"),
        ("a\0b", "cannot be written"),
    ],
)
def test_a_folder_that_cannot_be_new_is_refused(home: Path, output: str, reason: str) -> None:
    (home / "taken").mkdir()
    (home / "file").touch()
    (home / "link").symlink_to("nowhere")
    with pytest.raises(RunError, match=reason):
        run(output)


def test_an_empty_output_has_no_value() -> None:
    with pytest.raises(ConfigError, match="no value for output"):
        run("")


def test_an_interrupt_leaves_no_incomplete_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(folder: RunFolder, model: object, int8: bool) -> None:
        raise KeyboardInterrupt(folder, model, int8)

    monkeypatch.setattr(RunFolder, "write_model", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run("small")
    assert list(home.iterdir()) == []
