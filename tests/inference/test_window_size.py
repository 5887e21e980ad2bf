import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.inference.window_size import WindowSize


@pytest.mark.parametrize(
    ("lines", "seconds", "size"),
    [
        (20, 10.0, 20),  # two batches in 10 s
        (20, 11.0, 10),
        (20, 5.0, 40),  # 4 lines/s: four batches in 10 s
        (20, 3.5, 40),  # 57 lines in 10 s: five batches, the power of two below is four
        (20, 1000.0, 10),
        (20, 0.0, 640),
        (20, 0.1, 640),  # the most
    ],
)
def test_a_window_takes_five_to_ten_seconds_at_the_rate_of_the_last(
    lines: int, seconds: float, size: int
) -> None:
    window = WindowSize(10, 640, 10.0)
    assert window.lines == 20

    window.measure(lines, seconds)

    assert window.lines == size


@pytest.mark.parametrize(
    ("stored", "size"), [(640, 640), (160, 160), (170, 160), (3, 20), (9999, 640)]
)
def test_a_resumed_translation_goes_on_with_the_size_of_the_last_window(
    stored: int, size: int
) -> None:
    window = WindowSize(10, 640, 10.0)

    window.resume(stored)

    assert window.lines == size


@given(st.integers(1, 500), st.integers(1, 64), st.integers(0, 10**6), st.floats(0, 1e6))
def test_a_window_has_at_least_a_batch_and_at_most_the_most(
    batch: int, batches: int, lines: int, seconds: float
) -> None:
    window = WindowSize(batch, batches * batch)

    window.measure(lines, seconds)

    assert batch <= window.lines <= batches * batch
