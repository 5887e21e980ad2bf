"""Translation of documents, each line with the state carried over from the line before."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from seq2seq.data.batches import pad
from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.translator import BLANK_TRANSLATION, Translator
from seq2seq.text.special_tokens import BOS


class DocumentTranslator(Translator):
    """Translates lines each of which goes on from the one before it in its document.

    A blank line ends a document. What a line says depends on the lines before it in its document,
    and on nothing else: documents are translated side by side, line by line.
    """

    left: Any = None  # where the last line ended: a `Before` of one sentence
    reached = 0  # the number of the last line

    def translate(
        self, lines: Iterable[str], documents: Sequence[str | None] | None = None
    ) -> list[str]:
        """The best translation of each line.

        Args:
            lines: any text.
            documents: what each line is of: a line goes on from the one before it where both are of
                the same. None: blank lines are between documents.
        """
        if documents is None:
            return super().translate(lines)
        parted: list[str] = []
        places = []
        for line, (before, document) in zip(lines, pairwise([None, *documents]), strict=True):
            if document is None or document != before:
                parted.append("")
            places.append(len(parted))
            parted.append(line)
        found = super().translate(parted)
        return [found[place] for place in places]

    @torch.inference_mode()
    def window(
        self, lines: Sequence[str], first: int, scored: bool = True, file: str = ""
    ) -> list[list[ScoredTranslation]]:
        """As `hypotheses`, all at once; goes on from the window before if `first` is next to it."""
        found = [[BLANK_TRANSLATION] for _ in lines]
        encoded = self._encoded(lines, first, file)
        documents = document_line_indices(encoded)
        before = None
        if self.left is not None and first == self.reached + 1 and first > 1:
            before = self.left.empty(len(documents))
            before.scatter(torch.zeros(1, dtype=torch.long), self.left)
        owner = {place: row for row, places in enumerate(documents) for place in places}
        # The first lines of all documents, then the second ones, and so on.
        for line in range(max(len(places) for places in documents)):
            now = [places[line] for places in documents if len(places) > line]
            for places in self._batches(now, encoded):
                source = pad([encoded[place] for place in places])
                rows = torch.tensor([owner[place] for place in places])
                known = before.select(rows) if before else None
                best = self._search((*source, known), [first + p for p in places], scored)
                for place, hypotheses in zip(places, best, strict=True):
                    found[place] = hypotheses
                ended = self._follow(source, [b[0] for b in best], known)
                before = before or ended.empty(len(documents))
                before.scatter(rows, ended)
        self.reached = first + len(lines) - 1
        # Only the last document goes on, and only if it has a line: no blank one has ended it.
        self.left = before.select(torch.tensor([len(documents) - 1])) if before else None
        return found

    def _follow(
        self, source: tuple[Tensor, Tensor | None], best: Sequence[ScoredTranslation], before: Any
    ) -> Any:
        """Where the sentences of a batch end, of which `best` was said."""
        targets = [[BOS, *self.target.ids(scored.tokens)] for scored in best]
        target, _ = pad(targets)
        said = torch.tensor([len(ids) for ids in targets])
        model, training = self.model, self.model.training
        device = next(model.parameters()).device
        model.eval()
        try:
            read = source[0].to(device), source[1]
            return model.advance_document(*read, (target.to(device), said), before)
        finally:
            model.train(training)


def document_line_indices(encoded: Sequence[list[int]]) -> list[list[int]]:
    """The places of the lines of each document: those between blank lines, of which nothing is.

    The first is that of the first line, and the last that of the last: they have no lines where
    there is a blank one.
    """
    found: list[list[int]] = [[]]
    for place, ids in enumerate(encoded):
        if ids:
            found[-1].append(place)
        else:
            found.append([])
    return found
