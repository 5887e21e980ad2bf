"""The rules of +recipe=own, as functions of facts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.config.fitted import FITTED_OPTIONS
from seq2seq.training.sizing import (
    NETWORK_SIZES,
    CorpusFacts,
    NetworkSize,
    TokenFacts,
    TrainingSpeed,
    choose_dropout,
    choose_size,
    choose_training,
    choose_vocab_size,
    enough_epochs,
    multiplications,
    seconds_per_pair,
)

TOKENS = TokenFacts(pairs=1000, source_length=10.0, target_length=12.0, vocab_size=2000)


@pytest.mark.parametrize(
    ("pairs", "characters", "minutes", "size"),
    [
        (400, 60, None, 1200),  # 60 √400
        (10_000, 80, None, 6000),  # 60 √10,000
        (90_000, 90, 60, 18_000),  # 60 √90,000
        (90_000, 90, 4, 8_000),  # 4,000 √4
        (4_000_000, 100, None, 32_000),  # no more
        (900, 1500, 1, 3300),  # 256 bytes, and two for each of 1,500 characters; not 1,500
        (10, 20, 1, 1000),  # no less
    ],
)
def test_the_vocabulary_grows_with_the_text_and_has_room_for_its_characters(
    pairs: int, characters: int, minutes: int | None, size: int
) -> None:
    budget = None if minutes is None else 60.0 * minutes

    assert choose_vocab_size(CorpusFacts(pairs, characters), budget).value == size


def test_the_reason_of_a_raised_vocabulary_names_its_characters() -> None:
    assert "1,500 characters" in choose_vocab_size(CorpusFacts(900, 1500), None).reason
    assert "900 pairs" in choose_vocab_size(CorpusFacts(900, 60), None).reason
    assert "5 minutes" in choose_vocab_size(CorpusFacts(10**5, 60), 300).reason


def test_the_multiplications_of_a_network_by_hand() -> None:
    tokens = TokenFacts(pairs=1, source_length=1.0, target_length=2.0, vocab_size=10)
    # source: two directions 4·2·(3+2) = 80, keys 4·5 = 20; target: 4·5·(3+5) = 160, readout
    # (5+4)·3 = 27, output 3·10 = 30; attention: 2·1·2·4 = 16
    assert multiplications(NetworkSize(3, 2, 5, 1), tokens) == 100 + 2 * (160 + 27 + 30) + 16
    # another layer: 4·5·(5 + 5 + 4) = 280 at each of two positions
    assert multiplications(NetworkSize(3, 2, 5, 2), tokens) == 100 + 2 * (160 + 27 + 30 + 280) + 16


def test_the_time_of_a_pair_is_on_the_line_through_the_measured_ones() -> None:
    low, high = NETWORK_SIZES[0], NETWORK_SIZES[3]
    measured = [TrainingSpeed(low, 0.001), TrainingSpeed(high, 0.003)]

    assert seconds_per_pair(low, TOKENS, measured) == pytest.approx(0.001)
    assert seconds_per_pair(high, TOKENS, measured) == pytest.approx(0.003)
    assert 0.001 < seconds_per_pair(NETWORK_SIZES[1], TOKENS, measured) < 0.003
    assert seconds_per_pair(NETWORK_SIZES[4], TOKENS, measured) > 0.003


def test_given_sizes_make_every_size_the_measured_one() -> None:
    measured = [TrainingSpeed(NETWORK_SIZES[1], 0.002), TrainingSpeed(NETWORK_SIZES[1], 0.0021)]

    assert seconds_per_pair(NETWORK_SIZES[1], TOKENS, measured) == pytest.approx(0.002)


@given(st.floats(1e-5, 1), st.floats(1e-5, 1), st.sampled_from(NETWORK_SIZES), st.floats(1, 500))
def test_times_are_positive_whatever_was_measured(
    low: float, high: float, size: NetworkSize, length: float
) -> None:
    tokens = TokenFacts(1000, length, length, 5000)

    assert (
        seconds_per_pair(
            size,
            tokens,
            [TrainingSpeed(NETWORK_SIZES[0], low), TrainingSpeed(NETWORK_SIZES[3], high)],
        )
        > 0
    )


@pytest.mark.parametrize(
    ("pairs", "left", "index"),
    [
        (181, None, 0),
        (3_000, None, 1),
        (29_000, None, 2),
        (100_000, None, 3),
        (500_000, None, 4),
        (29_000, 10.0, 1),  # 0.3 epochs of any: never smaller than the second
        (29_000, 29_000 * 0.003 * 10, 2),  # 0.9 · 10 = 9 epochs at the third size's speed
        (500_000, 500_000 * 0.004 * 10, 3),
    ],
)
def test_the_network_is_as_large_as_text_and_time_allow(
    pairs: int, left: float | None, index: int
) -> None:
    seconds = [0.001, 0.002, 0.003, 0.004, 0.008]

    assert choose_size(pairs, seconds, left)[0] == index


@given(st.integers(1, 10**7), st.floats(0, 10**6), st.floats(1e-6, 1))
def test_a_longer_budget_never_chooses_a_smaller_network(
    pairs: int, left: float, second: float
) -> None:
    seconds = [second * factor for factor in (1, 2, 3, 4, 8)]

    assert choose_size(pairs, seconds, left)[0] <= choose_size(pairs, seconds, 2 * left)[0]
    assert choose_size(pairs, seconds, left)[0] <= choose_size(pairs, seconds, None)[0]


def test_pairs_that_are_seen_often_get_more_dropout() -> None:
    assert [choose_dropout(epochs) for epochs in (1, 5, 10, 100)] == [0.2, 0.2, 0.3, 0.4]


def test_few_pairs_are_seen_more_often() -> None:
    numbers = [1, 800, 3_000, 30_000, 480_000, 10**7]  # 480,000 is sixteen times 30,000

    assert [enough_epochs(pairs) for pairs in numbers] == [100, 50, 25, 20, 10, 10]


@pytest.mark.parametrize("left", [None, 0.0, 300.0, 1e6])
@pytest.mark.parametrize("pairs", [1, 1_000, 100_000, 10**7])
def test_every_option_is_chosen_once_with_a_reason(pairs: int, left: float | None) -> None:
    tokens = TOKENS._replace(pairs=pairs)
    speeds = [TrainingSpeed(size, 0.001) for size in NETWORK_SIZES]

    choices = [
        choose_vocab_size(CorpusFacts(pairs, 50), left),
        *choose_training(tokens, speeds, left),
    ]

    assert sorted(choice.option for choice in choices) == sorted(FITTED_OPTIONS)
    assert all(choice.reason for choice in choices)
