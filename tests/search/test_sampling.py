import math
from collections import Counter
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq.search.greedy import Greedy
from seq2seq.search.sampling import Sampling
from seq2seq.text.special_tokens import EOS
from tests.search.table_model import A, B, C, D, Table, decode

DRAWS = 400
FOUR: Table = {(): {A: 0.4, B: 0.3, C: 0.2, D: 0.1}}
LONG: Table = {
    prefix: {A: 0.3, B: 0.3, C: 0.2, EOS: 0.2}
    for prefix in [(), *((a,) for a in (A, B, C)), *((a, b) for a in (A, B, C) for b in (A, B, C))]
}


def sampler(**changes: Any) -> Sampling:
    values = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "samples": 1, "seed": 1}
    return Sampling(**(values | changes))


def shares(search: Sampling) -> dict[int, float]:
    """How often each first token is drawn from FOUR."""
    [found] = decode(search, [FOUR])
    counts = Counter(h.tokens[0] for h in found)
    return {token: count / len(found) for token, count in sorted(counts.items())}


def test_tokens_come_as_often_as_they_are_probable() -> None:
    # Four standard deviations of a share of 400 draws are 0.1 at most.
    assert shares(sampler(samples=DRAWS)) == pytest.approx(
        {A: 0.4, B: 0.3, C: 0.2, D: 0.1}, abs=0.1
    )


def test_top_k_leaves_the_most_probable_in_proportion() -> None:
    assert shares(sampler(samples=DRAWS, top_k=2)) == pytest.approx({A: 4 / 7, B: 3 / 7}, abs=0.1)


@pytest.mark.parametrize(
    ("top_p", "tokens"),
    [
        (0.05, {A}),  # one token is always left
        (0.35, {A}),  # 0.4 is enough
        (0.45, {A, B}),  # 0.4 is not, 0.7 is
        (0.75, {A, B, C}),
        (0.95, {A, B, C, D}),
    ],
)
def test_top_p_leaves_the_fewest_that_have_it_together(top_p: float, tokens: set[int]) -> None:
    assert set(shares(sampler(samples=DRAWS, top_p=top_p))) == tokens


def test_tokens_of_exactly_top_p_suffice() -> None:
    [found] = decode(sampler(samples=DRAWS, top_p=0.5), [{(): {A: 0.5, B: 0.5}}])

    assert {h.tokens[0] for h in found} == {A}


def test_top_p_applies_after_top_k() -> None:
    # Of the best two A has 4 / 7 = 0.571, which is more than 0.55; of all four it has 0.4.
    assert set(shares(sampler(samples=DRAWS, top_k=2, top_p=0.55))) == {A}


@pytest.mark.parametrize("changes", [{}, {"top_k": 4}, {"top_p": 0.999}])
def test_the_ends_of_the_interval_give_tokens_of_positive_probability(
    changes: dict[str, Any],
) -> None:
    inf = torch.inf
    logits = torch.tensor([[[-inf, 2.0, -inf, 1.0, 0.0, -inf]]])  # of tokens 1, 3 and 4

    drawn = [
        sampler(**changes).draw(logits, torch.tensor([[u]], dtype=torch.float64)).item()
        for u in (0.0, 1.0)  # no number drawn is 1, but a product with the total may be rounded up
    ]

    assert drawn == [1, 4]


def test_temperature_is_the_inverse_power_of_the_probabilities() -> None:
    # 0.5 squares them: 16 to 9 to 4 to 1.
    expected = {A: 16 / 30, B: 9 / 30, C: 4 / 30, D: 1 / 30}
    assert shares(sampler(samples=DRAWS, temperature=0.5)) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("changes", [{"temperature": 1e-310}, {"top_k": 1}, {"top_p": 1e-9}])
def test_sampling_from_one_token_is_greedy_search(changes: dict[str, Any]) -> None:
    assert decode(sampler(**changes), [FOUR, FOUR]) == decode(Greedy(), [FOUR, FOUR])


def test_log_probabilities_are_of_the_model_without_temperature() -> None:
    [[best]] = decode(sampler(top_k=1, temperature=7.0), [FOUR])

    assert best.logprobs == pytest.approx([math.log(0.4), 0.0])


def test_samples_are_sorted_by_log_probability() -> None:
    [found] = decode(sampler(samples=20), [LONG], limit=3)

    assert len(found) == 20
    assert [h.score for h in found] == sorted((sum(h.logprobs) for h in found), reverse=True)


@settings(max_examples=40)
@given(
    st.integers(0, 2**40),
    st.lists(st.integers(1, 3), min_size=2, max_size=5),
    st.integers(1, 3),
    st.sampled_from([{}, {"top_k": 2}, {"top_p": 0.6}]),
)
def test_samples_do_not_depend_on_the_batch(
    seed: int, limits: list[int], samples: int, changes: dict[str, Any]
) -> None:
    search = sampler(seed=seed, samples=samples, **changes)

    together = decode(search, [LONG] * len(limits), limit=limits)
    alone = [decode(search, [LONG], limit=n, first=key)[0] for key, n in enumerate(limits, 1)]

    assert together == alone


def test_sentences_samples_and_seeds_differ() -> None:
    first = decode(sampler(samples=8), [LONG] * 8, limit=3)
    second = decode(sampler(samples=8, seed=2), [LONG] * 8, limit=3)

    assert len({str([h.tokens for h in found]) for found in first + second}) == 16
    assert len({tuple(h.tokens) for h in first[0]}) > 1


def test_more_samples_include_the_first_ones() -> None:
    few = {tuple(h.tokens) for h in decode(sampler(samples=2), [LONG], limit=3)[0]}
    many = {tuple(h.tokens) for h in decode(sampler(samples=9), [LONG], limit=3)[0]}

    assert few <= many


def test_nan_logits_terminate() -> None:
    nan: Table = {(): {A: float("nan"), B: float("nan")}}
    for changes in ({}, {"top_k": 2}, {"top_p": 0.5}):
        [[found]] = decode(sampler(**changes), [nan], limit=4)
        assert len(found.tokens) <= 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temperature": 0.0}, "temperature must be positive, not 0.0"),
        ({"top_k": -1}, "top_k must be 0 or more, not -1"),
        ({"top_p": 0.0}, "top_p must be above 0 and at most 1, not 0.0"),
        ({"top_p": 1.5}, "top_p must be above 0 and at most 1, not 1.5"),
        ({"samples": 0}, "samples must be positive, not 0"),
        ({"seed": -1}, "seed must be 0 or more, not -1"),
    ],
)
def test_arguments_out_of_range_raise_value_errors(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sampler(**changes)
