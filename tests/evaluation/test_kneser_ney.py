"""Kneser-Ney probabilities, by hand and by a second implementation that counts plainly."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.evaluation.baselines.kneser_ney import KneserNey

TEXT = st.lists(st.integers(0, 3), min_size=4, max_size=40)


def ids(tokens: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.array(tokens, np.int32)


def test_bigrams_by_hand() -> None:
    # a b a b a c: bigrams ab 2, ba 2, ac 1. After a: b twice, c once. a is seen after b alone,
    # b and c after a alone: continuations a 1, b 1, c 1 of 3.
    model = KneserNey(ids([0, 1, 0, 1, 0, 2]), order=2, vocab_size=4)

    # Discounts: of bigrams 1 / (1 + 2 * 2) = 0.2; of unigrams none is 2: a half.
    lower = dict.fromkeys((0, 1, 2), (1 - 0.5) / 3 + 0.5 * 3 / 3 / 4) | {3: 0.5 * 3 / 3 / 4}
    after_a = {
        1: (2 - 0.2) / 3 + 0.2 * 2 / 3 * lower[1],
        2: (1 - 0.2) / 3 + 0.2 * 2 / 3 * lower[2],
        3: 0.2 * 2 / 3 * lower[3],
    }
    for token, expected in after_a.items():
        assert model.probabilities(ids([0, token]))[1] == pytest.approx(expected)
    assert model.probabilities(ids([3, 2]))[1] == pytest.approx(lower[2])  # nothing follows d


@given(TEXT, TEXT, st.integers(1, 4), st.integers(1, 9))
def test_scores_do_not_depend_on_the_chunk_size(
    text: list[int], tokens: list[int], order: int, size: int
) -> None:
    model = KneserNey(ids(text), order, vocab_size=5)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seq2seq.evaluation.baselines.kneser_ney.CHUNK_TOKENS", size)
        nats = model.nats(ids(tokens))

    assert nats == pytest.approx(-np.log(model.probabilities(ids(tokens))).sum())


@given(TEXT, TEXT, st.integers(1, 4))
def test_probabilities_sum_to_one(text: list[int], context: list[int], order: int) -> None:
    model = KneserNey(ids(text), order, vocab_size=5)

    total = sum(model.probabilities(ids([*context, token]))[-1] for token in range(5))

    assert total == pytest.approx(1.0)


@given(TEXT, TEXT)
def test_trigram_probabilities_agree_with_plain_counts(text: list[int], tokens: list[int]) -> None:
    ngrams = [[tuple(text[i : i + n]) for i in range(len(text) - n + 1)] for n in (1, 2, 3)]
    counts = [Counter(g[1:] for g in {*ngrams[1]}), Counter(g[1:] for g in {*ngrams[2]})]
    counts.append(Counter(ngrams[2]))

    def probability(ngram: tuple[int, ...]) -> float:
        if not ngram:
            return 1 / 4
        table = counts[len(ngram) - 1]
        total: dict[tuple[int, ...], float] = defaultdict(float)
        kinds: Counter[tuple[int, ...]] = Counter()
        for counted, count in table.items():
            total[counted[:-1]] += count
            kinds[counted[:-1]] += 1
        lower = probability(ngram[1:])
        if not total[ngram[:-1]]:
            return lower
        once, twice = (sum(c == k for c in table.values()) for k in (1, 2))
        d = once / (once + 2 * twice) if once and twice else 0.5
        discounted = max(table[ngram] - d, 0)
        return (discounted + d * kinds[ngram[:-1]] * lower) / total[ngram[:-1]]

    probabilities = KneserNey(ids(text), 3, vocab_size=4).probabilities(ids(tokens))

    for index in range(len(tokens)):
        ngram = tuple(tokens[max(0, index - 2) : index + 1])
        assert probabilities[index] == pytest.approx(probability(ngram))
