from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.config.training import BatchOptions
from seq2seq.data.batches import BATCH_MULTIPLE, collate, pad
from seq2seq.data.samplers import LengthBatchSampler
from seq2seq.errors import ConfigError

LENGTHS = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), min_size=1, max_size=60)


def order(
    lengths: list[tuple[int, int]], options: BatchOptions, weights: list[float] | None = None
) -> LengthBatchSampler:
    source, target = (np.array(side, dtype=np.int32) for side in zip(*lengths, strict=True))
    return LengthBatchSampler(
        source, target, None if weights is None else np.array(weights, np.float32), options, 7
    )


def test_collate_pads_and_flattens_labels_of_a_batch_worked_by_hand() -> None:
    made = collate([[5, 6, 7], [8]], [[9], [10, 11]])

    assert made.source.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert made.source_lengths is not None
    assert made.source_lengths.tolist() == [3, 1]
    assert made.target_input.tolist() == [[1, 9, 0], [1, 10, 11]]  # START first
    assert made.labels.tolist() == [9, 2, 10, 11, 2]  # END last
    assert made.label_positions.tolist() == [0, 1, 3, 4, 5]  # of two rows of three positions
    assert made.tokens == 5


def test_sentences_of_equal_length_need_no_lengths() -> None:
    tokens, lengths = pad([[5, 6], [7, 8]])

    assert tokens.dtype == torch.long
    assert lengths is None


def test_a_large_batch_is_padded_with_sentences_without_labels() -> None:
    made = collate([[5, 6]] * 17, [[7]] * 17)

    assert made.source.shape == (32, 2)
    assert made.target_input.tolist() == [[1, 7]] * 17 + [[1, 0]] * 15
    assert made.labels.tolist() == [7, 2] * 17
    assert made.label_positions.tolist() == list(range(34))
    assert made.source_lengths is None  # the fill is as long as what it stands beside
    assert made.tokens == 34


@given(LENGTHS, st.integers(1, 40), st.integers(30, 400), st.integers(1, 70))
def test_an_epoch_has_every_pair_once_within_the_caps(
    lengths: list[tuple[int, int]], sentences: int, tokens: int, pool: int
) -> None:
    batches = list(order(lengths, BatchOptions(tokens, sentences, pool)).epoch(0))

    assert sorted(row for rows in batches for row in rows) == list(range(len(lengths)))
    for rows in batches:
        width = max(lengths[r][0] for r in rows) + max(lengths[r][1] for r in rows) + 1
        filled = (
            -(-len(rows) // BATCH_MULTIPLE) * BATCH_MULTIPLE
            if len(rows) > BATCH_MULTIPLE
            else len(rows)
        )
        assert filled <= sentences
        assert filled * width <= tokens


@given(LENGTHS)
def test_pairs_that_no_batch_can_hold_are_left_out_and_counted(
    lengths: list[tuple[int, int]],
) -> None:
    lengths = [(1, 1), *lengths]  # one that fits
    made = order(lengths, BatchOptions(tokens=12, sentences=4))

    rows = {int(row) for rows in made.epoch(0) for row in rows}
    assert rows == {i for i, (s, t) in enumerate(lengths) if s + t + 1 <= 12}
    assert made.left_out == len(lengths) - len(rows)
    notice = f"{made.left_out} pairs are longer than batches.tokens and are left out"
    assert made.notices("pairs") == ([notice] if made.left_out else [])


def test_the_batches_depend_on_seed_and_epoch_alone() -> None:
    lengths = [(1 + i % 5, 1 + i % 3) for i in range(50)]
    made = order(lengths, BatchOptions(sentences=4))

    first, again, second = ([rows.tolist() for rows in made.epoch(e)] for e in (0, 0, 1))

    assert first == again
    assert first != second


def test_many_sentences_of_a_length_make_rectangular_batches() -> None:
    lengths = [(3 + i % 4, 5) for i in range(400)]

    batches = list(order(lengths, BatchOptions(sentences=10)).epoch(0))

    ragged = [rows for rows in batches if len({lengths[r][0] for r in rows}) > 1]
    assert ragged == []


def test_a_corpus_of_which_no_pair_fits_a_batch_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"batches.tokens=5 .* shortest of 2 pairs needs 6"):
        order([(3, 3), (4, 1)], BatchOptions(tokens=5))


def test_a_pair_is_sampled_as_often_as_its_weight() -> None:
    made = order([(2, 2)] * 300, BatchOptions(sentences=8), [2.0] * 100 + [1.0] * 100 + [0.5] * 100)

    seen = Counter(int(row) for rows in made.epoch(0) for row in rows)

    assert {seen[i] for i in range(100)} == {2}
    assert {seen[i] for i in range(100, 200)} == {1}
    assert {seen[i] for i in range(200, 300)} == {0, 1}
    assert 25 < sum(seen[i] for i in range(200, 300)) < 75  # 50 on average
    assert made.pairs == 350
