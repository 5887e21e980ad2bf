import math

import pytest
import torch

from seq2seq.search.greedy import Greedy
from seq2seq.text.special_tokens import BOS, EOS, PAD, UNK
from tests.search.table_model import A, B, Model, Table, decode

ENDLESS: Table = {(A,) * n: {A: 0.9, EOS: 0.1} for n in range(1, 20)} | {(): {A: 0.6, B: 0.4}}


def test_each_token_is_the_most_probable_with_its_log_probability() -> None:
    table: Table = {
        (): {A: 0.75, B: 0.25},
        (A,): {B: 0.625, EOS: 0.375},
        (A, B): {EOS: 0.75, A: 0.25},
    }

    [[best]] = decode(Greedy(), [table])

    assert best.tokens == [A, B]
    assert best.has_eos
    assert best.logprobs == pytest.approx([math.log(p) for p in (0.75, 0.625, 0.75)])
    assert best.score == pytest.approx(sum(best.logprobs))


def test_the_maximum_length_truncates_a_sentence_without_eos() -> None:
    [[best]] = decode(Greedy(), [ENDLESS], limit=3)

    assert best.tokens == [A, A, A]
    assert not best.has_eos
    assert best.logprobs == pytest.approx([math.log(p) for p in (0.6, 0.9, 0.9)])  # and no EOS


def test_eos_is_allowed_after_the_maximum_length() -> None:
    [[best]] = decode(Greedy(), [{(): {A: 1.0}, (A,): {B: 1.0}}], limit=2)

    assert best.tokens == [A, B]
    assert best.has_eos
    assert len(best.logprobs) == 3


def test_each_sentence_has_its_own_maximum_length() -> None:
    found = decode(Greedy(), [ENDLESS] * 3, limit=[5, 1, 3])

    assert [len(best.tokens) for [best] in found] == [5, 1, 3]


def test_a_maximum_length_of_zero_gives_an_empty_hypothesis() -> None:
    [[best]] = decode(Greedy(), [ENDLESS], limit=0)

    assert best == ([], [], 0.0, False)


def test_a_translation_is_never_empty() -> None:
    [[best]] = decode(Greedy(), [{(): {EOS: 0.9, A: 0.06, B: 0.04}}])

    assert best.tokens == [A]
    assert best.logprobs == pytest.approx([math.log(0.6), 0.0])  # of what was allowed


@pytest.mark.parametrize("token", [PAD, BOS, UNK])
def test_special_tokens_are_never_generated(token: int) -> None:
    tables: list[Table] = [{(): {token: 0.7, A: 0.2, B: 0.1}, (A,): {token: 0.8, B: 0.2}}]

    [[best]] = decode(Greedy(), tables)

    assert best.tokens == [A, B]


def test_finished_sentences_leave_the_batch() -> None:
    model = Model([{(): {A: 1.0}}, ENDLESS, {(): {B: 1.0}, (B,): {A: 1.0}}])

    found = Greedy()(model, model.init_decoding(), torch.tensor([4, 4, 4]), [1, 2, 3])

    assert [best.tokens for [best] in found] == [[A], [A] * 4, [B, A]]
    assert model.batch_sizes == [3, 3, 2, 1, 1]


def test_finished_sentences_leave_a_batch_by_tenths() -> None:
    short: list[Table] = [{(): {A: 1.0}}, {(): {B: 1.0}, (B,): {A: 1.0}}]
    tables = short + [ENDLESS] * 18
    model = Model(tables)

    found = Greedy()(model, model.init_decoding(), torch.tensor([4] * 20), list(range(20)))

    assert [best.tokens for [best] in found] == [[A], [B, A]] + [[A] * 4] * 18
    assert model.batch_sizes == [
        20,
        20,
        20,
        18,
        18,
    ]  # generated: A and B, EOS of the one, EOS of the other


def test_nan_logits_terminate() -> None:
    [[best]] = decode(Greedy(), [{(): {A: float("nan"), B: float("nan")}}], limit=4)

    assert len(best.tokens) <= 4
