from typing import Any

import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from seq2seq.errors import ConfigError, TextError
from seq2seq.evaluation.metrics import Score, compare, most_changed, sacrebleu_tokenizer, score

# 4 of 5 words, 3 of 4 pairs, 2 of 3 triples and 1 of 2 quadruples: 0.8 * 0.75 * 2/3 * 0.5 = 0.2
FIFTH_WRONG = 100 * 0.2**0.25


def one(name: str, hypothesis: str, reference: str, language: str = "de") -> Score:
    [found] = score([hypothesis], [reference], language, [name])
    return found


@pytest.mark.parametrize(
    ("name", "hypothesis", "reference", "value"),
    [
        ("bleu", "a b c d e", "a b c d f", FIFTH_WRONG),
        ("bleu", "a b c d", "a b c d", 100.0),
        ("bleu", "a b c d", "A B C D", 0.0),  # cased
        ("bleu", "a b c, d", "a b c , d", 100.0),  # 13a parts the comma from the word
        ("chrf", "aa", "ab", 25.0),  # half of the letters, none of the pairs: (1/2 + 0) / 2
        ("chrf", "a b", "ab", 100.0),  # white space does not count
        ("ter", "a b c d", "a b x d", 25.0),  # one of four words is replaced
        ("ter", "d e f g h a b c", "a b c d e f g h", 12.5),  # one shift, eight words
        ("ter", "", "a b", 100.0),
        ("bleu", "", "a b", 0.0),
        ("chrf", "", "a b", 0.0),
    ],
)
def test_scores_by_hand(name: str, hypothesis: str, reference: str, value: float) -> None:
    assert one(name, hypothesis, reference).value == pytest.approx(value)


def test_bleu_is_of_the_corpus_and_not_a_mean_of_sentences() -> None:
    # 4 + 3 of 8 words, 3 + 2 of 6 pairs, 2 + 1 of 4 triples, 1 + 0 of 2 quadruples.
    expected = 100 * (7 / 8 * 5 / 6 * 3 / 4 * 1 / 2) ** 0.25

    [bleu] = score(["a b c d", "e f g x"], ["a b c d", "e f g h"], "de", ["bleu"])

    assert bleu.value == pytest.approx(expected)


def test_scores_carry_the_signature_that_repeats_them() -> None:
    found = {s.name: s.signature for s in score(["a b c d"], ["a b c d"], "de")}

    assert list(found) == ["BLEU", "chrF2", "TER"]
    assert found["BLEU"].startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")
    assert "nc:6|nw:0|space:no" in found["chrF2"]
    assert "tok:tercom" in found["TER"]


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
        ("", "13a"),  # not known
    ],
)
def test_text_without_spaces_is_cut_into_characters(language: str, tokenizer: str) -> None:
    assert sacrebleu_tokenizer(language) == tokenizer


@pytest.mark.parametrize(("language", "tokenizer"), [("ja", "char"), ("zh", "zh")])
def test_characters_are_words_where_there_are_no_spaces(language: str, tokenizer: str) -> None:
    bleu = one("bleu", "一二三四五", "一二三四六", language)
    ter = one("ter", "一二三四五", "一二三四六", language)

    assert bleu.value == pytest.approx(FIFTH_WRONG)
    assert f"tok:{tokenizer}" in bleu.signature
    assert ter.value == pytest.approx(20.0)  # one of five
    assert "asian:yes" in ter.signature


def test_an_interval_holds_the_score_and_is_as_wide_as_chance() -> None:
    half = ["a b c d", "e f g h"] * 50, ["a b c d", "x x x x"] * 50
    for found in score(*half, "de", bootstrap=200):
        assert found.low is not None
        assert found.high is not None
        assert found.low < found.value < found.high
        assert "bs:200|seed:12345" in found.signature

    for found in score(["a b c d"] * 9, ["a b c d"] * 9, "de", bootstrap=200):
        assert found.low == pytest.approx(found.value)  # whatever is drawn is the same
        assert found.high == pytest.approx(found.value)


def test_an_interval_survives_resamples_without_a_match() -> None:
    # One line of four is right: 0.75 ** 4 = 0.32 of the resamples never draw it, and score 0.
    [found] = score(["a b c d", *"xyz"], ["a b c d", *"opq"], "de", ["bleu"], bootstrap=100)

    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low < found.high


def test_without_resampling_there_is_no_interval() -> None:
    for found in score(["a"], ["a"], "de"):
        assert (found.low, found.high) == (None, None)


@pytest.mark.parametrize("bootstrap", [-1, 1])
def test_an_interval_of_one_resample_is_refused(bootstrap: int) -> None:
    with pytest.raises(ConfigError, match=f"at least 2, not {bootstrap}"):
        score(["a"], ["a"], "de", bootstrap=bootstrap)


def test_an_unknown_metric_is_refused_with_the_list() -> None:
    with pytest.raises(ConfigError, match="no metric meteor; choose from bleu, chrf, ter"):
        score(["a"], ["a"], "de", ["meteor"])


def test_unequal_counts_are_refused_with_both() -> None:
    with pytest.raises(TextError, match="2 translations for 3 references"):
        score(["a", "b"], ["a", "b", "c"], "de")
    with pytest.raises(TextError, match="1 translations for 2 references"):
        compare(["a", "b"], ["a"], ["a", "b"], "de", ["bleu"], 10)
    with pytest.raises(TextError, match="3 translations for 2 references"):
        most_changed(["a", "b"], ["a", "b", "c"], ["a", "b"], 10)


def test_nothing_is_not_scored() -> None:
    with pytest.raises(TextError, match="nothing to score"):
        score([], [], "de")


def test_a_system_that_is_always_better_is_so_by_no_chance() -> None:
    references = [f"a b c d {i}" for i in range(40)]
    worse = [f"a b x d {i}" for i in range(40)]

    for found in compare(worse, references, references, "de", ["bleu", "chrf"], 99):
        assert found.value < found.other == pytest.approx(100)
        assert found.p == pytest.approx(1 / 100)  # none of 99 resamples, (0 + 1) / (99 + 1)
        assert "bs:99" in found.signature


def test_systems_that_differ_by_luck_are_not_told_apart() -> None:
    references = [f"a b c d {i}" for i in range(40)]
    first = [f"a b x d {i}" if i < 5 else r for i, r in enumerate(references)]
    second = [f"a b x d {i}" if i > 34 else r for i, r in enumerate(references)]

    [found] = compare(first, [*second[:39], references[39]], references, "de", ["bleu"], 200)

    assert found.value < found.other
    assert found.p > 0.1


def test_equal_systems_are_not_told_apart() -> None:
    for found in compare(["a b"] * 3, ["a b"] * 3, ["a c"] * 3, "de", ["bleu", "chrf", "ter"], 50):
        assert found.value == found.other
        assert found.p == 1.0


def test_the_sentences_that_changed_most_come_first() -> None:
    references = ["same", "gone", "come", "near"]
    first = ["same", "gone", "xxxx", "neax"]
    second = ["same", "xxxx", "come", "near"]

    changes = most_changed(first, second, references, 3)

    assert [(c.line, round(c.gain)) for c in changes[:2]] == [(2, -100), (3, 100)]
    assert changes[2].line == 4
    assert 0 < changes[2].gain < 100
    assert changes[1][2:] == ("xxxx", "come", "come")
    assert most_changed(first, second, references, 1) == changes[:1]


def test_equal_translations_are_no_change() -> None:
    assert most_changed(["a"], ["a"], ["b"], 10) == []


def test_several_references_of_a_line_by_hand() -> None:
    # Each word, pair and triple is in one reference or another, of the quadruples one of two.
    [bleu] = score(["a b c d e"], [["a b c d x", "y b c d z", "y y c d e"]], "de", ["bleu"])

    assert bleu.value == pytest.approx(100 * (1 * 1 * 1 * 1 / 2) ** 0.25)
    assert bleu.signature.startswith("nrefs:3|")
    [alone] = score(["a b c d e"], [["a b c d f"]], "de", ["bleu"])
    assert alone == one("bleu", "a b c d e", "a b c d f")


def test_several_references_are_those_of_sacrebleu() -> None:
    hypotheses = ["the cat sat on the mat", "a dog", "two small red circles"]
    several = [
        ["a cat sat on the mat", "the cat is on a mat", "there is a cat"],
        ["a dog runs", "the dog"],
        ["two red circles", "two small red rings", "small red circles"],
    ]
    streams: Any = [[said[place] if place < len(said) else None for said in several] for place in
               range(3)]  # fmt: skip

    found = {s.name: s.value for s in score(hypotheses, several, "en", bootstrap=0)}

    assert found == {
        "BLEU": pytest.approx(BLEU().corpus_score(hypotheses, streams).score),
        "chrF2": pytest.approx(CHRF().corpus_score(hypotheses, streams).score),
        "TER": pytest.approx(TER().corpus_score(hypotheses, streams).score),
    }


def test_the_order_of_references_does_not_matter() -> None:
    first = score(["a b c d"], [["a b c x", "y b c d"]], "en", bootstrap=10)

    assert score(["a b c d"], [["y b c d", "a b c x"]], "en", bootstrap=10) == first
