"""YAML from strangers is plain data or a mistake in one line."""

import io
import os
from math import inf, isnan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from seq2seq.commands.compose import compose, recipe_names
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import TextError
from seq2seq.storage.plain_yaml import read_plain_yaml
from tests.posix import needs_posix

TEXTS = st.text().filter(lambda text: "${" not in text)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)
COMMAND = '{_target_: torch.utils.collect_env.run, command: "touch PWNED"}'
JSON = r"{\"_target_\": \"torch.utils.collect_env.run\", \"command\": \"touch PWNED\"}"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / "config.yaml"


def read(file: Path, text: str) -> dict[str, Any]:
    file.write_text(text, encoding="utf-8", newline="")
    return read_plain_yaml(file)


def refusal(file: Path, text: str) -> str:
    """Return the message about a file, without its name."""
    with pytest.raises(TextError) as error:
        read(file, text)
    message = str(error.value)
    assert message.startswith(str(file))
    assert message.isprintable()
    rest = message.removeprefix(str(file))
    assert len(rest) < 200
    return rest


@given(st.dictionaries(TEXTS, VALUES))
@example({"a": ["2026-01-01", "1e-3", "0x10", "1_000", "1:30", "yes", "null", "~", "", "=", "<<"]})
@example({"yes": {"1": {"null": {"2026-01-01": {"<<": {"=": {"": 1}}}}}}})
@example({"\x1b\x85\u2028\ufeff\U0010ffff": "a: b #c\n  - &d *e !f |\n\n\t%g"})
def test_what_omegaconf_writes_is_read_back(file: Path, value: dict[str, Any]) -> None:
    text = OmegaConf.to_yaml(OmegaConf.create(value))
    found = read(file, text)
    assert found == OmegaConf.to_container(OmegaConf.load(io.StringIO(text)))
    if "\x85" not in text:  # which PyYAML writes as it is and reads as the end of a line
        assert found == value
        assert repr(found) == repr(value)  # 1, 1.0 and True are told apart, and 0.0 and -0.0


@given(st.text("+-.0123456789_:eExobaAfF") | st.text("0_.:eE+-7", max_size=6))
@example("1._e5")  # OmegaConf itself writes this text without the quotes that it would need
@example("1" + ":59" * 300 + ".")  # a float in base sixty that is beyond all floats
def test_a_word_is_read_as_omegaconf_reads_it_or_refused_where_omegaconf_fails(
    file: Path, word: str
) -> None:
    text = f"a: {word}\n"
    try:
        wanted = OmegaConf.to_container(OmegaConf.load(io.StringIO(text)))
    except Exception:  # of many kinds: ValueError, OverflowError, IndexError, YAMLError
        assert refusal(file, text)
    else:
        assert repr(read(file, text)) == repr(wanted)


def test_scalars_are_what_omegaconf_makes_of_them(file: Path) -> None:
    words = "[1e-3, 1e5, 1.5, .inf, -.INF, 2026-01-01, 0x10, 010, 1_000, 1:30, yes, off, ~, '1', y]"
    expected = [0.001, 1e5, 1.5, inf, -inf, "2026-01-01", 16, 8, 1000, 90]
    assert read(file, f"a: {words}") == {"a": [*expected, True, False, None, "1", "y"]}
    assert isnan(read(file, "a: .nan")["a"])


def test_several_forms_of_writing_are_read(file: Path) -> None:
    text = (
        "\ufeff%YAML 1.1\n---\n? a\n: |\n  b\n  c\n'd': >-\n  e\n  f\r\n\"\\x67\": {h: [i], j: }\n"
    )
    found = read(file, text + "k: # nothing\n...\n")
    assert found == {"a": "b\nc\n", "d": "e f", "g": {"h": ["i"], "j": None}, "k": None}


@pytest.mark.parametrize("recipe", recipe_names())
def test_the_options_of_every_recipe_are_read_as_omegaconf_reads_them(
    file: Path, recipe: str
) -> None:
    languages = ["data.source=en", "data.target=de"] if recipe == "own" else []
    config = to_schema(compose("train", [*languages, f"+recipe={recipe}"]), TrainConfig)
    text = OmegaConf.to_yaml(OmegaConf.structured(config))
    assert read(file, text) == OmegaConf.to_container(OmegaConf.load(io.StringIO(text)))


@pytest.mark.parametrize(
    "node",
    [
        f"{{_target_: seq2seq.build.make, node: '${{oc.create:{COMMAND}}}'}}",
        f"{{_target_: seq2seq.build.make, node: \"${{oc.decode:'{JSON}'}}\"}}",
        f"\"${{oc.decode:'{JSON}'}}\"",
        f"\"\\\\${{oc.decode:'{JSON}'}}\"",
        f"\"\\\\\\\\\\\\${{oc.decode:'{JSON}'}}\"",
        "${oc.env:HOME}",
        "a ${b} c",
        r'"\x24{b}"',
        r'"\u0024\x7bb}"',
        '"$\\\n  {b}"',
        "|\n ${b}",
        ">\n a\n ${b}",
        "'${'",
        "{'${b}': 1}",
        "[[{a: '${b}'}]]",
        "{? '\\${b}' : 1}",
    ],
)
def test_an_interpolation_is_refused_wherever_and_however_it_is_written(
    file: Path, node: str
) -> None:
    message = refusal(file, f"model: {node}\n")
    assert message.startswith(", line ")
    assert message.endswith(" is an interpolation: write the value itself")


def test_a_dollar_and_a_brace_that_are_apart_are_text(file: Path) -> None:
    assert read(file, "a: '$ {b} $1 {$}'") == {"a": "$ {b} $1 {$}"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &b 1", ", line 1, column 4: the anchor 'b' is not allowed here"),
        ("a: &b", ", line 1, column 4: the anchor 'b' is not allowed here"),
        ("&b a: 1", ", line 1, column 1: the anchor 'b' is not allowed here"),
        ("a: &b [*b]", ", line 1, column 4: the anchor 'b' is not allowed here"),
        ("&b {a: *b}", ", line 1, column 1: the anchor 'b' is not allowed here"),
        ("a: *b", ", line 1, column 4: the alias 'b' must be the value itself"),
        ("*b : 1", ", line 1, column 1: the alias 'b' must be the value itself"),
        ("a: [1, *b]", ", line 1, column 8: the alias 'b' must be the value itself"),
        ("<<: {a: 1}", ", line 1, column 1: << is not allowed here: quote it if it is text"),
        ("a: <<", ", line 1, column 4: << is not allowed here: quote it if it is text"),
        ("=: 1", ", line 1, column 1: = is not allowed here: quote it if it is text"),
        ("a: !b 1", ", line 1, column 4: the tag '!b' is not allowed here"),
        ("a: ! 1", ", line 1, column 4: the tag '!' is not allowed here"),
        ("a: !!str 1", ", line 1, column 4: the tag 'tag:yaml.org,2002:str' is not allowed here"),
        ("!!map {a: 1}", ", line 1, column 1: the tag 'tag:yaml.org,2002:map' is not allowed here"),
        ("!b a: 1", ", line 1, column 1: the tag '!b' is not allowed here"),
        ("a: !!set {b}", ", line 1, column 4: the tag 'tag:yaml.org,2002:set' is not allowed here"),
        ("a: !<b> [1]", ", line 1, column 4: the tag 'b' is not allowed here"),
        ("%TAG ! b:\n---\n{}", ", line 1, column 1: %TAG is not allowed here: write plain values"),
        ("a: 1\nb: 2\na: 3", ", line 3, column 1: the key 'a' is given twice"),
        ("a: {b: 1, \"b\": 1}", ", line 1, column 11: the key 'b' is given twice"),
        ("1: a", ", line 1, column 1: a key must be text: put '1' in quotes"),
        ("yes: a", ", line 1, column 1: a key must be text: put 'yes' in quotes"),
        ("a: {~: b}", ", line 1, column 5: a key must be text: put '~' in quotes"),
        ("? [a]\n: 1", ", line 1, column 3: a key must be text, not a list or a dict"),
        ("? {a: 1}\n: 1", ", line 1, column 3: a key must be text, not a list or a dict"),
        ("- a", ", line 1, column 1: there must be options here, NAME: VALUE"),
        ("a", ", line 1, column 1: there must be options here, NAME: VALUE"),
        ("---\n...", ", line 2, column 1: there must be options here, NAME: VALUE"),
        ("", " is empty: it must hold options, NAME: VALUE"),
        ("# a\n", " is empty: it must hold options, NAME: VALUE"),
        ("a: 1\n---\nb: 2", ", line 2, column 1: a second document begins: there must be one"),
        ("a: 0x_", ", line 1, column 4: '0x_' is not a number: put it in quotes if it is text"),
        ('a: "\\ud800"', r", line 1, column 4: '\ud800' has half of a surrogate pair"),
        ("a: [1", ", line 1, column 6 is not YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: b: c", ", line 1, column 5 is not YAML: mapping values are not allowed here"),
        ("\ta: 1", r", line 1, column 1 is not YAML: found character '\t' that cannot start any "
                   "token"),
        ("a: 1\nb: \x1b[2J", r", line 2 is not YAML: it has \x1b"),
        ('a: "\\UFFFFFFFF"', " is not YAML: it has a number that is out of range"),
        (f"%YAML 1.{'1' * 5000}\n---\na: 1", " is not YAML: it has a number that is out of range"),
    ],
)  # fmt: skip
def test_what_is_not_plain_is_refused_with_its_position_and_the_reason(
    file: Path, text: str, reason: str
) -> None:
    assert refusal(file, text) == reason


@pytest.mark.parametrize(
    "text",
    [
        r'"\e[2J\e]0;a\a": 1' + "\n" + r'"\e[2J\e]0;a\a": 2',
        r'a: "\e[2J${b}\u202e"',
        "a: ! \x85",
        f"a: !{'b' * 10**5}! c",
        f"a: &{'b' * 10**5} c",
        f"a: *{'b' * 10**5}",
        f"a: !<{'%1B' * 10**5}> c",
        f"a: '${{{'b' * 10**5}'",
        f"? {'1' * 900}\n: c",
        "\ue000\ufffe: a",
    ],
)
def test_a_message_has_a_short_part_of_the_file_and_no_control_characters(
    file: Path, text: str
) -> None:
    assert refusal(file, text)


@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_a_billion_laughs_are_refused_at_the_first(file: Path, brackets: str) -> None:
    lines = [f"a0: &a0 {brackets[0]}a: ha{brackets[1]}"]
    for level in range(1, 30):  # 10**29 of them, were they counted
        inner = ", ".join(f"b{i}: *a{level - 1}" for i in range(10))
        lines.append(f"a{level}: &a{level} {brackets[0]}{inner}{brackets[1]}")
    assert "line 1, column 5: the anchor 'a0' is not allowed" in refusal(file, "\n".join(lines))


def test_interpolations_that_double_one_another_are_refused_at_the_first(file: Path) -> None:
    lines = ["a0: ha"] + [f"a{i}: ${{a{i - 1}}}${{a{i - 1}}}" for i in range(1, 100)]
    assert "line 2, column 5: '${a0}${a0}' is an interpolation" in refusal(file, "\n".join(lines))


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 100_000,
        "a: " + "[" * 100_000 + "]" * 100_000,
        "a:\n " + "- " * 100_000,
        "{a: " * 100_000,
        "a: " + "[a: " * 100_000,
        "\n".join(" " * i + "a:" for i in range(1000)),
    ],
)
def test_a_hundred_thousand_levels_are_refused_in_one_line(file: Path, text: str) -> None:
    assert refusal(file, text).endswith(": there are more than 50 levels of nesting")


@pytest.mark.parametrize("text", ["? " * 100_000, "{" * 100_000, "? - " * 100_000])
def test_keys_within_keys_are_refused_at_the_first(file: Path, text: str) -> None:
    assert refusal(file, text).endswith(": a key must be text, not a list or a dict")


def test_as_many_levels_as_are_allowed_are_read(file: Path) -> None:
    file.write_text("a: {b: [c]}")
    assert read_plain_yaml(file, max_depth=3) == {"a": {"b": ["c"]}}
    with pytest.raises(TextError, match="line 1, column 8: there are more than 2 levels"):
        read_plain_yaml(file, max_depth=2)


@pytest.mark.parametrize(
    "number", ["9" * 5000, "0x" + "f" * 5000, "1" + ":59" * 5000, "9" * 10**6, "9." + "9" * 10**6]
)
def test_a_huge_number_is_refused(file: Path, number: str) -> None:
    assert refusal(file, f"a: {number}").endswith(" has more than 1000 characters for a number")
    assert read(file, f"a: '{number}'") == {"a": number}


def test_a_file_that_is_too_large_is_refused(file: Path) -> None:
    assert read(file, "a: 1 #".ljust(2**20)) == {"a": 1}
    assert refusal(file, "a: 1 #".ljust(2**20 + 1)).startswith(" is too large")
    os.truncate(file, 2**42)
    with pytest.raises(TextError, match="is too large"):
        read_plain_yaml(file)


@needs_posix
def test_what_is_not_a_file_or_not_utf_8_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "latin").write_bytes(b"a: \xe9")
    for name, reason in {"pipe": "a pipe", "zero": "a device", "latin": "not UTF-8"}.items():
        with pytest.raises(TextError, match=f"{name} is {reason}"):
            read_plain_yaml(tmp_path / name)
    with pytest.raises(TextError, match="is a folder"):
        read_plain_yaml(tmp_path)
