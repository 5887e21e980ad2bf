"""Numbers with a noun."""

import pytest

from seq2seq.commands.counts import counted


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 lines"), (1, "1 line"), (2, "2 lines"), (12_345, "12,345 lines")]
)
def test_a_noun_is_singular_after_one_alone(count: int, text: str) -> None:
    assert counted(count, "line") == text
