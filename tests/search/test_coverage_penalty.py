"""The coverage penalty: by hand, and in a beam search against all sentences of a table."""

import itertools
import math
from typing import Any, NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seq2seq.search.beam import Beam
from seq2seq.search.coverage_penalty import LEAST_COVERAGE, coverage_penalty
from seq2seq.text.special_tokens import EOS
from tests.search.table_model import A, B, Model, PrefixState, Table, decode

PADDED = 3  # source positions of every batch here

# How much the token behind a prefix attends to each source token.
Weights = dict[tuple[int, ...], list[float]]


class Attending(NamedTuple):
    """The state of a table, with sums of attention weights."""

    prefix: PrefixState
    sums: Tensor  # (B, K, S)
    mask: Tensor  # (B, S)

    def reorder(self, parents: Tensor) -> "Attending":
        rows = torch.arange(len(parents)).unsqueeze(1)
        return Attending(self.prefix.reorder(parents), self.sums[rows, parents], self.mask)

    def select(self, sentences: Tensor) -> "Attending":
        selected = self.prefix.select(sentences)
        return Attending(selected, self.sums[sentences], self.mask[sentences])

    def track_coverage(self) -> "Attending":
        return self._replace(sums=torch.zeros_like(self.sums))

    def coverage(self) -> tuple[Tensor, Tensor]:
        return self.sums, self.mask


class AttendingModel(Model):
    """Decoding steps of tables, each with attention weights of its own."""

    def __init__(self, tables: list[Table], weights: list[Weights]) -> None:
        super().__init__(tables)
        self.weights = weights

    def start(self) -> Attending:
        lengths = torch.tensor([len(weights[()]) for weights in self.weights])
        mask = torch.arange(PADDED) < lengths.unsqueeze(1)
        dirty = torch.full((len(mask), 1, PADDED), 7.0)  # what was summed before does not count
        return Attending(self.init_decoding(), dirty, mask)

    def __call__(self, state: Any, last: Tensor) -> tuple[Tensor, Any]:
        logits, prefix = super().__call__(state.prefix, last)
        added = torch.zeros(*last.shape, PADDED)
        for row, hypotheses in enumerate(prefix.tokens.tolist()):
            of_sentence = self.weights[int(prefix.sentence[row])]
            for k, (_, *tokens) in enumerate(hypotheses):
                weights = of_sentence.get(tuple(tokens), [0.0])  # of probability 0
                added[row, k, : len(weights)] = torch.tensor(weights)
        return logits, state._replace(prefix=prefix, sums=state.sums + added)


@st.composite
def attending_tables(draw: st.DrawFn) -> tuple[Table, Weights]:
    """Sentences of A and B of up to three tokens, and a source of one to three tokens."""
    table, weights = {}, {}
    size = draw(st.integers(1, PADDED))
    for length in range(4):
        for prefix in itertools.product((A, B), repeat=length):
            odds = [draw(st.floats(0.05, 1)) for _ in range(3)]
            table[prefix] = dict(zip((A, B, EOS), (x / sum(odds) for x in odds), strict=True))
            marks = [draw(st.sampled_from([0, 1, 2, 3, 10])) for _ in range(size)]
            weights[prefix] = [mark / max(1, sum(marks)) for mark in marks]
    return table, weights


def score(table: Table, weights: Weights, tokens: tuple[int, ...], beta: float) -> float:
    """Return the score of a sentence by equation 14 with alpha = 1, computed one by one."""
    steps = [*tokens, EOS]
    total = sum(math.log(table[tokens[:j]][token]) for j, token in enumerate(steps))
    total -= math.log(1 - table[()][EOS])  # EOS is not possible as the first token
    penalty = 0.0
    for i in range(len(weights[()])):
        attended = sum(weights[tokens[:j]][i] for j in range(len(steps)))
        penalty += beta * math.log(min(max(attended, LEAST_COVERAGE), 1.0))
    return total / ((5 + len(steps)) / 6) + penalty


def test_the_penalty_of_a_sentence_is_worked_by_hand() -> None:
    # Two target tokens and a source of three: 0.9 + 0.3 is more than a whole token, 0.1 + 0.4 is
    # half a token, and 0 + 0.25 a quarter. 0.2 (ln 1 + ln 0.5 + ln 0.25) = 0.2 ln 0.125.
    coverage = torch.tensor([[[0.9 + 0.3, 0.1 + 0.4, 0.0 + 0.25]]])

    penalty = coverage_penalty(coverage, torch.ones(1, 3, dtype=torch.bool), 0.2)

    assert penalty.item() == pytest.approx(0.2 * math.log(0.125))
    assert penalty.item() == pytest.approx(-0.4159, abs=1e-4)


def test_padding_has_no_penalty_and_a_token_without_weight_a_finite_one() -> None:
    coverage = torch.tensor([[[1.0, 0.0], [0.5, 0.0]], [[1.0, 0.0], [0.5, 0.0]]])
    mask = torch.tensor([[True, False], [True, True]])

    penalty = coverage_penalty(coverage, mask, 1.0)

    none, half = math.log(1e-10), math.log(0.5)
    assert penalty.tolist() == [pytest.approx([0, half]), pytest.approx([none, half + none])]


@pytest.mark.parametrize(("beta", "tokens"), [(0.0, [A]), (0.4, [B, A])])
def test_a_translation_of_the_whole_source_wins_by_the_penalty(
    beta: float, tokens: list[int]
) -> None:
    # A EOS: ln 0.6 / (7 / 6) = -0.438, and the second source token got 0.1 + 0.1:
    # 0.4 ln 0.2 = -0.644, together -1.082. B A EOS: ln 0.4 / (8 / 6) = -0.687, and both source
    # tokens got one token or more.
    table: Table = {(): {A: 0.6, B: 0.4}, (A,): {EOS: 1.0}, (B,): {A: 1.0}, (B, A): {EOS: 1.0}}
    weights = {(): [0.9, 0.1], (A,): [0.9, 0.1], (B,): [0.1, 0.9], (B, A): [0.5, 0.5]}
    model = AttendingModel([table], [weights])
    search = Beam(beam_size=2, length_penalty=1.0, n_best=1, coverage_penalty=beta)

    [[best]] = search(model, model.start(), torch.tensor([9]), [1])

    assert best.tokens == tokens
    expected = {0.0: -0.438, 0.4: -0.687}[beta]
    assert best.score == pytest.approx(expected, abs=1e-3)


@settings(max_examples=15, deadline=None)
@given(st.lists(attending_tables(), min_size=1, max_size=3), st.sampled_from([0.1, 0.5, 2.0]))
def test_a_wide_beam_finds_the_best_sentence_whatever_its_batch(
    batch: list[tuple[Table, Weights]], beta: float
) -> None:
    model = AttendingModel([table for table, _ in batch], [weights for _, weights in batch])
    search = Beam(beam_size=12, length_penalty=1.0, n_best=1, coverage_penalty=beta)
    limits = torch.tensor([2] * len(batch))

    found = search(model, model.start(), limits, list(range(len(batch))))

    for (table, weights), [best] in zip(batch, found, strict=True):
        ended = {
            prefix: score(table, weights, prefix, beta)
            for length in (1, 2)
            for prefix in itertools.product((A, B), repeat=length)
        }
        assert best.score == pytest.approx(max(ended.values()), abs=1e-5)
        assert ended[tuple(best.tokens)] == pytest.approx(best.score, abs=1e-5)


def test_a_model_that_sums_no_weights_and_a_negative_penalty_are_refused() -> None:
    with pytest.raises(ValueError, match="needs a model that sums its attention weights"):
        decode(Beam(2, 1.0, 1, coverage_penalty=0.2), [{(): {A: 1.0}}])
    with pytest.raises(ValueError, match="0 or more, not -1"):
        Beam(2, 1.0, 1, coverage_penalty=-1)
    with pytest.raises(ValueError, match="0 or more, not -1"):
        coverage_penalty(torch.ones(1, 1, 1), torch.ones(1, 1, dtype=torch.bool), -1)
