"""Lines of a stream, grouped as they arrive."""

import io
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.stdin import available_lines, split_lines


@given(st.lists(st.text()), st.integers(1, 5))
def test_all_lines_come_in_order_and_no_group_is_too_large(lines: list[str], most: int) -> None:
    groups = list(available_lines(lines, most))

    assert [line for group in groups for line in group] == lines
    assert all(1 <= len(group) <= most for group in groups)


def test_a_line_is_yielded_before_the_next_one_arrives() -> None:
    answered = threading.Event()

    def typed() -> Iterator[str]:
        yield "first"
        assert answered.wait(10)  # whoever types waits for the answer
        yield "second"

    groups = available_lines(typed(), 100)
    assert next(groups) == ["first"]
    answered.set()
    assert next(groups) == ["second"]
    assert list(groups) == []


def test_an_error_comes_after_the_lines_before_it() -> None:
    def broken() -> Iterator[str]:
        yield "good"
        raise ValueError("bad")

    groups = available_lines(broken(), 100)

    assert next(groups) == ["good"]
    with pytest.raises(ValueError, match="bad"):
        next(groups)


@given(st.lists(st.binary(min_size=1) | st.sampled_from([b"\n", b"a\n", b"\n\nb"])))
def test_lines_do_not_depend_on_the_chunks_in_which_they_arrive(chunks: list[bytes]) -> None:
    remaining = iter([*chunks, b""])

    lines = list(split_lines(lambda _: next(remaining)))

    assert lines == list(io.BytesIO(b"".join(chunks)))
