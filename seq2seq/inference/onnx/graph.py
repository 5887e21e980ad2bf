"""Construction of ONNX graphs: nodes are appended one by one, each value has a name.

https://onnx.ai/onnx/repo-docs/IR.html
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

Array = NDArray[Any]
OPSET = 17  # of ONNX: the first with LayerNormalization, which ONNX Runtime has since 1.12
IR_VERSION = 8  # of the files, that of opset 17
MICROSOFT = "com.microsoft"  # domain of ONNX Runtime's own operators
FP32, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
MIN_SHARED_BYTES = 64  # of constants that several graphs share
Shape = Sequence[int | str]  # of a value; a word stands for a size that differs from run to run


class Graph:
    """A graph under construction; a body is a graph within it, of a `Scan`.

    Constants are initializers of the outermost graph, where ONNX Runtime packs weights once.
    """

    def __init__(self, outer: "Graph | None" = None) -> None:
        self.nodes: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self.root: Graph = outer.root if outer else self
        self.initializers: dict[str, Any] = {}
        self.count = 0  # of the names that are taken

    def name(self, kind: str) -> str:
        """Return a name that no other value has."""
        self.root.count += 1
        return f"{kind}_{self.root.count}"

    def body(self) -> "Graph":
        """Return an empty graph inside this one, which sees its values."""
        return Graph(self)

    def add_input(self, name: str, kind: int, shape: Shape) -> str:
        """Declare an input, and return its name."""
        self.inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def add_output(self, value: str, name: str, kind: int, shape: Shape) -> None:
        """Make `value` the output `name`, and rename it: a node for that would copy it."""
        is_made_here = any(value in node.output for node in self.nodes)
        if not is_made_here or value in {output.name for output in self.outputs}:
            value = self.op("Identity", value)
        for node in self.nodes:
            for names in (node.input, node.output):
                names[:] = [name if each == value else each for each in names]
        self.outputs.append(helper.make_tensor_value_info(name, kind, shape))

    def constant(self, array: Tensor | Array | Sequence[int], kind: str = "constant") -> str:
        """Return the name of a constant: equal ones have one name, in all graphs."""
        if isinstance(array, Tensor):
            array = array.detach().numpy()
        value = np.array(array, dtype=np.int64) if isinstance(array, Sequence) else array
        value = np.ascontiguousarray(value).reshape(value.shape)
        about = f"{value.dtype.str} {value.shape} ".encode()
        name = f"{kind}_{sha256(about + value.tobytes()).hexdigest()[:16]}"
        if name not in self.root.initializers:
            self.root.initializers[name] = numpy_helper.from_array(value, name)
        return name

    def share_constants(self, other: "Graph") -> None:
        """Make inputs of the large constants that `other` has too, which then stores them alone."""
        for name, tensor in list(self.initializers.items()):
            if name in other.initializers and len(tensor.raw_data) >= MIN_SHARED_BYTES:
                del self.initializers[name]
                self.add_input(name, tensor.data_type, tensor.dims)

    def scalar(self, value: float) -> str:
        """Return the name of a constant of fp32 without dimensions."""
        return self.constant(np.array(value, dtype=np.float32), "scalar")

    def op(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Append a node with one output, and return its name."""
        return self.ops(kind, 1, *inputs, domain=domain, **attributes)[0]

    def ops(
        self, kind: str, outputs: int, *inputs: str, domain: str = "", **attributes: Any
    ) -> list[str]:
        """Append a node with several outputs, and return their names."""
        names = [self.name(kind) for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **attributes))
        return names

    def add(self, a: str, b: str) -> str:
        """Return a + b."""
        return self.op("Add", a, b)

    def mul(self, a: str, b: str) -> str:
        """Return a * b, element by element."""
        return self.op("Mul", a, b)

    def split(self, value: str, sizes: Sequence[int], axis: int = -1) -> list[str]:
        """Return the parts of `value` along `axis`."""
        return self.ops("Split", len(sizes), value, self.constant(sizes), axis=axis)

    def take(self, value: str, index: int, axis: int) -> str:
        """Return the part of `value` at `index`, without the dimension `axis`."""
        return self.op("Gather", value, self.constant(np.array(index)), axis=axis)

    def concat(self, values: Sequence[str], axis: int = -1) -> str:
        """Return `values` one after the other along `axis`."""
        return values[0] if len(values) == 1 else self.op("Concat", *values, axis=axis)

    def stack(self, values: Sequence[str], axis: int) -> str:
        """Return `values` along a new dimension."""
        axes = self.constant([axis])
        return self.concat([self.op("Unsqueeze", value, axes) for value in values], axis)

    def reshape(self, value: str, shape: Sequence[int]) -> str:
        """Return `value` in another shape: 0 stands for the size that it had, -1 for the rest."""
        return self.op("Reshape", value, self.constant(shape))

    def transpose(self, value: str, order: Sequence[int]) -> str:
        """Return `value` with its dimensions in another order."""
        return self.op("Transpose", value, perm=order)

    def to_proto(self) -> Any:
        """Return the graph in the form of the file."""
        return helper.make_graph(
            self.nodes, "graph", self.inputs, self.outputs, [*self.initializers.values()]
        )

    def to_bytes(self) -> bytes:
        """Return the graph as a file."""
        imports = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(self.to_proto(), opset_imports=imports, ir_version=IR_VERSION)
        content: bytes = model.SerializeToString()
        return content
