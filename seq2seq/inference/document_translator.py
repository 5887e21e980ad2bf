"""Translation of documents, each line with the state carried over from the line before."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from seq2seq.data.batches import pad
from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.joining import join_units
from seq2seq.inference.line_units import unit_keys
from seq2seq.inference.repetition_retry import retry_repetition
from seq2seq.inference.stored_batches import StoredBatches
from seq2seq.inference.translator import Translator, WindowTranslations
from seq2seq.inference.unit_decoding import UnitBatch, by_length
from seq2seq.model.evaluation_mode import evaluation_mode
from seq2seq.text.prefixes import prefixed_lines
from seq2seq.text.special_tokens import BOS


class DocumentTranslator(Translator):
    """Translates lines, each with the state of the line before it in its document.

    A blank line ends a document. The translation of a line depends on the lines before it in its
    document and on nothing else: documents are translated side by side, line by line.
    """

    def best(
        self,
        lines: Iterable[str],
        documents: Sequence[str | None] | None = None,
        prefixes: Sequence[str] | None = None,
        scored: bool = True,
    ) -> list[ScoredTranslation]:
        """Return the best translation of each line.

        Args:
            lines: any text.
            documents: the document of each line: a line takes the state of the one before it where
                both are of the same document. None: blank lines stand between documents.
            prefixes: beginnings of the translations, "" for none.
            scored: whether to return scores, words and confidence.
        """
        if documents is None:
            return super().best(lines, prefixes=prefixes, scored=scored)
        lines = lines if prefixes is None else prefixed_lines(lines, prefixes)
        separated: list[str] = []
        indices = []
        for line, (previous, document) in zip(lines, pairwise([None, *documents]), strict=True):
            if document is None or document != previous:
                separated.append("")
            indices.append(len(separated))
            separated.append(line)
        translations = super().best(separated, scored=scored)
        return [translations[index] for index in indices]

    @torch.inference_mode()
    def translate_window(
        self,
        lines: Sequence[str],
        first: int = 1,
        scored: bool = True,
        state: Any = None,
        stored: StoredBatches | None = None,
    ) -> WindowTranslations:
        """Return the translations of consecutive lines, and the state of the last document.

        Args:
            lines: the lines.
            first: the number of the first one; see `hypotheses`.
            scored: whether to return scores.
            state: a `PreviousState` of one sentence, of the window before it; None: the first line
                begins a document.
            stored: batches of this window that an interrupted translation has stored.
        """
        planned = self.planner.plan(lines)
        units = [unit for line in planned for unit in line.units]
        keys = unit_keys(planned, first)
        translations: list[list[ScoredTranslation]] = [[] for _ in units]
        documents = document_unit_indices([len(line.units) for line in planned])
        states = None
        if state is not None:
            states = state.empty(len(documents))
            states.scatter(torch.zeros(1, dtype=torch.long), state)
        document_of = {index: row for row, indices in enumerate(documents) for index in indices}
        # The first units of all documents, then the second ones, and so on.
        for position in range(max(len(indices) for indices in documents)):
            current = [indices[position] for indices in documents if len(indices) > position]
            for indices in by_length(current, units, self.batch):
                rows = torch.tensor([document_of[index] for index in indices])
                previous = states.select(rows) if states else None
                batch = UnitBatch.of(
                    [units[index] for index in indices],
                    [keys[index] for index in indices],
                    scored,
                    previous,
                )
                best = self._decode_with_retries(batch, stored)
                for index, hypotheses in zip(indices, best, strict=True):
                    translations[index] = hypotheses
                final = self._advance(batch.source, [b[0] for b in best], previous)
                states = states or final.empty(len(documents))
                states.scatter(rows, final)
        # Only the last document can go on in the next window: blank lines have ended the others.
        last = torch.tensor([len(documents) - 1])
        joined = join_units(planned, translations, self.fit if scored else None)
        return WindowTranslations(joined, states.select(last) if states else None)

    def _decode_with_retries(
        self, batch: UnitBatch, stored: StoredBatches | None
    ) -> list[list[ScoredTranslation]]:
        """Return the translations of a batch; the next sentences need the last tries of them."""
        best = next(self.translate_batches([batch], stored))
        if self.retries:
            retry_repetition(
                best,
                lambda failed: iter([failed] if failed else []),
                lambda found, n: self.decode_batches(map(batch.select, found), n),
            )
        return best

    def _advance(
        self, source: tuple[Tensor, Tensor | None], best: Sequence[ScoredTranslation], previous: Any
    ) -> Any:
        """Return the states after the sentences of a batch and their `best` translations."""
        prefixes = [[BOS, *self.target.ids(translation.tokens)] for translation in best]
        target, _ = pad(prefixes)
        lengths = torch.tensor([len(ids) for ids in prefixes])
        device = next(self.model.parameters()).device
        encoded = source[0].to(device), source[1]
        with evaluation_mode(self.model):
            return self.model.advance_document(*encoded, (target.to(device), lengths), previous)


def document_unit_indices(counts: Sequence[int]) -> list[list[int]]:
    """Return the indices of the units of each document: those between blank lines.

    The first document is that of the first line and the last that of the last line: they are empty
    where that line is blank.

    Args:
        counts: number of units of each line; 0: the line is blank.
    """
    documents: list[list[int]] = [[]]
    index = 0
    for count in counts:
        if count:
            documents[-1].extend(range(index, index + count))
            index += count
        else:
            documents.append([])
    return documents
