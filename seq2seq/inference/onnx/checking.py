"""Checks of ONNX files, which may come from a stranger, before ONNX Runtime reads them.

A file holds the operators that an export writes and no others, and all of its numbers itself.
`Loop` and `If`, with which it might never end, are not among them.
"""

from collections.abc import Iterable, Mapping
from math import prod
from typing import Any

from seq2seq.errors import RunError
from seq2seq.inference.onnx.packages import import_package
from seq2seq.inference.onnx.sessions import GraphFiles

OPERATORS = {
    "": {
        *("Abs", "Add", "Cast", "Concat", "Div", "Erf", "Exp", "Expand", "Flatten", "Gather"),
        *("Gemm", "GreaterOrEqual", "Identity", "LayerNormalization", "MatMul", "Max", "Min"),
        *("Mul", "Neg", "QuantizeLinear", "ReduceMax", "Relu", "Reshape", "Scan", "Shape"),
        *("Sigmoid", "Softmax", "Softplus", "Split", "Squeeze", "Sub", "Tanh", "Transpose"),
        *("Unsqueeze", "Where"),
    },
    "com.microsoft": {"MatMulIntegerToFloat"},
}
# Versions of the operators in files that this program reads; later exports add theirs.
OPSETS = {"": {17}, "com.microsoft": {1}}
MAX_NODES = 5000  # the largest networks have some hundred
MAX_NUMBERS = 2**28  # of a value whose size the file states
MAX_INTEGER = 2**20  # of constants, which are sizes and positions

# The names of inputs and outputs, where those of tables differ from network to network.
INTERFACES: Mapping[str, tuple[set[str], set[str]]] = {
    "tables": (set(), {"format"}),
    "encoder": ({"tokens", "mask"}, {"values", "hidden"}),
    "step": ({"tokens", "hidden", "values", "mask"}, {"logits", "new_hidden"}),
}


def require_safe_graphs(files: GraphFiles, folder: str) -> None:
    """Check the files of a network.

    Args:
        files: their contents.
        folder: where they are, for the message.

    Raises:
        RunError: a file is damaged, of another version, or holds what no export writes.
        ConfigError: the package onnx is not installed.
    """
    onnx = import_package("onnx")
    models = {}
    for part, content in zip(files._fields, files, strict=True):
        try:
            models[part] = onnx.load_model_from_string(content)
        except Exception as error:  # protobuf has several
            kind = type(error).__name__
            raise RunError(f"{folder}: the {part} graph is damaged ({kind})") from error
    shared = {tensor.name for tensor in models["step"].graph.initializer}
    for part, model in models.items():
        if problem := _problem(onnx, part, model, shared if part == "tables" else set()):
            raise RunError(f"{folder}: the {part} graph cannot be used: {problem}")


def _problem(onnx: Any, part: str, model: Any, shared: set[str]) -> str | None:
    """Return what is wrong with a model, which may read the `shared` constants of another."""
    versions = {each.domain: each.version for each in model.opset_import}
    if "" not in versions or any(v not in OPSETS.get(d, ()) for d, v in versions.items()):
        return f"this version does not run operators of {versions}"
    if model.functions or model.training_info or len(model.metadata_props):
        return "it holds more than a graph"
    bodies = [a.g for node in model.graph.node for a in node.attribute if a.HasField("g")]
    graphs = [model.graph, *bodies]
    if sum(len(graph.node) for graph in graphs) > MAX_NODES:
        return "it is too large"
    nested = [a for body in bodies for node in body.node for a in node.attribute]
    if any(attribute.HasField("g") for attribute in nested):
        return "it has graphs within graphs"
    return (
        _bad_node(graphs)
        or _bad_constant(onnx, graphs)
        or _bad_interface(part, model.graph, shared)
        or _bad_size(onnx, model)
    )


def _bad_node(graphs: Iterable[Any]) -> str | None:
    """Return the first operator, attribute or name that no export writes."""
    for graph in graphs:
        values = (*graph.input, *graph.output, *graph.initializer)
        names = [value.name for value in values]
        for node in graph.node:
            names += [node.op_type, node.domain, *node.input, *node.output]
        if any(isinstance(name, bytes) for name in names):  # protobuf returns such as they are
            return "a name in it is no UTF-8"
        for node in graph.node:
            if node.op_type not in OPERATORS.get(node.domain, ()):
                return f"no export writes the operator {f'{node.domain} {node.op_type}'!r:.80}"
            for a in node.attribute:
                if a.HasField("t") or a.tensors or a.graphs or a.HasField("sparse_tensor"):
                    return f"no export writes the attribute {a.name!r:.80}"
    return None


def _bad_constant(onnx: Any, graphs: Iterable[Any]) -> str | None:
    """Return a constant that is in another file, or cannot be one of a network."""
    for graph in graphs:
        if graph.sparse_initializer:
            return "it has sparse constants"
        for tensor in graph.initializer:
            if tensor.external_data or tensor.data_location != onnx.TensorProto.DEFAULT:
                return "it refers to another file"
            try:
                numbers = onnx.numpy_helper.to_array(tensor)
            except Exception as error:  # too few bytes, or no such type
                return f"a constant is damaged ({type(error).__name__})"
            if not _is_sound(numbers):
                return "a constant is no finite number, or a size that is too large"
    return None


def _is_sound(numbers: Any) -> bool:
    """Return whether the numbers of a constant can be weights, codes or sizes."""
    if numbers.dtype.kind == "f":  # the -inf that masks scores stands alone
        return bool((abs(numbers) < float("inf")).all()) or (numbers.size == 1 and numbers < 0)
    if numbers.dtype.kind in "iu":
        return bool((numbers <= MAX_INTEGER).all() and (numbers >= -MAX_INTEGER).all())
    return False


def _bad_interface(part: str, graph: Any, shared: set[str]) -> str | None:
    """Return which input or output is missing, or is no part of a network."""
    weights = {value.name for value in graph.initializer}
    needed, made = INTERFACES[part]
    inputs = {value.name for value in graph.input} - weights - shared
    outputs = {value.name for value in graph.output}
    tables = {name for name in inputs | outputs if name.startswith("table_")}
    optional = tables | {"keys", "weights"}  # with attention
    wrong = (inputs - optional) ^ needed or (outputs - optional) ^ made
    return f"its inputs or outputs are others: {sorted(wrong)!r:.200}" if wrong else None


def _bad_size(onnx: Any, model: Any) -> str | None:
    """Return that a value would be too large, as far as the file tells the sizes."""
    try:
        graph = onnx.shape_inference.infer_shapes(model).graph
    except Exception as error:
        return f"its sizes do not fit together ({type(error).__name__})"
    for value in (*graph.value_info, *graph.input, *graph.output):
        sizes = [dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        if min(sizes, default=0) < 0 or prod(max(size, 1) for size in sizes) > MAX_NUMBERS:
            return "a value is too large"
    return None
