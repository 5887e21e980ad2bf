"""What holds for captioners, whatever their cell, attention, bridge and way of looking."""

from functools import cache

import numpy as np
import pytest
import torch

from seq2seq import builders
from seq2seq.commands import compose
from seq2seq.config.commands import CaptionConfig
from seq2seq.config.training import LengthLimits, TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.data.batches import collate
from seq2seq.inference.captioner import Captioner
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.model.image_encoder import BlindEncoder
from seq2seq.search.beam import Beam
from seq2seq.search.greedy import Greedy
from seq2seq.text.tokenizer import ByteTokenizer
from seq2seq.training.loss import cross_entropy
from seq2seq.vision.backbones import ConvNet, ImageBackbone, PrecomputedFeatures
from seq2seq.vision.images import CaptionedImage
from tests.model.test_contracts import gradients, names

TARGETS = [[5, 6], [7, 8, 9, 10], [11], [12, 5, 6]]
PIECES = 260  # those of bytes
SEEN = {
    "cnn": ["model.vision.pixels=9", "model.vision.channels=[4,6]"],
    "features": ["model/vision=features", "model.vision.size=5", "model.vision.positions=4"],
}

VISIONS: dict[str, ImageBackbone] = {
    "cnn": ConvNet(9, [4, 6]),
    "features": PrecomputedFeatures(5, 4),
}


@cache
def options(*overrides: str) -> TrainConfig:
    sizes = ["model.embedding_size=6", "model.decoder.size=8"]
    return to_schema(
        compose.compose("train", ["+recipe=captions", *sizes, *overrides]), TrainConfig
    )


def network(*overrides: str, seen: str = "cnn", width: float = 0.5) -> EncoderDecoder:
    torch.manual_seed(0)
    config = options(*SEEN[seen], *overrides)
    vision: ImageBackbone = builders.instantiate_node("model.vision", config.model.vision)
    model = builders.build_captioner(config.model, vision, PIECES)
    for parameter in model.parameters():  # a learned vector starts at zero, and hides mistakes
        torch.nn.init.uniform_(parameter, -width, width)
    return model.eval()


def pictures(seen: str = "cnn", count: int = 4) -> torch.Tensor:
    random = torch.Generator().manual_seed(1)
    if seen == "features":
        return torch.randn(count, 4, 5, generator=random)
    blocks = torch.randint(256, (count, 3, 3, 3), generator=random).to(torch.uint8)
    return blocks.repeat_interleave(3, 1).repeat_interleave(3, 2)


def losses(model: EncoderDecoder, rows: list[int], stored: torch.Tensor) -> torch.Tensor:
    """The summed loss of some of the captions, as one batch."""
    made = collate([[0]] * len(rows), [TARGETS[r] for r in rows])
    decoded = model(stored[rows], None, made.target_input)
    features, output = decoded.features.flatten(0, 1)[made.label_positions], model.output.linear
    total, _ = cross_entropy(features, output.weight, output.bias, made.labels, 0.1)
    return total


CHOICES = [
    *[("cnn", f"model/cell={name}") for name in names("cell")],
    *[("cnn", f"model/attention={name}") for name in names("attention")],
    *[("cnn", f"model/bridge={b}", "model/attention=dot") for b in names("bridge")],
    ("cnn", "model.decoder.layers=2", "model.residual=true", "model.tie_output=false"),
    ("features", "model/attention=additive"),
    ("features", "model/attention=none"),
]
each_choice = pytest.mark.parametrize("choice", CHOICES, ids=" ".join)


@each_choice
def test_a_batch_is_its_captions_one_by_one(choice: tuple[str, ...]) -> None:
    model, stored = network(*choice[1:], seen=choice[0]), pictures(choice[0])

    together = losses(model, [0, 1, 2, 3], stored)
    together.backward()
    batched = gradients(model)
    model.zero_grad()
    alone = torch.stack([losses(model, [row], stored) for row in range(4)]).sum()
    alone.backward()

    torch.testing.assert_close(together, alone)
    for name, gradient in gradients(model).items():
        torch.testing.assert_close(batched[name], gradient, atol=1e-4, rtol=1e-4)


@each_choice
def test_gradients_reach_every_weight(choice: tuple[str, ...]) -> None:
    model = network(*choice[1:], seen=choice[0])

    losses(model, [0, 1, 2, 3], pictures(choice[0])).backward()

    silent = {n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum()}
    assert silent == set()


@each_choice
def test_training_and_searching_see_the_same_numbers(choice: tuple[str, ...]) -> None:
    model, stored = network(*choice[1:], seen=choice[0]), pictures(choice[0])
    made = collate([[0]] * 4, TARGETS)

    whole = model.output(model(stored, None, made.target_input).features)  # (B, T, V)
    state = model.init_decoding(stored, None)
    for t in range(made.target_input.shape[1]):
        logits, state = model.step(state, made.target_input[:, t : t + 1])
        torch.testing.assert_close(logits[:, 0], whole[:, t], atol=1e-5, rtol=1e-4)


def test_pixels_and_positions_change_the_features_unless_the_encoder_is_blind() -> None:
    model, stored = network(width=1), pictures(count=1)
    both = torch.cat((stored, stored.flip(1)))  # the same picture, upside down
    target = torch.tensor([[1, 5, 6]] * 2)

    seeing = model(both, None, target).features
    model.encoder = BlindEncoder(model.encoder)
    blind = model(torch.cat((both, pictures(count=4)[2:])), None, target.repeat(2, 1)).features

    assert not torch.allclose(seeing[0], seeing[1])
    assert not torch.allclose(seeing[0], blind[0])
    torch.testing.assert_close(blind, blind[:1].expand_as(blind), atol=1e-6, rtol=0)


def test_the_final_state_is_the_mean_over_the_positions() -> None:
    encoder = network().encoder

    values, final = encoder(pictures(), None)

    torch.testing.assert_close(final[:, 0, 0], values.mean(1))  # Xu et al. (2015), 3.1.2


@pytest.mark.parametrize(
    ("side", "channels", "positions"), [(8, [4], 16), (9, [4, 6], 9), (50, [3, 4, 8], 49)]
)
def test_the_grid_has_the_declared_number_of_positions(
    side: int, channels: list[int], positions: int
) -> None:
    vision = ConvNet(side, channels)

    grid = vision(torch.zeros(2, side, side, 3, dtype=torch.uint8))

    assert grid.shape == (2, positions, channels[-1])
    assert (vision.positions, vision.size) == (positions, channels[-1])


def test_a_picture_too_small_for_its_stages_is_refused() -> None:
    with pytest.raises(ValueError, match="4 pixels cannot be halved 3 times"):
        ConvNet(4, [4, 4, 4])


@pytest.mark.parametrize("name", ["greedy", "beam", "sample"])
@pytest.mark.parametrize("seen", SEEN)
def test_a_caption_is_the_same_alone_and_in_any_batch(name: str, seen: str) -> None:
    chosen = to_schema(compose.compose("caption", [f"search={name}"]), CaptionConfig).search
    search = builders.instantiate_node("search", chosen)
    model = network("model.tie_output=false", seen=seen, width=1)
    stored = pictures(seen, 5).numpy()
    album = [CaptionedImage(f"{place}.png", array, []) for place, array in enumerate(stored)]

    def said(batch: int, shown: list[CaptionedImage]) -> list[str]:
        captioner = Captioner(
            model, VISIONS[seen], ByteTokenizer(), search, LengthLimits(max_length_extra=8), batch
        )
        return list(captioner.caption(shown))

    captions = said(5, album)

    assert len(set(captions)) > 1
    assert said(1, album) == said(2, album) == captions
    if name != "sample":  # whose random numbers are those of the place in the list
        assert said(3, album[::-1]) == captions[::-1]


def test_a_search_for_several_captions_gives_the_best_first() -> None:
    search = Beam(beam_size=3, length_penalty=0.0, n_best=3)
    captioner = Captioner(
        network(), VISIONS["cnn"], ByteTokenizer(), search, LengthLimits(max_length_extra=4), 2
    )

    found = captioner.stored(pictures().numpy())

    assert [len(hypotheses) for hypotheses in found] == [3] * 4
    for best, second, third in found:
        assert best.score >= second.score >= third.score
        assert best.logprob == pytest.approx(sum(best.logprobs))


def test_attention_weights_are_a_distribution_over_the_positions_for_each_token() -> None:
    captioner = Captioner(
        network(), VISIONS["cnn"], ByteTokenizer(), Greedy(), LengthLimits(max_length_extra=4), 2
    )
    pixels = pictures(count=2).numpy()

    looks = captioner.attention_maps([CaptionedImage("a.png", array, []) for array in pixels])

    assert [len(look.weights) for look in looks] == [len(look.pieces) for look in looks]
    for look in looks:
        np.testing.assert_allclose(look.weights.sum(1), 1, atol=1e-5)
        assert look.weights.shape[1] == 9
    captioner.model = network("model/attention=none")
    assert captioner.attention_maps([CaptionedImage("a.png", pixels[0], [])]) == []


def test_attention_maps_are_those_of_the_generated_captions() -> None:
    """Also of a search that draws: by the place of a picture in the list."""
    search = builders.instantiate_node(
        "search", to_schema(compose.compose("caption", ["search=sample"]), CaptionConfig).search
    )
    model = network("model.tie_output=false")
    captioner = Captioner(
        model, VISIONS["cnn"], ByteTokenizer(), search, LengthLimits(max_length_extra=8), 2
    )
    album = [CaptionedImage("a.png", pictures(count=1).numpy()[0], [])] * 4

    looks, captions = (
        captioner.attention_maps(album),
        captioner.stored(np.stack([p.image for p in album])),
    )

    said = [best[0].tokens for best in captions]
    assert [look.pieces for look in looks] == said
    assert len({tuple(pieces) for pieces in said}) == 4  # of one picture
