"""What training is begun with."""

import pytest
import torch

from seq2seq.errors import ConfigError
from seq2seq.training.session import precision


@pytest.mark.parametrize("computes", [True, False])
def test_bf16_is_refused_where_the_processor_has_none(
    computes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: computes)

    if computes:
        assert precision("bf16", torch.device("cpu")) == "bf16"
    else:
        with pytest.raises(ConfigError, match="does not compute in bf16"):
            precision("bf16", torch.device("cpu"))
    assert precision("fp32", torch.device("cpu")) == "fp32"
