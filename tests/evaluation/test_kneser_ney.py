"""The baseline against its definition, by hand and by counting."""

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
    model = KneserNey(ids([0, 1, 0, 1, 0, 2]), order=2, vocabulary=4)

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
def test_a_long_text_is_scored_a_part_at_a_time(
    text: list[int], tokens: list[int], order: int, size: int
) -> None:
    model = KneserNey(ids(text), order, vocabulary=5)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seq2seq.evaluation.baselines.kneser_ney.CHUNK_TOKENS", size)
        found = model.nats(ids(tokens))

    assert found == pytest.approx(-np.log(model.probabilities(ids(tokens))).sum())


@given(TEXT, TEXT, st.integers(1, 4))
def test_probabilities_sum_to_one(text: list[int], before: list[int], order: int) -> None:
    model = KneserNey(ids(text), order, vocabulary=5)

    total = sum(model.probabilities(ids([*before, token]))[-1] for token in range(5))

    assert total == pytest.approx(1.0)


@given(TEXT, TEXT)
def test_trigrams_as_one_would_count_them(text: list[int], tokens: list[int]) -> None:
    grams = [[tuple(text[i : i + n]) for i in range(len(text) - n + 1)] for n in (1, 2, 3)]
    counts = [Counter(g[1:] for g in {*grams[1]}), Counter(g[1:] for g in {*grams[2]})]
    counts.append(Counter(grams[2]))

    def probability(gram: tuple[int, ...]) -> float:
        if not gram:
            return 1 / 4
        table = counts[len(gram) - 1]
        total: dict[tuple[int, ...], float] = defaultdict(float)
        kinds: Counter[tuple[int, ...]] = Counter()
        for seen, count in table.items():
            total[seen[:-1]] += count
            kinds[seen[:-1]] += 1
        lower = probability(gram[1:])
        if not total[gram[:-1]]:
            return lower
        once, twice = (sum(c == k for c in table.values()) for k in (1, 2))
        d = once / (once + 2 * twice) if once and twice else 0.5
        own = max(table[gram] - d, 0)
        return (own + d * kinds[gram[:-1]] * lower) / total[gram[:-1]]

    found = KneserNey(ids(text), 3, vocabulary=4).probabilities(ids(tokens))

    for place in range(len(tokens)):
        gram = tuple(tokens[max(0, place - 2) : place + 1])
        assert found[place] == pytest.approx(probability(gram))
