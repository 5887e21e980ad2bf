"""Training pairs changed on the fly: another version of each in every epoch."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seq2seq.config.augment import AugmentOptions
from seq2seq.data.batches import RowIndices, TokenIds
from seq2seq.data.datasets import ParallelDataset
from seq2seq.data.samplers import LengthBatchSampler
from seq2seq.text.augment import Context, LinePair, augment, pair_random
from seq2seq.text.augment.modifiers import MAX_JOINED
from seq2seq.text.protection import protect_pair
from seq2seq.text.spans.rules import SpanRules
from seq2seq.text.tokenizer import Tokenizer

AUGMENTED_PAIRS = 10_000  # pairs that are changed at a time

ChangedPair = tuple[LinePair, TokenIds, TokenIds]  # and the token ids of its sides


class AugmentedDataset(ParallelDataset):
    """Prepared training pairs, augmented anew in every epoch, in batches of similar length.

    Before an epoch all pairs are augmented, each with random numbers of its own, and those that
    changed are kept: the batches are made of the lengths that the pairs have then.
    """

    def __init__(
        self,
        dataset: Any,
        sampler: LengthBatchSampler,
        sides: tuple[Tokenizer, Tokenizer],
        sampling: float,
        options: AugmentOptions,
        languages: tuple[str, str],
        rules: Mapping[str | None, SpanRules] | None,
    ) -> None:
        """Load from `dataset`, the training pairs of a `PreparedCorpus`.

        Args:
            dataset: memory-mapped.
            sampler: of the pairs as they are.
            sides: tokenizers of source and target.
            sampling: `tokenizer.sampling`.
            options: rates of the modifiers.
            languages: of source and target.
            rules: of the spans for which symbols stand, so that spans which a modifier adds get
                symbols too, by the languages of pairs; None: there are no symbols.
        """
        super().__init__(dataset, sampler, sides, sampling)
        self.options, self.rules = options, rules
        self.contexts: dict[str | None, Context] = {None: Context(*languages)}
        self._epoch = -1  # that `_changed` is of
        self._changed: dict[int, ChangedPair] = {}

    def epoch(self, number: int) -> Iterator[RowIndices]:
        """Yield the row indices of each batch of epoch `number`, by the lengths of its pairs."""
        self._augment(number)
        source, target = self.sampler.source.copy(), self.sampler.target.copy()
        for row, (_, source_ids, target_ids) in self._changed.items():
            source[row], target[row] = len(source_ids), len(target_ids)
        original = self.sampler
        lengths = LengthBatchSampler(
            source, target, original.weights, original.options, original.seed
        )
        return lengths.epoch(number)

    def _ids(self, table: Any, rows: RowIndices, epoch: int) -> tuple[list[Any], list[Any]]:
        sources, targets = super()._ids(table, rows, epoch)
        for index, changed in self._changed_of(rows, epoch):
            sources[index], targets[index] = changed[1:]
        return sources, targets

    def _texts(self, table: Any, rows: RowIndices, epoch: int) -> tuple[list[str], list[str]]:
        sources, targets = super()._texts(table, rows, epoch)
        for index, changed in self._changed_of(rows, epoch):
            sources[index], targets[index] = changed[0]
        return sources, targets

    def _changed_of(self, rows: RowIndices, epoch: int) -> Iterator[tuple[int, ChangedPair]]:
        """Yield the pairs among `rows` that are changed in an epoch, with their index there."""
        self._augment(epoch)
        for index, row in enumerate(rows.tolist()):
            if row in self._changed:
                yield index, self._changed[row]

    def _augment(self, epoch: int) -> None:
        """Augment all pairs for `epoch`, unless that is done."""
        if self._epoch == epoch:
            return
        self._changed = {}
        for start in range(0, len(self.dataset), AUGMENTED_PAIRS):
            self._augment_chunk(epoch, start)
        self._epoch = epoch

    def _augment_chunk(self, epoch: int, start: int) -> None:
        table = self.dataset[start : start + AUGMENTED_PAIRS]
        texts = zip(table["source"].to_pylist(), table["target"].to_pylist(), strict=True)
        pairs = [LinePair(*pair) for pair in texts]
        known = "languages" in table.column_names
        kinds = table.select(["tags", "languages"]).to_pylist() if known else [{}] * len(pairs)
        rows: list[int] = []
        made: list[LinePair] = []
        for index, pair in enumerate(pairs):
            random = pair_random(self.sampler.seed, epoch, start + index)
            following = [
                other
                for other, kind in zip(
                    pairs[index + 1 : index + MAX_JOINED],
                    kinds[index + 1 : index + MAX_JOINED],
                    strict=True,
                )
                if kind == kinds[index]
            ]
            languages = kinds[index].get("languages")
            if languages not in self.contexts:
                self.contexts[languages] = Context(*languages.split(" "))

            def next_pairs(
                count: int, following: Sequence[LinePair] = following
            ) -> Sequence[LinePair]:
                return following[:count]

            changed = augment(pair, random, self.options, self.contexts[languages], next_pairs)
            if changed == pair:
                continue
            if self.rules is not None:
                rules = self.rules.get(languages) or self.rules[None]
                changed = LinePair(*protect_pair(*changed, rules))
            rows.append(start + index)
            made.append(changed)
        sources = self.source.encode([pair.source for pair in made])
        if known and rows:
            sources = self._with_tags(sources, table.take([row - start for row in rows]))
        targets = self.target.encode([pair.target for pair in made])
        longest = self.sampler.options.tokens
        for row, pair, source_ids, target_ids in zip(rows, made, sources, targets, strict=True):
            if len(source_ids) + len(target_ids) + 1 <= longest:  # else it stays as it was
                self._changed[row] = (pair, source_ids, target_ids)
