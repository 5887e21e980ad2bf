"""Choice of the kinds of spans that a corpus copies, and pairs with symbols in their place."""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from seq2seq.config.protect import ProtectOptions
from seq2seq.data.corpus import Pair
from seq2seq.errors import ConfigError
from seq2seq.text.spans.comparison import MIN_SHARE, choose_kinds
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.number_format import HAS_SIGN, FormatCounts, NumberFormat
from seq2seq.text.spans.rules import KINDS, SpanRules

SAMPLE_PAIRS = 50_000  # training pairs that the kinds are chosen from
MIN_PAIRS = 20  # with a kind, for what the corpus does with it to count
# Kinds that translators write in another way, or leave out, and so are protected only where nearly
# all pairs copy them. The others mean something to a program.
OF_LANGUAGE = ("number", "emoji", "markup")
MIN_TECHNICAL_SHARE = 0.5


class Protection(NamedTuple):
    """The kinds of spans that are protected, and whether the training pairs teach it."""

    kinds: list[str]
    is_trained: bool  # symbols stand for spans in the training pairs
    notices: list[str]
    number_format: NumberFormat = NumberFormat()  # of numbers in the target
    formats: Mapping[str, NumberFormat] = {}  # in its place, of each direction, as "en de"


def choose_protection(
    read: Callable[[], Iterable[Pair]], options: ProtectOptions, adds_spans: bool
) -> Protection:
    """Return what is protected, chosen from the training pairs where the options leave it open.

    `read` returns them, once for the form of numbers and once for the kinds.

    A kind is protected that the pairs copy, or that too few of them have to tell. Symbols are
    trained where enough pairs copy a span, or augmentation adds spans to pairs.

    Raises:
        ConfigError: one of the user's patterns or words cannot be used.
    """
    rules = rules_of_kinds(options, KINDS)
    if options.kinds == []:
        return Protection([], False, [])
    numbers, notices = _number_format(read(), options, rules)
    sample = ((pair.source, pair.target) for pair in islice(read(), SAMPLE_PAIRS))
    counts = choose_kinds(sample, rules_of_kinds(options, KINDS, numbers)).counts
    known = {kind: count for kind, count in counts.items() if count.pairs >= MIN_PAIRS}
    copied = [kind for kind, count in known.items() if count.share >= _min_share(kind)]
    if options.kinds is None:
        kinds = [kind for kind in KINDS if kind not in known or kind in copied]
    else:
        kinds = list(options.kinds)
    taught = [kind for kind in kinds if kind in known]
    if known:
        shares = ", ".join(
            f"{kind} ({count.share:.0%} of {count.pairs:,} pairs)" for kind, count in known.items()
        )
        translated = [kind for kind in known if kind not in kinds]
        but = f"; translated as text: {', '.join(translated)}" if translated else ""
        notices.append(f"spans that pairs copy: {shares}{but} (protect.kinds)")
    if "number" not in kinds:
        numbers, notices = NumberFormat(), notices[-1:]
    return Protection(kinds, bool(taught) or (bool(kinds) and adds_spans), notices, numbers)


def _number_format(
    pairs: Iterable[Pair], options: ProtectOptions, rules: SpanRules
) -> tuple[NumberFormat, list[str]]:
    """Return the form of numbers in the target that training pairs show, and a notice of it."""
    if options.number_format == "keep":
        return NumberFormat(), []
    counts = FormatCounts()
    for pair in islice(pairs, SAMPLE_PAIRS):
        if HAS_SIGN.search(pair.source):
            spans = find_spans(pair.source, rules)
            counts.add(pair.source, spans, find_spans(pair.target, rules))
    made = counts.format()
    return (made, [counts.notice(made)]) if made.changes else (NumberFormat(), [])


def with_formats(
    protection: Protection, read: Callable[[], Iterable[Pair]], options: ProtectOptions
) -> Protection:
    """Return the protection of pairs in several languages: each direction has its form of numbers.

    Args:
        protection: of all pairs together.
        read: returns the pairs.
        options: what users ask for.
    """
    if "number" not in protection.kinds or options.number_format == "keep":
        return protection
    of_direction: dict[str, list[Pair]] = {}
    for pair in read():
        kept = of_direction.setdefault(pair.languages or "", [])
        if len(kept) < SAMPLE_PAIRS and HAS_SIGN.search(pair.source):
            kept.append(pair)
    rules = rules_of_kinds(options, KINDS)
    formats = {
        languages: _number_format(pairs, options, rules)[0]
        for languages, pairs in of_direction.items()
    }
    return protection._replace(number_format=NumberFormat(), formats=formats)


def _min_share(kind: str) -> float:
    """Return the least share of pairs that copy a kind for it to be protected."""
    return MIN_SHARE if kind in OF_LANGUAGE else MIN_TECHNICAL_SHARE


def rules_of_kinds(
    options: ProtectOptions, kinds: Iterable[str], numbers: NumberFormat | None = None
) -> SpanRules:
    """Return the rules of the options for `kinds`, with the form of `numbers` in the target.

    Raises:
        ConfigError: one of the user's patterns or words cannot be used.
    """
    try:
        localized = numbers.localized if numbers and numbers.changes else None
        return SpanRules(kinds, options.patterns, options.words, localized)
    except ValueError as error:
        raise ConfigError(f"protect: {error}") from None
