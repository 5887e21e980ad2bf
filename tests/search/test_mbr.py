"""Minimum Bayes risk decoding."""

import sys
from collections.abc import Sequence

import pytest
from sacrebleu.metrics.chrf import CHRF

from seq2seq.errors import ConfigError
from seq2seq.search.mbr import MinimumBayesRisk

TEXTS = ["Ein Mann geht.", "Ein Mann geht!", "Ein Hund schläft."]


def made() -> MinimumBayesRisk:
    return MinimumBayesRisk(samples=3, temperature=1.0, top_k=0, top_p=1.0, seed=1)


def mean(text: str, others: Sequence[str]) -> float:
    """By the definition, from sacreBLEU's chrF of one sentence."""
    scores: list[float] = [CHRF().sentence_score(text, [o]).score for o in others]
    return sum(scores) / len(scores)


def test_the_expectation_is_the_mean_chrf_against_all_samples() -> None:
    expected = made().expected(TEXTS)

    # Where an order of n-grams is missing from a text, the two programs treat it differently.
    assert expected == pytest.approx([mean(text, TEXTS) for text in TEXTS], abs=1.0)
    assert expected.index(min(expected)) == 2


def test_one_sample_is_as_good_as_it_gets() -> None:
    assert made().expected(["Ein Hund schläft."]) == pytest.approx([100.0])


def test_without_the_package_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastchrf", None)

    with pytest.raises(ConfigError, match=r"pip install 'seq2seq\[mbr\]'"):
        made()
