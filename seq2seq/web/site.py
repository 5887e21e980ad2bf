"""The folder of a page: its own files, those that it shares with the server's, and the model."""

import json
import shutil
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from seq2seq.config.training import LengthLimits
from seq2seq.inference.loading import LoadedNetwork
from seq2seq.inference.onnx.export import export_without_tables
from seq2seq.inference.planning import LineHandling, directions_of, unit_planner
from seq2seq.storage.files import write_bytes
from seq2seq.storage.run_files import TRUECASE, onnx_file
from seq2seq.web.pieces import describe_tokenizer

WEB_FORMAT = 1  # of model.json; translator.js reads it and all earlier ones
WEB_FOLDER = Path(__file__).resolve().parent / "page"
# What a page has of the server's page: style, icon, and functions for elements.
SHARED_FOLDER = WEB_FOLDER.parents[1] / "server" / "page"
SHARED_FILES = ("page.css", "icon.svg", "dom.js")
GRAPHS = ("encoder", "step")


def write_site(
    folder: Path, network: LoadedNetwork, precisions: Iterable[str], runtime: Mapping[str, bytes]
) -> dict[str, int]:
    """Write the files of a page into an empty folder, and return the bytes of each precision.

    Args:
        folder: where to.
        network: a network for translation.
        precisions: fp32, int8 or both; the page begins with the last one.
        runtime: the files of ONNX Runtime Web, see `read_runtime`.

    Raises:
        ConfigError: a part of the network, or the tokenizer, is not possible on a page.
        RunError: the run folder is damaged.
    """
    for file in [*WEB_FOLDER.iterdir(), *(SHARED_FOLDER / name for name in SHARED_FILES)]:
        shutil.copyfile(file, folder / file.name)
    (folder / "runtime").mkdir()
    for name, data in runtime.items():
        write_bytes(folder / "runtime" / name, data)
    model = folder / "model"
    model.mkdir()
    settings = _settings(network)
    settings["tokenizers"] = _write_tokenizers(model, network)
    if settings["truecase"]:
        shutil.copyfile(network.folder.file(network.folder.truecase), model / TRUECASE)
    for precision in precisions:
        settings["precisions"][precision] = _write_graphs(model, network, precision)
    _write_json(model / "model.json", settings)
    return {
        precision: sum(file["bytes"] for file in files.values())
        for precision, files in settings["precisions"].items()
    }


def _settings(network: LoadedNetwork) -> dict[str, Any]:
    """Return what the page needs to know of a run beside its tokenizers and graphs."""
    folder, limits = network.folder, LengthLimits()
    facts = folder.read_facts() if folder.facts.is_file() else {}
    truecaser = folder.read_truecaser()
    plan = partial(
        unit_planner, network.source, network.config, facts, limits, LineHandling(), truecaser
    )
    directions = directions_of(facts, plan)
    planners = [plan()] if directions is None else map(directions.planner, directions.pairs)
    listed = [
        {"source": planner.languages[0], "target": planner.languages[1], "tags": planner.tags}
        for planner in planners
    ]
    return {
        "format": WEB_FORMAT,
        "name": str(facts.get("name", network.config.name)),
        "licence": str(facts.get("licence") or ""),
        "scores": [str(score) for score in facts.get("scores") or []],
        "directions": listed,
        "transforms": list(network.config.tokenizer.transforms),
        "truecase": TRUECASE if truecaser else "",
        "typical_length": plan().splitting.typical_length,
        "max_source_length": limits.max_source_length,
        "max_length_ratio": limits.max_length_ratio,
        "max_length_extra": limits.max_length_extra,
        "precisions": {},
    }


def _write_tokenizers(folder: Path, network: LoadedNetwork) -> dict[str, str]:
    """Write the tokenizers, one that both sides have once, and return the names of their files."""
    is_joint = network.source is network.target
    names = {"source": "tokenizer.json" if is_joint else "source.json"}
    names["target"] = names["source"] if is_joint else "target.json"
    for side, tokenizer in (("source", network.source), ("target", network.target)):
        _write_json(folder / names[side], describe_tokenizer(tokenizer))
    return names


def _write_graphs(folder: Path, network: LoadedNetwork, precision: str) -> dict[str, Any]:
    """Write encoder and step in a precision, and return names and sizes of their files."""
    files = {}
    contents = export_without_tables(network.model, precision)
    for part, content in zip(GRAPHS, contents, strict=True):
        name = onnx_file(part, precision)
        write_bytes(folder / name, content)
        files[part] = {"name": name, "bytes": len(content)}
    return files


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    write_bytes(path, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
