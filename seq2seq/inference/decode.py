"""From a batch of sources to sentences: a network, a search, and pieces made text."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from seq2seq.search.interface import Hypothesis, Search, TextRanking
from seq2seq.text.tokenizer import Tokenizer


class ScoredTranslation(NamedTuple):
    """One sentence that was said of a source."""

    text: str
    score: float  # what the search ranks by; the larger the better
    logprob: float  # of all tokens together, in nats
    tokens: list[str]  # the pieces
    logprobs: list[float]  # of each piece, and of the end of the sentence where it was reached


def decode_batch(
    model: Any,
    search: Search,
    source: tuple[Any, ...],
    limits: Sequence[int],
    keys: Sequence[int],
    scored: bool,
) -> list[list[Hypothesis]]:
    """What `search` finds for each source of a batch.

    Args:
        model: with `init_decoding` and `step`, as `EncoderDecoder` has them.
        search: the strategy.
        source: the batch (B, ...), the lengths (B,) of its rows, `None` where all are full, and
            what else `init_decoding` takes.
        limits: B numbers of tokens at most.
        keys: B numbers that say which source is which, for random choices.
        scored: whether log-probabilities are wanted.
    """
    device = next(model.parameters()).device
    training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            state = model.init_decoding(source[0].to(device), *source[1:])
            bounds = torch.tensor(limits, device=device)
            return search(model.step, state, bounds, keys, scored)
    finally:
        model.train(training)


def to_text(hypothesis: Hypothesis, tokenizer: Tokenizer) -> ScoredTranslation:
    """A hypothesis as text, of one line whatever its pieces are."""
    text = tokenizer.decode([hypothesis.tokens])[0]
    text = " ".join(text.split("\n")).replace("\r", " ")
    pieces = [tokenizer.piece(token) for token in hypothesis.tokens]
    return ScoredTranslation(
        text, hypothesis.score, sum(hypothesis.logprobs), pieces, hypothesis.logprobs
    )


def rerank(search: Search, best: list[ScoredTranslation]) -> list[ScoredTranslation]:
    """As the search found them, unless it ranks texts."""
    if not isinstance(search, TextRanking):
        return best
    expected = search.expected([scored.text for scored in best])
    scored = [s._replace(score=score) for s, score in zip(best, expected, strict=True)]
    return sorted(scored, key=lambda s: -s.score)
