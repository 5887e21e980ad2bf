"""Encoder-decoder network: many-to-one, a bridge, one-to-many."""

from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from seq2seq.hardware import to_device
from seq2seq.model.attention import Memory
from seq2seq.model.decoder import Decoder, DecoderOutput, OutputLayer
from seq2seq.model.document_context import ContextGate, PreviousState
from seq2seq.model.initial_state import reset_where


class DecoderState(NamedTuple):
    """Decoder state of K hypotheses for each of B sentences."""

    hidden: Tensor  # (B, K, L, P, H)
    memory: Memory  # memory of the B sentences
    attended: Tensor | None = None  # (B, K, S) sums of attention weights, where they are tracked

    def reorder(self, parents: Tensor) -> Self:
        """Return the state in which hypothesis k' of sentence b continues `parents[b, k']`.

        Args:
            parents: (B, K') indices of hypotheses.
        """
        starts = torch.arange(len(parents), device=parents.device) * self.hidden.shape[1]
        rows = (starts.unsqueeze(1) + parents).flatten()  # (B * K',)
        hidden = self.hidden.flatten(0, 1).index_select(0, rows).unflatten(0, parents.shape)
        if self.attended is None:
            return self._replace(hidden=hidden)
        attended = self.attended.flatten(0, 1).index_select(0, rows).unflatten(0, parents.shape)
        return self._replace(hidden=hidden, attended=attended)

    def select(self, sentences: Tensor) -> Self:
        """Return the state of the sentences with the indices `sentences` (b,), in that order."""
        hidden = self.hidden.index_select(0, sentences)
        attended = None if self.attended is None else self.attended.index_select(0, sentences)
        memory = self.memory.select(sentences)
        return self._replace(hidden=hidden, memory=memory, attended=attended)

    def advance(self, hidden: Tensor, weights: Tensor) -> Self:
        """Return the state after one step.

        Args:
            hidden: (B, K, L, P, H) new hidden states.
            weights: (B, K, S) attention weights of the step; (B, K, 0) without attention.
        """
        if self.attended is None:
            return self._replace(hidden=hidden)
        attended = self.attended[..., : weights.shape[-1]] + weights
        return self._replace(hidden=hidden, attended=attended)

    def track_coverage(self) -> Self:
        """Return the state that sums attention weights from now on."""
        sentences, hypotheses = self.hidden.shape[:2]
        positions = self.memory.mask.shape[1]
        attended = torch.zeros(sentences, hypotheses, positions, device=self.hidden.device)
        return self._replace(attended=attended)

    def coverage(self) -> tuple[Tensor, Tensor]:
        """Return the sums of weights (B, K, S), (B, K, 0) without attention, and their mask.

        Raises:
            ValueError: `track_coverage` was not called.
        """
        if self.attended is None:
            raise ValueError("attention weights are summed after track_coverage alone")
        return self.attended, self.memory.mask[:, : self.attended.shape[-1]]


# Target input, BOS and the tokens (B, T), and its lengths without padding (B,), on the CPU.
TargetPrefix = tuple[Tensor, Tensor]


class EncoderMemory(NamedTuple):
    """Encoded sources of a batch."""

    state: Tensor  # (B, L, P, H) initial state of the decoder
    memory: Memory
    final: Tensor  # (B, L', P, M) final state of the encoder, directions concatenated


class EncoderDecoder(nn.Module):
    """Encoder whose final state initialises a decoder, which may attend to the memory too.

    With a gate, states are carried over from the previous sentence of the document: the forward
    direction of the encoder continues from its final state, and the decoder's initial state is
    mixed with its own final state. The backward direction would need the next sentence, so it
    starts from its initial state.
    """

    def __init__(
        self,
        encoder: nn.Module,
        bridge: nn.Module,
        decoder: Decoder,
        output: OutputLayer,
        gate: ContextGate | None = None,
    ) -> None:
        """Compose a network.

        Args:
            encoder: `Encoder`, or any module from a batch and its lengths to an `EncoderOutput`.
            bridge: a bridge of `seq2seq.model.bridge`.
            decoder: computes features from the initial state and the memory.
            output: computes logits over the vocabulary from features.
            gate: adds the decoder state of the previous sentence; `None`: sentences are
                independent.
        """
        super().__init__()
        self.encoder, self.bridge, self.decoder, self.output = encoder, bridge, decoder, output
        self.gate = gate

    def encode(
        self,
        source: Tensor,
        source_lengths: Tensor | None,
        previous: PreviousState | None = None,
        chunk: int = 0,
    ) -> EncoderMemory:
        """Encode sources.

        Args:
            source: (B, ...).
            source_lengths: (B,) on the CPU, numbers of positions without padding; `None`: all.
            previous: state carried over from the previous sentences; `None`: there are none.
            chunk: positions over which gradients flow back in the encoder; 0: all.
        """
        if previous is None and not chunk:
            values, final = self.encoder(source, source_lengths)
        else:
            first = self._initial_states(len(source), previous)
            values, final = self.encoder(source, source_lengths, first, chunk)
        mask = torch.ones(values.shape[:2], dtype=torch.bool, device=values.device)  # (B, S)
        if source_lengths is not None:
            positions = torch.arange(values.shape[1], device=values.device)
            mask = positions < to_device(source_lengths, values.device).unsqueeze(1)  # (B, S)
        state = self.bridge(final)  # (B, L, P, H)
        if previous is not None and self.gate is not None:
            state = reset_where(self.gate(state, previous.decoder), state, previous.is_first)
        memory = self.decoder.attention.prepare_memory(values, mask, final[:, -1, 0])
        return EncoderMemory(state, memory, final)

    def _initial_states(self, count: int, previous: PreviousState | None) -> Tensor:
        """Return the initial states (B, L, D, P, H) of the encoder."""
        initial: Tensor = self.encoder.initial_states(count)  # type: ignore[operator]
        if previous is None:
            return initial
        forward = reset_where(previous.encoder, initial[:, :, 0], previous.is_first)
        return torch.cat((forward.unsqueeze(2), initial[:, :, 1:]), 2)

    def forward(
        self, source: Tensor, source_lengths: Tensor | None, target_input: Tensor
    ) -> DecoderOutput:
        """Compute features for all positions of `target_input` (B, T), teacher-forced."""
        encoded = self.encode(source, source_lengths)
        decoded: DecoderOutput = self.decoder(target_input, encoded.state, encoded.memory)
        return decoded

    def final_states(self, final: Tensor, state: Tensor) -> PreviousState:
        """Return the state to carry over to the next sentences.

        Args:
            final: (B, L', P, M) final state of the encoder.
            state: (B, L, P, H) final state of the decoder.
        """
        forward: Tensor = self.encoder.forward_direction(final)  # type: ignore[operator]
        is_first = torch.zeros(len(state), dtype=torch.bool, device=state.device)
        return PreviousState(forward.detach(), state.detach(), is_first)

    def advance_document(
        self,
        source: Tensor,
        source_lengths: Tensor | None,
        target: TargetPrefix,
        previous: PreviousState | None,
    ) -> PreviousState:
        """Return the state to carry over after sentences with the translations `target`."""
        encoded = self.encode(source, source_lengths, previous)
        target_input, target_lengths = target
        decoded = self.decoder(target_input, encoded.state, encoded.memory, target_lengths)
        return self.final_states(encoded.final, decoded.state)

    def init_decoding(
        self, source: Tensor, source_lengths: Tensor | None, previous: PreviousState | None = None
    ) -> DecoderState:
        """Return the initial state of a search, with one hypothesis for each sentence."""
        encoded = self.encode(source, source_lengths, previous)
        return DecoderState(encoded.state.unsqueeze(1), encoded.memory)

    def step(self, state: DecoderState, tokens: Tensor) -> tuple[Tensor, DecoderState]:
        """Return the logits (B, K, V) after the last `tokens` (B, K), and the next state."""
        decoded = self.decoder.step(tokens, state.hidden, state.memory)
        return self.output(decoded.features), state.advance(decoded.state, decoded.weights)
