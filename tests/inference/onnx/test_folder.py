"""An exported folder translates as its run does, and one from a stranger ends in one line."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import seq2seq
from seq2seq.commands.export import export
from seq2seq.commands.quantize import quantize
from seq2seq.config.commands import QuantizeConfig
from seq2seq.config.exporting import ExportConfig
from seq2seq.errors import ConfigError, RunError, UserError
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.inference.engines.onnx import OnnxModel
from seq2seq.inference.loading import load_forced_decoder
from seq2seq.inference.onnx import decoding, packages
from seq2seq.inference.onnx.decoding import DecodingEngine, int8_is_exact
from seq2seq.search.beam import Beam
from seq2seq.search.sampling import Sampling

FROZEN = Path(__file__).parents[2] / "frozen_runs" / "9491cbe"
RUN = FROZEN / "translation_attention"
EARLIER = Path(__file__).parents[2] / "frozen_runs" / "onnx_format_1" / "translation"
LINES = ["Today Anna paints the door.", "The old man sees 3 dogs.", "", "Anna"]
SEARCHES: dict[str, Callable[[], Any]] = {
    "greedy": lambda: None,
    "beam": lambda: Beam(3, 1.0, 1, 0.2),
    "sample": lambda: Sampling(1.0, 0, 1.0, 2, 3),
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports") / "folder"
    export(ExportConfig(run=str(RUN), output=str(folder)), Path())
    return folder


@pytest.fixture
def folder(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to damage."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(exported, "folder"))


def test_a_folder_has_what_translation_needs_and_no_weights(exported: Path) -> None:
    names = {file.name for file in exported.iterdir()}

    graphs = {
        f"{part}.{p}.onnx" for part in ("tables", "encoder", "step") for p in ("fp32", "int8")
    }
    assert graphs < names
    assert {"config.yaml", "run.json"} < names
    assert "model.safetensors" not in names


@pytest.mark.parametrize("search", SEARCHES)
def test_its_translations_in_fp32_are_those_of_the_run(exported: Path, search: str) -> None:
    ours = seq2seq.load(exported, SEARCHES[search]())
    theirs = seq2seq.load(RUN, SEARCHES[search]())

    prefixes = ["", "Der", "", ""]
    assert ours.translate(LINES) == theirs.translate(LINES)
    assert ours.translate(LINES, prefixes=prefixes) == theirs.translate(LINES, prefixes=prefixes)


def test_its_alignments_are_those_of_the_run(exported: Path) -> None:
    ours, theirs = (seq2seq.load(folder).align(LINES) for folder in (exported, RUN))

    assert [each.links() for each in ours] == [each.links() for each in theirs]


def test_a_run_and_its_export_form_an_ensemble(exported: Path) -> None:
    assert seq2seq.load([RUN, exported]).translate(LINES) == seq2seq.load(RUN).translate(LINES)


@pytest.mark.skipif(not int8_is_exact(), reason="the processor has no VNNI")
def test_int8_of_a_run_is_that_of_its_export_in_any_batch(exported: Path) -> None:
    ours = seq2seq.load(exported, precision="int8")
    one_by_one = seq2seq.load(RUN, batch=1, precision=DecodingEngine("int8", "onnx"))

    assert ours.translate(LINES) == one_by_one.translate(LINES)


@pytest.mark.parametrize(
    ("precision", "is_fast", "there", "kind"),
    [
        ("int8", True, True, OnnxModel),
        ("int8", True, False, IncrementalModel),
        ("int8", False, True, IncrementalModel),
        ("fp32", True, True, IncrementalModel),
    ],
)
def test_auto_is_onnx_runtime_where_that_is_faster(
    precision: str, is_fast: bool, there: bool, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "has_vnni", lambda: is_fast)
    monkeypatch.setattr(decoding, "are_installed", lambda: there)

    assert isinstance(seq2seq.load(RUN, precision=precision).model, kind)


def test_engine_torch_is_torch() -> None:
    model = seq2seq.load(RUN, precision=DecodingEngine("int8", "torch")).model

    assert isinstance(model, IncrementalModel)


def test_what_cannot_be_exported_decodes_with_torch() -> None:
    documents = FROZEN / "documents"

    assert isinstance(seq2seq.load(documents, precision="int8").model, IncrementalModel)
    with pytest.raises(ConfigError, match="document_context=carry cannot be exported"):
        seq2seq.load(documents, precision=DecodingEngine("int8", "onnx"))


def test_a_missing_package_is_one_line(monkeypatch: pytest.MonkeyPatch, exported: Path) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(packages, "import_module", missing)
    line = r"the package onnx is needed: pip install 'seq2seq\[onnx\]'"
    with pytest.raises(ConfigError, match=line):
        seq2seq.load(exported)
    with pytest.raises(ConfigError, match=line):
        export(ExportConfig(run=str(RUN), output="new"), Path())


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_a_precision_that_graphs_or_the_processor_lack_is_one_line(
    precision: str, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "int8_is_exact", lambda: False)
    with pytest.raises(ConfigError, match=f"precision={precision}: "):
        seq2seq.load(exported, precision=precision)


def test_what_needs_weights_refuses_the_folder(folder: Path) -> None:
    with pytest.raises(RunError, match="folder is exported: it translates"):
        load_forced_decoder(folder)
    with pytest.raises(RunError, match="folder is exported: it translates"):
        quantize(QuantizeConfig(run="folder", output="new"), Path())
    with pytest.raises(RunError, match="folder is exported: it translates"):
        export(ExportConfig(run="folder", output="new"), Path())
    with pytest.raises(ConfigError, match="needs engine=onnx and device=cpu"):
        seq2seq.load(folder, precision=DecodingEngine("fp32", "torch"))


def test_one_precision_can_be_exported_alone(tmp_path: Path) -> None:
    output = tmp_path / "small"
    export(ExportConfig(run=str(RUN), output=str(output), precisions=["fp32"]), Path())

    assert not (output / "step.int8.onnx").exists()
    if int8_is_exact():
        with pytest.raises(RunError, match=r"was exported without tables\.int8\.onnx"):
            seq2seq.load(output, precision="int8")


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_a_folder_of_an_earlier_version_gives_its_translations(precision: str) -> None:
    """The files are never made anew: that they stay as they are is the point."""
    if precision == "int8" and not int8_is_exact():
        pytest.skip("the processor has no VNNI")
    said = json.loads((EARLIER / "translations.json").read_text(encoding="utf-8"))

    assert seq2seq.load(EARLIER, precision=precision).translate([*said]) == [*said.values()]


def test_a_folder_of_a_later_version_is_refused(folder: Path) -> None:
    def later(model: Any) -> None:
        tensor = next(t for t in model.graph.initializer if t.data_type == TensorProto.INT64)
        tensor.CopyFrom(numpy_helper.from_array(np.array([2]), tensor.name))

    changed(folder, "tables", later)

    assert refusal(folder) == "the network was exported by a later version of this program"


def refusal(folder: Path) -> str:
    """The one line by which the folder is refused."""
    with pytest.raises(UserError) as caught:
        seq2seq.load(folder).translate(LINES)
    message = str(caught.value)
    assert "\n" not in message
    return message


Change = Callable[[Any], None]


def changed(folder: Path, part: str, change: Change) -> None:
    """Change the model of a file."""
    file = folder / f"{part}.fp32.onnx"
    model = onnx.load(file)
    change(model)
    file.write_bytes(model.SerializeToString())


def external(model: Any) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../secret"


def looping(model: Any) -> None:
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(helper.make_node("Loop", ["", ""], [], body=body))


def constant(value: Any) -> Change:
    def change(model: Any) -> None:
        model.graph.initializer.append(numpy_helper.from_array(np.array(value), "more"))

    return change


def nested(model: Any) -> None:
    scan = next(node for node in model.graph.node if node.op_type == "Scan")
    inner = next(a.g for a in scan.attribute if a.name == "body")
    inner.node.append(helper.make_node("Scan", [], [], body=helper.make_graph([], "x", [], [])))


def attribute(model: Any) -> None:
    value = numpy_helper.from_array(np.zeros(2))
    model.graph.node[0].attribute.append(helper.make_attribute("value", value))


def opset(model: Any) -> None:
    model.opset_import[0].version = 99


def renamed(model: Any) -> None:
    model.graph.output[0].name = "other"


def odd_name(model: Any) -> None:
    model.graph.input[0].name = "\x00\u1234\n"


def huge(model: Any) -> None:
    shape = numpy_helper.from_array(np.array([2**20] * 2), "huge")
    model.graph.initializer.append(shape)
    node = helper.make_node("Expand", [model.graph.initializer[0].name, "huge"], ["expanded"])
    model.graph.node.append(node)


def function(model: Any) -> None:
    model.functions.append(helper.make_function("", "Own", [], [], [], []))


ATTACKS: dict[str, tuple[str, Change, str]] = {
    "another file": ("encoder", external, "it refers to another file"),
    "a loop": ("step", looping, "no export writes the operator ' Loop'"),
    "a constant of NaN": ("step", constant(np.float32("nan")), "a constant is no finite number"),
    "a size": ("step", constant(2**40), "a size that is too large"),
    "text": ("step", constant("text"), "a constant is "),
    "a graph in a graph": ("encoder", nested, "graphs within graphs"),
    "a value as an attribute": ("step", attribute, "no export writes the attribute 'value'"),
    "another opset": ("tables", opset, "this version does not run operators"),
    "another output": ("encoder", renamed, "its inputs or outputs are others"),
    "an odd name": ("step", odd_name, "its inputs or outputs are others"),
    "a huge value": ("tables", huge, "a value is too large"),
    "a function": ("step", function, "it holds more than a graph"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_graph_is_refused_before_it_is_run(folder: Path, attack: str) -> None:
    part, change, reason = ATTACKS[attack]
    changed(folder, part, change)

    assert f"folder: the {part} graph cannot be used: " in (line := refusal(folder))
    assert reason in line


def damages(content: bytes) -> Iterator[bytes]:
    """Contents that are none of a graph, or only half of one."""
    yield b""
    yield b"no graph"
    yield content[: len(content) // 2]
    yield content[:-1]


@pytest.mark.parametrize("part", ["tables", "encoder", "step"])
def test_a_damaged_file_is_one_line(folder: Path, part: str) -> None:
    file = folder / f"{part}.fp32.onnx"
    for damaged in damages(file.read_bytes()):
        file.write_bytes(damaged)
        refusal(folder)


def test_files_that_do_not_belong_together_are_one_line(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    export(ExportConfig(run=str(FROZEN / "translation"), output=str(other)), Path())
    for part in ("tables", "encoder", "step"):
        file = folder / f"{part}.fp32.onnx"
        content = file.read_bytes()
        shutil.copy(other / file.name, file)
        refusal(folder)
        file.write_bytes(content)


def test_a_link_out_of_the_folder_is_not_read(folder: Path) -> None:
    file = folder / "step.fp32.onnx"
    file.rename("outside.onnx")
    file.symlink_to(Path("outside.onnx").absolute())

    assert "is a link to a file outside the run folder" in refusal(folder)


@pytest.mark.parametrize(("given", "reason"), [({}, "no value for run"), ({"run": "x"}, "output")])
def test_both_folders_are_needed(given: dict[str, str], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        export(ExportConfig(**given), Path())  # type: ignore[arg-type]
