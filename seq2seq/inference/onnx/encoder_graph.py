"""The encoder, the bridge and the keys of attention as one ONNX graph."""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from seq2seq.errors import ConfigError
from seq2seq.inference.onnx.cells import CellParts, input_norm, is_bounded, update
from seq2seq.inference.onnx.graph import BOOL, FP32, INT64, Graph
from seq2seq.inference.onnx.products import Products, normalised
from seq2seq.model.attention import (
    AdditiveAttention,
    Attention,
    DotAttention,
    FixedContext,
    GeneralAttention,
    NoAttention,
)
from seq2seq.model.bridge import CopyBridge, LearnedBridge, ProjectionBridge, ZeroBridge
from seq2seq.model.cells.cell import Cell
from seq2seq.model.embeddings import Embedding, OneHotEmbedding
from seq2seq.model.encoder import Encoder
from seq2seq.model.encoder_decoder import EncoderDecoder

ATTENTIONS = (AdditiveAttention, DotAttention, FixedContext, GeneralAttention, NoAttention)


class EncoderGraph:
    """Appends an encoder to a graph. Values are time-major: (S, B, ...)."""

    def __init__(self, model: EncoderDecoder, tables: Graph, precision: str) -> None:
        """Prepare the graph of a network, whose tables are computed in the graph `tables`."""
        self.model, self.graph = model, Graph()
        self.encoder = encoder_of(model)
        self.to = Products(self.graph, tables, precision)
        self.directions = len(self.encoder.layers[0])
        cell = self.encoder.layers[0][0]
        self.parts, self.size = cell.num_states, cell.state_weights()[0].shape[1]
        self.first = self.encoder.initial_states(1)[0]  # (L, D, P, H)

    def build(self) -> Graph:
        """Return the graph from tokens and mask to the inputs of the first decoding step."""
        g = self.graph
        tokens = g.add_input("tokens", INT64, ("B", "S"))
        mask = g.add_input("mask", BOOL, ("B", "S"))
        time_tokens = g.transpose(tokens, [1, 0])  # (S, B)
        real = g.op("Unsqueeze", g.transpose(mask, [1, 0]), g.constant([2]))  # (S, B, 1)
        self.batch = g.op("Shape", tokens, start=0, end=1)
        x, bounded, finals = "", False, []
        for layer, cells in enumerate(self.encoder.layers):
            projected = [self._project(cell, time_tokens, x, bounded) for cell in cells]
            is_within = is_bounded(cells, self.first[layer, :, 0])
            output, final = self._scan(cells, layer, projected, real, is_within)
            adds = self.encoder.residual and layer > 0
            x = g.add(x, output) if adds else output
            bounded = is_within and not adds
            finals.append(final)
        values = g.transpose(x, [1, 0, 2])  # (B, S, M)
        final = g.stack(finals, 1)  # (B, L, P, M)
        self._add_outputs(values, final, bounded)
        return g

    def _project(self, cell: Cell, tokens: str, x: str, bounded: bool) -> str:
        """Return the projected inputs (S, B, G) of a cell."""
        weight, bias = cell.input_weights()
        norm = input_norm(cell)
        if not x:
            return self.to.embedded(tokens, self.encoder.embedding.weight, weight, bias, norm)
        g = self.graph
        if norm is not None:
            x, bounded = normalised(g, x, norm), False
        rows = g.reshape(x, [-1, weight.shape[1]])
        return self._unflatten(self.to.linear(rows, weight, bias, bounded), tokens, len(weight))

    def _unflatten(self, rows: str, like: str, width: int) -> str:
        g = self.graph
        shape = g.concat([g.op("Shape", like), g.constant([width])], 0)
        return g.op("Reshape", rows, shape)

    def _scan(
        self, cells: Sequence[Cell], layer: int, projected: list[str], real: str, bounded: bool
    ) -> tuple[str, str]:
        """Return the outputs (S, B, M) of a layer, zero at padding, and the final state (B, P, M).

        At padding a state stays as it is: what is read from its end starts at its last token.
        """
        g, inner = self.graph, self.graph.body()
        count, size = len(cells), self.size
        initial = [self._initial(layer, d, p) for d in range(count) for p in range(self.parts)]
        states = [inner.add_input(inner.name("h"), FP32, ("B", size)) for _ in initial]
        inputs = [inner.add_input(inner.name("x"), FP32, ("B", "G")) for _ in cells]
        masks = [inner.add_input(inner.name("real"), BOOL, ("B", 1)) for _ in cells]
        to, outputs = self.to.within(inner), []
        for d, cell in enumerate(cells):
            before: CellParts = states[d * self.parts : (d + 1) * self.parts]
            after = update(to, cell, inputs[d], before, bounded)
            for old, new in zip(before, after, strict=True):
                kept = inner.op("Where", masks[d], new, old)
                inner.add_output(kept, inner.name("state"), FP32, ("B", size))
            outputs.append(after[0])
        for output in outputs:
            inner.add_output(output, inner.name("output"), FP32, ("B", size))
        found = g.ops(
            "Scan", len(initial) + count, *initial, *projected, *[real] * count,
            body=inner.to_proto(), num_scan_inputs=2 * count,
            scan_input_directions=[*range(count)] * 2, scan_output_directions=[*range(count)],
        )  # fmt: skip
        output = g.concat(found[len(initial) :])  # (S, B, M)
        output = g.mul(output, g.op("Cast", real, to=FP32))
        last, parts = found[: len(initial)], range(self.parts)
        each = [g.concat([last[d * self.parts + p] for d in range(count)]) for p in parts]
        return output, g.stack(each, 1)

    def _initial(self, layer: int, direction: int, part: int) -> str:
        """Return an initial state (B, H)."""
        g, row = self.graph, self.first[layer, direction, part]
        shape = g.concat([self.batch, g.constant([len(row)])], 0)
        return g.op("Expand", g.constant(row.unsqueeze(0)), shape)

    def _add_outputs(self, values: str, final: str, bounded: bool) -> None:
        g, attention = self.graph, self.model.decoder.attention
        sizes = memory_sizes(self.model)
        cells = self.model.decoder.stack.cells
        state = (len(cells), self.parts, cells[0].state_weights()[0].shape[1])
        if isinstance(attention, FixedContext):
            last = g.take(g.take(final, len(self.encoder.layers) - 1, 1), 0, 1)  # (B, M)
            values = g.op("Unsqueeze", last, g.constant([1]))  # (B, 1, M)
        positions = 1 if isinstance(attention, FixedContext) else "S"
        g.add_output(values, "values", FP32, ("B", positions, sizes.values))
        if sizes.keys:
            keys = self._keys(attention, values, bounded)
            g.add_output(keys, "keys", FP32, ("B", positions, sizes.keys))
        g.add_output(self._bridge(final), "hidden", FP32, ("B", *state))

    def _keys(self, attention: Attention, values: str, bounded: bool) -> str:
        g = self.graph
        if isinstance(attention, DotAttention):
            return values
        assert isinstance(
            attention, GeneralAttention | AdditiveAttention
        )  # `memory_sizes` has asked
        weight = attention.key.weight
        rows = g.reshape(values, [-1, weight.shape[1]])
        keys = self.to.linear(rows, weight, None, bounded)
        shape = g.op("Shape", values, start=0, end=2)
        return g.op("Reshape", keys, g.concat([shape, g.constant([len(weight)])], 0))

    def _bridge(self, final: str) -> str:
        """Return the initial state (B, L, P, H) of the decoder."""
        g, bridge = self.graph, self.model.bridge
        if type(bridge) is CopyBridge:
            return final
        if type(bridge) is ProjectionBridge:
            rows = g.op("Flatten", final, axis=1)
            product = self.to.linear(rows, bridge.linear.weight, bridge.linear.bias)
            return g.reshape(g.op("Tanh", product), [-1, *bridge.target])
        if type(bridge) is ZeroBridge:
            state = torch.zeros(1, *bridge.target)
        elif type(bridge) is LearnedBridge:
            state = bridge.state.unsqueeze(0)
        else:
            raise not_exported("model.bridge", bridge)
        shape = g.concat([self.batch, g.constant([*state.shape[1:]])], 0)
        return g.op("Expand", g.constant(state), shape)


def encoder_of(model: EncoderDecoder) -> Encoder:
    """Return the encoder of a network.

    Raises:
        ConfigError: it does not read tokens, or not by a known embedding.
    """
    if type(model.encoder) is not Encoder:
        raise not_exported("encoder", model.encoder)
    for part in (model.encoder, model.decoder):
        if type(part.embedding) not in (Embedding, OneHotEmbedding):
            raise not_exported("model.embedding", part.embedding)
    return model.encoder


def not_exported(option: str, part: object) -> ConfigError:
    """Return the error of a part of a network that graphs do not have, such as a user's own."""
    return ConfigError(f"{option}: {type(part).__name__} cannot be exported to ONNX")


class MemorySizes(NamedTuple):
    """Sizes of the vectors of attention for each source position."""

    values: int  # M
    keys: int  # A; 0: there are none


def memory_sizes(model: EncoderDecoder) -> MemorySizes:
    """Return the sizes of values and keys.

    Raises:
        ConfigError: a graph has no such attention.
    """
    attention, cells = model.decoder.attention, encoder_of(model).layers[0]
    size = len(cells) * cells[0].state_weights()[0].shape[1]
    if type(attention) not in ATTENTIONS:
        raise not_exported("model.attention", attention)
    if isinstance(attention, GeneralAttention | AdditiveAttention):
        return MemorySizes(size, attention.key.out_features)
    return MemorySizes(size, size if isinstance(attention, DotAttention) else 0)


def encoder_layers_are_bounded(model: EncoderDecoder) -> list[bool]:
    """Return for each layer of the encoder whether its states lie within -1 and 1."""
    encoder = encoder_of(model)
    first = encoder.initial_states(1)[0]  # (L, D, P, H)
    return [is_bounded(cells, first[i, :, 0]) for i, cells in enumerate(encoder.layers)]
