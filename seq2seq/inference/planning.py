"""Planners of units for a run: what it was trained with decides what is protected and split."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seq2seq.config.commands import DecodingConfig
from seq2seq.config.training import LengthLimits, TrainConfig
from seq2seq.data.protected_kinds import rules_of_kinds
from seq2seq.errors import ConfigError, RunError
from seq2seq.inference.directions import LanguageDirections
from seq2seq.inference.units import Splitting, UnitPlanner
from seq2seq.text.glossary import Glossary
from seq2seq.text.kept_words import read_words, with_kept_words
from seq2seq.text.source_tags import tag_ids, tag_piece
from seq2seq.text.spans.number_format import NumberFormat
from seq2seq.text.spans.rules import KINDS, SpanRules
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.transforms import TextTransforms
from seq2seq.text.truecase import Truecaser

DEFAULT_TYPICAL_LENGTH = 40  # tokens, for runs of versions that did not record it
UNRECORDED = ("number",)  # kinds that runs of such versions do not protect


@dataclass(frozen=True)
class LineHandling:
    """Options of the translation of lines, beside the search."""

    split: str = "auto"  # into sentences: auto, off or always
    protect: bool = True  # keep placeholders, tags, numbers and the like
    retry_repetition: bool = True  # decode again what repeats itself
    truecase: bool = True  # bring lines in capitals, Title or lower case into the case of training
    glossary: Glossary | None = None  # terms whose translation is given
    do_not_translate: Sequence[str] = ()  # words that stay as they are in the source


def unit_planner(
    tokenizer: Tokenizer,
    config: TrainConfig,
    facts: Mapping[str, Any],
    limits: LengthLimits,
    handling: LineHandling,
    truecaser: Truecaser | None,
    direction: tuple[str, str] | None = None,
) -> UnitPlanner:
    """Return the planner of a run.

    Args:
        tokenizer: of the source.
        config: the options of the run.
        facts: of run.json: `source`, `target`, and of runs of this version `protected_kinds` and
            `typical_length`.
        limits: on the length of a unit.
        handling: what was asked for.
        truecaser: of the run, if it has one.
        direction: source and target of a run of several languages; "": it is not known.

    Raises:
        ConfigError: the vocabulary has no tag for the target.
        RunError: the facts are none of this program.
        TextError: a word that is not to be translated is empty or given twice.
    """
    typical_length = _whole(facts.get("typical_length", DEFAULT_TYPICAL_LENGTH))
    words = handling.do_not_translate
    origins = [f"do_not_translate, word {number}" for number in range(1, len(words) + 1)]
    return UnitPlanner(
        tokenizer,
        TextTransforms(config.tokenizer.transforms),
        span_rules(config, facts, direction) if handling.protect else None,
        direction or (str(facts.get("source", "en")), str(facts.get("target", "en"))),
        Splitting(handling.split, typical_length, limits.max_source_length),
        with_kept_words(handling.glossary, zip(origins, words, strict=True)),
        truecaser if handling.truecase else None,
        tag_ids(tokenizer, tag_piece(direction[1])) if direction else (),
    )


def directions_of(
    facts: Mapping[str, Any], plan: Callable[[tuple[str, str]], UnitPlanner]
) -> LanguageDirections | None:
    """Return the directions of a run of several languages, None of a run of two.

    Args:
        facts: of run.json.
        plan: makes the planner of a direction.

    Raises:
        RunError: the facts are none of this program.
    """
    pairs = directions_in(facts)
    return LanguageDirections(pairs, plan) if pairs else None


def chosen_direction(name: str | None, facts: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return source and target of a direction, as "en-fr"; None: the only one of a run.

    Raises:
        ConfigError: the run has not that direction, or has several and none is given.
        RunError: the facts are none of this program.
    """
    pairs = directions_in(facts)
    own = pairs or [(str(facts.get("source", "")), str(facts.get("target", "")))]
    known = {f"{source}-{target}": (source, target) for source, target in own}
    if name is None and not pairs:
        return None
    if name not in known:
        raise ConfigError(f"direction must be of the run, not {name}: {', '.join(known)}")
    return known[name] if pairs else None


def directions_in(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return source and target of each direction of run.json, none of a run of two languages.

    Raises:
        RunError: the facts are none of this program.
    """
    pairs = facts.get("directions") or []
    if not isinstance(pairs, list) or not all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(code, str) for code in pair)
        for pair in pairs
    ):
        raise RunError(f"run.json has no pairs of languages as directions: {pairs}")
    return [(source, target) for source, target in pairs]


def line_handling(config: DecodingConfig) -> LineHandling:
    """Return what the options of a command ask for.

    Raises:
        TextError: the glossary or the words that are not translated cannot be read, or a line of
            them is wrong.
    """
    glossary = None
    if config.glossary is not None:
        glossary = Glossary.load(Path(config.glossary), config.stem_length)
    if config.do_not_translate is not None:
        glossary = with_kept_words(glossary, read_words(Path(config.do_not_translate)))
    return LineHandling(
        config.split, config.protect, config.retry_repetition, config.truecase, glossary
    )


def span_rules(
    config: TrainConfig, facts: Mapping[str, Any], direction: tuple[str, str] | None = None
) -> SpanRules | None:
    """Return the rules of the spans that a run protects.

    A run of a version that recorded no kinds protects those that mean something to a program.

    Raises:
        RunError: the kinds or the signs of numbers are none of this program.
        ConfigError: a pattern or word of the run cannot be used.
    """
    kinds = facts.get("protected_kinds")
    if kinds is None:
        kinds = [kind for kind in KINDS if kind not in UNRECORDED]
    if not isinstance(kinds, list) or not all(kind in KINDS for kind in kinds):
        raise RunError(f"run.json names unknown kinds of spans: {kinds}")
    return rules_of_kinds(config.protect, kinds, number_signs(facts, direction))


def number_signs(
    facts: Mapping[str, Any], direction: tuple[str, str] | None = None
) -> NumberFormat:
    """Return the signs of numbers in source and target of a run.

    Raises:
        RunError: they are none of this program.
    """
    try:
        signs = facts.get("number_format") or {}
        if direction is not None:
            signs = (facts.get("number_formats") or {}).get(" ".join(direction)) or {}
        return NumberFormat.from_facts(signs)
    except ValueError as error:
        raise RunError(f"run.json has no number_format: {error}") from None


def _whole(value: object) -> int:
    if not isinstance(value, int) or value < 1:
        raise RunError(f"run.json has no number of tokens as typical_length: {value!r}")
    return value
