"""A decoding step recorded once and played back, so that Python is not what a GPU waits for.

A step of a small batch is some forty kernels, each shorter than the launch of it. A CUDA graph
launches them all at once, but always on the same memory and with the same shapes. So the state is
copied into buffers of a few fixed sizes: the numbers of sentences and of source positions are
rounded up.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.model.attention import Memory
from seq2seq.model.document_context import PreviousState
from seq2seq.model.encoder_decoder import DecoderState, TargetPrefix

BATCH_BUCKET, LENGTH_BUCKET = (
    8,
    16,
)  # the smallest buffers; doubled for sentences, added for positions

Recorder = Callable[[Callable[[], None]], Callable[[], None]]


class CudaGraphRecorder:
    """Records what work launches, and gives what launches it again.

    Recordings share the memory of what they compute on the way: they are played one after the
    other, and leave nothing there. https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
    """

    def __init__(self) -> None:
        self.pool, self.side = torch.cuda.graph_pool_handle(), torch.cuda.Stream()

    def __call__(self, work: Callable[[], None]) -> Callable[[], None]:
        self.side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.side):
            for _ in range(2):  # libraries set themselves up, which cannot be recorded
                work()
        torch.cuda.current_stream().wait_stream(self.side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self.pool):
            work()
        return graph.replay


class _RecordedStep(NamedTuple):
    """A step of one size."""

    tokens: Tensor  # (B', K) in
    state: DecoderState  # in
    logits: Tensor  # (B', K, V) out
    hidden: Tensor  # (B', K, L, P, H) out
    play: Callable[[], None]
    holds: list[Memory]  # the memory that was copied in last, if any


class CudaGraphModel(nn.Module):
    """Says what a `Quick` says: `init_decoding` and `step` take and give the same."""

    def __init__(self, model: IncrementalModel, record: Recorder | None = None) -> None:
        super().__init__()
        self.model, self.record = model, record or CudaGraphRecorder()
        self.recorded: dict[tuple[int, ...], _RecordedStep] = {}

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
        """As `Translation.step`; the logits are good until the next step."""
        sentences, hypotheses = tokens.shape
        room = max(BATCH_BUCKET, 1 << (sentences - 1).bit_length())
        positions = -(-state.memory.mask.shape[1] // LENGTH_BUCKET) * LENGTH_BUCKET
        size = (room, hypotheses, positions)
        made = self.recorded.get(size)
        if made is None:
            made = self.recorded[size] = self._make(size, state)
        if not made.holds or made.holds[0] is not state.memory:
            _copy_memory(made.state.memory, state.memory)
            made.holds[:] = [state.memory]
        made.tokens[:sentences].copy_(tokens)
        made.state.hidden[:sentences].copy_(state.hidden)
        made.play()
        return made.logits[:sentences], state._replace(hidden=made.hidden[:sentences].clone())

    def _make(self, size: tuple[int, int, int], like: DecoderState) -> _RecordedStep:
        """Buffers for B' sentences of K hypotheses and S' source positions, and their step."""
        room, hypotheses, positions = size
        hidden = like.hidden.new_zeros(room, hypotheses, *like.hidden.shape[2:])
        memory = Memory(*(part.new_zeros(room, positions, *part.shape[2:]) for part in like.memory))
        memory.mask.fill_(True)  # of rows that no sentence is in: nothing may be divided by zero
        state = DecoderState(hidden, memory)
        tokens = torch.zeros(room, hypotheses, dtype=torch.long, device=hidden.device)
        with torch.inference_mode():
            logits, following = self.model.step(state, tokens)
        outputs = torch.empty_like(logits), torch.empty_like(following.hidden)

        def work() -> None:
            found, after = self.model.step(state, tokens)
            outputs[0].copy_(found)
            outputs[1].copy_(after.hidden)

        return _RecordedStep(tokens, state, *outputs, self.record(work), [])


def _copy_memory(room: Memory, memory: Memory) -> None:
    """Copy a memory into a larger one, of which nothing else is read."""
    sentences, positions = memory.mask.shape
    for mine, part in zip(room, memory, strict=True):
        mine[:sentences, :positions].copy_(part)
    room.mask[:sentences, positions:] = False
