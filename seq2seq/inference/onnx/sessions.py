"""Sessions of ONNX Runtime for the encoder and the step of a network."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from seq2seq.errors import RunError
from seq2seq.inference.onnx.packages import import_package

GRAPH_FORMAT = 1  # of the files; later versions of the program read all earlier ones
PROVIDERS = ["CPUExecutionProvider"]


class GraphFiles(NamedTuple):
    """The contents of the files of a network in one precision."""

    tables: bytes
    encoder: bytes
    step: bytes


class Sizes(NamedTuple):
    """The sizes that differ from network to network, as the graphs declare them."""

    values: int  # M
    keys: int  # A; 0: there are none, or the values are the keys
    positions: int | None  # of values and keys; None: as many as the source has
    hidden: tuple[int, ...]  # (L, P, H)
    vocab_size: int
    has_attention: bool


class Sessions(NamedTuple):
    """A network that is ready to run."""

    encoder: Any
    step: Any
    tables: dict[str, Tensor]  # inputs of these, by name
    sizes: Sizes


def open_sessions(files: GraphFiles, threads: int) -> Sessions:
    """Compute the tables of a network, and return its sessions.

    Args:
        files: the graphs.
        threads: of each product.

    Raises:
        ConfigError: ONNX Runtime is not installed.
        RunError: ONNX Runtime cannot use the graphs.
    """
    runtime = import_package("onnxruntime")
    encoder, step = (_session(runtime, graph, threads) for graph in files[1:])
    once = _session(runtime, files.tables, threads, optimized=False)
    names = [output.name for output in once.get_outputs()]
    shared = _constants(files.step, {value.name for value in once.get_inputs()})
    try:
        tables = dict(zip(names, map(torch.from_numpy, once.run(names, shared)), strict=True))
        made_by = int(tables.pop("format"))
    except Exception as error:
        raise unusable(error) from error
    if made_by > GRAPH_FORMAT:
        raise RunError("the network was exported by a later version of this program")
    return Sessions(encoder, step, tables, _sizes(encoder, step))


def _constants(graph: bytes, names: set[str]) -> dict[str, Any]:
    """Return constants of a graph by name, as arrays of NumPy."""
    if not names:
        return {}
    onnx = import_package("onnx")
    model = onnx.load_model_from_string(graph)
    stored = {tensor.name: tensor for tensor in model.graph.initializer if tensor.name in names}
    return {name: onnx.numpy_helper.to_array(tensor) for name, tensor in stored.items()}


def _session(runtime: Any, content: bytes, threads: int, optimized: bool = True) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # Else threads that wait for work keep their cores busy: twice the processor time on two.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_mem_pattern = False  # a plan of the memory for each shape that it has met
    options.log_severity_level = 4  # errors are raised
    if not optimized:
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        # Else it prints each error, and tries again.
        return runtime.InferenceSession(content, options, PROVIDERS, enable_fallback=False)
    except Exception as error:
        raise unusable(error) from error


def _sizes(encoder: Any, step: Any) -> Sizes:
    shapes = {output.name: output.shape for output in (*encoder.get_outputs(), *step.get_outputs())}
    positions, values = shapes["values"][1:]
    return Sizes(
        values=values,
        keys=shapes["keys"][1] if "keys" in shapes else 0,
        positions=positions if isinstance(positions, int) else None,  # else its name
        hidden=tuple(shapes["hidden"][1:]),
        vocab_size=shapes["logits"][1],
        has_attention="weights" in shapes,
    )


def unusable(error: Exception) -> RunError:
    """Return the error of a network that ONNX Runtime refuses; its errors have no common class."""
    return RunError(f"ONNX Runtime cannot use the network: {' '.join(str(error).split())[:200]}")
