"""What every strategy in conf/search promises; a new file there is under test by being there."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf

from seq2seq.builders import instantiate_node
from seq2seq.config.paths import CONF_DIR
from seq2seq.search import decode_loop
from seq2seq.search.interface import mask_special_tokens
from seq2seq.text.special_tokens import BOS, EOS, PAD, UNK
from tests.search.table_model import A, B, C, D, Searching, Table, say

FILES = sorted((CONF_DIR / "search").glob("*.yaml"))
WORDS = (A, B, C, D)
# Anything may follow anything, special tokens most probably.
ODDS = {PAD: 0.2, BOS: 0.2, UNK: 0.2, EOS: 0.1, A: 0.12, B: 0.09, C: 0.06, D: 0.03}
PREFIXES = [said for n in range(3) for said in itertools.product(WORDS, repeat=n)]
BABBLE: Table = dict.fromkeys(PREFIXES, ODDS)


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def search(request: pytest.FixtureRequest) -> Searching:
    file: Path = request.param
    node: dict[str, Any] = OmegaConf.to_container(OmegaConf.load(file))  # type: ignore[assignment]
    made: Searching = instantiate_node("search", node)
    return made


def test_every_sentence_is_answered_in_order(search: Searching) -> None:
    only: list[Table] = [{(): {word: 1.0}} for word in WORDS]

    assert [found[0].tokens for found in say(search, only)] == [[word] for word in WORDS]


def test_limits_hold_and_nothing_is_empty_or_special(search: Searching) -> None:
    limits = [3, 1, 2, 3, 1]

    for found, limit in zip(say(search, [BABBLE] * 5, limit=limits), limits, strict=True):
        assert len(found) >= 1
        for h in found:
            assert 1 <= len(h.tokens) <= limit
            assert set(h.tokens) <= set(WORDS)
            assert h.ended or len(h.tokens) == limit
            assert len(h.logprobs) == len(h.tokens) + h.ended


def test_the_best_comes_first(search: Searching) -> None:
    for found in say(search, [BABBLE] * 5, limit=3):
        assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)


def test_a_sentence_is_said_alone_as_in_company(search: Searching) -> None:
    together = say(search, [BABBLE, {(): {D: 1.0}}, BABBLE], limit=[3, 2, 1])
    alone = [
        say(search, [BABBLE], limit=3, first=1)[0],
        say(search, [{(): {D: 1.0}}], limit=2, first=2)[0],
        say(search, [BABBLE], limit=1, first=3)[0],
    ]

    assert together == alone


def test_how_often_is_looked_for_ends_changes_nothing(
    search: Searching, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables: list[Table] = [BABBLE, {(): {D: 1.0}}, BABBLE]
    always = say(search, tables, limit=[3, 2, 1])

    monkeypatch.setitem(decode_loop.CHECK_INTERVAL, "cpu", 3)

    assert say(search, tables, limit=[3, 2, 1]) == always


def test_without_scores_the_same_is_said(search: Searching) -> None:
    said = [
        [[h.tokens for h in found] for found in say(search, [BABBLE] * 5, limit=3, scored=scored)]
        for scored in (True, False)
    ]

    assert said[0] == said[1]


def test_a_certain_sentence_is_found(search: Searching) -> None:
    table: Table = {(): {A: 1.0}, (A,): {C: 1.0}, (A, C): {B: 1.0}}

    [found] = say(search, [table])

    assert (found[0].tokens, found[0].ended, found[0].logprobs) == ([A, C, B], True, [0.0] * 4)
    assert found[0].score == 0


def test_end_is_forbidden_as_the_first_token_only() -> None:
    inf = torch.inf
    assert mask_special_tokens(torch.zeros(6), first=True).tolist() == [
        -inf,
        -inf,
        -inf,
        -inf,
        0,
        0,
    ]
    assert mask_special_tokens(torch.zeros(6), first=False).tolist() == [-inf, -inf, 0, -inf, 0, 0]
