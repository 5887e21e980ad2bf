"""Products with weights in ONNX graphs, in fp32 or int8.

Nothing is scaled by the numbers of a whole batch, so that a sentence's translation does not depend
on its company. What lies within -1 and 1, as states of LSTM and GRU and what tanh returns do, has a
constant scale; other rows are divided by their own largest absolute value.
"""

import numpy as np
from torch import Tensor, nn

from seq2seq.inference.engines.incremental import MAX_TABLE_ELEMENTS
from seq2seq.inference.engines.linear import MIN_SCALE
from seq2seq.inference.onnx.graph import FP32, MICROSOFT, Graph
from seq2seq.storage.tensors import INT8_MAX, quantize_rows

ZERO_CODE = 128  # of inputs, whose codes are from 1 to 255


class Products:
    """Appends products to a graph in one precision."""

    def __init__(self, graph: Graph, tables: Graph | None, precision: str) -> None:
        """Append to `graph`.

        Args:
            graph: that of the encoder, of a step, or a body within.
            tables: the graph that computes the tables, once; None: there are none.
            precision: fp32 or int8.
        """
        self.graph, self.tables, self.precision = graph, tables, precision

    def within(self, body: Graph) -> "Products":
        """Return the same for a body within the graph."""
        return Products(body, self.tables, self.precision)

    def linear(self, x: str, weight: Tensor, bias: Tensor | None, bounded: bool = False) -> str:
        """Return x W^T + b (n, N) of `x` (n, K).

        Args:
            x: the name of a matrix.
            weight: W (N, K).
            bias: b (N,), or none.
            bounded: whether all numbers of x lie within -1 and 1.
        """
        g = self.graph
        if self.precision == "fp32":
            biases = [] if bias is None else [g.constant(bias)]
            return g.op("Gemm", x, g.constant(weight, "weight"), *biases, transB=1)
        if bounded:
            return self._int8(x, weight, bias)
        largest = g.op("ReduceMax", g.op("Abs", x), axes=[-1], keepdims=1)
        largest = g.op("Max", largest, g.scalar(MIN_SCALE))
        product = g.mul(self._int8(g.op("Div", x, largest), weight, None), largest)
        return product if bias is None else g.add(product, g.constant(bias))

    def _int8(self, x: str, weight: Tensor, bias: Tensor | None) -> str:
        """Return the product of `x`, within -1 and 1, in int8."""
        g = self.graph
        codes, scales = quantize_rows(weight.detach())
        scale, zero = g.scalar(1 / INT8_MAX), g.constant(np.array(ZERO_CODE, dtype=np.uint8))
        matrix = g.root.op("Transpose", g.constant(codes, "codes"), perm=[1, 0])
        biases = [] if bias is None else [g.constant(bias)]
        return g.op(
            "MatMulIntegerToFloat", g.op("QuantizeLinear", x, scale, zero), matrix,
            scale, g.constant(scales), zero, "", *biases, domain=MICROSOFT,
        )  # fmt: skip

    def embedded(
        self, tokens: str, embedding: Tensor, weight: Tensor, bias: Tensor,
        norm: nn.LayerNorm | None = None,
    ) -> str:  # fmt: skip
        """Return W e + b (..., N) of the embeddings e of `tokens` (...), e normalised if `norm`.

        They are rows of a table of all tokens, unless it would be too large, or there are none.
        """
        g, count, once = self.graph, len(embedding), self.tables
        if once is None or count * len(weight) > MAX_TABLE_ELEMENTS:
            x = g.op("Gather", self._expanded(g.root, embedding), tokens)
            x = x if norm is None else normalised(g, x, norm)
            matrix = g.root.transpose(self._expanded(g.root, weight), [1, 0])
            return g.add(g.op("MatMul", x, matrix), g.constant(bias))
        x = self._expanded(once, embedding)
        x = x if norm is None else normalised(once, x, norm)
        rows = once.op("Gemm", x, self._expanded(once, weight), once.constant(bias), transB=1)
        name, shape = once.name("table"), (count, len(weight))
        once.add_output(rows, name, FP32, shape)
        return g.op("Gather", g.root.add_input(name, FP32, shape), tokens)

    def _expanded(self, graph: Graph, matrix: Tensor) -> str:
        """Return a matrix (N, K) in fp32; int8 is what it is stored in."""
        if self.precision == "fp32":
            return graph.constant(matrix, "weight")
        codes, scales = quantize_rows(matrix.detach())
        numbers = graph.op("Cast", graph.constant(codes, "codes"), to=FP32)
        return graph.mul(numbers, graph.constant(scales.unsqueeze(1)))


def normalised(graph: Graph, x: str, norm: nn.LayerNorm) -> str:
    """Return `x` (..., I) after layer normalisation."""
    scale, bias = graph.constant(norm.weight), graph.constant(norm.bias)
    return graph.op("LayerNormalization", x, scale, bias, axis=-1, epsilon=norm.eps)
