"""Decoding of a batch with a network and a search, and detokenisation."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from seq2seq.model.evaluation_mode import evaluation_mode
from seq2seq.search.interface import Hypothesis, Search, TextRanking
from seq2seq.search.logit_processors import LogitProcessor
from seq2seq.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from seq2seq.inference.alignment import Alignment


class ScoredWord(NamedTuple):
    """A word of a translation, and how probable it is."""

    text: str
    logprob: float  # in nats, of its tokens together
    is_given: bool  # it was not generated: it is of a span, a prefix or a copied unit
    # That it is right: that the reference has it. None: the run has no fit of confidence.
    probability: float | None = None


class ScoredTranslation(NamedTuple):
    """One translation as text, with its score and tokens."""

    text: str
    score: float  # by which the search ranks; higher is better
    logprob: float  # in nats, of all tokens together
    tokens: list[str]
    logprobs: list[float]  # of each token, and of the end of sentence if generated
    has_eos: bool = True  # False: it was ended by the maximum length
    sentences: int = 1  # parts of the line that were translated one by one
    retries: int = 0  # parts that were decoded again because they repeated themselves
    is_repetitive: bool = False  # it repeats itself still
    repaired: int = 0  # spans that were missing and were inserted
    alignment: "Alignment | None" = None  # of its words, if asked for
    words: Sequence[ScoredWord] = ()  # if scored
    # The expected share of its words that are right; None: not scored, or no fit of confidence.
    confidence: float | None = None


def decode_batch(
    model: Any,
    search: Search,
    source: tuple[Any, ...],
    max_lengths: Sequence[int],
    sentence_ids: Sequence[int],
    scored: bool,
    constraints: Sequence[LogitProcessor] = (),
) -> list[list[Hypothesis]]:
    """Return the hypotheses of `search` for each source of a batch.

    Args:
        model: a network with the methods `init_decoding` and `step` of `EncoderDecoder`.
        search: the search strategy.
        source: arguments of `init_decoding`: the batch (B, ...), its lengths (B,) or `None` where
            there is no padding, and any others.
        max_lengths: B maximum numbers of tokens.
        sentence_ids: B numbers that identify the sentences, to seed random choices.
        scored: whether to return log-probabilities.
        constraints: on the hypotheses of this batch.
    """
    device = next(model.parameters()).device
    with evaluation_mode(model), torch.inference_mode():
        state = model.init_decoding(source[0].to(device), *source[1:])
        lengths = torch.tensor(max_lengths, device=device)
        return search(model.step, state, lengths, sentence_ids, scored, constraints)


def to_text(hypothesis: Hypothesis, tokenizer: Tokenizer) -> ScoredTranslation:
    """Detokenise a hypothesis to one line: newlines in its tokens become spaces."""
    text = tokenizer.decode([hypothesis.tokens])[0]
    text = " ".join(text.split("\n")).replace("\r", " ")
    tokens = [tokenizer.piece(token) for token in hypothesis.tokens]
    return ScoredTranslation(
        text,
        hypothesis.score,
        sum(hypothesis.logprobs),
        tokens,
        hypothesis.logprobs,
        hypothesis.has_eos,
    )


def rerank(
    search: Search, translations: list[list[ScoredTranslation]]
) -> list[list[ScoredTranslation]]:
    """Re-rank the translations of each sentence if the search scores detokenised text (MBR)."""
    if not isinstance(search, TextRanking):  # asked once a batch, since the answer takes long
        return translations
    return [_by_utility(search, of_sentence) for of_sentence in translations]


def _by_utility(
    search: TextRanking, translations: list[ScoredTranslation]
) -> list[ScoredTranslation]:
    utilities = search.expected([translation.text for translation in translations])
    rescored = [t._replace(score=u) for t, u in zip(translations, utilities, strict=True)]
    return sorted(rescored, key=lambda translation: -translation.score)
