"""Minimum Bayes risk decoding."""

import sys
from collections.abc import Sequence
from typing import Any

import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from seq2seq.errors import ConfigError
from seq2seq.search.beam import Beam
from seq2seq.text.special_tokens import EOS
from tests.search.searches import minimum_risk
from tests.search.table_model import A, B, Table, decode

TEXTS = ["Ein Mann geht.", "Ein Mann geht!", "Ein Hund schläft."]


def mean(text: str, others: Sequence[str]) -> float:
    """By the definition, from sacreBLEU's chrF of one sentence."""
    scores: list[float] = [CHRF().sentence_score(text, [o]).score for o in others]
    return sum(scores) / len(scores)


def test_expected_utility_is_the_mean_chrf_against_all_samples() -> None:
    expected = minimum_risk().expected(TEXTS)

    # Where an order of n-grams is missing from a text, the two programs treat it differently.
    assert expected == pytest.approx([mean(text, TEXTS) for text in TEXTS], abs=1.0)
    assert expected.index(min(expected)) == 2


def test_expected_bleu_is_the_mean_of_sentence_bleu() -> None:
    texts = ["Ein Mann geht .", "Ein Mann geht !", "Ein Mann geht .", "Ein Hund schläft ."]

    expected = minimum_risk(samples=4, utility="bleu").expected(texts)

    bleu = BLEU(effective_order=True)
    scores = [[bleu.sentence_score(t, [o]).score for o in texts] for t in texts]
    assert expected == pytest.approx([sum(row) / 4 for row in scores])
    assert expected[0] == expected[2] == max(expected)


def test_bleu_of_characters_compares_text_without_spaces() -> None:
    texts = ["犬が寝る", "犬が走る", "猫が寝る"]

    words, characters = (
        minimum_risk(utility="bleu", tokenize=tokenize).expected(texts)
        for tokenize in ("13a", "char")
    )

    assert words == pytest.approx([100 / 3] * 3)  # each is like itself alone
    assert characters[0] == max(characters) > 100 / 3


def test_the_expectation_is_over_samples_and_not_over_the_beam() -> None:
    expected = minimum_risk(samples=2, utility="bleu").expected(
        ["Ein Hund .", "Ein Hund !", "Ein Hund ."]
    )

    bleu = BLEU(effective_order=True).sentence_score("Ein Hund .", ["Ein Hund !"]).score
    # The first is of the beam, the others are the samples.
    assert expected == pytest.approx([(100 + bleu) / 2] * 3)


def test_hypotheses_of_the_beam_are_candidates_too() -> None:
    table: Table = {
        (): {A: 0.5, B: 0.5},
        (A,): {EOS: 0.5, A: 0.5},
        (B,): {EOS: 0.9, B: 0.1},
    }

    [found] = decode(minimum_risk(samples=3, beam=2), [table], limit=2)
    [beam] = decode(Beam(beam_size=2, length_penalty=1.0, n_best=2), [table], limit=2)
    [samples] = decode(minimum_risk(samples=3), [table], limit=2)

    assert found == beam + samples


def test_a_single_sample_has_the_largest_utility() -> None:
    assert minimum_risk().expected(["Ein Hund schläft."]) == pytest.approx([100.0])


def test_a_missing_fastchrf_is_reported_with_its_installation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "fastchrf", None)

    with pytest.raises(ConfigError, match=r"pip install 'seq2seq\[mbr\]'"):
        minimum_risk()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"beam": -1}, "beam must be 0 or more, not -1"),
        ({"utility": "ter"}, "utility must be one of chrf, bleu, not ter"),
        (
            {"utility": "bleu", "tokenize": "mecab"},
            "tokenize must be one of 13a, char, intl, none, zh, not mecab",
        ),
    ],
)
def test_arguments_out_of_range_raise_value_errors(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        minimum_risk(**changes)
