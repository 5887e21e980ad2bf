import itertools
import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq.errors import ConfigError
from seq2seq.search.beam import Beam
from seq2seq.search.greedy import Greedy
from seq2seq.text.special_tokens import EOS
from tests.search.table_model import A, B, C, D, Model, Table, say

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
        for said in itertools.product((A, B), repeat=length):
            odds = [draw(st.floats(0.01, 1)) for _ in range(3)]
            table[said] = {token: x / sum(odds) for token, x in zip((A, B, EOS), odds, strict=True)}
    return table


def sentences(table: Table, limit: int) -> Iterator[tuple[float, list[int]]]:
    """The 2 + 4 + 8 ... sentences within `limit`, with their log-probabilities."""
    for length in range(1, limit + 1):
        for said in itertools.product((A, B), repeat=length):
            total = math.log(table[()][said[0]] / (1 - table[()][EOS]))
            total += sum(math.log(table[said[:i]][said[i]]) for i in range(1, length))
            yield total + math.log(table[said][EOS]), list(said)


def test_beam_finds_what_greedy_search_misses() -> None:
    [[greedy]] = say(Greedy(), [GARDEN])
    [[best]] = say(Beam(beam_size=2, length_penalty=0.0, n_best=1), [GARDEN])

    assert greedy.tokens == [A, C]
    assert exp(greedy.logprobs) == pytest.approx(0.33)
    assert best.tokens == [B, C]
    assert exp(best.logprobs) == pytest.approx(0.36)
    assert math.exp(best.score) == pytest.approx(0.36)
    assert best.ended


def test_the_n_best_come_in_order_with_their_probabilities() -> None:
    [found] = say(Beam(beam_size=4, length_penalty=0.0, n_best=3), [GARDEN])

    assert [h.tokens for h in found] == [[B, C], [A, C], [A, D]]
    assert [math.exp(h.score) for h in found] == pytest.approx([0.36, 0.33, 0.27])


@pytest.mark.parametrize(("alpha", "tokens"), [(0.0, [A]), (1.0, [B, C, D])])
def test_the_length_penalty_lets_longer_sentences_win(alpha: float, tokens: list[int]) -> None:
    # A END: ln 0.52 = -0.654, and / (7 / 6) = -0.560 for two tokens, END counted.
    # B C D END: ln 0.48 = -0.734, and / (9 / 6) = -0.489 for four.
    table: Table = {(): {A: 0.52, B: 0.48}, (B,): {C: 1.0}, (B, C): {D: 1.0}}

    [[best]] = say(Beam(beam_size=2, length_penalty=alpha, n_best=1), [table])

    assert best.tokens == tokens
    assert best.score == pytest.approx(
        {0.0: math.log(0.52), 1.0: math.log(0.48) / (9 / 6)}[alpha], abs=1e-6
    )


@settings(max_examples=60)
@given(tables(), st.sampled_from([0.0, 0.6, 1.0]))
def test_a_beam_as_wide_as_the_language_finds_the_best_of_all(table: Table, alpha: float) -> None:
    ranked = [
        (total / ((5 + len(said) + 1) / 6) ** alpha, said) for total, said in sentences(table, 3)
    ]

    [[best]] = say(Beam(beam_size=40, length_penalty=alpha, n_best=1), [table], limit=3)

    assert best.score == pytest.approx(max(ranked)[0], abs=1e-5)


@settings(max_examples=60)
@given(st.lists(tables(), min_size=1, max_size=3), st.sampled_from([0.0, 1.0]))
def test_a_beam_of_one_is_greedy_search(languages: list[Table], alpha: float) -> None:
    beam = say(Beam(beam_size=1, length_penalty=alpha, n_best=1), languages, limit=3)
    greedy = say(Greedy(), languages, limit=3)

    for [b], [g] in zip(beam, greedy, strict=True):
        assert (b.tokens, b.ended) == (g.tokens, g.ended)
        assert b.logprobs == pytest.approx(g.logprobs, abs=1e-6)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(tables(), st.integers(1, 3)), min_size=2, max_size=4),
    st.sampled_from([1, 2, 3]),
)
def test_neighbours_change_nothing(languages: list[tuple[Table, int]], size: int) -> None:
    search = Beam(beam_size=size, length_penalty=0.6, n_best=size)

    together = say(search, [t for t, _ in languages], limit=[limit for _, limit in languages])
    alone = [say(search, [table], limit=limit)[0] for table, limit in languages]

    assert together == alone


@settings(max_examples=40)
@given(tables(), st.integers(1, 4), st.integers(1, 3), st.sampled_from([0.0, 1.0]))
def test_every_hypothesis_is_what_it_says(
    table: Table, size: int, limit: int, alpha: float
) -> None:
    [found] = say(Beam(beam_size=size, length_penalty=alpha, n_best=size), [table], limit=limit)

    assert 1 <= len(found) <= size
    assert len({(*h.tokens, h.ended) for h in found}) == len(found)  # no two are the same
    assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)
    for h in found:
        assert h.ended or len(h.tokens) == limit
        assert len(h.logprobs) == len(h.tokens) + h.ended
        said = tuple(h.tokens)
        expected = [table[said[:i]][token] for i, token in enumerate(said)]
        expected[0] /= 1 - table[()][EOS]
        expected += [table[said][EOS]] * h.ended
        assert h.logprobs == pytest.approx([math.log(p) for p in expected], abs=1e-5)
        penalty = ((6 + len(said)) / 6) ** alpha
        assert h.score == pytest.approx(sum(h.logprobs) / penalty, rel=1e-12)


def test_a_certain_end_at_the_limit_is_an_end() -> None:
    # ln 1 = 0 adds nothing to the total, and yet END was said.
    [[best]] = say(
        Beam(beam_size=2, length_penalty=0.0, n_best=1), [{(): {A: 0.9, B: 0.1}}], limit=1
    )

    assert best.ended
    assert best.logprobs == pytest.approx([math.log(0.9), 0.0], abs=1e-6)


def test_a_translation_is_never_empty() -> None:
    [found] = say(
        Beam(beam_size=3, length_penalty=0.0, n_best=3), [{(): {EOS: 0.9, A: 0.06, B: 0.04}}]
    )

    assert [h.tokens for h in found] == [[A], [B]]


def test_a_language_smaller_than_the_beam_is_searched_whole() -> None:
    [found] = say(Beam(beam_size=9, length_penalty=0.0, n_best=9), [{(): {A: 1.0}, (A,): {B: 1.0}}])

    assert [h.tokens for h in found] == [[A, B]]


def test_a_sentence_leaves_the_batch_when_nothing_can_overtake_its_best() -> None:
    # A END: ln 0.8 / (7 / 6) = -0.191. B ... at the limit, END counted: ln 0.2 / (12 / 6) = -0.805.
    certain: Table = {(): {A: 0.8, B: 0.2}, **{(B,) + (C,) * n: {C: 1.0} for n in range(9)}}
    model = Model([certain, {(A,) * n: {A: 1.0} for n in range(9)}])
    search = Beam(beam_size=2, length_penalty=1.0, n_best=1)

    found = search(model, model.init_decoding(), torch.tensor([6, 6]), [1, 2])

    assert [best.tokens for [best] in found] == [[A], [A] * 6]
    assert model.rows == [2, 2, 1, 1, 1, 1, 1]  # said: A, END


def test_a_sentence_stays_while_the_length_penalty_may_still_let_another_win() -> None:
    table: Table = {(): {A: 0.52, B: 0.48}, **{(B,) + (C,) * n: {C: 1.0} for n in range(9)}}
    # At the limit of 5 tokens B C C C C: ln 0.48 / (11 / 6) = -0.400 against -0.560 for A END.
    [[best]] = say(Beam(beam_size=2, length_penalty=1.0, n_best=1), [table], limit=5)

    assert best.tokens == [B, C, C, C, C]
    assert not best.ended
    assert best.score == pytest.approx(math.log(0.48) / (11 / 6), abs=1e-6)


def test_a_sentence_leaves_the_batch_when_as_many_as_the_beam_have_finished() -> None:
    # A END and B END have 0.3 each. A C has 0.2 and could still win at the limit: ln 0.2 / (26 / 6)
    # is more than ln 0.3 / (7 / 6).
    either = {EOS: 0.6, C: 0.4}
    model = Model([{(): {A: 0.5, B: 0.5}, (A,): either, (B,): either}])

    [found] = Beam(beam_size=2, length_penalty=1.0, n_best=2)(
        model, model.init_decoding(), torch.tensor([20]), [1]
    )

    assert [h.tokens for h in found] == [[A], [B]]
    assert model.rows == [1, 1]


def test_ends_take_no_place_from_what_still_grows() -> None:
    # Of the continuations of A, END (0.297) is among the best two; A C (0.315) and A D (0.288) grow
    # both, and not B C (0.1). A D END (0.288) then comes before A C ... (0.158 each).
    table: Table = {
        (): {A: 0.9, B: 0.1},
        (A,): {C: 0.35, EOS: 0.33, D: 0.32},
        (A, C): {A: 0.5, B: 0.5},
        (B,): {C: 1.0},
    }

    [found] = say(Beam(beam_size=2, length_penalty=0.0, n_best=2), [table])

    assert [h.tokens for h in found] == [[A], [A, D]]
    assert [math.exp(h.score) for h in found] == pytest.approx([0.297, 0.288])


@pytest.mark.parametrize("tied", [(A, B), (B, C), (A, B, C), (A, B, C, D), (C, D)])
def test_the_first_of_a_tie_is_taken_as_greedy_search_takes_it(tied: tuple[int, ...]) -> None:
    table: Table = {said: dict.fromkeys(tied, 1 / len(tied)) for said in [(), (tied[0],)]}

    [[beam]] = say(Beam(beam_size=1, length_penalty=0.0, n_best=1), [table])
    [[greedy]] = say(Greedy(), [table])

    assert beam.tokens == greedy.tokens == [tied[0], tied[0]]


def test_numbers_that_are_none_neither_crash_nor_hang() -> None:
    nan: Table = {(): {A: float("nan"), B: float("nan")}}

    [found] = say(Beam(beam_size=2, length_penalty=1.0, n_best=1), [nan], limit=4)

    assert len(found) == 1
    assert len(found[0].tokens) <= 4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"beam_size": 0}, "search.beam_size must be positive, not 0"),
        ({"n_best": 4}, "search.n_best must be from 1 to search.beam_size=3, not 4"),
        ({"n_best": 0}, "search.n_best must be from 1 to search.beam_size=3, not 0"),
        ({"length_penalty": -0.5}, "search.length_penalty must be 0 or more, not -0.5"),
    ],
)
def test_values_out_of_range_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Beam(**({"beam_size": 3, "length_penalty": 1.0, "n_best": 1} | values))
