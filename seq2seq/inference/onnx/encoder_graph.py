"""The encoder, the bridge and the keys of attention as one ONNX graph."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from seq2seq.errors import ConfigError
from seq2seq.inference.onnx.cells import CellParts, input_norm, is_bounded, update
from seq2seq.inference.onnx.graph import BOOL, FP32, INT64, Graph
from seq2seq.inference.onnx.products import Products, normalised
from seq2seq.model.attention import (
    AdditiveAttention,
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

    def __init__(self, model: EncoderDecoder, tables: Graph | None, precision: str) -> None:
        """Prepare the graph of a network, whose tables, if any, the graph `tables` computes."""
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
            read = [
                self._project(cell, x, time_tokens, bounded) if layer else time_tokens
                for cell in cells
            ]
            is_within = is_bounded(cells, self.first[layer, :, 0])
            output, final = self._scan(cells, layer, read, real, is_within)
            adds = self.encoder.residual and layer > 0
            x = g.add(x, output) if adds else output
            bounded = is_within and not adds
            finals.append(final)
        values = g.transpose(x, [1, 0, 2])  # (B, S, M)
        final = g.stack(finals, 1)  # (B, L, P, M)
        self._add_outputs(values, final, bounded)
        return g

    def _project(self, cell: Cell, x: str, tokens: str, bounded: bool) -> str:
        """Return the projected inputs (S, B, G) of a cell above the first layer."""
        g, (weight, bias) = self.graph, cell.input_weights()
        if (norm := input_norm(cell)) is not None:
            x, bounded = normalised(g, x, norm), False
        rows = self.to.linear(g.reshape(x, [-1, weight.shape[1]]), weight, bias, bounded)
        shape = g.concat([g.op("Shape", tokens), g.constant([len(weight)])], 0)
        return g.op("Reshape", rows, shape)

    def _scan(
        self, cells: Sequence[Cell], layer: int, read: list[str], real: str, bounded: bool
    ) -> tuple[str, str]:
        """Return the outputs (S, B, M) of a layer, zero at padding, and the final state (B, P, M).

        At padding a state stays as it is: what is read from its end starts at its last token.
        """
        g, inner = self.graph, self.graph.body()
        count, size = len(cells), self.size
        initial = [self._initial(layer, d, p) for d in range(count) for p in range(self.parts)]
        states = [inner.add_input(inner.name("h"), FP32, ("B", size)) for _ in initial]
        kind, shape = (FP32, ("B", "G")) if layer else (INT64, ("B",))
        inputs = [inner.add_input(inner.name("x"), kind, shape) for _ in cells]
        masks = [inner.add_input(inner.name("real"), BOOL, ("B", 1)) for _ in cells]
        to, outputs = self.to.within(inner), []
        for d, cell in enumerate(cells):
            before: CellParts = states[d * self.parts : (d + 1) * self.parts]
            x_proj = inputs[d] if layer else self._embedded(to, cell, inputs[d])
            after = update(to, cell, x_proj, before, bounded)
            for old, new in zip(before, after, strict=True):
                kept = inner.op("Where", masks[d], new, old)
                inner.add_output(kept, inner.name("state"), FP32, ("B", size))
            outputs.append(after[0])
        for output in outputs:
            inner.add_output(output, inner.name("output"), FP32, ("B", size))
        found = g.ops(
            "Scan", len(initial) + count, *initial, *read, *[real] * count,
            body=inner.to_proto(), num_scan_inputs=2 * count,
            scan_input_directions=[*range(count)] * 2, scan_output_directions=[*range(count)],
        )  # fmt: skip
        output = g.concat(found[len(initial) :])  # (S, B, M)
        output = g.mul(output, g.op("Cast", real, to=FP32))
        last, parts = found[: len(initial)], range(self.parts)
        each = [g.concat([last[d * self.parts + p] for d in range(count)]) for p in parts]
        return output, g.stack(each, 1)

    def _embedded(self, to: Products, cell: Cell, tokens: str) -> str:
        """Return the projected inputs (B, G) of a cell of the first layer at one position."""
        embedding = self.encoder.embedding.weight
        return to.embedded(tokens, embedding, *cell.input_weights(), input_norm(cell))

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
        hidden = self._bridge(final)
        rows = g.reshape(values, [-1, sizes.values])
        keys = self.to.linear(rows, self._key_weight(), None, bounded) if sizes.keys else ""
        g.add_output(values, "values", FP32, ("B", positions, sizes.values))
        g.add_output(hidden, "hidden", FP32, ("B", *state))
        if keys:  # two dimensions: a node that adds a third one would copy them
            g.add_output(keys, "keys", FP32, ("B * S", sizes.keys))

    def _key_weight(self) -> Tensor:
        attention = self.model.decoder.attention
        assert isinstance(attention, GeneralAttention | AdditiveAttention)
        return attention.key.weight

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
    keys: int  # A; 0: there are none, or the values are the keys


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
    return MemorySizes(size, 0)


def encoder_layers_are_bounded(model: EncoderDecoder) -> list[bool]:
    """Return for each layer of the encoder whether its states lie within -1 and 1."""
    encoder = encoder_of(model)
    first = encoder.initial_states(1)[0]  # (L, D, P, H)
    return [is_bounded(cells, first[i, :, 0]) for i, cells in enumerate(encoder.layers)]
