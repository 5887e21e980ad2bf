"""The translators of a worker process: batches of lines with equal options, to their results."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from copy import copy
from pathlib import Path
from typing import Any

from seq2seq.builders import instantiate_node
from seq2seq.config.lists import as_list
from seq2seq.config.serving import ServeConfig
from seq2seq.errors import ConfigError, RunError, UserError
from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.forced_attention import has_attention
from seq2seq.inference.loading import load_classifier, load_translator
from seq2seq.inference.onnx.decoding import DecodingEngine
from seq2seq.inference.planning import line_handling
from seq2seq.inference.translator import Translator
from seq2seq.run_folder import RunFolder
from seq2seq.search.beam import Beam
from seq2seq.search.branching import Branching
from seq2seq.search.interface import Search, TextRanking
from seq2seq.search.sampling import Sampling
from seq2seq.server.messages import LineJob, LineOptions
from seq2seq.text.glossary import DistinctTerms, Glossary, Term

MIN_BEAM = 5  # hypotheses alive for alternatives, so that the best of few are good ones
MAX_VARIANTS = 32  # translators with options of requests that are kept
DETECTOR = -1  # the number of the run that identifies languages


class Engine:
    """Translators of several runs, with variants of them for the options of requests."""

    def __init__(self, config: ServeConfig) -> None:
        """Load the runs.

        Raises:
            ConfigError: no run is given, or two have the same direction.
            RunError: a folder is no run, or a damaged one.
        """
        folders = as_list(config.run)
        self.search: Search = instantiate_node("search", config.search)
        handling = line_handling(config)
        self.folders = [RunFolder(Path(folder)) for folder in folders]
        self.translators = [
            load_translator(
                folder, self.search, config.limits, config.batch, config.device, config.trusted,
                DecodingEngine(config.precision, config.engine), handling,
            )
            for folder in folders
        ]  # fmt: skip
        self.detector = None
        if config.detector is not None:
            self.detector = load_classifier(
                config.detector, config.batch, config.device, config.trusted
            )
        self.variants: OrderedDict[LineOptions, Translator] = OrderedDict()

    def describe(self) -> list[dict[str, Any]]:
        """Return what the server must know of each run, such as its languages."""
        described = []
        for folder, translator in zip(self.folders, self.translators, strict=True):
            facts = folder.read_facts() if folder.facts.is_file() else {}
            source, target = facts.get("source"), facts.get("target")
            if not all(isinstance(code, str) and code for code in (source, target)):
                raise RunError(f"{folder.folder} does not name its languages in {folder.facts}")
            described.append(
                {
                    "folder": str(folder.folder),
                    "name": folder.folder.resolve().name,
                    "source": source,
                    "target": target,
                    "directions": served_directions(translator),
                    "has_attention": has_attention(translator.model),
                    "has_confidence": translator.fit is not None,
                }
            )
        return described

    def translate(self, options: LineOptions, jobs: Sequence[LineJob]) -> list[dict[str, Any]]:
        """Return a result for each line: its translations, or an error.

        A line that cannot be translated is no harm to the others.
        """
        try:
            return list(self._translate(options, jobs))
        except UserError as error:
            if len(jobs) == 1:
                return [{"error": str(error)}]
        return [self.translate(options, [job])[0] for job in jobs]

    def _translate(self, options: LineOptions, jobs: Sequence[LineJob]) -> Iterator[dict[str, Any]]:
        if options.run == DETECTOR:
            yield from self._detect([job.text for job in jobs])
            return
        translator = self._variant(options)
        lines: list[str] = [prefixed(job) for job in jobs]
        is_random = isinstance(self.search, Sampling | TextRanking) and not options.n_best
        groups = [[line] for line in lines] if is_random else [lines]
        for group in groups:  # random numbers depend on the number of a line: it is always 1
            for hypotheses in translate_separately(translator, group, options.is_scored):
                yield {"translations": [as_json(each, options) for each in hypotheses]}

    def _detect(self, lines: Sequence[str]) -> Iterator[dict[str, Any]]:
        if self.detector is None:
            raise ConfigError("the server has no detector of languages")
        for label in self.detector.classify(lines).labels:
            found = [[label.name, label.probability]] if label else []
            yield {"languages": found}

    def _variant(self, options: LineOptions) -> Translator:
        """Return the translator of a run with the options of a request."""
        options = options._replace(is_scored=False)
        if options in self.variants:
            self.variants.move_to_end(options)
            return self.variants[options]
        base = self.translators[options.run]
        if options == LineOptions(options.run):
            return base
        made = copy_translator(base, self._search(options), options.terms, options.direction)
        if options.is_aligned:
            made.return_alignments()
        self.variants[options] = made
        if len(self.variants) > MAX_VARIANTS:
            self.variants.popitem(last=False)
        return made

    def _search(self, options: LineOptions) -> Search:
        n_best = options.n_best
        if not n_best:
            return self.search
        if options.is_branching:
            return Branching(n_best)
        return Beam(max(n_best, MIN_BEAM), length_penalty=1.0, n_best=n_best)


def served_directions(translator: Translator) -> list[tuple[str, str]]:
    """Return the directions that a run was trained on."""
    if translator.directions is not None:
        return translator.directions.pairs
    return [translator.planner.languages]


def prefixed(job: LineJob) -> str:
    """Return the line of a job, with its prefix if it has one."""
    from seq2seq.text.prefixes import PrefixedLine

    return PrefixedLine(job.text, job.prefix) if job.prefix else job.text


def translate_separately(
    translator: Translator, lines: Sequence[str], is_scored: bool
) -> list[list[ScoredTranslation]]:
    """Return the translations of lines, none of which follows another in a document."""
    separated = [part for line in lines for part in (line, "")]  # a blank line ends a document
    return list(translator.hypotheses(separated, scored=is_scored))[::2]


def copy_translator(
    base: Translator,
    search: Search,
    terms: Sequence[tuple[str, str]],
    direction: tuple[str, str] | None = None,
) -> Translator:
    """Return a translator of the same network with another search and more terms.

    Args:
        base: the translator of a run.
        search: strategy.
        terms: of a glossary, beside those that the base has.
        direction: of a run of several languages, which the base knows.

    Raises:
        TextError: two terms differ by their case alone.
    """
    in_direction = base.directions.planner(direction) if direction and base.directions else None
    planner = copy(in_direction or base.planner)
    if terms:
        distinct = DistinctTerms()
        for number, (source, _) in enumerate(terms, 1):
            distinct.add(source, f"term {number}")
        known = planner.glossary.terms if planner.glossary else {}
        made = {**known, **{source: Term(source, (target,)) for source, target in terms}}
        stem_length = planner.glossary.stem_length if planner.glossary else 0
        planner.glossary = Glossary(made.values(), stem_length)
    made_translator = type(base)(
        base.model, base.source, base.target, search, base.decoder.limits, base.batch, planner,
        base.retries,
    )  # fmt: skip
    made_translator.fit = base.fit
    return made_translator


def as_json(translation: ScoredTranslation, options: LineOptions) -> dict[str, Any]:
    """Return a translation as a JSON object."""
    made: dict[str, Any] = {"text": translation.text, "repaired": translation.repaired}
    if options.is_scored:
        made |= {
            "score": translation.score,
            "logprob": translation.logprob,
            "confidence": translation.confidence,
            "words": [
                {"text": word.text, "probability": word.probability, "logprob": word.logprob}
                for word in translation.words
            ],
        }
    if translation.alignment is not None:
        source, target, weights = translation.alignment
        rounded = [[round(weight, 3) for weight in row] for row in weights.tolist()]
        made["alignment"] = {"source": source, "target": target, "weights": rounded}
    return made
