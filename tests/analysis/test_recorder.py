"""Networks with recorders compute the same outputs."""

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
TWO_LAYERS = ["model.encoder.layers=2", "model.decoder.layers=2", "model.residual=true"]


@pytest.mark.parametrize("cell", cell_files())
def test_recorders_change_no_output_and_keep_every_state(config: Compose, cell: str) -> None:
    torch.manual_seed(0)
    options = config(*TWO_LAYERS, f"model/cell={cell}", "model/attention=dot").model
    model = builders.build_translation(options, builders.VocabSizes(13, 13, True)).eval()
    source, target = torch.tensor([[5, 6, 7]]), torch.tensor([[1, 8]])
    features = model(source, None, target).features
    values, final = model.encoder(source, None)

    model.encoder, recorders = record_encoder(cast(Encoder, model.encoder))
    decoder_recorders = record_decoder(model.decoder)

    recorded_features = model(source, None, target).features
    torch.testing.assert_close(recorded_features, features, atol=1e-5, rtol=1e-4)
    layers = recorded_layers(recorders)
    directions = ("forward", "backward")
    assert [x.name for x in layers] == [f"layer {n}, {d}" for n in (1, 2) for d in directions]
    assert [len(layer.states) for layer in layers] == [3] * 4
    assert [len(layer.states) for layer in recorded_layers(decoder_recorders)] == [2] * 2
    last_states = torch.cat([layer.states[-1] for layer in layers[:2]], -1)
    torch.testing.assert_close(last_states, final[:, 0], atol=1e-5, rtol=1e-4)
    # Norms are in the order of the tokens in both directions. The outputs of the first layer are
    # the recorded states, those of the backward direction in reverse order.
    forward, backward = values.new_tensor([layer.norms() for layer in layers[:2]])
    pairs = zip(layers[0].states, layers[1].states[::-1], strict=True)
    outputs = torch.stack([torch.cat((f[0, 0], b[0, 0])) for f, b in pairs])
    torch.testing.assert_close((forward**2 + backward**2).sqrt(), outputs.norm(dim=1))


def test_a_padded_batch_is_refused(config: Compose) -> None:
    model = builders.build_classifier(config().model, 13, 2)
    encoder, _ = record_encoder(model.encoder)

    with pytest.raises(ValueError, match="give sentences of one length"):
        encoder(torch.tensor([[5, 6], [7, 0]]), torch.tensor([2, 1]))
