"""Decoding by ONNX Runtime: the encoder and a step are one call each, on the memory of torch.

https://onnxruntime.ai/docs/api/python/api_summary.html#data-inputs-and-outputs
"""

from typing import Any

import torch
from torch import Tensor, nn

from seq2seq.errors import ConfigError
from seq2seq.inference.onnx.sessions import Sessions, unusable
from seq2seq.model.attention import Memory
from seq2seq.model.document_context import PreviousState
from seq2seq.model.encoder_decoder import DecoderState

NO_CONTEXT = "document_context=carry needs engine=torch"
ONNX_TYPES = {torch.float32: 1, torch.int64: 7, torch.bool: 9}  # their numbers in ONNX


class OnnxModel(nn.Module):
    """Same decoding interface as `EncoderDecoder`, and in fp32 the same results."""

    def __init__(self, sessions: Sessions) -> None:
        """Decode with the graphs of an encoder and of a step."""
        super().__init__()
        self.on_cpu = nn.Parameter(torch.empty(0), requires_grad=False)  # tells the device
        self.sessions = sessions
        self.encoder = _Binding(sessions.encoder, sessions.tables)
        self.decoder = _Binding(sessions.step, sessions.tables)
        self.memory: Memory | None = None  # that is bound to the step now

    @property
    def has_attention(self) -> bool:
        """Return whether a step returns attention weights."""
        return self.sessions.sizes.has_attention

    def init_decoding(
        self, source: Tensor, source_lengths: Tensor | None, previous: PreviousState | None = None
    ) -> DecoderState:
        """See `EncoderDecoder.init_decoding`; there is no document context."""
        if previous is not None:
            raise ConfigError(NO_CONTEXT)
        sizes, (count, width) = self.sessions.sizes, source.shape
        mask = torch.ones(count, width, dtype=torch.bool)
        if source_lengths is not None:
            mask = torch.arange(width) < source_lengths.unsqueeze(1)  # (B, S)
        positions = width if sizes.positions is None else sizes.positions
        values = torch.empty(count, positions, sizes.values)
        keys = torch.empty(count, positions, sizes.keys)
        hidden = torch.empty(count, *sizes.hidden)
        outputs = {"values": values, "hidden": hidden}
        if sizes.keys:
            outputs["keys"] = keys.flatten(0, 1)
        self.encoder.run({"tokens": source, "mask": mask}, outputs)
        return DecoderState(hidden.unsqueeze(1), Memory(values, keys, mask[:, :positions]))

    def step(self, state: DecoderState, tokens: Tensor) -> tuple[Tensor, DecoderState]:
        """Return the logits (B, K, V) after `tokens` (B, K), and the next state."""
        inputs = {"tokens": tokens, "hidden": state.hidden}
        if self.memory is not state.memory:
            self.memory = state.memory
            inputs |= {"values": state.memory.values, "mask": state.memory.mask}
            if self.sessions.sizes.keys:
                inputs["keys"] = state.memory.keys
        logits = torch.empty(*tokens.shape, self.sessions.sizes.vocab_size)
        hidden = torch.empty(*tokens.shape, *self.sessions.sizes.hidden)
        weights = torch.empty(
            *tokens.shape, state.memory.mask.shape[1] if self.has_attention else 0
        )
        rows = tokens.numel()  # n = B * K
        outputs = {"logits": logits.view(rows, -1), "new_hidden": hidden.view(rows, -1)}
        if self.has_attention:
            outputs["weights"] = weights
        self.decoder.run(inputs, outputs)
        return logits, state.advance(hidden, weights)

    def advance_document(self, *context: Any) -> PreviousState:
        """Refuse document context, which no graph has."""
        del context
        raise ConfigError(NO_CONTEXT)

    def forced_weights(
        self, source: Tensor, source_lengths: Tensor | None, target: Tensor
    ) -> Tensor:
        """Return the attention weights (B, T, S) of the steps after the tokens `target` (B, T)."""
        state = self.init_decoding(source, source_lengths).track_coverage()
        sums = [torch.zeros(len(source), state.memory.mask.shape[1])]
        for tokens in target.split(1, 1):
            _, state = self.step(state, tokens)
            assert state.attended is not None
            sums.append(state.attended[:, 0])
        return torch.stack(sums, 1).diff(dim=1)


class _Binding:
    """Runs a session on tensors in place; an input that is not given stays as before."""

    def __init__(self, session: Any, tables: dict[str, Tensor]) -> None:
        """Bind those of the `tables` that the session reads."""
        self.session, self.binding = session, session.io_binding()
        self.kept: dict[str, Tensor] = {}  # so that their memory is not freed
        names = {value.name for value in session.get_inputs()}
        self._bind_inputs({name: table for name, table in tables.items() if name in names})

    def _bind_inputs(self, inputs: dict[str, Tensor]) -> None:
        for name, value in inputs.items():
            self.kept[name] = value = value.contiguous()
            self.binding.bind_input(*_address(name, value))

    def run(self, inputs: dict[str, Tensor], outputs: dict[str, Tensor]) -> None:
        """Compute `outputs` from `inputs`.

        Raises:
            RunError: the graph is not what its file says that it is.
        """
        self._bind_inputs(inputs)
        for name, value in outputs.items():
            self.binding.bind_output(*_address(name, value))
        try:
            self.session.run_with_iobinding(self.binding)
        except Exception as error:
            raise unusable(error) from error


def _address(name: str, value: Tensor) -> tuple[str, str, int, int, tuple[int, ...], int]:
    """Return the arguments that bind a tensor on the CPU."""
    return name, "cpu", 0, ONNX_TYPES[value.dtype], tuple(value.shape), value.data_ptr()
