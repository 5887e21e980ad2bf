"""The contract of every search in conf/search; a new file there is tested too."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf

from seq2seq.builders import instantiate_node
from seq2seq.config.paths import CONF_DIR
from seq2seq.search import decode_loop
from seq2seq.search.logit_processors import mask_special_tokens
from seq2seq.text.special_tokens import BOS, EOS, PAD, UNK
from tests.search.table_model import A, B, C, D, SearchFunction, Table, decode

FILES = sorted((CONF_DIR / "search").glob("*.yaml"))
WORDS = (A, B, C, D)
# Any token may follow any, special tokens most probably.
ODDS = {PAD: 0.2, BOS: 0.2, UNK: 0.2, EOS: 0.1, A: 0.12, B: 0.09, C: 0.06, D: 0.03}
PREFIXES = [prefix for n in range(3) for prefix in itertools.product(WORDS, repeat=n)]
BABBLE: Table = dict.fromkeys(PREFIXES, ODDS)


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def search(request: pytest.FixtureRequest) -> SearchFunction:
    file: Path = request.param
    node: dict[str, Any] = OmegaConf.to_container(OmegaConf.load(file))  # type: ignore[assignment]
    made: SearchFunction = instantiate_node("search", node)
    return made


def test_hypotheses_are_in_the_order_of_the_sentences(search: SearchFunction) -> None:
    only: list[Table] = [{(): {word: 1.0}} for word in WORDS]

    assert [found[0].tokens for found in decode(search, only)] == [[word] for word in WORDS]


def test_maximum_lengths_hold_and_no_hypothesis_is_empty_or_has_special_tokens(
    search: SearchFunction,
) -> None:
    limits = [3, 1, 2, 3, 1]

    for found, limit in zip(decode(search, [BABBLE] * 5, limit=limits), limits, strict=True):
        assert len(found) >= 1
        for h in found:
            assert 1 <= len(h.tokens) <= limit
            assert set(h.tokens) <= set(WORDS)
            assert h.has_eos or len(h.tokens) == limit
            assert len(h.logprobs) == len(h.tokens) + h.has_eos


def test_hypotheses_are_sorted_by_score(search: SearchFunction) -> None:
    for found in decode(search, [BABBLE] * 5, limit=3):
        assert [h.score for h in found] == sorted((h.score for h in found), reverse=True)


def test_hypotheses_do_not_depend_on_the_batch(search: SearchFunction) -> None:
    together = decode(search, [BABBLE, {(): {D: 1.0}}, BABBLE], limit=[3, 2, 1])
    alone = [
        decode(search, [BABBLE], limit=3, first=1)[0],
        decode(search, [{(): {D: 1.0}}], limit=2, first=2)[0],
        decode(search, [BABBLE], limit=1, first=3)[0],
    ]

    assert together == alone


def test_the_check_interval_does_not_change_hypotheses(
    search: SearchFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables: list[Table] = [BABBLE, {(): {D: 1.0}}, BABBLE]
    always = decode(search, tables, limit=[3, 2, 1])

    monkeypatch.setitem(decode_loop.CHECK_INTERVAL, "cpu", 3)

    assert decode(search, tables, limit=[3, 2, 1]) == always


def test_hypotheses_are_the_same_without_scores(search: SearchFunction) -> None:
    tokens = [
        [
            [h.tokens for h in found]
            for found in decode(search, [BABBLE] * 5, limit=3, scored=scored)
        ]
        for scored in (True, False)
    ]

    assert tokens[0] == tokens[1]


def test_a_sentence_of_probability_one_is_found(search: SearchFunction) -> None:
    table: Table = {(): {A: 1.0}, (A,): {C: 1.0}, (A, C): {B: 1.0}}

    [found] = decode(search, [table])

    assert (found[0].tokens, found[0].has_eos, found[0].logprobs) == ([A, C, B], True, [0.0] * 4)
    assert found[0].score == 0


def test_eos_is_masked_as_the_first_token_only() -> None:
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
