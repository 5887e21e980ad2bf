"""Truncated backpropagation through time for translation, and states carried between sentences."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from seq2seq.data.batches import Batch
from seq2seq.hardware import to_device
from seq2seq.model.attention import Memory
from seq2seq.model.document_context import PreviousState
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.model.initial_state import reset_where
from seq2seq.training.task import CarriedStates, Segment


def truncated_segments(
    forward: Any, batch: Batch, carried: CarriedStates, chunk: int, streams: int
) -> Iterator[Segment]:
    """Cut a batch of sentence pairs into segments for truncated backpropagation through time.

    With `chunk`, gradients flow back over at most `chunk` positions on either side (Williams and
    Peng 1990, https://doi.org/10.1162/neco.1990.2.4.490). The target is cut into segments of
    `chunk` positions; the decoder's state is carried between segments without its gradient. The
    source is encoded once, before the first segment, in chunks of `chunk` positions
    (`seq2seq.model.cells.truncated`), and every segment attends to all of it: the losses are those
    of the uncut batch. Gradients with respect to the encoder outputs are accumulated over the
    segments, and `finish_backward` of the last segment back-propagates them once into the encoder,
    where they stop at the borders of chunks.

    Most of the memory is the decoder's, which keeps the activations of at most `chunk` positions at
    a time. The activations of the encoder grow with the source: some vectors per position.

    With `streams` of documents, the initial states of a sentence are the final states of the
    sentence before it in its stream, unless it is the first of its document. No gradient flows
    between sentences.
    """
    model: EncoderDecoder = forward
    encoded = model.encode(batch.source, batch.source_lengths, gather_states(carried, batch), chunk)
    width = batch.target_input.shape[1]
    size = chunk or width
    outputs = (encoded.state, *encoded.memory[:2])
    # Several segments share the encoder outputs: each reads copies, whose gradients add up.
    copies = [part.detach().requires_grad_() for part in outputs] if size < width else outputs
    state, memory = copies[0], encoded.memory._replace(values=copies[1], keys=copies[2])
    for start in range(0, width, size):
        tokens = batch.target_input[:, start : start + size]
        features, last = decode_segment(model, tokens, (state, memory), batch.target_lengths, start)
        indices, labels = segment_labels(batch, start, tokens.shape[1])
        state = last.detach()
        is_last = start + size >= width
        if is_last and batch.stream_ids is not None:
            final = model.final_states(encoded.final, state)
            carried = scatter_states(carried, batch.stream_ids, final, streams)
        finish = partial(backward_into_encoder, outputs, copies) if size < width else None
        yield Segment(
            features.flatten(0, 1).index_select(0, indices),
            labels,
            carried,
            finish if is_last else None,
        )


def gather_states(carried: CarriedStates, batch: Batch) -> PreviousState | None:
    """Return the final states of the previous sentence in the stream of each row of `batch`."""
    if batch.stream_ids is None or batch.is_first is None or carried is None:
        return None
    padding = batch.stream_ids.new_zeros(len(batch.is_first) - len(batch.stream_ids))
    rows = torch.cat((batch.stream_ids, padding))
    return PreviousState(carried["encoder"][rows], carried["decoder"][rows], batch.is_first)


def scatter_states(
    carried: CarriedStates, rows: Tensor, final: PreviousState, streams: int
) -> dict[str, Tensor]:
    """Return the states `carried` of all `streams`; `final` replaces the states of `rows`."""
    if carried is None:
        table = final.empty(streams)
    else:  # a copy: the old states must not change until the step is done
        new = rows.new_zeros(streams, dtype=torch.bool)
        table = PreviousState(carried["encoder"].clone(), carried["decoder"].clone(), new)
    table.scatter(rows, final)
    return {"encoder": table.encoder, "decoder": table.decoder}


def decode_segment(
    model: EncoderDecoder,
    tokens: Tensor,
    initial: tuple[Tensor, Memory],
    target_lengths: Tensor | None,
    start: int,
) -> tuple[Tensor, Tensor]:
    """Return the features (B, T, E) of a segment, and the states after it.

    Args:
        model: the network.
        tokens: (B, T) of the target, from position `start` on.
        initial: the decoder's states (B, L, P, H) before `tokens`, and the memory.
        target_lengths: (B,) on the CPU; None if the final states are not needed. The states of
            sentences that have ended do not change any more.
        start: index of the first position.
    """
    state, memory = initial
    if target_lengths is None:
        decoded = model.decoder(tokens, state, memory)
        return decoded.features, decoded.state
    lengths = (target_lengths - start).clamp(0, tokens.shape[1])
    decoded = model.decoder(tokens, state, memory, lengths.clamp(min=1))
    is_alive = to_device(lengths > 0, state.device)
    return decoded.features, reset_where(decoded.state, state, ~is_alive)


def segment_labels(batch: Batch, start: int, width: int) -> tuple[Tensor, Tensor]:
    """Return the label positions and labels of the `width` positions from `start` on.

    The label positions are indices into the flattened B * `width` positions of the segment.
    """
    batch_width = batch.target_input.shape[1]
    if width == batch_width:
        return batch.label_positions, batch.labels
    row, column = batch.label_positions // batch_width, batch.label_positions % batch_width - start
    inside = ((column >= 0) & (column < width)).nonzero().squeeze(1)  # waits for a GPU
    return (row * width + column)[inside], batch.labels[inside]


def backward_into_encoder(outputs: Sequence[Tensor], copies: Sequence[Tensor]) -> None:
    """Back-propagate the gradients accumulated in `copies` through the encoder's `outputs`."""
    pairs = [
        (tensor, copy.grad)
        for tensor, copy in zip(outputs, copies, strict=True)
        if tensor.requires_grad and copy.grad is not None
    ]
    if pairs:
        with torch.autocast(outputs[0].device.type, enabled=False):
            torch.autograd.backward([t for t, _ in pairs], [g for _, g in pairs])
