"""A network whose states are looked at gives the same numbers."""

from collections.abc import Callable
from typing import cast

import pytest
import torch

from seq2seq import builders
from seq2seq.analysis.recorder import record_decoder, record_encoder, recorded_layers
from seq2seq.config.paths import cell_files
from seq2seq.config.training import TrainConfig
from seq2seq.model.encoder import Encoder

Compose = Callable[..., TrainConfig]
TWO = ["model.encoder.layers=2", "model.decoder.layers=2", "model.residual=true"]


@pytest.mark.parametrize("cell", cell_files())
def test_watching_changes_nothing_and_keeps_every_state(config: Compose, cell: str) -> None:
    torch.manual_seed(0)
    made = config(*TWO, f"model/cell={cell}", "model/attention=dot").model
    model = builders.build_translation(made, builders.VocabSizes(13, 13, True)).eval()
    source, target = torch.tensor([[5, 6, 7]]), torch.tensor([[1, 8]])
    before = model(source, None, target).features
    encoded, final = model.encoder(source, None)

    model.encoder, encoder = record_encoder(cast(Encoder, model.encoder))
    decoder = record_decoder(model.decoder)

    torch.testing.assert_close(model(source, None, target).features, before, atol=1e-5, rtol=1e-4)
    named = [layer.name for layer in recorded_layers(encoder)]
    assert named == [f"layer {n}, {way}" for n in (1, 2) for way in ("forward", "backward")]
    assert [len(layer.states) for layer in recorded_layers(encoder)] == [3] * 4
    assert [len(layer.states) for layer in recorded_layers(decoder)] == [2] * 2
    ends = torch.cat([layer.states[-1] for layer in recorded_layers(encoder)[:2]], -1)
    torch.testing.assert_close(ends, final[:, 0], atol=1e-5, rtol=1e-4)
    # The norms stand where the pieces do, whatever the direction: the first layer's are shown.
    forward, backward = encoded.new_tensor(
        [layer.norms() for layer in recorded_layers(encoder)[:2]]
    )
    first = torch.stack([torch.cat(pair, -1) for pair in zip(
        [s[0, 0] for s in encoder[0].states], [s[0, 0] for s in encoder[1].states[::-1]],
        strict=True)])  # fmt: skip
    torch.testing.assert_close((forward**2 + backward**2).sqrt(), first.norm(dim=1))


def test_a_padded_batch_is_refused(config: Compose) -> None:
    model = builders.build_classifier(config().model, 13, 2)
    encoder, _ = record_encoder(model.encoder)

    with pytest.raises(ValueError, match="one length at a time"):
        encoder(torch.tensor([[5, 6], [7, 0]]), torch.tensor([2, 1]))
