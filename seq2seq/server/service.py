"""Translation of texts: their lines go into the queue, and through one run or two."""

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from seq2seq.config.serving import ServeConfig
from seq2seq.server.batching import LineQueue
from seq2seq.server.detection import (
    MAX_DETECTED,
    DetectedLanguage,
    detect_language,
    named_languages,
)
from seq2seq.server.directions import Directions, Route
from seq2seq.server.languages import find_language
from seq2seq.server.messages import LineJob, LineOptions
from seq2seq.server.metrics import ServerMetrics
from seq2seq.server.pool import WorkerPool
from seq2seq.server.refusals import RefusalError

AUTO = "auto"
DETECTOR_RUN = -1  # `DETECTOR` of the engine, which imports torch
_LINE_ENDS = re.compile(r"(\r?\n)")


class TextOptions(NamedTuple):
    """Options of the translation of texts."""

    n_best: int = 0  # translations of a beam search; 0: the best of the configured search
    is_scored: bool = False
    is_aligned: bool = False
    is_branching: bool = False  # translations that differ in the word behind the prefix
    terms: tuple[tuple[str, str], ...] = ()

    def of_run(
        self, run: int, direction: tuple[str, str] | None, is_last_of_two: bool
    ) -> LineOptions:
        """Return the options of the lines of a run; no line of a pivot is aligned with the text."""
        is_aligned = self.is_aligned and not is_last_of_two
        return LineOptions(
            run, self.n_best, self.is_scored, is_aligned, self.is_branching, direction, self.terms
        )


class TextResult(NamedTuple):
    """The translations of a text."""

    texts: list[str]  # the best first
    sources: list[str]  # lines that are not blank
    lines: list[list[dict[str, Any]]]  # their translations


class TextLines(NamedTuple):
    """A text in lines."""

    parts: list[str]  # lines at even indices, line ends at odd ones
    translated: list[int]  # indices of lines that are not blank

    @classmethod
    def of(cls, text: str) -> "TextLines":
        """Cut a text at its line ends."""
        parts = _LINE_ENDS.split(text)
        return cls(parts, [i for i in range(0, len(parts), 2) if parts[i].strip()])

    def join(self, lines: Sequence[str]) -> str:
        """Return the text with other lines in place of those that are not blank."""
        parts = list(self.parts)
        for index, line in zip(self.translated, lines, strict=True):
            parts[index] = line
        return "".join(parts)


class TranslationService:
    """All that endpoints do with runs: directions, detection, translation."""

    def __init__(
        self, config: ServeConfig, queue: LineQueue, pool: WorkerPool, metrics: ServerMetrics
    ) -> None:
        self.config, self.queue, self.pool, self.metrics = config, queue, pool, metrics
        self._directions: tuple[Any, Directions] | None = None

    @property
    def directions(self) -> Directions:
        """Return the directions of the runs as they are now."""
        runs = self.pool.runs
        if self._directions is None or self._directions[0] is not runs:
            self._directions = (runs, Directions(runs))
        return self._directions[1]

    def require_language(self, code: str) -> str:
        """Return the served language of a client's code.

        Raises:
            RefusalError: there is none.
        """
        language = find_language(code, self.directions.languages)
        if language is None:
            raise RefusalError(400, f"{code[:20]} is not supported")
        return language

    def require_route(self, source: str, target: str) -> Route:
        """Return the runs between two served languages.

        Raises:
            RefusalError: there are none.
        """
        route = self.directions.route(source, target)
        if route is None:
            raise RefusalError(400, f"{source} to {target} is not supported")
        return route

    def require_confidence(self, route: Route, least: float | None) -> None:
        """Require that the runs of a route know how sure they are, if there is a least confidence.

        Raises:
            RefusalError: one of them has no fit of confidence.
        """
        runs = [self.pool.runs[number] for number in route.runs]
        if least is not None and not all(run["has_confidence"] for run in runs):
            raise RefusalError(400, "min_confidence cannot be used: a run has no fit of confidence")

    def has_attention(self, route: Route) -> bool:
        """Return whether the last run of a route has attention, to align words with."""
        return all(self.pool.runs[run]["has_attention"] for run in route.runs[-1:])

    async def detect(self, text: str, served: Sequence[str] = ()) -> list[DetectedLanguage]:
        """Return the languages that a text may have, the most probable first.

        Args:
            text: a text.
            served: the languages to choose from; all that are served if left out.
        """
        languages = served or self.directions.languages
        if self.config.detector is None:
            return detect_language(text, languages)
        job = LineJob(" ".join(text[:MAX_DETECTED].split()))
        (result,) = await self._results(LineOptions(DETECTOR_RUN), [job])
        return named_languages(result["languages"], languages)

    async def detect_source(self, text: str, target: str) -> DetectedLanguage:
        """Return the language of a text that is to be translated into `target`.

        Raises:
            RefusalError: no run translates into that, or the language is none that is served.
        """
        directions = self.directions
        possible = [code for code in directions.languages if directions.route(code, target)]
        found = await self.detect(text, possible)
        if not found:
            raise RefusalError(400, "the language of the text is not supported")
        return found[0]

    async def translate(
        self,
        texts: Sequence[str],
        route: Route,
        options: TextOptions | None = None,
        prefixes: Sequence[str] = (),
        notify: Callable[[int], None] | None = None,
    ) -> list[TextResult]:
        """Return the translations of texts, line by line.

        Args:
            texts: to translate.
            route: the runs.
            options: of all texts.
            prefixes: the beginning of the translation of each text, "" for none; of its first line.
            notify: called with the number of lines of each leg that are done.

        Raises:
            RefusalError: a line cannot be translated, it took too long, or the options do not go
                with two runs.
        """
        chosen = options or TextOptions()
        if not route.runs:
            return [TextResult([text], [], []) for text in texts]
        if len(route.runs) > 1 and chosen.terms:
            raise RefusalError(400, f"a glossary cannot be used through {route.pivot}")
        cut = [TextLines.of(text) for text in texts]
        jobs = line_jobs(cut, prefixes or [""] * len(texts))
        self.metrics.lines.inc(len(jobs))
        self.metrics.characters.inc(sum(map(len, texts)))
        confidences: list[float | None] = []
        *before, last = zip(route.runs, route.directions, strict=True)
        for leg in before:
            found = await self._first_leg(jobs, *leg, is_scored=chosen.is_scored)
            confidences = [each.get("confidence") for each in found]
            jobs = [
                LineJob(each["text"], job.prefix) for each, job in zip(found, jobs, strict=True)
            ]
        line_options = chosen.of_run(*last, is_last_of_two=bool(before))
        results = await self._results(line_options, jobs, notify)
        for result, confidence in zip(results, confidences, strict=False):
            limit_confidence(result["translations"], confidence)
        rest = iter(results)
        return [
            _text_result(each, [next(rest)["translations"] for _ in each.translated])
            for each in cut
        ]

    async def _first_leg(
        self, jobs: Sequence[LineJob], run: int, direction: tuple[str, str] | None, is_scored: bool
    ) -> list[dict[str, Any]]:
        """Return the best translation of each line into the language between two runs."""
        options = LineOptions(run, is_scored=is_scored, direction=direction)
        found = await self._results(options, [LineJob(job.text) for job in jobs])
        return [result["translations"][0] for result in found]

    async def _results(
        self,
        options: LineOptions,
        jobs: Sequence[LineJob],
        notify: Callable[[int], None] | None = None,
    ) -> list[dict[str, Any]]:
        """Return the results of lines.

        Raises:
            RefusalError: one of them cannot be translated, or it took too long.
        """
        futures = self.queue.put(options, jobs)
        if notify is not None:
            for future in futures:
                future.add_done_callback(lambda _: notify(1))
        seconds = self.config.access.timeout
        try:
            # What is large may take as long as it is large.
            async with asyncio.timeout(None if notify else seconds):
                results = [await future for future in futures]
        except TimeoutError:
            raise RefusalError(504, f"the translation took more than {seconds:g} seconds") from None
        finally:
            cancel(futures)
        for result in results:
            if "error" in result:
                raise RefusalError(result.get("status", 400), result["error"])
        return results


def line_jobs(texts: Sequence[TextLines], prefixes: Sequence[str]) -> list[LineJob]:
    """Return the lines of texts that are not blank; the first of each has the text's prefix."""
    return [
        LineJob(text.parts[index], prefix if index == text.translated[0] else "")
        for text, prefix in zip(texts, prefixes, strict=True)
        for index in text.translated
    ]


def limit_confidence(translations: Sequence[dict[str, Any]], before: float | None) -> None:
    """Make translations as sure as the text that they are translations of, at most."""
    for each in translations:
        if each.get("confidence") is not None:
            each["confidence"] = None if before is None else min(before, each["confidence"])


def cancel(futures: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel what nobody waits for any more."""
    for future in futures:
        future.cancel()


def _text_result(text: TextLines, lines: list[list[dict[str, Any]]]) -> TextResult:
    count = max((len(each) for each in lines), default=1)
    texts = [
        text.join([each[min(number, len(each) - 1)]["text"] for each in lines])
        for number in range(count)
    ]
    sources = [text.parts[index] for index in text.translated]
    return TextResult(list(dict.fromkeys(texts)), sources, lines)
