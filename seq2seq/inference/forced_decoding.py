"""Forced decoding: the log-probabilities that networks give to translations that exist."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from seq2seq.data.batches import Batch, collate
from seq2seq.errors import TextError
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.model.evaluation_mode import evaluation_mode
from seq2seq.text.protection import protect_pair
from seq2seq.text.spans.rules import SpanRules
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.transforms import TextTransforms

PAIR_WINDOW = 64  # batches of pairs that are read ahead and sorted by length together
MAX_POSITIONS = 2**16  # of a batch with padding, sources and targets together
MAX_ATTENDED = 2**17  # pairs of a target and a source position that are compared at a time
MAX_LOGITS = 2**22  # computed at a time


class ForcedTranslation(NamedTuple):
    """A given translation with its log-probabilities; those of a blank pair are empty.

    A pair is blank if its source or its target is.
    """

    tokens: list[str]  # of the target
    logprobs: list[float]  # in nats, of each token and of the end of sentence
    words: int  # of the target, separated by blanks; the end of sentence counts as one

    @property
    def is_blank(self) -> bool:
        """Return whether the source or the target is blank."""
        return not self.logprobs

    @property
    def logprob(self) -> float:
        """Return the log-probability of the translation, 0 for a blank pair."""
        return math.fsum(self.logprobs)

    @property
    def perplexity(self) -> float:
        """Return the perplexity per token; infinity on overflow and for a blank pair."""
        return perplexity(self.logprob, len(self.logprobs))

    def cross_entropy(self, unit: str) -> float:
        """Return the negative log-probability per "word" or "token"; infinity for a blank pair."""
        count = self.words if unit == "word" else len(self.logprobs)
        return -self.logprob / count if self.logprobs else math.inf


class DualCrossEntropy(NamedTuple):
    """Cross-entropies of a pair by models of both directions; the lower its score, the better.

    Junczys-Dowmunt (2018), section 2.2: pairs are good that both models find probable, and equally
    so. https://aclanthology.org/W18-6478
    """

    forward: float  # H_A of the target given the source
    reverse: float  # H_B of the source given the target

    @property
    def score(self) -> float:
        """Return |H_A - H_B| + (H_A + H_B) / 2; infinity for a blank pair."""
        if math.inf in self:
            return math.inf
        return abs(self.forward - self.reverse) + (self.forward + self.reverse) / 2

    @property
    def weight(self) -> float:
        """Return exp(-score): 1 is the best, 0 the worst."""
        return math.exp(-self.score)


class ForcedDecoder:
    """Scores given translations with one network or an ensemble, all positions at once.

    A pair is read as a training pair: spans that both sides share become symbols where the
    networks know these, and both sides are transformed. No pair is cut, however long it is. With
    document context each pair is scored as the first of its document.
    """

    def __init__(
        self,
        models: Sequence[EncoderDecoder],
        source: Tokenizer,
        target: Tokenizer,
        transforms: TextTransforms,
        rules: SpanRules | None,
        batch: int,
        languages: tuple[str, str] = ("", ""),
        tags: Sequence[int] = (),
    ) -> None:
        """Score with `models`, on their device.

        Args:
            models: networks with one vocabulary, whose probabilities are averaged.
            source: tokenizer of the sources.
            target: tokenizer of the targets.
            transforms: of both sides, before they are tokenised.
            rules: of the spans that both sides may share; None: nothing is protected.
            batch: pairs that are scored together, at most. Results do not depend on it.
            languages: codes of source and target, "" where a run has none.
            tags: token ids that are put before those of each source.
        """
        self.tags = list(tags)
        self.models, self.source, self.target = models, source, target
        self.transforms, self.batch, self.languages = transforms, batch, languages
        has_symbols = source.has_symbols and target.has_symbols
        self.rules = rules if has_symbols else None

    @property
    def window_lines(self) -> int:
        """Return the number of pairs that are read ahead and sorted by length together."""
        return PAIR_WINDOW * self.batch

    def score(self, sources: Sequence[str], targets: Sequence[str]) -> list[ForcedTranslation]:
        """Return the log-probabilities of each target given its source.

        Raises:
            TextError: there is not one target for each source, or one text is given for lines.
        """
        if isinstance(sources, str) or isinstance(targets, str):
            raise TextError("score takes lines, such as [text], not one text")
        if len(sources) != len(targets):
            raise TextError(f"{len(sources)} sources and {len(targets)} targets: one for each")
        source_ids, target_ids = self._encode(sources, targets)
        logprobs: list[list[float]] = [[] for _ in sources]
        for indices in self._batches(source_ids, target_ids):
            batch = collate([source_ids[i] for i in indices], [target_ids[i] for i in indices])
            values = self._logprobs(batch)
            start = 0
            for index in indices:
                end = start + len(target_ids[index]) + 1
                logprobs[index] = values[start:end]
                start = end
        return [
            ForcedTranslation(
                [self.target.piece(token) for token in ids] if row else [],
                row,
                len(target.split()) + 1 if row else 0,
            )
            for target, ids, row in zip(targets, target_ids, logprobs, strict=True)
        ]

    def _encode(
        self, sources: Sequence[str], targets: Sequence[str]
    ) -> tuple[list[list[int]], list[list[int]]]:
        """Return the token ids of both sides, as training prepares them."""
        pairs: Iterable[tuple[str, str]] = zip(sources, targets, strict=True)
        if self.rules is not None:
            rules = self.rules
            pairs = [protect_pair(source, target, rules) for source, target in pairs]
        transformed = [
            (self.transforms(source), self.transforms(target)) for source, target in pairs
        ]
        encoded = self.source.encode([source for source, _ in transformed])
        return (
            [self.tags + ids if ids else ids for ids in encoded],
            self.target.encode([target for _, target in transformed]),
        )

    def _batches(
        self, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]
    ) -> Iterator[list[int]]:
        """Yield the indices of pairs of similar length, the longest first, without blank pairs.

        Where memory does not suffice, the first batch shows it.
        """
        filled = [i for i in range(len(sources)) if sources[i] and targets[i]]
        batch: list[int] = []
        longest_source = longest_target = 0
        for index in sorted(filled, key=lambda i: (-len(sources[i]), -len(targets[i]))):
            longest_source = max(longest_source, len(sources[index]))
            longest_target = max(longest_target, len(targets[index]) + 1)
            positions = (len(batch) + 1) * (longest_source + longest_target)
            if batch and (len(batch) == self.batch or positions > MAX_POSITIONS):
                yield batch
                batch = []
                longest_source, longest_target = len(sources[index]), len(targets[index]) + 1
            batch.append(index)
        if batch:
            yield batch

    def _logprobs(self, batch: Batch) -> list[float]:
        """Return the log-probability of each label of a batch: of the mean over the networks."""
        with torch.inference_mode():
            of_each = torch.stack([label_logprobs(model, batch) for model in self.models])
            mean: list[float] = (of_each.logsumexp(0) - math.log(len(self.models))).tolist()
        return mean


def label_logprobs(model: EncoderDecoder, batch: Batch) -> Tensor:
    """Return the log-probability (N,) fp32 of each label of a batch, with teacher forcing.

    The target is decoded in parts, each from the final state of the one before it, so that the
    attention of long pairs fits in memory.
    """
    batch = batch.to(next(model.parameters()).device)
    with evaluation_mode(model):
        encoded = model.encode(batch.source, batch.source_lengths)
        width = max(1, MAX_ATTENDED // batch.source.numel())
        state, features = encoded.state, []
        for target_input in batch.target_input.split(width, 1):
            decoded = model.decoder(target_input, state, encoded.memory)
            state = decoded.state
            features.append(decoded.features)
        of_labels = torch.cat(features, 1).flatten(0, 1)[batch.label_positions]  # (N, E)
        rows = max(1, MAX_LOGITS // model.output.linear.out_features)
        logprobs = []
        for part, labels in zip(of_labels.split(rows), batch.labels.split(rows), strict=True):
            logits = model.output(part).float()  # (n, V)
            chosen = logits.gather(-1, labels.unsqueeze(-1)).squeeze(-1)
            logprobs.append(chosen - logits.logsumexp(-1))
    return torch.cat(logprobs)


def perplexity(logprob: float, count: int) -> float:
    """Return exp(-logprob / count); infinity on overflow, and where `count` is 0."""
    try:
        return math.exp(-logprob / count)
    except (OverflowError, ZeroDivisionError):
        return math.inf
