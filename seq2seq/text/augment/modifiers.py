"""All modifiers in their order, and the pair that they make of a pair."""

from collections.abc import Callable, Mapping, Sequence
from random import Random

from seq2seq.config.augment import CASINGS, AugmentOptions
from seq2seq.text.augment import casing, marks, noise, quotes, typos
from seq2seq.text.augment.pairs import Context, LinePair, Modifier, pick
from seq2seq.text.languages import blank_between

MAX_JOINED = 4  # pairs that become one
NextPairs = Callable[[int], Sequence[LinePair]]

# Noise comes last, so that no other modifier changes a span that both sides must share.
_BEFORE_CASING: Mapping[str, Modifier] = {
    "no_final_mark": marks.no_final_mark,
    "quotes": quotes.quotes,
    "typos": typos.typos,
}
_CASING: Mapping[str, Modifier] = {
    "capitals": casing.capitals,
    "title_case": casing.title_case,
    "lower_case": casing.lower_case,
}
_AFTER_CASING: Mapping[str, Modifier] = {"spans": noise.spans, "emoji": noise.emoji}


def pair_random(seed: int, epoch: int, position: int) -> Random:
    """Return the generator of one pair: a function of seed, epoch and position alone."""
    return Random(f"{seed} {epoch} {position}")  # a string is hashed with SHA-512


def no_pairs(_: int) -> Sequence[LinePair]:
    """Return no pairs: nothing is joined."""
    return ()


def augment(
    pair: LinePair,
    random: Random,
    options: AugmentOptions,
    context: Context = Context(),  # noqa: B008  # it is immutable
    next_pairs: NextPairs = no_pairs,
) -> LinePair:
    """Return `pair` changed by modifiers that are drawn with their rates.

    Args:
        pair: a source and its target, neither blank.
        random: of this pair alone, see `pair_random`.
        options: the rates.
        context: languages, and spans of a line that stay as they are.
        next_pairs: of a number, at most so many pairs that follow in the corpus, fewer where a
            document ends or a pair is long enough. It is called only for pairs that are joined.
    """
    if options.is_identity:
        return pair
    if _is_drawn(options.join, random):
        pair = join(pair, random, context, next_pairs)
    for name, modifier in _BEFORE_CASING.items():
        if _is_drawn(getattr(options, name), random):
            pair = modifier(pair, random, options, context)
    drawn = random.random()
    for name in CASINGS:
        drawn -= getattr(options, name)
        if drawn < 0:
            pair = _CASING[name](pair, random, options, context)
            break
    for name, modifier in _AFTER_CASING.items():
        if _is_drawn(getattr(options, name), random):
            pair = modifier(pair, random, options, context)
    return pair


def _is_drawn(rate: float, random: Random) -> bool:
    return bool(rate) and random.random() < rate


def join(pair: LinePair, random: Random, context: Context, next_pairs: NextPairs) -> LinePair:
    """Return two to four consecutive pairs as one, or `pair` where none follows."""
    more = pick(random, range(1, MAX_JOINED))
    pairs = [pair, *next_pairs(more)[:more]]
    sides = zip(zip(*pairs, strict=True), context.languages, strict=True)
    return LinePair(*(blank_between(language).join(lines) for lines, language in sides))
