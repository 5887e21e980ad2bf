"""Tables give the state that the encoder gives."""

import pytest
import torch

from seq2seq.inference.engines import precomputed
from seq2seq.inference.engines.precomputed import PrecomputedEncoder
from seq2seq.model.encoder import Encoder
from tests.model.test_classifier import network

BARE = "model.cell.output_norm=false model.cell.output_gate=false"
TOKENS = torch.tensor([[5, 6, 7, 8, 9], [12, 5, 5, 9, 7]])


def encoder(choice: str) -> Encoder:
    return network(choice).encoder


@pytest.mark.parametrize(
    "choice",
    [
        "model/cell=mingru_bare",
        "model/cell=minlstm " + BARE,
        "model/cell=mingru_bare model.cell.norm=false",
        "model/cell=mingru_bare model/initial_state=learned",
        f"model/cell=minlstm model.encoder.bidirectional=false {BARE}",
    ],
)
def test_the_final_state_is_that_of_the_encoder(choice: str) -> None:
    plain = encoder(choice)

    made = PrecomputedEncoder.of(plain)

    assert made is not None
    torch.testing.assert_close(made(TOKENS, None).final, plain(TOKENS, None).final)
    lengths = torch.tensor([2, 5])  # the longer is not the first
    torch.testing.assert_close(made(TOKENS, lengths).final, plain(TOKENS, lengths).final)


@pytest.mark.parametrize(
    "choice",
    [
        "model/cell=gru",
        "model/cell=lru",
        "model/cell=mingru",
        "model/cell=mingru_bare model.encoder.layers=2",
    ],
)
def test_an_input_beyond_the_token_has_no_table(choice: str) -> None:
    assert PrecomputedEncoder.of(encoder(choice)) is None


def test_a_table_beyond_the_processor_cache_is_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        precomputed, "MAX_TABLE_BYTES", 2 * 13 * 4 * 2 * 4
    )  # (a, b) x V x H x D, in 4 bytes
    assert PrecomputedEncoder.of(encoder("model/cell=mingru_bare")) is not None

    monkeypatch.setattr(precomputed, "MAX_TABLE_BYTES", 2 * 13 * 4 * 2 * 4 - 1)
    assert PrecomputedEncoder.of(encoder("model/cell=mingru_bare")) is None
