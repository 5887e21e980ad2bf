"""Rules that choose options from measured facts: a text, its tokens, the speed of this machine.

Pure functions: nothing is read or timed here. `seq2seq.tasks.fitting` measures the facts;
`benchmarks/sizing.py` measures the rules, and docs/own-text.md has its table.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from seq2seq.text.tokenizer_training import BYTE_PIECES

SMALLEST_VOCABULARY, LARGEST_VOCABULARY = 1_000, 32_000
PAIRS_OF_SIZES = (500, 15_000, 60_000, 150_000)  # pairs from which on each larger size is of use
FULL_EPOCHS = 8  # epochs that a size above the second must have time for
FEWEST_PAIRS = 40_000  # pairs in all epochs, at least
TRAINING_SHARE = 0.9  # of the time that is left; the rest is for validations and the test text
EMA_INTERVAL = 8  # training steps between updates of the average, train.ema.interval


class ChosenOption(NamedTuple):
    """Value of an option, and the reason for it."""

    option: str
    value: Any
    reason: str


class NetworkSize(NamedTuple):
    """Sizes of a network: vectors of tokens, states, and layers of the decoder."""

    embedding: int
    encoder: int  # in each direction
    decoder: int
    layers: int

    def options(self) -> list[tuple[str, int]]:
        """Return the options of these sizes, and their values."""
        names = ("embedding_size", "encoder.size", "decoder.size", "decoder.layers")
        return [(f"model.{name}", value) for name, value in zip(names, self, strict=True)]


# From small to large.
NETWORK_SIZES = (
    NetworkSize(128, 96, 192, 1),
    NetworkSize(192, 160, 320, 1),
    NetworkSize(256, 192, 384, 1),
    NetworkSize(256, 256, 512, 1),
    NetworkSize(256, 256, 512, 2),
)


class CorpusFacts(NamedTuple):
    """Counts of a corpus before it is tokenised."""

    pairs: int
    characters: int  # different ones that need a piece, in both languages


class TokenFacts(NamedTuple):
    """Counts of a corpus after it is tokenised."""

    pairs: int  # training pairs after cleaning
    source_length: float  # mean number of source tokens
    target_length: float  # mean number of target tokens
    vocab_size: int


class TrainingSpeed(NamedTuple):
    """Time of training with a network."""

    size: NetworkSize
    seconds: float  # for a pair


def choose_vocab_size(facts: CorpusFacts, budget: float | None) -> ChosenOption:
    """Choose the size of the vocabulary: 60 times the root of the pairs, and room for characters.

    1,900 for 1,000 pairs, 6,000 for 10,000, 19,000 for 100,000; whole hundreds, at most 32,000. In
    a short time a large one is not learned: at most 4,000 times the root of the minutes. There are
    at least twice as many pieces as characters, so that many are longer than one.

    Args:
        facts: the text.
        budget: seconds of the training; None: no limit.
    """
    size, reason = 60 * math.sqrt(facts.pairs), f"60 times the root of {facts.pairs:,} pairs"
    by_time = math.inf if budget is None else 4_000 * math.sqrt(budget / 60)
    if by_time < size:
        size, reason = by_time, f"4,000 times the root of {(budget or 0) / 60:g} minutes"
    needed = BYTE_PIECES + 2 * facts.characters
    if needed > size:
        size, reason = needed, f"two for each of {facts.characters:,} characters, beside the bytes"
    chosen = min(LARGEST_VOCABULARY, max(SMALLEST_VOCABULARY, _hundreds(size)))
    return ChosenOption("tokenizer.vocab_size", chosen, reason)


def _hundreds(number: float) -> int:
    return round(number / 100) * 100


def multiplications(size: NetworkSize, tokens: TokenFacts) -> float:
    """Return the number of multiplications for the forward pass of a pair.

    An LSTM of size H that reads E values has 4 H (E + H) weights. Attention multiplies each pair of
    positions; the output layer has a product for each token of the vocabulary.
    """
    embedding, encoder, decoder, layers = size
    memory = 2 * encoder
    per_source = 2 * 4 * encoder * (embedding + encoder) + memory * decoder
    per_target = 4 * decoder * (embedding + decoder)
    per_target += (layers - 1) * 4 * decoder * (2 * decoder + memory)
    per_target += (decoder + memory) * embedding + embedding * tokens.vocab_size
    attention = 2 * tokens.source_length * tokens.target_length * memory
    return tokens.source_length * per_source + tokens.target_length * per_target + attention


def seconds_per_pair(
    size: NetworkSize, tokens: TokenFacts, measured: Sequence[TrainingSpeed]
) -> float:
    """Return the seconds that a pair takes in training, from those of two other sizes.

    The line through both, over `multiplications`: a part of the time does not depend on the size.
    """
    (first, low), (second, high) = measured
    counts = [multiplications(each, tokens) for each in (size, first, second)]
    if counts[1] == counts[2]:
        return low * counts[0] / counts[1]
    slope = max(0.0, (high - low) / (counts[2] - counts[1]))
    return max(low / 10, low + slope * (counts[0] - counts[1]))


def choose_size(pairs: int, seconds: Sequence[float], left: float | None) -> tuple[int, float, str]:
    """Choose one of `NETWORK_SIZES`: the largest that the text is enough for, and the time too.

    Args:
        pairs: training pairs.
        seconds: that a pair takes with each size.
        left: seconds of the budget; None: there is no budget.

    Returns:
        Its index, the epochs that there is time for, and the reason.
    """
    largest = sum(pairs >= needed for needed in PAIRS_OF_SIZES)
    if left is None:
        return largest, math.inf, f"for {pairs:,} pairs"
    epochs = [max(0.0, left) * TRAINING_SHARE / (pairs * max(s, 1e-9)) for s in seconds]
    usual = min(largest, 1)
    index = next((i for i in range(largest, usual, -1) if epochs[i] >= FULL_EPOCHS), usual)
    why = f"for {pairs:,} pairs" if index == largest else "a larger network would have no time"
    return index, epochs[index], why


def choose_dropout(epochs: float) -> float:
    """Choose the dropout: the more often the same pairs are seen, the more."""
    if epochs < 8:
        return 0.2
    return 0.3 if epochs < 15 else 0.4


def enough_epochs(pairs: int) -> int:
    """Return the epochs after which more would not help, or would harm.

    25 for up to 12,000 pairs, 20 for 30,000, 15 for 100,000; more where the text is so small that
    these are too few steps to learn anything.
    """
    usual = min(25, max(10, 20 * math.pow(30_000 / pairs, 0.25)))
    return round(min(100, max(usual, FEWEST_PAIRS / pairs)))


def batch_sentences(pairs: int) -> int:
    """Return the sentences of a batch: few for few pairs, so that an epoch has some ten steps."""
    if pairs < 1_000:
        return 16
    return 32 if pairs < 5_000 else 48


def validation_interval(steps: float) -> int:
    """Return the steps between validations: some six in all, 100 to 1,000 steps apart.

    One takes as long as 50 steps on short sentences, and the first ones longer.
    """
    return min(1_000, max(100, _hundreds(steps / 6)))


def choose_training(
    tokens: TokenFacts, speeds: Sequence[TrainingSpeed], left: float | None
) -> list[ChosenOption]:
    """Choose the network and how it is trained.

    Args:
        tokens: the text.
        speeds: of each of `NETWORK_SIZES`, with the sizes that were given in place of its own.
        left: seconds of the budget; None: there is no budget, and speeds are not looked at.
    """
    index, time_for, reason = choose_size(tokens.pairs, [s.seconds for s in speeds], left)
    sentences = batch_sentences(tokens.pairs)
    enough = enough_epochs(tokens.pairs)
    epochs = min(time_for, enough)
    steps = epochs * tokens.pairs / sentences
    planned = f"{epochs:.1f} epochs" if epochs < 10 else f"{epochs:.0f} epochs"
    by_pairs = f"for {tokens.pairs:,} pairs"
    return [
        *(ChosenOption(option, value, reason) for option, value in speeds[index].size.options()),
        ChosenOption("model.dropout", choose_dropout(epochs), f"for {planned}"),
        ChosenOption("batches.sentences", sentences, by_pairs),
        ChosenOption("optimizer.lr", 4e-3, "falls until the end"),
        ChosenOption("train.epochs", enough, f"more would not help {by_pairs[4:]}"),
        ChosenOption("train.ema.decay", 0.99, f"an average over {100 * EMA_INTERVAL} steps"),
        ChosenOption(
            "validation.interval", validation_interval(steps), f"of about {steps:,.0f} steps"
        ),
    ]
