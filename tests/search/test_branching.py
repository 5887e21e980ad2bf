"""Branching: each of the most probable tokens once, and the best behind it."""

import torch

from seq2seq.search.branching import Branching
from seq2seq.search.prefix import ForcedPrefix, ForcedTokens, PieceBytes
from seq2seq.text.special_tokens import EOS
from tests.search.table_model import A, B, C, D, Model, Table, decode

# A beam of two would follow A alone: its continuations have 0.5 and 0.4, B's best 0.08.
TABLE: Table = {
    (): {A: 0.9, B: 0.08, C: 0.02},
    (A,): {C: 0.55, D: 0.45},
    (B,): {D: 1.0},
    (C,): {EOS: 0.6, A: 0.4},
}


def test_each_of_the_best_tokens_is_followed_greedily() -> None:
    (found,) = decode(Branching(2), [TABLE])
    assert [h.tokens for h in found] == [[A, C], [B, D]]
    assert [round(h.score, 5) for h in found] == [
        round(torch.tensor(p).log().item(), 5) for p in (0.9 * 0.55, 0.08)
    ]


def test_there_are_no_more_hypotheses_than_possible_tokens() -> None:
    (found,) = decode(Branching(9), [TABLE])
    assert [h.tokens for h in found] == [[A, C], [B, D], [C]]


def test_hypotheses_do_not_depend_on_the_batch() -> None:
    other: Table = {(): {D: 1.0}, (D,): {A: 0.7, B: 0.3}}  # it branches one token later
    alone = [decode(Branching(2), [table])[0] for table in (TABLE, other)]
    together = decode(Branching(2), [TABLE, other, TABLE])
    assert [[h.tokens for h in found] for found in together] == [
        [h.tokens for h in found] for found in (alone[0], alone[1], alone[0])
    ]
    assert [h.tokens for h in alone[1]] == [[D, A], [D, B]]


def test_branches_begin_behind_a_forced_prefix() -> None:
    pieces = PieceBytes([b""] * 4 + [b" a", b" b", b" c", b" d"], [False] * 8)
    prefix = ForcedPrefix(pieces, [ForcedTokens([A], b"")], [])
    model = Model([TABLE])

    (found,) = Branching(3)(model, model.init_decoding(), torch.tensor([9]), [1], True, [prefix])

    assert [h.tokens for h in found] == [[A, C], [A, D]]
