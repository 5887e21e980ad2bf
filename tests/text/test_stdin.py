"""Lines of a stream, grouped as they arrive."""

import io
import re
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.errors import TextError
from seq2seq.text.lines import MAX_LINE_BYTES
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

    lines = list(split_lines(lambda _: next(remaining), "a stream"))

    assert lines == list(io.BytesIO(b"".join(chunks)))


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    bytes_read = 0

    def endless(count: int) -> bytes:
        nonlocal bytes_read
        is_first, bytes_read = bytes_read == 0, bytes_read + count
        assert bytes_read <= MAX_LINE_BYTES + 3 * count  # a fault must not fill the memory either
        return b"short\n" + b"x" * (count - 6) if is_first else b"x" * count

    lines = split_lines(endless, "standard input")

    assert next(lines) == b"short\n"
    message = "standard input, line 2, is longer than 64 MiB: is it text?"
    with pytest.raises(TextError, match=re.escape(message)):
        next(lines)
    assert bytes_read <= MAX_LINE_BYTES + 2**17


def test_a_line_may_have_as_many_bytes_in_a_stream_as_in_a_file() -> None:
    line = b"x" * (MAX_LINE_BYTES - 1) + b"\n"

    assert list(split_lines(io.BytesIO(line).read, "a stream")) == [line]
    with pytest.raises(TextError, match="line 1, is longer"):
        list(split_lines(io.BytesIO(b"x" + line).read, "a stream"))
