"""A run folder and a search strategy: lines in, lines out."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from seq2seq import build
from seq2seq import run as runs
from seq2seq.batches import pad
from seq2seq.build import device as pick
from seq2seq.config import Limits
from seq2seq.decoding import Scored, decode, ranked, said
from seq2seq.errors import RunError, TextError
from seq2seq.model.captured import Captured
from seq2seq.model.ensemble import Ensemble
from seq2seq.model.quick import Quick
from seq2seq.model.translation import Translation
from seq2seq.search.greedy import Greedy
from seq2seq.search.step import Hypothesis, Search
from seq2seq.text.clean import normalise
from seq2seq.text.tokenizer import Tokenizer

log = logging.getLogger("seq2seq.translator")

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
        limits: Limits,
        batch: int,
    ) -> None:
        """Translate with `model`, at most `batch` lines at a time, on the device it is on."""
        self.model, self.source, self.target = model, source, target
        self.search, self.limits, self.batch = search, limits, batch

    def translate(self, lines: Iterable[str]) -> list[str]:
        """The best translation of each line.

        Raises:
            TextError: `lines` is one text, of which each character would be a line.
        """
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

    def window(self, lines: Sequence[str], first: int, scored: bool = True) -> list[list[Scored]]:
        """As `hypotheses`, all at once."""
        found = [[Scored("", 0.0, 0.0, [], [])] for _ in lines]
        encoded = self.source.encode([normalise(line) for line in lines])
        for place, ids in enumerate(encoded):
            if len(ids) > self.limits.source:
                log.warning(
                    "line %d is cut to its first %d of %d pieces (limits.source)",
                    first + place,
                    self.limits.source,
                    len(ids),
                )
        # Equal lengths together, the longest first: if memory does not do, it shows at once.
        order = sorted((p for p, ids in enumerate(encoded) if ids), key=lambda p: -len(encoded[p]))
        for start in range(0, len(order), self.batch):
            places = order[start : start + self.batch]
            sources = [encoded[place][: self.limits.source] for place in places]
            keys = [first + place for place in places]
            for place, best in zip(places, self._search(sources, keys, scored), strict=True):
                found[place] = ranked(self.search, [said(h, self.target) for h in best])
        return found

    def _search(
        self, sources: list[list[int]], keys: list[int], scored: bool
    ) -> list[list[Hypothesis]]:
        source, lengths = pad(sources)
        limits = [self._limit(len(ids)) for ids in sources]
        return decode(self.model, self.search, (source, lengths), limits, keys, scored)

    def _limit(self, pieces: int) -> int:
        return int(pieces * self.limits.ratio) + self.limits.extra


def load(
    run: str | Path | Sequence[str | Path],
    search: Search | None = None,
    limits: Limits | None = None,
    batch: int = 64,
    device: str = "auto",
    trusted: Iterable[str] = (),
    precision: str = "fp32",
) -> Translator:
    """The translator that was trained into the folder `run`.

    Args:
        run: the folder; or several with one vocabulary, whose models say together what comes next.
        search: a strategy of `seq2seq.search`; greedy if left out.
        limits: on the length of a translation; those of `seq2seq.config` if left out.
        batch: lines that are translated together, at most. Results do not depend on it.
        device: auto, cpu, cuda or mps.
        trusted: modules beside our own that the run may take classes from.
        precision: fp32, bf16 or int8 (CPUs only) products.

    Raises:
        RunError: it is no run folder, or a damaged one.
        ConfigError: this machine has no such device or precision.
    """
    members, both = [], []
    for folder in [run] if isinstance(run, str | Path) else run:
        made = runs.Run(Path(folder))
        config = made.read_config(trusted, "translation.TranslationTask")
        pieces = made.read_tokenizers()
        model = build.translation(config.model, runs.vocabulary(*pieces))
        made.read_weights(model)
        quick = Quick(model.to(pick(device)), precision)
        members.append(Captured(quick) if pick(device).type == "cuda" else quick)
        both.append(pieces)
        if [side.model for side in pieces] != [side.model for side in both[0]]:
            raise RunError(f"{folder} has other pieces than the first of the runs")
    together = Ensemble(members) if len(members) > 1 else members[0]
    return Translator(together, *both[0], search or Greedy(), limits or Limits(), batch)
