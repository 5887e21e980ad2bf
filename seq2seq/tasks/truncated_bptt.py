"""Learning from sentence pairs a segment at a time, and from sentences that go on from others."""

from collections.abc import Iterator, Sequence
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
    """A batch of sentence pairs: a `seq2seq.training.task.SegmentFunction`, given the last two.

    With `chunk` the gradient goes back so many positions at most on either side. The target is cut
    into segments of as many positions, each a `Segment`, the decoder's state handed on without its
    gradient. The source is encoded once, before the first segment, in chunks of as many positions
    (`seq2seq.model.cells.truncated`), and every segment attends to all of it: the losses are those
    of the whole batch. Gradients with respect to the encoder outputs are accumulated over the
    segments and back-propagated once, after the last; in the encoder they stop between chunks.

    Of the decoder no more than `chunk` positions are in memory at a time: that is where most of it
    goes, to attention and to the features of the output. What the encoder remembers for its
    gradient still grows with the source, some vectors a position.

    Where a batch is of `streams`, each sentence goes on from where the sentence before it in its
    stream ended, unless it is new. No gradient goes into that one.
    """
    model: EncoderDecoder = getattr(forward, "module", forward)
    read = model.encode(batch.source, batch.source_lengths, gather_states(carried, batch), chunk)
    width = batch.target_input.shape[1]
    size = chunk or width
    made = (read.state, *read.memory[:2])
    # Several segments share what was read: they stop at copies, whose gradients add up.
    parts = [part.detach().requires_grad_() for part in made] if size < width else list(made)
    state, memory = parts[0], read.memory._replace(values=parts[1], keys=parts[2])
    for place in range(0, width, size):
        tokens = batch.target_input[:, place : place + size]
        features, last = decode_segment(model, tokens, (state, memory), batch.target_lengths, place)
        places, expected = segment_labels(batch, place, tokens.shape[1])
        state = last.detach()
        if place + size >= width and batch.stream_ids is not None:
            carried = scatter_states(
                carried, batch.stream_ids, model.final_states(read.final, state), streams
            )
        yield Segment(features.flatten(0, 1).index_select(0, places), expected, carried)
    if size < width:
        backward_into_encoder(made, parts)


def gather_states(carried: CarriedStates, batch: Batch) -> PreviousState | None:
    """What the sentences of `batch` find of those before them in their streams."""
    if batch.stream_ids is None or batch.is_first is None or carried is None:
        return None
    fill = batch.stream_ids.new_zeros(len(batch.is_first) - len(batch.stream_ids))
    rows = torch.cat((batch.stream_ids, fill))
    return PreviousState(carried["encoder"][rows], carried["decoder"][rows], batch.is_first)


def scatter_states(
    carried: CarriedStates, rows: Tensor, ended: PreviousState, streams: int
) -> dict[str, Tensor]:
    """What was `carried` by all `streams`, those of `rows` having come to where they `ended`."""
    if carried is None:
        table = ended.empty(streams)
    else:  # a copy: what was carried before stays as it was until the step is done
        new = rows.new_zeros(streams, dtype=torch.bool)
        table = PreviousState(carried["encoder"].clone(), carried["decoder"].clone(), new)
    table.scatter(rows, ended)
    return {"encoder": table.encoder, "decoder": table.decoder}


def decode_segment(
    model: EncoderDecoder,
    tokens: Tensor,
    begun: tuple[Tensor, Memory],
    said: Tensor | None,
    place: int,
) -> tuple[Tensor, Tensor]:
    """Features (B, T, E) of a segment, and the states after it.

    Args:
        model: the network.
        tokens: (B, T) of the target, from position `place` on.
        begun: the decoder's states (B, L, P, H) before them, and the memory.
        said: (B,) on the CPU, how much of the target is real, where the final states matter: those
            of sentences that have ended stay as they are.
        place: of the first token.
    """
    state, memory = begun
    if said is None:
        decoded = model.decoder(tokens, state, memory)
        return decoded.features, decoded.state
    left = (said - place).clamp(0, tokens.shape[1])
    decoded = model.decoder(tokens, state, memory, left.clamp(min=1))
    goes_on = to_device(left > 0, state.device)
    return decoded.features, reset_where(decoded.state, state, ~goes_on)


def segment_labels(batch: Batch, place: int, width: int) -> tuple[Tensor, Tensor]:
    """Where in B * `width` positions from `place` on something is expected, and what."""
    whole = batch.target_input.shape[1]
    if width == whole:
        return batch.label_positions, batch.labels
    row, column = batch.label_positions // whole, batch.label_positions % whole - place
    inside = ((column >= 0) & (column < width)).nonzero().squeeze(1)  # a GPU is waited for here
    return (row * width + column)[inside], batch.labels[inside]


def backward_into_encoder(made: Sequence[Tensor], parts: Sequence[Tensor]) -> None:
    """Hand the gradients that the copies `parts` have got on to where they were `made`."""
    heard = [
        (tensor, part.grad)
        for tensor, part in zip(made, parts, strict=True)
        if tensor.requires_grad and part.grad is not None
    ]
    if heard:
        with torch.autocast(made[0].device.type, enabled=False):
            torch.autograd.backward([t for t, _ in heard], [g for _, g in heard])
