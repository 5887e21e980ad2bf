"""The whole network: many-to-one, a bridge, one-to-many."""

from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from seq2seq.hardware import to_device
from seq2seq.model.attention import Memory
from seq2seq.model.decoder import Decoder, DecoderOutput, OutputLayer
from seq2seq.model.document_context import ContextGate, PreviousState
from seq2seq.model.initial_state import reset_where


class DecoderState(NamedTuple):
    """Where K hypotheses of each of B sentences stand."""

    hidden: Tensor  # (B, K, L, P, H)
    memory: Memory  # of the B sentences

    def reorder(self, parents: Tensor) -> Self:
        """Hypothesis k' of sentence b goes on from hypothesis `parents[b, k']` (B, K')."""
        starts = torch.arange(len(parents), device=parents.device) * self.hidden.shape[1]
        rows = (starts.unsqueeze(1) + parents).flatten()  # (B * K',)
        hidden = self.hidden.flatten(0, 1).index_select(0, rows).unflatten(0, parents.shape)
        return self._replace(hidden=hidden)

    def select(self, sentences: Tensor) -> Self:
        """Only `sentences` (b,) stay, in their order."""
        hidden = self.hidden.index_select(0, sentences)
        return self._replace(hidden=hidden, memory=self.memory.select(sentences))


# Sentences that were said: START and the pieces (B, T), and how many of each are real (B,), on the
# CPU.
TargetPrefix = tuple[Tensor, Tensor]


class EncodedSource(NamedTuple):
    """What has been read of a batch of sources."""

    state: Tensor  # (B, L, P, H) the decoder's first one
    memory: Memory
    final: Tensor  # (B, L', P, M) the encoder's last state, the directions side by side


class EncoderDecoder(nn.Module):
    """An encoder whose final state seeds a decoder, which may read the encoder's memory too.

    With a gate, sentences can go on from the sentence before them in their document: the forward
    direction of the encoder reads on from where it ended, and the decoder starts from its own last
    state too. The backward direction, which would have to know what comes, begins anew.
    """

    def __init__(
        self,
        encoder: nn.Module,
        bridge: nn.Module,
        decoder: Decoder,
        output: OutputLayer,
        gate: ContextGate | None = None,
    ) -> None:
        """Put a network together.

        Args:
            encoder: `Encoder`, or anything that gives an `Encoded` of a batch and its lengths.
            bridge: of `seq2seq.model.bridge`.
            decoder: what says the sentence.
            output: from its features to the vocabulary.
            gate: what the decoder takes over from the sentence before; `None`: there never is one.
        """
        super().__init__()
        self.encoder, self.bridge, self.decoder, self.output = encoder, bridge, decoder, output
        self.gate = gate

    def encode(
        self,
        source: Tensor,
        lengths: Tensor | None,
        before: PreviousState | None = None,
        chunk: int = 0,
    ) -> EncodedSource:
        """Read sources.

        Args:
            source: (B, ...).
            lengths: (B,) on the CPU, how many of the positions are real; `None`: all.
            before: where the sentences before them ended; `None`: there are none.
            chunk: positions that the gradient goes back in the encoder; 0: all.
        """
        if before is None and not chunk:
            values, final = self.encoder(source, lengths)
        else:
            values, final = self.encoder(source, lengths, self._first(len(source), before), chunk)
        mask = torch.ones(values.shape[:2], dtype=torch.bool, device=values.device)  # (B, S)
        if lengths is not None:
            positions = torch.arange(values.shape[1], device=values.device)
            mask = positions < to_device(lengths, values.device).unsqueeze(1)  # (B, S)
        state = self.bridge(final)
        if before is not None and self.gate is not None:
            state = reset_where(self.gate(state, before.decoder), state, before.is_first)
        memory = self.decoder.attention.prepare_memory(values, mask, final[:, -1, 0])
        return EncodedSource(state, memory, final)

    def _first(self, count: int, before: PreviousState | None) -> Tensor:
        """The encoder's first states (B, L, D, P, H)."""
        begun: Tensor = self.encoder.initial_states(count)  # type: ignore[operator]
        if before is None:
            return begun
        ahead = reset_where(before.encoder, begun[:, :, 0], before.is_first)
        return torch.cat((ahead.unsqueeze(2), begun[:, :, 1:]), 2)

    def forward(self, source: Tensor, lengths: Tensor | None, target: Tensor) -> DecoderOutput:
        """Training: features for every position of `target` (B, T), which begins with START."""
        read = self.encode(source, lengths)
        decoded: DecoderOutput = self.decoder(target, read.state, read.memory)
        return decoded

    def final_states(self, final: Tensor, state: Tensor) -> PreviousState:
        """What sentences find whose predecessors ended in these states of encoder and decoder."""
        ahead: Tensor = self.encoder.forward_direction(final)  # type: ignore[operator]
        new = torch.zeros(len(state), dtype=torch.bool, device=state.device)
        return PreviousState(ahead.detach(), state.detach(), new)

    def advance_document(
        self,
        source: Tensor,
        lengths: Tensor | None,
        target: TargetPrefix,
        before: PreviousState | None,
    ) -> PreviousState:
        """Where sentences end of which `target` was said."""
        read = self.encode(source, lengths, before)
        decoded = self.decoder(target[0], read.state, read.memory, target[1])
        return self.final_states(read.final, decoded.state)

    def init_decoding(
        self, source: Tensor, lengths: Tensor | None, before: PreviousState | None = None
    ) -> DecoderState:
        """Searching: one hypothesis for each sentence of `source`, nothing said yet."""
        read = self.encode(source, lengths, before)
        return DecoderState(read.state.unsqueeze(1), read.memory)

    def step(self, state: DecoderState, tokens: Tensor) -> tuple[Tensor, DecoderState]:
        """Say one more token after `tokens` (B, K): logits (B, K, V), and the next state."""
        decoded = self.decoder.step(tokens, state.hidden, state.memory)
        return self.output(decoded.features), state._replace(hidden=decoded.state)
