"""Generation with a language model: temperatures close to 0."""

from pathlib import Path

import pytest

from seq2seq.commands.generate import generate
from seq2seq.config.commands import GenerateConfig

RUN = Path(__file__).parent.parent / "frozen_runs" / "9491cbe" / "language_model"


@pytest.mark.parametrize("temperature", [1e-300, 5e-324])
def test_a_temperature_close_to_0_takes_the_most_probable_token(
    temperature: float, capsys: pytest.CaptureFixture[str]
) -> None:
    common = {"run": str(RUN), "prompt": "it", "length": 12, "device": "cpu"}
    generate(GenerateConfig(**common, top_k=1), Path())  # type: ignore[arg-type]
    greedy = capsys.readouterr().out

    generate(GenerateConfig(**common, temperature=temperature), Path())  # type: ignore[arg-type]

    assert capsys.readouterr().out == greedy
    assert len(greedy) > len("it\n")
