"""The folder of a page: complete, from pinned files, or one line says what is wrong."""

import io
import json
import re
import shutil
import tarfile
from base64 import b64encode
from hashlib import sha512
from pathlib import Path

import pytest

from seq2seq.commands.export import export
from seq2seq.config.exporting import ExportConfig
from seq2seq.errors import ConfigError, RunError, TextError
from seq2seq.inference.loading import load_translation
from seq2seq.web import runtime
from seq2seq.web.site import write_site
from tests.posix import needs_posix

RUN = Path(__file__).parents[1] / "frozen_runs" / "9491cbe" / "translation_attention"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page without ONNX Runtime."""
    folder = tmp_path_factory.mktemp("site")
    network = load_translation(RUN, "cpu", ())
    write_site(folder, network, ["fp32", "int8"], {"ort.wasm.min.mjs": b"export {};"})
    return folder


def test_the_page_names_no_other_host_and_every_file_that_it_names_is_there(site: Path) -> None:
    names = {str(file.relative_to(site)) for file in site.rglob("*") if file.is_file()}
    for name in names:
        if "/" in name or name == "icon.svg":
            continue
        text = (site / name).read_text("utf-8")
        assert "http:" not in text, name
        assert "https:" not in text, name
        assert "innerHTML" not in text, name
        named = set(re.findall(r'(?:from|href=|src=|URL\()\s*"(?:\./)?([^"]+[^/"])"', text))
        assert named <= names, name
    html = (site / "index.html").read_text("utf-8")
    assert "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'" in html


def test_model_json_has_what_the_page_reads(site: Path) -> None:
    settings = json.loads((site / "model" / "model.json").read_text("utf-8"))

    assert [*settings["precisions"]] == ["fp32", "int8"]
    for files in settings["precisions"].values():
        for file in files.values():
            assert (site / "model" / file["name"]).stat().st_size == file["bytes"]
    facts = json.loads((RUN / "run.json").read_text("utf-8"))
    assert settings["directions"] == [
        {"source": facts["source"], "target": facts["target"], "tags": [], "numbers": {}}
    ]
    for name in settings["tokenizers"].values():
        assert json.loads((site / "model" / name).read_text("utf-8"))["kind"] == "bpe"


def test_odd_facts_of_a_run_leave_a_page_that_can_be_used(tmp_path: Path) -> None:
    run, folder = Path(shutil.copytree(RUN, tmp_path / "run")), tmp_path / "site"
    facts = json.loads((run / "run.json").read_text("utf-8"))
    odd = {**facts, "scores": 5, "name": ["x"], "licence": {"a": 1}}
    (run / "run.json").write_text(json.dumps(odd), "utf-8")
    folder.mkdir()

    write_site(folder, load_translation(run, "cpu", ()), ["int8"], {})

    settings = json.loads((folder / "model" / "model.json").read_text("utf-8"))
    assert (settings["name"], settings["licence"]) == ("['x']", "{'a': 1}")
    assert settings["scores"] == []


def packed(files: dict[str, bytes]) -> bytes:
    """The bytes of a package as npm has them."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return data.getvalue()


def test_the_files_of_the_pinned_package_are_taken_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = {member: name.encode() for name, member in runtime.RUNTIME_FILES.items()}
    data = packed({**members, "package/other.js": b"other"})
    file = tmp_path / "package.tgz"
    file.write_bytes(data)

    with pytest.raises(ConfigError, match=r"package\.tgz has another SHA-512 than onnxruntime-web"):
        runtime.read_runtime(str(file))

    monkeypatch.setattr(runtime, "INTEGRITY", b64encode(sha512(data).digest()).decode())
    found = runtime.read_runtime(str(file))
    assert found == {name: name.encode() for name in runtime.RUNTIME_FILES}


def test_without_npm_one_line_says_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    output = tmp_path / "new"

    with pytest.raises(ConfigError, match=r"type npm pack onnxruntime-web@1\.30\.0, and give the"):
        export(ExportConfig(run=str(RUN), output=str(output), format="web"), tmp_path)
    assert not output.exists()


@needs_posix
def test_what_npm_says_is_part_of_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error code ENOTFOUND' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(
        ConfigError, match=r"npm cannot fetch .* \(npm error code ENOTFOUND\): where"
    ):
        runtime.read_runtime(None)


def test_a_missing_file_and_an_option_of_another_format_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"absent\.tgz cannot be read: No such file"):
        runtime.read_runtime(str(tmp_path / "absent.tgz"))
    new = str(tmp_path / "new")
    with pytest.raises(ConfigError, match="runtime is a file for format=web"):
        export(ExportConfig(run=str(RUN), output=new, runtime="x.tgz"), tmp_path)
    with pytest.raises(RunError, match="exists already"):
        export(ExportConfig(run=str(RUN), output=str(tmp_path), format="web"), tmp_path)
