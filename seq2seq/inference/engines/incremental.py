"""A trained network rearranged for saying one token at a time: the same numbers, sooner.

What depends on the last token alone is looked up in tables that are made once: what the first cell
makes of an embedding, and what the readout makes of it. The products that are left can be had in
bf16 or int8. Jacob et al. (2018), https://arxiv.org/abs/1712.05877, for the arithmetic of int8.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from seq2seq.inference.engines.linear import LINEAR_LAYERS, EmptyProjection
from seq2seq.model.document_context import PreviousState
from seq2seq.model.encoder_decoder import DecoderState, EncoderDecoder, TargetPrefix

MAX_TABLE_ELEMENTS = (
    2**25
)  # numbers that a table may have: 128 MB; beyond, rows are made when they are needed


class EmbeddingTable(nn.Module):
    """A function of a token by way of its embedding."""

    def __init__(self, embedding: Tensor, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.embedding, self.function = embedding, function
        width = function(embedding[:1]).shape[1]
        self.table = function(embedding) if len(embedding) * width <= MAX_TABLE_ELEMENTS else None

    def forward(self, tokens: Tensor) -> Tensor:
        """(n,) to (n, N)."""
        if self.table is not None:
            return self.table.index_select(0, tokens)
        return self.function(self.embedding.index_select(0, tokens))


class IncrementalModel(nn.Module):
    """Says what a `Translation` says: `init_decoding` and `step` take and give the same."""

    @torch.no_grad()
    def __init__(self, model: EncoderDecoder, precision: str) -> None:
        """Rearrange `model`, whose weights must not change any more.

        Raises:
            ConfigError: `precision` cannot be had on this machine.
        """
        super().__init__()
        self.model = model
        linear = LINEAR_LAYERS[precision]
        decoder, stack = model.decoder, model.decoder.stack
        embedding = decoder.embedding.weight.detach()
        first, *above = stack.cells
        self.inputs = EmbeddingTable(embedding, first.project_input)
        states = (cell.state_weights() for cell in stack.cells)
        self.states = nn.ModuleList(linear(*w) if len(w[0]) else EmptyProjection() for w in states)
        self.aboves = nn.ModuleList(linear(*cell.input_weights()) for cell in above)
        weight, bias = decoder.readout.weight.detach(), decoder.readout.bias.detach()
        split = weight.shape[1] - embedding.shape[1]
        self.project_input = linear(weight[:, :split].contiguous(), None)
        words = weight[:, split:].contiguous()
        self.words = EmbeddingTable(embedding, lambda e: functional.linear(e, words, bias))
        output = model.output.linear
        self.out = linear(output.weight.detach(), output.bias.detach())

    def init_decoding(
        self, source: Tensor, lengths: Tensor | None, before: PreviousState | None = None
    ) -> DecoderState:
        """As `EncoderDecoder.init_decoding`."""
        return self.model.init_decoding(source, lengths, before)

    def advance_document(
        self,
        source: Tensor,
        lengths: Tensor | None,
        target: TargetPrefix,
        before: PreviousState | None,
    ) -> PreviousState:
        """As `EncoderDecoder.advance_document`."""
        return self.model.advance_document(source, lengths, target, before)

    def step(self, state: DecoderState, tokens: Tensor) -> tuple[Tensor, DecoderState]:
        """As `Translation.step`: the logits (B, K, V) after `tokens` (B, K), and the next state."""
        decoder = self.model.decoder
        cells, residual = decoder.stack.cells, decoder.stack.residual
        said = tokens.flatten()  # (n,) = (B * K,)
        hidden = state.hidden.flatten(0, 1).unbind(1)  # L times (n, P, H)
        last = cells[0].update(self.inputs(said), self.states[0](hidden[0][:, 0]), hidden[0])
        shown, following = last[:, 0], [last]  # (n, H)
        context, _ = decoder.attention(shown.unflatten(0, tokens.shape), state.memory)
        context = context.flatten(0, 1)  # (n, M)
        for layer, product in enumerate(self.aboves, 1):
            read = product(cells[layer].prepare(torch.cat((shown, context), -1)))
            before = hidden[layer]
            last = cells[layer].update(read, self.states[layer](before[:, 0]), before)
            shown = shown + last[:, 0] if residual else last[:, 0]
            following.append(last)
        read = self.project_input(torch.cat((shown, context), -1))
        features = torch.tanh(read + self.words(said))  # (n, E)
        logits: Tensor = self.out(features).unflatten(0, tokens.shape)  # (B, K, V)
        return logits, state._replace(hidden=torch.stack(following, 1).unflatten(0, tokens.shape))
