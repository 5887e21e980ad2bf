"""Constraints: required tokens exactly once and well-nested, and no repeated n-grams."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from seq2seq.search.beam import Beam
from seq2seq.search.constraints import (
    AllowedTokens,
    NoRepeatedNgrams,
    NoRepeatedWord,
    RequiredTokens,
)
from seq2seq.search.greedy import Greedy
from seq2seq.search.interface import Search
from seq2seq.search.sampling import Sampling
from seq2seq.text.special_tokens import EOS
from tests.search.table_model import A, B, C, D, decode

FIRST, SYMBOLS, SIZE = 6, 4, 20
SEARCHES: dict[str, Callable[[], Search]] = {
    "greedy": Greedy,
    "beam": lambda: Beam(beam_size=3, length_penalty=1.0, n_best=3),
    "sample": lambda: Sampling(temperature=1.0, top_k=0, top_p=0.9, samples=2, seed=3),
}
# For each sentence whether a symbol is required, and which one it closes.
SENTENCE = st.tuples(
    st.lists(st.booleans(), min_size=SYMBOLS, max_size=SYMBOLS),
    st.sampled_from([(-1, -1, -1, -1), (-1, 0, -1, -1), (-1, 0, -1, 2), (-1, -1, 1, 0)]),
)


class NoState(NamedTuple):
    """A state that remembers nothing."""

    def reorder(self, parents: Tensor) -> "NoState":
        del parents
        return self

    def select(self, sentences: Tensor) -> "NoState":
        del sentences
        return self


def random_step(seed: int) -> Callable[[NoState, Tensor], tuple[Tensor, NoState]]:
    """Return a model with random logits, which likes to end and to repeat itself."""
    generator = torch.Generator().manual_seed(seed)

    def step(state: NoState, last: Tensor) -> tuple[Tensor, NoState]:
        logits = torch.randn(*last.shape, SIZE, generator=generator) * 3
        logits[..., EOS] += 3
        return logits, state

    return step


@pytest.mark.parametrize("name", SEARCHES)
@given(
    sentences=st.lists(SENTENCE, min_size=1, max_size=4),
    limit=st.integers(SYMBOLS, 12),
    seed=st.integers(0, 1000),
)
def test_required_tokens_occur_exactly_once_and_close_what_they_close(
    name: str, sentences: list[tuple[list[bool], tuple[int, ...]]], limit: int, seed: int
) -> None:
    required = torch.tensor([row for row, _ in sentences])
    closes = torch.tensor([row for _, row in sentences])
    for row, pairs in zip(required, closes, strict=True):  # a pair is required as a whole
        for closing, opening in enumerate(pairs.tolist()):
            if opening >= 0:
                row[[closing, opening]] = row[closing] & row[opening]
    limits = torch.full((len(sentences),), limit)
    constraint = RequiredTokens(FIRST, required, closes, limits)
    ids = list(range(len(sentences)))

    hypotheses = SEARCHES[name]()(
        random_step(seed), NoState(), limits, ids, constraints=[constraint]
    )

    for row, pairs, found in zip(required.tolist(), closes.tolist(), hypotheses, strict=True):
        expected = sorted(FIRST + i for i in range(SYMBOLS) if row[i])
        for hypothesis in found:
            of_range = [t for t in hypothesis.tokens if FIRST <= t < FIRST + SYMBOLS]
            assert sorted(of_range) == expected
            opened: list[int] = []
            for token in of_range:
                index = token - FIRST
                if pairs[index] >= 0:
                    assert opened.pop() == pairs[index]
                elif index in pairs:
                    opened.append(index)


def test_a_token_that_is_missing_is_generated_before_the_end() -> None:
    # Of the tokens C and D, C is required. The model would end after A; with EOS masked it takes C.
    table = {(): {A: 0.9, D: 0.1}, (A,): {EOS: 0.6, B: 0.3, C: 0.1}, (A, C): {EOS: 1.0},
             (A, B): {A: 0.5, EOS: 0.5}}  # fmt: skip
    required = torch.tensor([[True, False]])

    def best(limit: int) -> list[int]:
        constraint = RequiredTokens(C, required, -torch.ones(1, 2).long(), torch.tensor([limit]))
        search = partial(Greedy(), constraints=[constraint])
        return decode(search, [table], limit)[0][0].tokens

    assert best(2) == [A, C]  # the second token is the last that it may be
    assert decode(Greedy(), [table])[0][0].tokens == [A]


def test_repeated_ngrams_are_masked() -> None:
    generated = torch.tensor([[[A, B, A, B], [A, A, B, C]]])  # (1, 2, 4)
    logits = torch.zeros(1, 2, 8)

    masked = NoRepeatedNgrams(2)(logits.clone(), generated, torch.tensor([0]))

    # After "A B A B", "B A" is there already. After "A A B C", C begins nothing that is there.
    assert masked[0, 0].isneginf().nonzero().flatten().tolist() == [A]
    assert not masked[0, 1].isneginf().any()
    # "A B" occurs twice in the first and is followed by A.
    trigrams = NoRepeatedNgrams(3)(logits.clone(), generated, torch.tensor([0]))
    assert trigrams[0, 0].isneginf().nonzero().flatten().tolist() == [A]
    assert torch.equal(NoRepeatedNgrams(5)(logits.clone(), generated, torch.tensor([0])), logits)


@pytest.mark.parametrize("name", ["greedy", "beam"])
@given(seed=st.integers(0, 300))
def test_no_hypothesis_repeats_an_ngram(name: str, seed: int) -> None:
    limits = torch.tensor([12])

    hypotheses = SEARCHES[name]()(
        random_step(seed), NoState(), limits, [0], constraints=[NoRepeatedNgrams(2)]
    )

    for hypothesis in hypotheses[0]:
        bigrams = list(zip(hypothesis.tokens, hypothesis.tokens[1:], strict=False))
        assert len(bigrams) == len(set(bigrams))


def test_a_token_that_begins_a_word_does_not_follow_itself() -> None:
    starts = torch.tensor([token in (A, B) for token in range(8)])
    generated = torch.tensor([[[A, A], [A, B], [A, C]]])  # (1, 3, 2)

    masked = NoRepeatedWord(starts)(torch.zeros(1, 3, 8), generated, torch.tensor([0]))

    assert [row.isneginf().nonzero().flatten().tolist() for row in masked[0]] == [[A], [B], []]
    first = torch.zeros(1, 3, 8)
    assert torch.equal(NoRepeatedWord(starts)(first, generated[..., :0], torch.tensor([0])), first)


def test_tokens_are_masked_in_the_sentences_that_do_not_allow_them() -> None:
    is_allowed = torch.tensor([[True, False], [False, False]])
    constraint = AllowedTokens(torch.tensor([B, D]), is_allowed)

    masked = constraint(torch.zeros(2, 2, 8), torch.zeros(2, 2, 0).long(), torch.tensor([1, 0]))

    rows = [[row.isneginf().nonzero().flatten().tolist() for row in rows] for rows in masked]
    assert rows == [[[B, D], [B, D]], [[D], [D]]]  # the second sentence of the search comes first
