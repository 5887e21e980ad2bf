"""Scores by hand, and against sacreBLEU."""

import sys
from typing import Any

import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from seq2seq.errors import ConfigError, TextError
from seq2seq.evaluation.comparison import compare_systems, most_changed
from seq2seq.evaluation.metrics import (
    Score,
    ScoreVariant,
    sacrebleu_tokenizer,
    score_documents,
    score_hypotheses,
)

# 4 of 5 words, 3 of 4 pairs, 2 of 3 triples and 1 of 2 quadruples: 0.8 * 0.75 * 2/3 * 0.5 = 0.2
FIFTH_WRONG = 100 * 0.2**0.25


def single_score(name: str, hypothesis: str, reference: str, language: str = "de") -> Score:
    [result] = score_hypotheses([hypothesis], [reference], language, [name])
    return result


@pytest.mark.parametrize(
    ("name", "hypothesis", "reference", "value"),
    [
        ("bleu", "a b c d e", "a b c d f", FIFTH_WRONG),
        ("bleu", "a b c d", "a b c d", 100.0),
        ("bleu", "a b c d", "A B C D", 0.0),  # case-sensitive
        ("bleu", "a b c, d", "a b c , d", 100.0),  # 13a separates the comma from the word
        ("chrf", "aa", "ab", 25.0),  # half of the characters, no bigram: (1/2 + 0) / 2
        ("chrf", "a b", "ab", 100.0),  # white space does not count
        ("ter", "a b c d", "a b x d", 25.0),  # one of four words is replaced
        ("ter", "d e f g h a b c", "a b c d e f g h", 12.5),  # one shift, eight words
        ("ter", "", "a b", 100.0),
        ("bleu", "", "a b", 0.0),
        ("chrf", "", "a b", 0.0),
    ],
)
def test_scores_by_hand(name: str, hypothesis: str, reference: str, value: float) -> None:
    assert single_score(name, hypothesis, reference).value == pytest.approx(value)


def test_bleu_is_of_the_corpus_and_not_a_mean_of_sentences() -> None:
    # 4 + 3 of 8 words, 3 + 2 of 6 pairs, 2 + 1 of 4 triples, 1 + 0 of 2 quadruples.
    expected = 100 * (7 / 8 * 5 / 6 * 3 / 4 * 1 / 2) ** 0.25

    [bleu] = score_hypotheses(["a b c d", "e f g x"], ["a b c d", "e f g h"], "de", ["bleu"])

    assert bleu.value == pytest.approx(expected)


def test_scores_have_the_signature_of_sacrebleu() -> None:
    signatures = {s.name: s.signature for s in score_hypotheses(["a b c d"], ["a b c d"], "de")}

    assert list(signatures) == ["BLEU", "chrF2", "TER"]
    assert signatures["BLEU"].startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")
    assert "nc:6|nw:0|space:no" in signatures["chrF2"]
    assert "tok:tercom" in signatures["TER"]


def test_a_score_prints_value_interval_and_signature() -> None:
    assert str(Score("BLEU", 31.416, "tok:13a")) == "BLEU = 31.42  tok:13a"
    assert (
        str(Score("BLEU", 31.416, "tok:13a", 30.1, 32.7)) == "BLEU = 31.42 [30.10, 32.70]  tok:13a"
    )


@pytest.mark.parametrize(
    ("language", "tokenizer"),
    [
        ("de", "13a"),
        ("zh", "zh"),
        ("zh-Hans", "zh"),
        ("zh_TW", "zh"),
        ("yue", "zh"),
        ("ja", "char"),
        ("th", "char"),
        ("", "13a"),  # an unknown language
    ],
)
def test_languages_without_spaces_have_another_tokenizer(language: str, tokenizer: str) -> None:
    assert sacrebleu_tokenizer(language) == tokenizer


@pytest.mark.parametrize(("language", "tokenizer"), [("ja", "char"), ("zh", "zh")])
def test_characters_are_words_in_languages_without_spaces(language: str, tokenizer: str) -> None:
    bleu = single_score("bleu", "一二三四五", "一二三四六", language)
    ter = single_score("ter", "一二三四五", "一二三四六", language)

    assert bleu.value == pytest.approx(FIFTH_WRONG)
    assert f"tok:{tokenizer}" in bleu.signature
    assert ter.value == pytest.approx(20.0)  # one of five
    assert "asian:yes" in ter.signature


def test_the_interval_contains_the_score_and_is_empty_for_equal_lines() -> None:
    half_correct = ["a b c d", "e f g h"] * 50, ["a b c d", "x x x x"] * 50
    for result in score_hypotheses(*half_correct, "de", bootstrap=200):
        assert result.low is not None
        assert result.high is not None
        assert result.low < result.value < result.high
        assert "bs:200|seed:12345" in result.signature

    for result in score_hypotheses(["a b c d"] * 9, ["a b c d"] * 9, "de", bootstrap=200):
        assert result.low == pytest.approx(result.value)  # all resamples are the same
        assert result.high == pytest.approx(result.value)


def test_resamples_without_a_match_are_part_of_the_interval() -> None:
    # One line of four matches: 0.75 ** 4 = 0.32 of the resamples do not contain it, and score 0.
    [result] = score_hypotheses(
        ["a b c d", *"xyz"], ["a b c d", *"opq"], "de", ["bleu"], bootstrap=100
    )

    assert result.low is not None
    assert result.high is not None
    assert 0 <= result.low < result.high


def test_without_resampling_there_is_no_interval() -> None:
    for result in score_hypotheses(["a"], ["a"], "de"):
        assert (result.low, result.high) == (None, None)


@pytest.mark.parametrize("bootstrap", [-1, 1])
def test_an_interval_of_one_resample_is_refused(bootstrap: int) -> None:
    with pytest.raises(ConfigError, match=f"at least 2, not {bootstrap}"):
        score_hypotheses(["a"], ["a"], "de", bootstrap=bootstrap)


def test_an_unknown_metric_is_refused_with_the_list() -> None:
    with pytest.raises(ConfigError, match="no metric meteor; choose from bleu, chrf, ter"):
        score_hypotheses(["a"], ["a"], "de", ["meteor"])


def test_unequal_counts_are_refused_with_both() -> None:
    with pytest.raises(TextError, match="2 translations for 3 references"):
        score_hypotheses(["a", "b"], ["a", "b", "c"], "de")
    with pytest.raises(TextError, match="1 translations for 2 references"):
        compare_systems(["a", "b"], ["a"], ["a", "b"], "de", ["bleu"], 10)
    with pytest.raises(TextError, match="3 translations for 2 references"):
        most_changed(["a", "b"], ["a", "b", "c"], ["a", "b"], 10)


def test_an_empty_list_cannot_be_scored() -> None:
    with pytest.raises(TextError, match="nothing to score"):
        score_hypotheses([], [], "de")


def test_several_references_of_a_line_by_hand() -> None:
    # Every unigram, bigram and trigram is in some reference, and one of two 4-grams.
    [bleu] = score_hypotheses(
        ["a b c d e"], [["a b c d x", "y b c d z", "y y c d e"]], "de", ["bleu"]
    )

    assert bleu.value == pytest.approx(100 * (1 * 1 * 1 * 1 / 2) ** 0.25)
    assert bleu.signature.startswith("nrefs:3|")
    [alone] = score_hypotheses(["a b c d e"], [["a b c d f"]], "de", ["bleu"])
    assert alone == single_score("bleu", "a b c d e", "a b c d f")


def test_several_references_are_scored_as_by_sacrebleu() -> None:
    hypotheses = ["the cat sat on the mat", "a dog", "two small red circles"]
    references = [
        ["a cat sat on the mat", "the cat is on a mat", "there is a cat"],
        ["a dog runs", "the dog"],
        ["two red circles", "two small red rings", "small red circles"],
    ]
    streams: Any = [
        [line[index] if index < len(line) else None for line in references] for index in range(3)
    ]

    scores = {s.name: s.value for s in score_hypotheses(hypotheses, references, "en", bootstrap=0)}

    assert scores == {
        "BLEU": pytest.approx(BLEU().corpus_score(hypotheses, streams).score),
        "chrF2": pytest.approx(CHRF().corpus_score(hypotheses, streams).score),
        "TER": pytest.approx(TER().corpus_score(hypotheses, streams).score),
    }


def test_the_order_of_references_does_not_matter() -> None:
    first = score_hypotheses(["a b c d"], [["a b c x", "y b c d"]], "en", bootstrap=10)

    assert score_hypotheses(["a b c d"], [["y b c d", "a b c x"]], "en", bootstrap=10) == first


def test_case_and_tokenizer_are_in_the_signature() -> None:
    variant = ScoreVariant(lowercase=True, tokenizer="char")

    bleu, chrf, plus = score_hypotheses(
        ["The Dog."], ["the dog."], "de", ["bleu", "chrf", "chrf++"], variant=variant
    )

    assert [bleu.value, chrf.value, plus.value] == [pytest.approx(100)] * 3
    assert "case:lc" in bleu.signature
    assert "tok:char" in bleu.signature
    assert "case:lc" in chrf.signature
    assert "nw:0" in chrf.signature
    assert "nw:2" in plus.signature  # chrF++: words and pairs of them count too
    assert plus.name == "chrF2++"


def test_chrf_plus_plus_is_that_of_sacrebleu() -> None:
    [score] = score_hypotheses(["a big dog"], ["the big dogs"], "en", ["chrf++"])

    expected = CHRF(word_order=2).corpus_score(["a big dog"], [["the big dogs"]]).score
    assert score.value == pytest.approx(expected)


def test_each_document_is_scored_by_itself() -> None:
    hypotheses = ["a b c d", "a b c d e", "x"]

    scores = score_documents(
        hypotheses, ["a b c d", "a b c d f", "y"], ["one", "two", None], "de", ["bleu"]
    )

    assert {name: (count, round(each[0].value, 6)) for name, (count, each) in scores.items()} == {
        "one": (1, 100.0),
        "two": (1, round(FIFTH_WRONG, 6)),
    }
    assert score_documents(hypotheses, ["a", "b", "c"], None, "de", ["bleu"]) == {}


def test_a_tokenizer_whose_package_is_missing_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "MeCab", None)
    monkeypatch.delitem(sys.modules, "sacrebleu.tokenizers.tokenizer_ja_mecab", raising=False)

    with pytest.raises(ConfigError, match="ja-mecab"):
        score_hypotheses(["a"], ["a"], "ja", ["bleu"], variant=ScoreVariant(tokenizer="ja-mecab"))
