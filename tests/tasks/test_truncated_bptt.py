"""Translation in segments and in documents: what is the same, what is carried, what is cut."""

from collections.abc import Callable

import pytest
import torch

from seq2seq import builders
from seq2seq.config.training import TrainConfig
from seq2seq.data.batches import Batch, collate
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.tasks.translation import sentence_segments
from seq2seq.tasks.truncated_bptt import truncated_segments
from seq2seq.text.special_tokens import BOS
from seq2seq.training.loss import cross_entropy
from seq2seq.training.task import CarriedStates, Segment
from tests.model.test_contracts import CHOICES, PIECES, SOURCES, TARGETS, gradients, names

Compose = Callable[..., TrainConfig]


def network(config: Compose, *overrides: str) -> EncoderDecoder:
    options = config(*overrides)
    torch.manual_seed(0)
    model = builders.build_translation(
        options.model, builders.VocabSizes(PIECES, PIECES, True), options.document_context
    )
    for parameter in model.parameters():
        torch.nn.init.uniform_(parameter, -0.5, 0.5)
    return model.eval()


def total(model: EncoderDecoder, part: Segment) -> torch.Tensor:
    output = model.output.linear
    return cross_entropy(part.features, output.weight, output.bias, part.labels, 0.1)[0]


def backward(part: Segment, loss: torch.Tensor) -> None:
    """Compute the gradients of a segment, as a `TrainStep` does."""
    loss.backward()
    if part.finish_backward:
        part.finish_backward()


def learned(model: EncoderDecoder, made: Batch, chunk: int | None) -> torch.Tensor:
    """The loss of a batch, whole or in segments, each with its gradient."""
    model.zero_grad()
    found = (
        sentence_segments(model, made, None)
        if chunk is None
        else truncated_segments(model, made, None, chunk, 0)
    )
    sums = []
    for part in found:
        sums.append(total(model, part))
        backward(part, sums[-1])
    return torch.stack(sums).sum().detach()


@pytest.mark.parametrize("choice", CHOICES, ids=" ".join)
def test_segments_have_the_losses_of_the_uncut_batch(
    config: Compose, choice: tuple[str, ...]
) -> None:
    model, made = network(config, *choice), collate(SOURCES, TARGETS)

    whole = learned(model, made, None)
    exact = gradients(model)

    for chunk in (1, 2, 3):
        torch.testing.assert_close(learned(model, made, chunk), whole, atol=1e-5, rtol=1e-5)
    long = learned(model, made, 5)  # as long as the longest source and target: nothing is cut
    torch.testing.assert_close(long, whole, atol=1e-5, rtol=1e-5)
    for name, gradient in gradients(model).items():
        torch.testing.assert_close(gradient, exact[name], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("attention", names("attention"))
def test_the_gradient_is_that_of_all_segments_in_one(config: Compose, attention: str) -> None:
    model = network(config, f"model/attention={attention}")
    made, size = collate(SOURCES, TARGETS), 2

    learned(model, made, size)
    found = gradients(model)

    model.zero_grad()
    read = model.encode(made.source, made.source_lengths, None, size)
    state = read.state
    features: list[torch.Tensor] = []
    for place in range(0, made.target_input.shape[1], size):
        decoded = model.decoder(made.target_input[:, place : place + size], state, read.memory)
        state, features = decoded.state.detach(), [*features, decoded.features]
    whole = torch.cat(features, 1).flatten(0, 1)[made.label_positions]
    total(model, Segment(whole, made.labels)).backward()
    for name, gradient in gradients(model).items():
        torch.testing.assert_close(found[name], gradient, atol=1e-5, rtol=1e-4)


def test_segments_that_are_collected_first_have_the_same_gradients(config: Compose) -> None:
    model, made = network(config, "model/attention=general"), collate(SOURCES, TARGETS)
    learned(model, made, 2)
    expected = gradients(model)
    model.zero_grad()

    segments = list(truncated_segments(model, made, None, 2, 0))
    for segment in segments:
        total(model, segment).backward()
    assert [bool(segment.finish_backward) for segment in segments] == [False, False, True]
    assert segments[-1].finish_backward is not None
    segments[-1].finish_backward()

    for name, gradient in gradients(model).items():
        torch.testing.assert_close(gradient, expected[name])


Pairs = list[tuple[list[int], list[int]]]
FIRST: Pairs = [([5, 6, 7, 8, 9], [5, 6]), ([10, 11], [7, 8, 9, 10]), ([12, 5, 6], [4])]
SECOND: Pairs = [([12], [11]), ([5, 9, 7], [12, 5, 6]), ([4, 4, 4, 4], [])]
CARRYING = [
    *[(f"model/cell={cell}", "model/attention=dot") for cell in names("cell")],
    *[(f"model/bridge={bridge}", "model/attention=additive") for bridge in names("bridge")],
    ("model/initial_state=learned", "model/attention=general"),
    ("model.encoder.bidirectional=false", "model.encoder.layers=2", "model.decoder.layers=2",
     "model/cell=lstm"),
    ("model/attention=fixed_context", "model.decoder.layers=2"),
]  # fmt: skip


def chained(model: EncoderDecoder, document: Pairs) -> list[torch.Tensor]:
    """The features (T, E) of each sentence of a document, one after the other, by hand."""
    encoder, found = model.encoder, []
    ahead = last = None
    for source, target in document:
        first = encoder.initial_states(1).clone()  # type: ignore[operator]
        if ahead is not None:
            first[:, :, 0] = ahead  # the forward direction reads on
        values, final = encoder(torch.tensor([source]), None, first)
        state = model.bridge(final)
        if last is not None:
            assert model.gate is not None
            both = torch.cat((state.flatten(1), last.flatten(1)), 1)
            share = torch.sigmoid(model.gate.linear(both)).view_as(state)
            state = share * last + (1 - share) * state
        there = torch.ones(1, len(source)).bool()
        memory = model.decoder.attention.prepare_memory(values, there, final[:, -1, 0])
        decoded = model.decoder(torch.tensor([[BOS, *target]]), state, memory)
        ahead = final[..., : first.shape[-1]].detach()
        last = decoded.state.detach()
        found.append(decoded.features[0])
    return found


def streams(rows: list[int], pairs: Pairs, new: bool) -> Batch:
    """Sentences of the streams `rows`, which all begin a document, or all do not."""
    made = collate([source for source, _ in pairs], [target for _, target in pairs])
    said = torch.tensor([len(target) + 1 for _, target in pairs])
    return made._replace(
        is_first=torch.full((len(pairs),), new), stream_ids=torch.tensor(rows), target_lengths=said
    )


@pytest.mark.parametrize("chunk", [0, 2])
@pytest.mark.parametrize("choice", CARRYING, ids=" ".join)
def test_a_document_is_its_sentences_chained(
    config: Compose, choice: tuple[str, ...], chunk: int
) -> None:
    model = network(config, "document_context=carry", *choice)
    carried: CarriedStates = None

    for place, (one, other) in enumerate(zip(FIRST, SECOND, strict=True)):
        model.zero_grad()
        made = streams([2, 0], [one, other], place == 0)
        sums, features = [], []
        for part in truncated_segments(model, made, carried, chunk, 3):
            sums.append(total(model, part))
            backward(part, sums[-1])
            features.append(part.features)
            carried = part.carried
        exact = gradients(model)
        model.zero_grad()
        by_hand = torch.cat([chained(model, document)[place] for document in (FIRST, SECOND)])
        expected = total(model, Segment(by_hand, made.labels))
        torch.testing.assert_close(torch.stack(sums).sum(), expected, atol=1e-5, rtol=1e-5)
        if not chunk:
            torch.testing.assert_close(features[0], by_hand, atol=1e-5, rtol=1e-4)
            expected.backward()  # by hand the gradient is cut between the sentences
            for name, gradient in gradients(model).items():
                torch.testing.assert_close(exact[name], gradient, atol=1e-5, rtol=1e-4)
    assert carried is not None
    assert not carried["encoder"].requires_grad
    assert not carried["decoder"].requires_grad
    assert not carried["decoder"][1].any()  # stream 1 has never begun


def test_a_new_document_knows_nothing_of_the_one_before(config: Compose) -> None:
    model = network(config, "document_context=carry", "model/attention=general")
    made = streams([0, 1], [FIRST[1], SECOND[1]], True)

    [first] = truncated_segments(model, made, None, 0, 2)
    [again] = truncated_segments(model, made, first.carried, 0, 2)
    [after] = truncated_segments(
        model, made._replace(is_first=torch.tensor([True, False])), first.carried, 0, 2
    )

    torch.testing.assert_close(again.features, first.features)
    count = len(FIRST[1][1]) + 1
    torch.testing.assert_close(after.features[:count], first.features[:count])
    assert not torch.allclose(after.features[count:], first.features[count:])
    [plain] = sentence_segments(
        model, made, None
    )  # and is what a sentence is to a network without context
    torch.testing.assert_close(plain.features, first.features)


def test_without_context_there_is_nothing_to_learn_of_it(config: Compose) -> None:
    plain, carrying = network(config), network(config, "document_context=carry")

    more = {n for n, _ in carrying.named_parameters()} - {n for n, _ in plain.named_parameters()}
    assert config().document_context == "none"
    assert plain.gate is None
    assert more == {"gate.linear.weight", "gate.linear.bias"}


def test_the_output_of_the_gate_is_between_its_inputs(config: Compose) -> None:
    gate = network(config, "document_context=carry").gate
    assert gate is not None
    begun, before = torch.randn(5, 1, 1, 8), torch.randn(5, 1, 1, 8)

    found = gate(begun, before)

    assert (found <= torch.maximum(begun, before) + 1e-6).all()
    assert (found >= torch.minimum(begun, before) - 1e-6).all()
