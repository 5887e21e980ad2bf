"""Recurrent language model: many-to-many."""

from torch import Tensor, nn

from seq2seq.model.attention import Memory
from seq2seq.model.decoder import Decoder, DecoderOutput, OutputLayer


class LanguageModel(nn.Module):
    """Decoder without a source, which predicts token t + 1 from tokens 1 to t.

    Mikolov et al. (2010), https://www.isca-archive.org/interspeech_2010/mikolov10_interspeech.html
    """

    def __init__(self, decoder: Decoder, output: OutputLayer, initial: nn.Module) -> None:
        """Compose a model; `initial` returns the initial states (B, L, P, H)."""
        super().__init__()
        self.decoder, self.output, self.initial = decoder, output, initial

    def initial_states(self, count: int) -> Tensor:
        """Return the initial states (B, L, P, H) of `count` texts."""
        state: Tensor = self.initial(count, self.decoder.embedding.weight)
        return state

    def forward(self, tokens: Tensor, state: Tensor) -> DecoderOutput:
        """Decode `tokens` (B, T) from `state` (B, L, P, H), initial or after preceding tokens."""
        empty = state.new_empty(0)
        decoded: DecoderOutput = self.decoder(tokens, state, Memory(empty, empty, empty))
        return decoded

    def step(self, tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits (B, V) after one more token (B,), and the next state (B, L, P, H)."""
        empty = state.new_empty(0)
        memory = Memory(empty, empty, empty)
        decoded = self.decoder.step(tokens.unsqueeze(1), state.unsqueeze(1), memory)
        return self.output(decoded.features)[:, 0], decoded.state[:, 0]
