"""The whole network: many-to-one, a bridge, one-to-many."""

from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from seq2seq.model.attention import Memory
from seq2seq.model.decoder import Decoded, Decoder, Output


class State(NamedTuple):
    """Where K hypotheses of each of B sentences stand."""

    hidden: Tensor  # (B, K, L, P, H)
    memory: Memory  # of the B sentences

    def reorder(self, parents: Tensor) -> Self:
        """Hypothesis k' of sentence b goes on from hypothesis `parents[b, k']` (B, K')."""
        sentences = torch.arange(len(parents), device=parents.device).unsqueeze(1)
        return self._replace(hidden=self.hidden[sentences, parents])

    def keep(self, sentences: Tensor) -> Self:
        """Only `sentences` (b,) stay, in their order."""
        return self._replace(hidden=self.hidden[sentences], memory=self.memory.keep(sentences))


class Translation(nn.Module):
    """An encoder whose final state seeds a decoder, which may read the encoder's memory too."""

    def __init__(
        self, encoder: nn.Module, bridge: nn.Module, decoder: Decoder, output: Output
    ) -> None:
        """Put a network together.

        Args:
            encoder: `Encoder`, or anything that gives an `Encoded` of a batch and its lengths.
            bridge: of `seq2seq.model.bridge`.
            decoder: what says the sentence.
            output: from its features to the vocabulary.
        """
        super().__init__()
        self.encoder, self.bridge, self.decoder, self.output = encoder, bridge, decoder, output

    def encode(self, source: Tensor, lengths: Tensor | None) -> tuple[Tensor, Memory]:
        """Read `source` (B, ...), of which `lengths` (B,), on the CPU, are real; `None`: all.

        Returns:
            The decoder's first state (B, L, P, H), and the memory.
        """
        values, final = self.encoder(source, lengths)
        mask = torch.ones(values.shape[:2], dtype=torch.bool, device=values.device)  # (B, S)
        if lengths is not None:
            positions = torch.arange(values.shape[1], device=values.device)
            mask = positions < lengths.to(values.device).unsqueeze(1)  # (B, S)
        return self.bridge(final), self.decoder.attention.remember(values, mask)

    def forward(self, source: Tensor, lengths: Tensor | None, target: Tensor) -> Decoded:
        """Training: features for every position of `target` (B, T), which begins with START."""
        state, memory = self.encode(source, lengths)
        decoded: Decoded = self.decoder(target, state, memory)
        return decoded

    def start(self, source: Tensor, lengths: Tensor | None) -> State:
        """Searching: one hypothesis for each sentence of `source`, nothing said yet."""
        hidden, memory = self.encode(source, lengths)
        return State(hidden.unsqueeze(1), memory)

    def step(self, state: State, tokens: Tensor) -> tuple[Tensor, State]:
        """Say one more token after `tokens` (B, K): logits (B, K, V), and the next state."""
        decoded = self.decoder.step(tokens, state.hidden, state.memory)
        return self.output(decoded.features), state._replace(hidden=decoded.state)
