import pytest

from seq2seq.text.spans.rules import SpanRules


@pytest.mark.parametrize("word", ["", " ", " Acme", "Acme "])
def test_an_empty_word_or_one_with_spaces_around_it_is_named(word: str) -> None:
    with pytest.raises(ValueError, match=f"the word '{word}' is empty or has a space at an end"):
        SpanRules(words=["fine", word])


def test_an_unknown_kind_is_named_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match="no kind of span 'digit'; there are custom, word, code"):
        SpanRules(kinds=["number", "digit"])
