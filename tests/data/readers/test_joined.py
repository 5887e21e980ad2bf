"""Several corpora joined into one."""

from typing import Any

import pytest

from seq2seq.data.corpus import Pair, ParallelCorpus
from seq2seq.data.readers.joined import joined
from seq2seq.errors import ConfigError

NEWS = ParallelCorpus(
    {"train": [Pair("a", "A"), Pair("b", "B")], "test": [Pair("t", "T")]},
    "en", "de", "free", {"news.en": "1"},
)  # fmt: skip
TALKS = ParallelCorpus({"train": [Pair("c", "C")]}, "en", "de", "paid", {"talks.en": "2"})


def test_training_pairs_have_the_weight_of_their_corpus() -> None:
    both = joined({"news": NEWS, "talks": TALKS}, {"talks": 3.0}, "en", "de")

    assert list(both.splits["train"]) == [
        Pair("a", "A", None, 1.0, "news"),
        Pair("b", "B", None, 1.0, "news"),
        Pair("c", "C", None, 3.0, "talks"),
    ]
    assert list(both.splits["train"]) == list(both.splits["train"])
    assert list(both.splits["test"]) == [
        Pair("t", "T", corpus="news")
    ]  # scored once, whatever the weight
    assert "validation" not in both.splits
    assert both.licence == "news: free; talks: paid"


def test_documents_of_equal_names_in_two_corpora_are_two() -> None:
    first = NEWS._replace(splits={"train": [Pair("a", "A", "1"), Pair("b", "B")]})
    second = TALKS._replace(splits={"train": [Pair("c", "C", "1")]})

    both = joined({"news": first, "talks": second}, {}, "en", "de")

    assert [pair.document for pair in both.splits["train"]] == ["news/1", None, "talks/1"]


def test_another_weight_has_another_fingerprint() -> None:
    origins = [joined({"n": NEWS}, {"n": weight}, "en", "de").origin for weight in (1.0, 2.0)]

    assert origins[0] != origins[1]


@pytest.mark.parametrize(
    ("weights", "source", "message"),
    [
        ({"tlaks": 2.0}, "en", "there is no corpus tlaks"),
        ({"news": 0.0}, "en", r"data\.weights\.news must be a positive number, not 0"),
        ({"news": "x"}, "en", r"data\.weights\.news must be a positive number, not x"),
        ({}, "fr", r"data\.corpora\.news is en-de, not fr-de"),
    ],
)
def test_weights_and_languages_that_do_not_fit_are_reported(
    weights: dict[str, Any], source: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        joined({"news": NEWS, "talks": TALKS}, weights, source, "de")


def test_a_node_that_is_no_corpus_is_reported() -> None:
    wrong: Any = {"news": NEWS, "talks": "talks.en"}
    with pytest.raises(ConfigError, match=r"data\.corpora\.talks must be .* not 'talks.en'"):
        joined(wrong, None, "en", "de")
