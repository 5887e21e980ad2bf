"""Incremental decoding with precomputed per-token tables; numerically equal to `EncoderDecoder`.

Products that depend on one token alone are computed once for the whole vocabulary: those of the
decoder's first cell, of the encoder's first cells if they are linear recurrences, and of the
readout with the embedding. The remaining products of a step can be in bf16 or int8; for the
arithmetic of int8 see Jacob et al. (2018), https://arxiv.org/abs/1712.05877.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seq2seq.inference.engines.linear import LINEAR_LAYERS, EmptyProjection
from seq2seq.model.cells.linear import ScanCell
from seq2seq.model.document_context import PreviousState
from seq2seq.model.encoder import Encoder
from seq2seq.model.encoder_decoder import DecoderState, EncoderDecoder, TargetPrefix

# Numbers in a table: 128 MB in fp32. Of a larger table the rows are computed when needed.
MAX_TABLE_ELEMENTS = 2**25


class EmbeddingTable(nn.Module):
    """A function of the embedding of a token, precomputed for all tokens."""

    def __init__(self, embedding: Tensor, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.embedding, self.function = embedding, function
        width = function(embedding[:1]).shape[1]
        self.table = function(embedding) if len(embedding) * width <= MAX_TABLE_ELEMENTS else None

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the rows (n, N) of `tokens` (n,)."""
        if self.table is not None:
            return self.table.index_select(0, tokens)
        return self.function(self.embedding.index_select(0, tokens))


class _TokenColumn(nn.Module):
    """In place of an embedding: the tokens (B, S) themselves, as vectors (B, S, 1)."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = weight  # of the embedding, for its device and type

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens.unsqueeze(-1)


class _TabledCell(nn.Module):
    """`ScanCell.forward` from tokens (B, S, 1), whose projections are precomputed."""

    def __init__(self, embedding: Tensor, cell: ScanCell) -> None:
        super().__init__()
        self.cell, self.inputs = cell, EmbeddingTable(embedding, cell.project_input)

    def forward(
        self, tokens: Tensor, state: Tensor, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        x_proj = self.inputs(tokens.flatten()).unflatten(0, tokens.shape[:2])  # (B, S, G)
        return self.cell.forward_projected(x_proj, state, lengths)


def with_tables(encoder: nn.Module) -> nn.Module:
    """Return an encoder whose first layer looks up the projections of its tokens.

    Only of linear recurrences: no kernel of torch's continues from projected inputs. Others are
    returned as they are, and so is an encoder of images.
    """
    if not isinstance(encoder, Encoder):
        return encoder
    weight = encoder.embedding.weight.detach()
    first = [_TabledCell(weight, c) for c in encoder.layers[0] if isinstance(c, ScanCell)]
    if len(first) < len(encoder.layers[0]):
        return encoder
    layers: list[Any] = [first, *encoder.layers[1:]]
    column: Any = _TokenColumn(weight)
    return Encoder(column, layers, encoder.initial, encoder.dropout, encoder.residual).eval()


class IncrementalModel(nn.Module):
    """Same decoding interface and results as `EncoderDecoder`."""

    @torch.no_grad()
    def __init__(self, model: EncoderDecoder, precision: str) -> None:
        """Precompute tables and pack weights of `model`, whose weights must not change afterwards.

        Args:
            model: a trained network.
            precision: of the remaining products: fp32, bf16 or int8.

        Raises:
            ConfigError: this machine does not support `precision`.
        """
        super().__init__()
        encoder = with_tables(model.encoder)
        self.model = EncoderDecoder(
            encoder, model.bridge, model.decoder, model.output, model.gate
        ).eval()
        linear = LINEAR_LAYERS[precision]
        decoder, stack = model.decoder, model.decoder.stack
        embedding = decoder.embedding.weight.detach()
        first, *upper = stack.cells
        self.inputs = EmbeddingTable(embedding, first.project_input)
        state_weights = (cell.state_weights() for cell in stack.cells)
        self.states = nn.ModuleList(
            linear(weight, bias) if len(weight) else EmptyProjection()
            for weight, bias in state_weights
        )
        self.upper_inputs = nn.ModuleList(linear(*cell.input_weights()) for cell in upper)
        weight, bias = decoder.readout.weight.detach(), decoder.readout.bias.detach()
        # The readout's matrix is that of [h; context], then that of the embedding.
        split = weight.shape[1] - embedding.shape[1]
        self.readout = linear(weight[:, :split].contiguous(), None)
        of_embedding = weight[:, split:].contiguous()
        self.readout_table = EmbeddingTable(
            embedding, lambda e: functional.linear(e, of_embedding, bias)
        )
        output = model.output.linear
        self.output = linear(output.weight.detach(), output.bias.detach())

    def init_decoding(
        self, source: Tensor, source_lengths: Tensor | None, previous: PreviousState | None = None
    ) -> DecoderState:
        """See `EncoderDecoder.init_decoding`."""
        return self.model.init_decoding(source, source_lengths, previous)

    def advance_document(
        self,
        source: Tensor,
        source_lengths: Tensor | None,
        target: TargetPrefix,
        previous: PreviousState | None,
    ) -> PreviousState:
        """See `EncoderDecoder.advance_document`."""
        return self.model.advance_document(source, source_lengths, target, previous)

    def step(self, state: DecoderState, tokens: Tensor) -> tuple[Tensor, DecoderState]:
        """Return the logits (B, K, V) after `tokens` (B, K), and the next state."""
        decoder = self.model.decoder
        cells, residual = decoder.stack.cells, decoder.stack.residual
        last_tokens = tokens.flatten()  # (n,) = (B * K,)
        hidden = state.hidden.flatten(0, 1).unbind(1)  # L times (n, P, H)
        # (1) The first layer, whose input is looked up.
        h_proj = self.states[0](hidden[0][:, 0])
        new_state = cells[0].update(self.inputs(last_tokens), h_proj, hidden[0])  # (n, P, H)
        output, new_states = new_state[:, 0], [new_state]  # (n, H)
        # (2) Attention with its output as the query.
        context, weights = decoder.attention(output.unflatten(0, tokens.shape), state.memory)
        context = context.flatten(0, 1)  # (n, M)
        # (3) The upper layers.
        for layer, linear in enumerate(self.upper_inputs, 1):
            x_proj = linear(cells[layer].prepare(torch.cat((output, context), -1)))
            h_proj = self.states[layer](hidden[layer][:, 0])
            new_state = cells[layer].update(x_proj, h_proj, hidden[layer])
            output = output + new_state[:, 0] if residual else new_state[:, 0]
            new_states.append(new_state)
        # (4) The readout and the output layer.
        readout = self.readout(torch.cat((output, context), -1))
        features = torch.tanh(readout + self.readout_table(last_tokens))  # (n, E)
        logits: Tensor = self.output(features).unflatten(0, tokens.shape)  # (B, K, V)
        new_hidden = torch.stack(new_states, 1).unflatten(0, tokens.shape)  # (B, K, L, P, H)
        return logits, state.advance(new_hidden, weights)
