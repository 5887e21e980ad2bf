import pytest

from seq2seq.text.spans.icu_tree import CATEGORIES
from seq2seq.text.spans.plural_categories import (
    _CARDINAL_BY_LANGUAGE,
    _ORDINAL_BY_LANGUAGE,
    plural_categories,
)


@pytest.mark.parametrize(
    ("language", "cardinal", "ordinal"),
    [
        ("en", "one other", "one two few other"),
        ("de", "one other", "other"),
        ("ja", "other", "other"),
        ("ar", "zero one two few many other", "other"),
        ("ru", "one few many other", "other"),
        ("pl", "one few many other", "other"),
        ("fr", "one many other", "one other"),
        ("cy", "zero one two few many other", "zero one two few many other"),
        ("he", "one two other", "other"),
        ("lv", "zero one other", "other"),
        ("sl", "one two few other", "other"),
        ("uk", "one few many other", "few other"),
        ("sv", "one other", "one other"),
        ("it", "one many other", "many other"),
        ("ga", "one two few many other", "one other"),
        ("zh-Hant", "other", "other"),
        ("pt_BR", "one many other", "other"),
        ("pt-PT", "one many other", "other"),
        ("de-AT", "one other", "other"),
        ("iw", "one two other", "other"),
    ],
)
def test_categories_of_cldr(language: str, cardinal: str, ordinal: str) -> None:
    assert plural_categories(language) == tuple(cardinal.split())
    assert plural_categories(language, is_ordinal=True) == tuple(ordinal.split())


def test_an_unknown_language_has_none() -> None:
    assert plural_categories("qqq") is None
    assert plural_categories("", is_ordinal=True) is None


def test_every_language_has_both_lists_in_order_with_other() -> None:
    assert len(_CARDINAL_BY_LANGUAGE) >= 90
    for table in (_CARDINAL_BY_LANGUAGE, _ORDINAL_BY_LANGUAGE):
        for categories in table.values():
            assert categories[-1] == "other"
            assert list(categories) == [x for x in CATEGORIES if x in categories]
    assert {x for x in _CARDINAL_BY_LANGUAGE if "_" not in x} == set(_ORDINAL_BY_LANGUAGE)
