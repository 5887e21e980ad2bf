"""A decoding step as an ONNX graph."""

from seq2seq.inference.onnx.cells import input_norm, is_bounded, update
from seq2seq.inference.onnx.encoder_graph import (
    encoder_layers_are_bounded,
    encoder_of,
    memory_sizes,
)
from seq2seq.inference.onnx.graph import BOOL, FP32, INT64, Graph
from seq2seq.inference.onnx.products import Products, normalised
from seq2seq.model.attention import AdditiveAttention, FixedContext, NoAttention
from seq2seq.model.bridge import CopyBridge, LearnedBridge
from seq2seq.model.encoder_decoder import EncoderDecoder


class StepGraph:
    """Appends a step of the decoder to a graph, for K hypotheses of each of B sentences."""

    def __init__(self, model: EncoderDecoder, tables: Graph | None, precision: str) -> None:
        """Prepare the graph of a network, whose tables, if any, the graph `tables` computes."""
        self.model, self.decoder, self.graph = model, model.decoder, Graph()
        self.to = Products(self.graph, tables, precision)
        self.cells = self.decoder.stack.cells
        self.size = self.cells[0].state_weights()[0].shape[1]
        self.within = self._bounded_layers()
        self.values_within = values_are_bounded(model)

    def _bounded_layers(self) -> list[bool]:
        """Return for each layer whether its outputs lie within -1 and 1."""
        bridge = self.model.bridge
        firsts = [None] * len(self.cells)
        if isinstance(bridge, LearnedBridge):
            firsts = [*bridge.state[:, 0].detach()]
        within = [is_bounded([c], f) for c, f in zip(self.cells, firsts, strict=True)]
        if isinstance(bridge, CopyBridge):
            encoder = encoder_layers_are_bounded(self.model)
            return [own and copied for own, copied in zip(within, encoder, strict=True)]
        return within

    def build(self) -> Graph:
        """Return the graph from the last tokens and the state to logits and the next state."""
        g, to = self.graph, self.to
        parts = self.cells[0].num_states
        state = ("B", "K", len(self.cells), parts, self.size)
        sizes = memory_sizes(self.model)
        tokens = g.add_input("tokens", INT64, ("B", "K"))
        hidden = g.add_input("hidden", FP32, state)
        values = g.add_input("values", FP32, ("B", "S", sizes.values))
        keys = g.add_input("keys", FP32, ("B", "S", sizes.keys)) if sizes.keys else values
        mask = g.add_input("mask", BOOL, ("B", "S"))
        self.shape = g.op("Shape", tokens)  # B, K
        last = g.reshape(tokens, [-1])  # (n,) = (B * K,)
        rows = g.reshape(hidden, [-1, len(self.cells) * parts * self.size])
        flat = g.split(rows, [self.size] * (len(self.cells) * parts))
        states = [flat[i : i + parts] for i in range(0, len(flat), parts)]
        # (1) The first layer, whose input is looked up.
        embedding, first = self.decoder.embedding.weight, self.cells[0]
        x_proj = to.embedded(last, embedding, *first.input_weights(), input_norm(first))
        new = [update(to, first, x_proj, states[0], self.within[0])]
        output, bounded = new[0][0], self.within[0]
        # (2) Attention with its output as the query.
        context, weights = self._attend(output, values, keys, mask)
        # (3) The upper layers.
        for layer, cell in enumerate(self.cells[1:], 1):
            x_proj = self._project(layer, output, context, bounded)
            new.append(update(to, cell, x_proj, states[layer], self.within[layer]))
            above = new[-1][0]
            residual = self.decoder.stack.residual
            output = g.add(output, above) if residual else above
            bounded = self.within[layer] and not residual
        # (4) The readout and the output layer.
        logits = self._logits(output, context, last, bounded)
        # Two dimensions: a node that adds a third one would copy them.
        g.add_output(logits, "logits", FP32, ("n", self.model.output.linear.out_features))
        joined = g.concat([part for parts_of_layer in new for part in parts_of_layer])
        width = len(self.cells) * parts * self.size
        g.add_output(joined, "new_hidden", FP32, ("n", width))
        if weights:
            g.add_output(weights, "weights", FP32, ("B", "K", "S"))
        return g

    def _per_hypothesis(self, rows: str, width: int) -> str:
        """Return rows (n, N) as (B, K, N)."""
        g = self.graph
        return g.op("Reshape", rows, g.concat([self.shape, g.constant([width])], 0))

    def _attend(self, query: str, values: str, keys: str, mask: str) -> tuple[str, str]:
        """Return the contexts (n, M), "" if they are empty, and the weights (B, K, S) or ""."""
        g, attention = self.graph, self.decoder.attention
        if isinstance(attention, NoAttention):
            return "", ""
        size = attention.context_size
        if isinstance(attention, FixedContext):
            shape = g.concat([self.shape, g.constant([size])], 0)
            return g.reshape(g.op("Expand", values, shape), [-1, size]), ""
        if isinstance(attention, AdditiveAttention):
            product = self.to.linear(query, attention.query.weight, None, self.within[0])
            queries = self._per_hypothesis(product, len(attention.query.weight))
            both = g.add(
                g.op("Unsqueeze", queries, g.constant([2])),
                g.op("Unsqueeze", keys, g.constant([1])),
            )  # (B, K, S, A)
            energy = g.constant(attention.energy.weight[0].detach().unsqueeze(1))
            scores = g.op("Squeeze", g.op("MatMul", g.op("Tanh", both), energy), g.constant([3]))
        else:
            queries = self._per_hypothesis(query, self.size)
            scores = g.op("MatMul", queries, g.transpose(keys, [0, 2, 1]))  # (B, K, S)
        real = g.op("Unsqueeze", mask, g.constant([1]))
        scores = g.op("Where", real, scores, g.scalar(float("-inf")))
        weights = g.op("Softmax", scores, axis=-1)
        return g.reshape(g.op("MatMul", weights, values), [-1, size]), weights

    def _joined(self, output: str, context: str) -> str:
        return self.graph.concat([output, context] if context else [output])

    def _project(self, layer: int, output: str, context: str, bounded: bool) -> str:
        """Return the projected input (n, G) of an upper layer."""
        cell, joined = self.cells[layer], self._joined(output, context)
        bounded = bounded and self.values_within
        if (norm := input_norm(cell)) is not None:
            joined, bounded = normalised(self.graph, joined, norm), False
        return self.to.linear(joined, *cell.input_weights(), bounded)

    def _logits(self, output: str, context: str, last: str, bounded: bool) -> str:
        g, readout, layer = self.graph, self.decoder.readout, self.model.output.linear
        embedding = self.decoder.embedding.weight
        # The readout's matrix is that of [h; context], then that of the embedding.
        split = readout.weight.shape[1] - embedding.shape[1]
        of_state, of_embedding = readout.weight[:, :split], readout.weight[:, split:]
        bounded = bounded and self.values_within
        product = self.to.linear(
            self._joined(output, context), of_state.contiguous(), None, bounded
        )
        looked_up = self.to.embedded(last, embedding, of_embedding, readout.bias)
        features = g.op("Tanh", g.add(product, looked_up))  # (n, E)
        return self.to.linear(features, layer.weight, layer.bias, bounded=True)


def values_are_bounded(model: EncoderDecoder) -> bool:
    """Return whether the contexts of attention lie within -1 and 1, as means of such numbers."""
    encoder = encoder_of(model)
    *_, last = encoder_layers_are_bounded(model)
    if isinstance(model.decoder.attention, FixedContext):
        return last
    return last and not (encoder.residual and len(encoder.layers) > 1)
