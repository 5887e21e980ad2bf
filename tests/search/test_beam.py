import itertools
import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq.search.beam import Beam
from seq2seq.search.greedy import Greedy
from seq2seq.text.special_tokens import EOS
from tests.search.table_model import A, B, C, D, Model, Table, decode

# A is the better beginning, and B the beginning of the best sentence: 0.4 * 0.9 > 0.6 * 0.55.
GARDEN: Table = {
    (): {A: 0.6, B: 0.4},
    (A,): {C: 0.55, D: 0.45},
    (B,): {C: 0.9, D: 0.1},
}


def exp(values: list[float]) -> float:
    return math.exp(sum(values))


@st.composite
def tables(draw: st.DrawFn, depth: int = 3) -> Table:
    """What follows anything of A and B up to `depth` tokens, with random probabilities."""
    table = {}
    for length in range(depth + 1):
        for prefix in itertools.product((A, B), repeat=length):
            odds = [draw(st.floats(0.01, 1)) for _ in range(3)]
            table[prefix] = {
                token: x / sum(odds) for token, x in zip((A, B, EOS), odds, strict=True)
            }
    return table


def sentences(table: Table, limit: int) -> Iterator[tuple[float, list[int]]]:
    """The 2 + 4 + 8 ... sentences within `limit`, with their log-probabilities."""
    for length in range(1, limit + 1):
        for prefix in itertools.product((A, B), repeat=length):
            total = math.log(table[()][prefix[0]] / (1 - table[()][EOS]))
            total += sum(math.log(table[prefix[:i]][prefix[i]]) for i in range(1, length))
            yield total + math.log(table[prefix][EOS]), list(prefix)


def test_beam_finds_what_greedy_search_misses() -> None:
    [[greedy]] = decode(Greedy(), [GARDEN])
    [[best]] = decode(Beam(beam_size=2, length_penalty=0.0, n_best=1), [GARDEN])

    assert greedy.tokens == [A, C]
    assert exp(greedy.logprobs) == pytest.approx(0.33)
    assert best.tokens == [B, C]
    assert exp(best.logprobs) == pytest.approx(0.36)
    assert math.exp(best.score) == pytest.approx(0.36)
    assert best.has_eos


def test_n_best_hypotheses_are_sorted_by_probability() -> None:
    [found] = decode(Beam(beam_size=4, length_penalty=0.0, n_best=3), [GARDEN])

    assert [h.tokens for h in found] == [[B, C], [A, C], [A, D]]
    assert [math.exp(h.score) for h in found] == pytest.approx([0.36, 0.33, 0.27])


@pytest.mark.parametrize(("alpha", "tokens"), [(0.0, [A]), (1.0, [B, C, D])])
def test_length_penalty_favours_longer_hypotheses(alpha: float, tokens: list[int]) -> None:
    # A EOS: ln 0.52 = -0.654, and / (7 / 6) = -0.560 for two tokens, EOS counted.
    # B C D EOS: ln 0.48 = -0.734, and / (9 / 6) = -0.489 for four.
    table: Table = {(): {A: 0.52, B: 0.48}, (B,): {C: 1.0}, (B, C): {D: 1.0}}

    [[best]] = decode(Beam(beam_size=2, length_penalty=alpha, n_best=1), [table])

    assert best.tokens == tokens
    assert best.score == pytest.approx(
        {0.0: math.log(0.52), 1.0: math.log(0.48) / (9 / 6)}[alpha], abs=1e-6
    )


@settings(max_examples=60)
@given(tables(), st.sampled_from([0.0, 0.6, 1.0]))
def test_a_beam_wider_than_the_search_space_finds_the_best_sentence(
    table: Table, alpha: float
) -> None:
    ranked = [
        (total / ((5 + len(prefix) + 1) / 6) ** alpha, prefix)
        for total, prefix in sentences(table, 3)
    ]

    [[best]] = decode(Beam(beam_size=40, length_penalty=alpha, n_best=1), [table], limit=3)

    assert best.score == pytest.approx(max(ranked)[0], abs=1e-5)


@settings(max_examples=60)
@given(st.lists(tables(), min_size=1, max_size=3), st.sampled_from([0.0, 1.0]))
def test_a_beam_of_one_is_greedy_search(languages: list[Table], alpha: float) -> None:
    beam = decode(Beam(beam_size=1, length_penalty=alpha, n_best=1), languages, limit=3)
    greedy = decode(Greedy(), languages, limit=3)

    for [b], [g] in zip(beam, greedy, strict=True):
        assert (b.tokens, b.has_eos) == (g.tokens, g.has_eos)
        assert b.logprobs == pytest.approx(g.logprobs, abs=1e-6)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(tables(), st.integers(1, 3)), min_size=2, max_size=4),
    st.sampled_from([1, 2, 3]),
)
def test_hypotheses_do_not_depend_on_the_batch(
    languages: list[tuple[Table, int]], size: int
) -> None:
    search = Beam(beam_size=size, length_penalty=0.6, n_best=size)

    together = decode(search, [t for t, _ in languages], limit=[limit for _, limit in languages])
    alone = [decode(search, [table], limit=limit)[0] for table, limit in languages]

    assert together == alone


@settings(max_examples=40)
@given(tables(), st.integers(1, 4), st.integers(1, 3), st.sampled_from([0.0, 1.0]))
def test_log_probabilities_and_scores_are_those_of_the_model(
    table: Table, size: int, limit: int, alpha: float
) -> None:
    [found] = decode(Beam(beam_size=size, length_penalty=alpha, n_best=size), [table], limit=limit)

    assert 1 <= len(found) <= size
    assert len({(*h.tokens, h.has_eos) for h in found}) == len(found)  # no two are the same
    assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)
    for h in found:
        assert h.has_eos or len(h.tokens) == limit
        assert len(h.logprobs) == len(h.tokens) + h.has_eos
        prefix = tuple(h.tokens)
        expected = [table[prefix[:i]][token] for i, token in enumerate(prefix)]
        expected[0] /= 1 - table[()][EOS]
        expected += [table[prefix][EOS]] * h.has_eos
        assert h.logprobs == pytest.approx([math.log(p) for p in expected], abs=1e-5)
        penalty = ((6 + len(prefix)) / 6) ** alpha
        assert h.score == pytest.approx(sum(h.logprobs) / penalty, rel=1e-12)


def test_eos_of_probability_one_at_the_maximum_length_counts_as_an_end() -> None:
    # ln 1 = 0 adds nothing to the total, and yet EOS was prefix.
    [[best]] = decode(
        Beam(beam_size=2, length_penalty=0.0, n_best=1), [{(): {A: 0.9, B: 0.1}}], limit=1
    )

    assert best.has_eos
    assert best.logprobs == pytest.approx([math.log(0.9), 0.0], abs=1e-6)


def test_a_translation_is_never_empty() -> None:
    [found] = decode(
        Beam(beam_size=3, length_penalty=0.0, n_best=3), [{(): {EOS: 0.9, A: 0.06, B: 0.04}}]
    )

    assert [h.tokens for h in found] == [[A], [B]]


def test_a_search_space_smaller_than_the_beam_is_enumerated() -> None:
    [found] = decode(
        Beam(beam_size=9, length_penalty=0.0, n_best=9), [{(): {A: 1.0}, (A,): {B: 1.0}}]
    )

    assert [h.tokens for h in found] == [[A, B]]


def test_a_sentence_leaves_the_batch_when_no_alive_hypothesis_can_score_higher() -> None:
    # A EOS: ln 0.8 / (7 / 6) = -0.191. B ... at the limit, EOS counted: ln 0.2 / (12 / 6) = -0.805.
    certain: Table = {(): {A: 0.8, B: 0.2}, **{(B,) + (C,) * n: {C: 1.0} for n in range(9)}}
    model = Model([certain, {(A,) * n: {A: 1.0} for n in range(9)}])
    search = Beam(beam_size=2, length_penalty=1.0, n_best=1)

    found = search(model, model.init_decoding(), torch.tensor([6, 6]), [1, 2])

    assert [best.tokens for [best] in found] == [[A], [A] * 6]
    assert model.batch_sizes == [2, 2, 1, 1, 1, 1, 1]  # generated: A, EOS


def test_a_sentence_stays_while_an_alive_hypothesis_can_score_higher_when_longer() -> None:
    table: Table = {(): {A: 0.52, B: 0.48}, **{(B,) + (C,) * n: {C: 1.0} for n in range(9)}}
    # At the limit of 5 tokens B C C C C: ln 0.48 / (11 / 6) = -0.400 against -0.560 for A EOS.
    [[best]] = decode(Beam(beam_size=2, length_penalty=1.0, n_best=1), [table], limit=5)

    assert best.tokens == [B, C, C, C, C]
    assert not best.has_eos
    assert best.score == pytest.approx(math.log(0.48) / (11 / 6), abs=1e-6)


def test_a_sentence_leaves_the_batch_when_beam_size_hypotheses_are_finished() -> None:
    # A EOS and B EOS have 0.3 each. A C has 0.2 and could still win at the limit: ln 0.2 / (26 / 6)
    # is more than ln 0.3 / (7 / 6).
    either = {EOS: 0.6, C: 0.4}
    model = Model([{(): {A: 0.5, B: 0.5}, (A,): either, (B,): either}])

    [found] = Beam(beam_size=2, length_penalty=1.0, n_best=2)(
        model, model.init_decoding(), torch.tensor([20]), [1]
    )

    assert [h.tokens for h in found] == [[A], [B]]
    assert model.batch_sizes == [1, 1]


def test_finished_hypotheses_take_no_slot_of_the_beam() -> None:
    # Of the continuations of A, EOS (0.297) is among the best two; A C (0.315) and A D (0.288) grow
    # both, and not B C (0.1). A D EOS (0.288) then comes before A C ... (0.158 each).
    table: Table = {
        (): {A: 0.9, B: 0.1},
        (A,): {C: 0.35, EOS: 0.33, D: 0.32},
        (A, C): {A: 0.5, B: 0.5},
        (B,): {C: 1.0},
    }

    [found] = decode(Beam(beam_size=2, length_penalty=0.0, n_best=2), [table])

    assert [h.tokens for h in found] == [[A], [A, D]]
    assert [math.exp(h.score) for h in found] == pytest.approx([0.297, 0.288])


@pytest.mark.parametrize("tied", [(A, B), (B, C), (A, B, C), (A, B, C, D), (C, D)])
def test_ties_are_broken_as_in_greedy_search(tied: tuple[int, ...]) -> None:
    table: Table = {prefix: dict.fromkeys(tied, 1 / len(tied)) for prefix in [(), (tied[0],)]}

    [[beam]] = decode(Beam(beam_size=1, length_penalty=0.0, n_best=1), [table])
    [[greedy]] = decode(Greedy(), [table])

    assert beam.tokens == greedy.tokens == [tied[0], tied[0]]


def test_nan_logits_terminate() -> None:
    nan: Table = {(): {A: float("nan"), B: float("nan")}}

    [found] = decode(Beam(beam_size=2, length_penalty=1.0, n_best=1), [nan], limit=4)

    assert len(found) == 1
    assert len(found[0].tokens) <= 4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"beam_size": 0}, "beam_size must be positive, not 0"),
        ({"n_best": 4}, "n_best must be from 1 to beam_size=3, not 4"),
        ({"n_best": 0}, "n_best must be from 1 to beam_size=3, not 0"),
        ({"length_penalty": -0.5}, "length_penalty must be 0 or more, not -0.5"),
    ],
)
def test_arguments_out_of_range_raise_value_errors(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Beam(**({"beam_size": 3, "length_penalty": 1.0, "n_best": 1} | values))
