"""The ONNX files of an exported folder."""

import os
from pathlib import Path

from seq2seq.errors import RunError
from seq2seq.inference.onnx.checking import require_safe_graphs
from seq2seq.inference.onnx.sessions import GraphFiles
from seq2seq.run_folder import RunFolder
from seq2seq.storage.files import write_bytes
from seq2seq.storage.run_files import ONNX_FILES, onnx_file

MAX_GRAPH_BYTES = 2**31  # of a file: protobuf has no larger ones


def is_exported(folder: Path) -> bool:
    """Return whether a folder has a network as ONNX graphs in place of weights."""
    return any(os.path.lexists(folder / name) for name in ONNX_FILES)


def write_graphs(folder: Path, precision: str, graphs: GraphFiles) -> None:
    """Save the graphs of one precision."""
    for part, content in zip(GraphFiles._fields, graphs, strict=True):
        write_bytes(folder / onnx_file(part, precision), content)


def read_graphs(folder: RunFolder, precision: str) -> GraphFiles:
    """Read and check the graphs of one precision.

    Raises:
        RunError: they are missing, damaged, or hold what no export writes.
        ConfigError: the package onnx is not installed.
    """
    contents = []
    for part in GraphFiles._fields:
        path = folder.folder / onnx_file(part, precision)
        if not os.path.lexists(path):
            raise RunError(f"{folder.folder} was exported without {path.name}")
        if folder.file(path).stat().st_size > MAX_GRAPH_BYTES:
            raise RunError(f"{path} is too large")
        contents.append(path.read_bytes())
    graphs = GraphFiles(*contents)
    require_safe_graphs(graphs, str(folder.folder))
    return graphs
