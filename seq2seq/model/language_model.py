"""Many-to-many: at each position, what comes next."""

from torch import Tensor, nn

from seq2seq.model.attention import Memory
from seq2seq.model.decoder import Decoder, DecoderOutput, OutputLayer


class LanguageModel(nn.Module):
    """A decoder that has no source: given tokens 1 to t it says what token t + 1 may be.

    Mikolov et al. (2010), https://www.isca-archive.org/interspeech_2010/mikolov10_interspeech.html
    """

    def __init__(self, decoder: Decoder, output: OutputLayer, initial: nn.Module) -> None:
        """Put a model together; `initial` gives (B, L, P, H), the state before all text."""
        super().__init__()
        self.decoder, self.output, self.initial = decoder, output, initial

    def initial_states(self, count: int) -> Tensor:
        """The state (B, L, P, H) of `count` texts of which nothing has been read."""
        state: Tensor = self.initial(count, self.decoder.embedding.weight)
        return state

    def forward(self, tokens: Tensor, state: Tensor) -> DecoderOutput:
        """Read `tokens` (B, T) from `state`, of `write_run_files` or of what was read before."""
        nothing = state.new_empty(0)
        decoded: DecoderOutput = self.decoder(tokens, state, Memory(nothing, nothing, nothing))
        return decoded

    def step(self, tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Read one token more: (B,) to the logits (B, V) of the next one, and the state."""
        nothing = state.new_empty(0)
        memory = Memory(nothing, nothing, nothing)
        decoded = self.decoder.step(tokens.unsqueeze(1), state.unsqueeze(1), memory)
        return self.output(decoded.features)[:, 0], decoded.state[:, 0]
