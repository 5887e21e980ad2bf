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
from seq2seq.inference.planning import LineHandling, directions_of, number_signs, unit_planner
from seq2seq.inference.units import UnitPlanner
from seq2seq.storage.files import write_bytes
from seq2seq.storage.run_files import TRUECASE, onnx_file
from seq2seq.text.spans.number_format import NumberFormat
from seq2seq.web.pieces import describe_tokenizer
from seq2seq.web.spans import describe_spans

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
    settings, planners = _planning(network)
    _write_json(model / "spans.json", describe_spans(planners[0].rules, planners[0].foreign))
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


def _planning(network: LoadedNetwork) -> tuple[dict[str, Any], list[UnitPlanner]]:
    """Return what the page needs to know of a run beside its tokenizers, spans and graphs.

    Returns:
        Plain data, and the planner of each direction.
    """
    folder, limits = network.folder, LengthLimits()
    facts = folder.read_facts() if folder.facts.is_file() else {}
    truecaser = folder.read_truecaser()
    plan = partial(
        unit_planner, network.source, network.config, facts, limits, LineHandling(), truecaser
    )
    directions = directions_of(facts, plan)
    pairs = [None] if directions is None else directions.pairs
    planners = [plan(pair) for pair in pairs]
    signs = [number_signs(facts, pair) for pair in pairs]
    listed = [_direction(*each) for each in zip(planners, signs, strict=True)]
    scores = facts.get("scores")
    settings = {
        "format": WEB_FORMAT,
        "name": str(facts.get("name", network.config.name)),
        "licence": str(facts.get("licence") or ""),
        "scores": [str(score) for score in scores] if isinstance(scores, list) else [],
        "directions": listed,
        "transforms": list(network.config.tokenizer.transforms),
        "truecase": TRUECASE if truecaser else "",
        "typical_length": planners[0].splitting.typical_length,
        "max_source_length": limits.max_source_length,
        "max_length_ratio": limits.max_length_ratio,
        "max_length_extra": limits.max_length_extra,
        # Without symbols a network needs a repair that the page does not have.
        "protects_spans": network.source.has_symbols and planners[0].rules is not None,
        "precisions": {},
    }
    return settings, planners


def _direction(planner: UnitPlanner, numbers: NumberFormat) -> dict[str, Any]:
    source, target = planner.languages
    return {"source": source, "target": target, "tags": planner.tags, "numbers": numbers.facts()}


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
