"""Text transforms: an ordered list that a run remembers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.config.training import DEFAULT_TRANSFORMS, TRANSFORM_NAMES, TokenizerOptions
from seq2seq.errors import ConfigError
from seq2seq.text.normalization import normalize
from seq2seq.text.transforms import TRANSFORMS, TextTransforms


def test_every_name_of_the_option_is_a_transform() -> None:
    assert sorted(TRANSFORMS) == list(TRANSFORM_NAMES)


@pytest.mark.parametrize(
    ("name", "line", "transformed"),
    [
        ("lowercase", "ÄRGER in Łódź", "ärger in łódź"),
        ("nfkc", "\uff37\uff49\uff0d\uff26\uff49 \ufb01ne \u2460", "Wi-Fi fine 1"),
        ("normalize", "  cafe\u0301\u00a0au\tlait\u200b ", "caf\u00e9 au lait"),
        ("straight_quotes", "„Ja“, \u2018no\u2019 “yes”", '"Ja", \'no\' "yes"'),
    ],
)
def test_each_transform(name: str, line: str, transformed: str) -> None:
    assert TextTransforms([name])(line) == transformed


@given(st.text())
def test_the_default_list_normalizes(line: str) -> None:
    assert TextTransforms()(line) == TextTransforms(DEFAULT_TRANSFORMS)(line) == normalize(line)


def test_transforms_are_applied_in_the_order_of_the_list() -> None:
    assert TextTransforms(["nfkc", "lowercase"])("\uff26\ufb01") == "ffi"
    # A diaeresis as a character of its own: NFKC makes it a space and a combining mark, and only a
    # normalization that comes after it removes the space.
    assert TextTransforms(["normalize", "nfkc"])("\u00a8") == " \u0308"
    assert TextTransforms(["nfkc", "normalize"])("\u00a8") == "\u0308"


def test_apply_transforms_each_line() -> None:
    assert TextTransforms(["lowercase"]).apply(["A", "bC"]) == ["a", "bc"]


def test_an_unknown_transform_is_refused() -> None:
    with pytest.raises(ValueError, match="no text transform stem"):
        TextTransforms(["stem"])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["stem", "normalize"], "tokenizer.transforms must be one of"),
        ([], "tokenizer.transforms must be some of"),
        (["normalize", "normalize"], "each given once"),
        (["normalize", "lowercase"], "the last of tokenizer.transforms must be normalize"),
    ],
)
def test_a_wrong_list_is_one_message(names: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TokenizerOptions(transforms=names)
