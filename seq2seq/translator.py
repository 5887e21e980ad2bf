"""A run folder and a search strategy: lines in, lines out."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from seq2seq import build
from seq2seq import run as runs
from seq2seq.batches import pad
from seq2seq.build import device as pick
from seq2seq.config.commands import DecodingConfig
from seq2seq.config.training import LengthLimits
from seq2seq.decoding import Scored, decode, ranked, said
from seq2seq.errors import RunError, TextError
from seq2seq.model.captured import Captured
from seq2seq.model.ensemble import Ensemble
from seq2seq.model.quick import Quick
from seq2seq.model.translation import Translation
from seq2seq.search.greedy import Greedy
from seq2seq.search.step import Search
from seq2seq.text.clean import normalise
from seq2seq.text.tokenizer import START, Tokenizer

log = logging.getLogger("seq2seq.translator")

NOTHING = Scored("", 0.0, 0.0, [], [])  # what is said of a blank line
WINDOW = 64  # batches that are read ahead and sorted by length together


class Translator:
    """Translates lines, each as if it were alone: n lines in, n lines out, in order.

    A blank line comes back blank and is never shown to the model.
    """

    def __init__(
        self,
        model: Translation | Quick | Captured | Ensemble,
        source: Tokenizer,
        target: Tokenizer,
        search: Search,
        limits: LengthLimits,
        batch: int,
    ) -> None:
        """Translate with `model`, at most `batch` lines at a time, on the device it is on."""
        self.model, self.source, self.target = model, source, target
        self.search, self.limits, self.batch = search, limits, batch

    def translate(
        self, lines: Iterable[str], documents: Sequence[str | None] | None = None
    ) -> list[str]:
        """The best translation of each line.

        Args:
            lines: any text.
            documents: what each line is of, where that makes a difference: see `Continuing`.

        Raises:
            TextError: `lines` is one text, of which each character would be a line.
        """
        del documents
        if isinstance(lines, str):
            raise TextError("translate takes lines, such as [text], not one text")
        return [best[0].text for best in self.hypotheses(lines, scored=False)]

    def hypotheses(
        self, lines: Iterable[str], first: int = 1, scored: bool = True
    ) -> Iterator[list[Scored]]:
        """The translations of each line that the search returns, the best first.

        Args:
            lines: any text; what stands in for a line break inside one becomes a space.
            first: the number of the first line, for warnings and for the random numbers of a
                sampling search: a line gets the same text under the same number.
            scored: whether scores are wanted; without, a search may be quicker.
        """
        window: list[str] = []
        for line in lines:
            window.append(line)
            if len(window) == WINDOW * self.batch:
                yield from self.window(window, first, scored)
                first, window = first + len(window), []
        yield from self.window(window, first, scored)

    def window(
        self, lines: Sequence[str], first: int, scored: bool = True, file: str = ""
    ) -> list[list[Scored]]:
        """As `hypotheses`, all at once; warnings name the `file` that the lines are of."""
        found = [[NOTHING] for _ in lines]
        encoded = self._encoded(lines, first, file)
        for places in self._batches([p for p, ids in enumerate(encoded) if ids], encoded):
            sources = [encoded[place] for place in places]
            best = self._search(pad(sources), [first + place for place in places], scored)
            for place, hypotheses in zip(places, best, strict=True):
                found[place] = hypotheses
        return found

    def _encoded(self, lines: Sequence[str], first: int, file: str) -> list[list[int]]:
        """The pieces of each line, no more than there may be."""
        encoded = self.source.encode([normalise(line) for line in lines])
        for place, ids in enumerate(encoded):
            if len(ids) > self.limits.source:
                log.warning(
                    "%sline %d is cut to its first %d of %d pieces (limits.source)",
                    f"{file}, " if file else "",
                    first + place,
                    self.limits.source,
                    len(ids),
                )
        return [ids[: self.limits.source] for ids in encoded]

    def _batches(self, places: list[int], encoded: list[list[int]]) -> Iterator[list[int]]:
        """Equal lengths together, the longest first: if memory does not do, it shows at once."""
        order = sorted(places, key=lambda place: -len(encoded[place]))
        for start in range(0, len(order), self.batch):
            yield order[start : start + self.batch]

    def _search(self, source: tuple[Any, ...], keys: list[int], scored: bool) -> list[list[Scored]]:
        """What is said of a batch: the pieces (B, S), their lengths, and what came before."""
        pieces, lengths = source[:2]
        counts = [pieces.shape[1]] * len(pieces) if lengths is None else lengths.tolist()
        limits = [self._limit(count) for count in counts]
        found = decode(self.model, self.search, source, limits, keys, scored)
        return [ranked(self.search, [said(h, self.target) for h in best]) for best in found]

    def _limit(self, pieces: int) -> int:
        return int(pieces * self.limits.ratio) + self.limits.extra


class Continuing(Translator):
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
    ) -> list[list[Scored]]:
        """As `hypotheses`, all at once; goes on from the window before if `first` is next to it."""
        found = [[NOTHING] for _ in lines]
        encoded = self._encoded(lines, first, file)
        documents = parts(encoded)
        before = None
        if self.left is not None and first == self.reached + 1 and first > 1:
            before = self.left.room(len(documents))
            before.put(torch.zeros(1, dtype=torch.long), self.left)
        owner = {place: row for row, places in enumerate(documents) for place in places}
        # The first lines of all documents, then the second ones, and so on.
        for line in range(max(len(places) for places in documents)):
            now = [places[line] for places in documents if len(places) > line]
            for places in self._batches(now, encoded):
                source = pad([encoded[place] for place in places])
                rows = torch.tensor([owner[place] for place in places])
                known = before.keep(rows) if before else None
                best = self._search((*source, known), [first + p for p in places], scored)
                for place, hypotheses in zip(places, best, strict=True):
                    found[place] = hypotheses
                ended = self._follow(source, [b[0] for b in best], known)
                before = before or ended.room(len(documents))
                before.put(rows, ended)
        self.reached = first + len(lines) - 1
        # Only the last document goes on, and only if it has a line: no blank one has ended it.
        self.left = before.keep(torch.tensor([len(documents) - 1])) if before else None
        return found

    def _follow(
        self, source: tuple[Tensor, Tensor | None], best: Sequence[Scored], before: Any
    ) -> Any:
        """Where the sentences of a batch end, of which `best` was said."""
        targets = [[START, *self.target.ids(scored.tokens)] for scored in best]
        target, _ = pad(targets)
        said = torch.tensor([len(ids) for ids in targets])
        model, training = self.model, self.model.training
        device = next(model.parameters()).device
        model.eval()
        try:
            read = source[0].to(device), source[1]
            return model.follow(*read, (target.to(device), said), before)
        finally:
            model.train(training)


def parts(encoded: Sequence[list[int]]) -> list[list[int]]:
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


def load(
    run: str | Path | Sequence[str | Path],
    search: Search | None = None,
    limits: LengthLimits | None = None,
    batch: int = DecodingConfig.batch,
    device: str = DecodingConfig.device,
    trusted: Iterable[str] = (),
    precision: str = DecodingConfig.precision,
) -> Translator:
    """The translator that was trained into the folder `run`.

    Args:
        run: the folder; or several with one vocabulary, whose models say together what comes next.
        search: a strategy of `seq2seq.search`; greedy if left out.
        limits: on the length of a translation; those of `seq2seq.config.training` if left out.
        batch: lines that are translated together, at most. Results do not depend on it.
        device: auto, cpu, cuda or mps.
        trusted: modules beside our own that the run may take classes from.
        precision: fp32, bf16 or int8 (CPUs only) products.

    Raises:
        RunError: it is no run folder, or a damaged one.
        ConfigError: this machine has no such device or precision.
    """
    members, both, contexts = [], [], []
    for folder in [run] if isinstance(run, str | Path) else run:
        made = runs.Run(Path(folder))
        config = made.read_config(trusted, "translation.TranslationTask")
        pieces = made.read_tokenizers()
        model = build.translation(config.model, runs.vocabulary(*pieces), config.context)
        made.read_weights(model)
        quick = Quick(model.to(pick(device)), precision)
        members.append(Captured(quick) if pick(device).type == "cuda" else quick)
        both.append(pieces)
        contexts.append(config.context)
        if [side.model for side in pieces] != [side.model for side in both[0]]:
            raise RunError(f"{folder} has other pieces than the first of the runs")
        if config.context != contexts[0]:
            raise RunError(f"{folder} was trained with context={config.context}, unlike the first")
    together = Ensemble(members) if len(members) > 1 else members[0]
    kind = Continuing if contexts[0] == "carry" else Translator
    return kind(together, *both[0], search or Greedy(), limits or LengthLimits(), batch)
