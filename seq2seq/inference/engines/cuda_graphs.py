"""Decoding steps replayed as CUDA graphs, so that the GPU does not wait for Python.

A step of a small batch is some forty kernels, each shorter than its launch. A CUDA graph launches
them all at once, but always on the same memory and with the same shapes. So the state is copied
into buffers of a few fixed sizes: the numbers of sentences and of source positions are rounded up.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.model.attention import Memory
from seq2seq.model.document_context import PreviousState
from seq2seq.model.encoder_decoder import DecoderState, TargetPrefix

# Few sizes mean few recordings, which take memory and time; large ones mean padding to compute.
BATCH_BUCKET = 8  # sentences in the smallest buffer; the sizes double from there
LENGTH_BUCKET = 16  # source positions; the sizes are multiples of it
WARMUP_RUNS = 2  # before recording, so that libraries initialise; PyTorch's notes on CUDA graphs

Recorder = Callable[[Callable[[], None]], Callable[[], None]]  # from work to its replay


class CudaGraphRecorder:
    """Records the kernels that a function launches, and returns a function that replays them.

    The recordings share one memory pool for their intermediate results, since they are replayed one
    after the other. https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
    """

    def __init__(self) -> None:
        self.pool, self.stream = torch.cuda.graph_pool_handle(), torch.cuda.Stream()

    def __call__(self, work: Callable[[], None]) -> Callable[[], None]:
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            for _ in range(WARMUP_RUNS):
                work()
        torch.cuda.current_stream().wait_stream(self.stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self.pool):
            work()
        return graph.replay


class _RecordedStep(NamedTuple):
    """A recorded step for one buffer size: B' sentences of K hypotheses, S' positions."""

    tokens: Tensor  # (B', K) input
    state: DecoderState  # input
    logits: Tensor  # (B', K, V) output
    hidden: Tensor  # (B', K, L, P, H) output
    attended: Tensor | None  # (B', K, S') output, where coverage is tracked
    replay: Callable[[], None]
    copied_memory: list[Memory]  # the memory that is in the input state now, at most one


class CudaGraphModel(nn.Module):
    """Same interface and results as `IncrementalModel`, each step replayed as a CUDA graph."""

    def __init__(self, model: IncrementalModel, record: Recorder | None = None) -> None:
        super().__init__()
        self.model, self.record = model, record or CudaGraphRecorder()
        self.recorded: dict[tuple[int, ...], _RecordedStep] = {}

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
        """Return the logits (B, K, V), which the next step overwrites, and the next state."""
        sentences, hypotheses = tokens.shape
        buffer_sentences = max(BATCH_BUCKET, 1 << (sentences - 1).bit_length())
        positions = -(-state.memory.mask.shape[1] // LENGTH_BUCKET) * LENGTH_BUCKET
        size = (buffer_sentences, hypotheses, positions)
        key = (*size, state.attended is not None)
        recorded = self.recorded.get(key)
        if recorded is None:
            recorded = self.recorded[key] = self._record(size, state)
        if not recorded.copied_memory or recorded.copied_memory[0] is not state.memory:
            _copy_memory(recorded.state.memory, state.memory)
            recorded.copied_memory[:] = [state.memory]
        recorded.tokens[:sentences].copy_(tokens)
        recorded.state.hidden[:sentences].copy_(state.hidden)
        if state.attended is not None and recorded.state.attended is not None:
            width = state.attended.shape[-1]
            recorded.state.attended[:sentences, :, :width].copy_(state.attended)
        recorded.replay()
        attended = None
        if recorded.attended is not None:
            attended = recorded.attended[:sentences, :, : state.memory.mask.shape[1]].clone()
        hidden = recorded.hidden[:sentences].clone()
        next_state = state._replace(hidden=hidden, attended=attended)
        return recorded.logits[:sentences], next_state

    def _record(self, size: tuple[int, int, int], like: DecoderState) -> _RecordedStep:
        """Allocate buffers and record a step on them.

        Args:
            size: B' sentences, K hypotheses of each, S' source positions.
            like: a state with the other sizes, the types and the device.
        """
        sentences, hypotheses, positions = size
        hidden = like.hidden.new_zeros(sentences, hypotheses, *like.hidden.shape[2:])
        memory = Memory(
            *(part.new_zeros(sentences, positions, *part.shape[2:]) for part in like.memory)
        )
        memory.mask.fill_(True)  # of unused rows: a softmax over nothing would be NaN
        state = DecoderState(hidden, memory)
        if like.attended is not None:
            state = state.track_coverage()
        tokens = torch.zeros(sentences, hypotheses, dtype=torch.long, device=hidden.device)
        with torch.inference_mode():
            logits, next_state = self.model.step(state, tokens)
        logits_buffer = torch.empty_like(logits)
        hidden_buffer = torch.empty_like(next_state.hidden)
        attended = next_state.attended
        attended_buffer = None if attended is None else torch.empty_like(attended)

        def work() -> None:
            logits, next_state = self.model.step(state, tokens)
            logits_buffer.copy_(logits)
            hidden_buffer.copy_(next_state.hidden)
            if attended_buffer is not None and next_state.attended is not None:
                attended_buffer.copy_(next_state.attended)

        outputs = logits_buffer, hidden_buffer, attended_buffer
        return _RecordedStep(tokens, state, *outputs, self.record(work), [])


def _copy_memory(buffer: Memory, memory: Memory) -> None:
    """Copy `memory` into a larger `buffer`, and mask the remaining positions."""
    sentences, positions = memory.mask.shape
    for target, part in zip(buffer, memory, strict=True):
        target[:sentences, :positions].copy_(part)
    buffer.mask[:sentences, positions:] = False
