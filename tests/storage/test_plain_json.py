"""JSON from strangers is plain data or a mistake in one line."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.errors import TextError
from seq2seq.storage.plain_json import parse_plain_json, read_plain_json, read_plain_json_lines
from tests.posix import needs_posix

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    # Brackets, quotes and backslashes are what the measure of depth could stumble over.
    | st.text() | st.text('[]{}"\\,:'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


def refusal(text: str) -> str:
    with pytest.raises(TextError) as error:
        parse_plain_json(text, 50, "test.jsonl, line 7")
    message = str(error.value)
    assert message.startswith("test.jsonl, line 7")
    assert message.isprintable()
    assert len(message) < 200
    return message


def levels(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value
    return 1 + max(map(levels, children), default=0) if isinstance(value, dict | list) else 0


@given(VALUES, st.booleans())
def test_what_json_writes_is_read_back_where_it_is_no_deeper_than_allowed(
    value: Any, plain: bool
) -> None:
    text = json.dumps(value, ensure_ascii=plain)
    assert parse_plain_json(text, levels(value), "here") == value
    if levels(value):
        with pytest.raises(TextError, match="more than"):
            parse_plain_json(text, levels(value) - 1, "here")


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"\\"":'])
def test_ten_thousand_levels_are_refused_in_one_line(opening: str) -> None:
    assert refusal(opening * 10_000) == "test.jsonl, line 7 has more than 50 levels of nesting"


def test_levels_beside_one_another_do_not_add_up() -> None:
    assert parse_plain_json("[" + "[]," * 1000 + "1]", 2, "here")[-1] == 1


@pytest.mark.parametrize("ending", ["", "\\", '\\"', "]" * 100])
def test_a_string_without_an_end_is_refused_in_linear_time(ending: str) -> None:
    text = '"' + '\\"' * 10**6 + ending  # going back for each quote would take days
    assert "column 1 is not JSON: " in refusal(text)


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_is_none_is_refused(name: str) -> None:
    assert refusal(f'{{"bleu": {name}}}').endswith(f": {name} is not JSON: a number must be finite")


def test_a_number_beyond_a_float_is_refused() -> None:
    assert refusal("-1e999").endswith(": '-1e999' is beyond what a float can be")


@pytest.mark.parametrize("number", ["9" * 10**6, "0." + "9" * 10**6, "9" * 1001])
def test_a_huge_number_is_refused(number: str) -> None:
    assert refusal(number).endswith("... has more than 1000 characters for a number")
    assert parse_plain_json("9" * 1000, 0, "here") == int("9" * 1000)


def test_half_a_surrogate_pair_is_refused_and_a_pair_is_a_character() -> None:
    assert "surrogate pair" in refusal(r'{"source": "\uD83d"}')
    assert parse_plain_json(r'"\uD83d\uDE00"', 0, "here") == "😀"


@pytest.mark.parametrize("text", ["", "{", "'a'", '{"a": 1,}', '"\x1b[2J"', "\x1b[2J", '"\\q"'])
def test_what_is_not_json_is_refused_with_its_position(text: str) -> None:
    assert refusal(text).startswith("test.jsonl, line 7, column ")


def test_a_mistake_in_several_lines_has_its_line() -> None:
    with pytest.raises(TextError, match=r"^run\.json, line 2, column 1 is not JSON: "):
        parse_plain_json("{\nx", 50, "run.json")


def test_the_last_of_two_equal_keys_wins(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"a": 1, "a": 2}')
    assert read_plain_json(tmp_path / "run.json") == {"a": 2}


@pytest.mark.parametrize("text", ["[]", "null", '"text"'])
def test_a_file_that_holds_no_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(TextError, match=r"run\.json must hold a JSON object"):
        read_plain_json(tmp_path / "run.json")


@needs_posix
def test_a_file_that_is_too_large_or_a_pipe_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(TextError, match="is too large"):
        read_plain_json(tmp_path / "run.json", max_bytes=1)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TextError, match="is a pipe"):
        read_plain_json(tmp_path / "pipe")


def test_lines_are_read_one_by_one_and_a_mistake_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "test.jsonl"
    path.write_text('{"source": "a\u2028b"}\r\n[1]\n{"a"}\n', encoding="utf-8")
    lines = read_plain_json_lines(path)
    assert [next(lines), next(lines)] == [{"source": "a\u2028b"}, [1]]
    with pytest.raises(TextError, match=r"test\.jsonl, line 3, column 5 is not JSON"):
        next(lines)


def test_a_line_that_would_not_fit_into_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "test.jsonl"
    path.write_text('"first"\n')
    os.truncate(path, 2**42)
    lines = read_plain_json_lines(path, max_line_bytes=100)
    assert next(lines) == "first"
    with pytest.raises(TextError, match=r"line 2 is too long: it may have 100 bytes at most$"):
        next(lines)


def test_a_line_of_the_most_bytes_is_read(tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_text('"abc"\n"de"')
    assert list(read_plain_json_lines(tmp_path / "test.jsonl", 6)) == ["abc", "de"]


def test_a_line_that_is_not_utf_8_is_refused_with_its_position(tmp_path: Path) -> None:
    (tmp_path / "test.jsonl").write_bytes(b'1\n"\xff"\n')
    with pytest.raises(TextError, match=r"line 2 is not UTF-8 at byte 1$"):
        list(read_plain_json_lines(tmp_path / "test.jsonl"))
