"""The built wheel, installed where the checkout cannot be seen."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from seq2seq.commands.compose import SCHEMAS
from seq2seq.config.paths import CONF_DIR

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent


def call(*command: str | Path, cwd: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, cwd=cwd, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    call(
        sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT,
        cwd=folder,
    )  # fmt: skip
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the console scripts of a fresh environment are that has the wheel.

    The libraries are those of this environment, by their folder alone: what an editable install
    of this checkout put there is not followed.
    """
    folder = tmp_path_factory.mktemp("venv")
    call(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    python = folder / "bin" / "python"
    call(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", wheel, cwd=folder)
    site = call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder)
    (Path(site.strip()) / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def test_the_wheel_has_the_configuration_inside_and_nothing_beside_the_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    for name in (
        "seq2seq/conf/train.yaml",
        "seq2seq/recipes/recipe/en-de.yaml",
        "seq2seq/py.typed",
    ):
        assert name in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"seq2seq"}


def test_recipes_are_found_from_the_wheel(scripts: Path, tmp_path: Path) -> None:
    said = call(scripts / "seq2seq-train", "+recipe=en-de", "--cfg", "job", cwd=tmp_path)

    assert "package: homeassistant" in said
    where = call(scripts / "python", "-c", "import seq2seq; print(seq2seq.__file__)", cwd=tmp_path)
    assert str(scripts.parent) in where


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_console_script_helps(name: str, scripts: Path, tmp_path: Path) -> None:
    options: Any = OmegaConf.to_container(OmegaConf.load(CONF_DIR / f"{name}.yaml"))
    header = options["hydra"]["help"]["header"]

    said = call(scripts / f"seq2seq-{name}", "--help", cwd=tmp_path)

    assert said.splitlines()[0] == header.splitlines()[0]


def test_tab_completes_recipes(scripts: Path, tmp_path: Path) -> None:
    environment = {"COMP_LINE": "seq2seq-train +recipe=en-d"}
    done = subprocess.run(
        [str(scripts / "seq2seq-train"), "-sc", "query=bash"],
        capture_output=True, text=True, cwd=tmp_path, env={**os.environ, **environment}, check=True,
    )  # fmt: skip

    assert "+recipe=en-de" in done.stdout.split()
