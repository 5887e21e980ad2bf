"""The text of --help."""

import pytest

from seq2seq.commands.compose import SCHEMAS
from seq2seq.commands.help import help_text
from seq2seq.errors import ConfigError


def test_each_option_stands_beside_its_value_and_its_meaning() -> None:
    text = help_text("train", ["model.dropout=0.25"])

    [line] = [line for line in text.splitlines() if line.strip().startswith("dropout:")]
    value, _, meaning = line.partition("#")
    assert value.split() == ["dropout:", "0.25"]
    assert "(from 0 to below 1)" in meaning


def test_a_section_shows_only_its_own_options_and_choices() -> None:
    text = help_text("train", ["search=beam"], ["model.encoder", "search"])

    assert "bidirectional:" in text
    assert "beam_size: 5" in text
    assert "search: beam, greedy, mbr, prefix, sample" in text
    assert "dropout" not in text
    assert "model/cell:" not in text


def test_the_meanings_are_those_of_the_current_choice() -> None:
    sampled = help_text("translate", ["search=sample"], ["search"])

    assert "temperature: 1.0" in sampled
    assert "beam_size" not in sampled


def test_a_section_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="there is no option or group nonsense"):
        help_text("train", [], ["nonsense"])


def test_the_nearest_name_of_a_mistyped_section_is_suggested() -> None:
    with pytest.raises(ConfigError, match=r"no option or group modle; did you mean model\?"):
        help_text("train", [], ["modle"])


def test_a_heading_stands_only_above_something() -> None:
    assert "Choices" not in help_text("inspect", [])
    assert "Choices" not in help_text("train", [], ["train.ema"])
    assert "Choices (GROUP=NAME):\n\nsearch: beam" in help_text("train", [], ["search"])


@pytest.mark.parametrize("command", SCHEMAS)
def test_no_marker_of_a_linter_is_a_meaning(command: str) -> None:
    assert "noqa" not in help_text(command, [])
