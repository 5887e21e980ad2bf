"""Inline noise: an emoji, or a span that has no translation, on both sides of a pair."""

import re
from collections import Counter
from collections.abc import Sequence
from random import Random

from seq2seq.config.augment import AugmentOptions
from seq2seq.text.augment.marks import final_mark
from seq2seq.text.augment.pairs import CharacterSpan, Context, LinePair, pick
from seq2seq.text.languages import blank_between

# Some of several characters: with a skin tone, a variation selector, joined, flags, a keycap.
EMOJI = (
    *"😀😂🤣😊😍😘😉😎🤔😭😢😡😱🙄😴🥰👍👎👏🙏💪👋👀🔥✨🎉🎂🎁💯✅❌⭐🌍🌹🐶🐱🍕☕🍺🚀🚗🏠📌📷",
    *("❤\ufe0f", "☀\ufe0f", "⚠\ufe0f", "👍🏽", "🙏🏿", "🇩🇪", "🇯🇵", "🇧🇷", "1\ufe0f\u20e3"),
    *("👩\u200d💻", "👨\u200d👩\u200d👧", "🏳\ufe0f\u200d🌈", "🤷\u200d♀\ufe0f"),
)
_NAMES = ("name", "count", "user", "file", "total", "date", "item", "value", "title", "0", "1")
_PLACEHOLDERS = ("{%s}", "{{%s}}", "${%s}", "%%(%s)s", ":%s", "[%s]", "<%s/>")
_TAGS = ("b", "i", "em", "strong", "u", "code", "span", "p")
AT_A_WORD = 0.5  # share of the spans that are put at a word of both sides, where there is one
_WORD = re.compile(r"(?<!\w)[^\W\d_]{3,}(?!\w)")
_BORDER = re.compile(r"[.!?,;:\u2026]\s+|[\u3002\uff01\uff1f\u3001\uff0c](?!$)|[\u060c\u061f]\s+")


def emoji(pair: LinePair, random: Random, _: AugmentOptions, context: Context) -> LinePair:
    """Add an emoji to both sides: at the end, more seldom at the start or at a matching border.

    The border is one behind a mark, and both sides must have as many of those.
    """
    sign = pick(random, EMOJI)
    if random.random() < 0.1:
        sign += sign
    position = random.random()
    if position < 0.1:
        return LinePair(*(f"{sign} {line}" for line in pair))
    if position < 0.25 and (inside := _insert_inside(pair, sign, random, context)):
        return inside
    blank = "" if random.random() < 0.2 else " "
    return LinePair(*(f"{line}{blank}{sign}" for line in pair))


def _insert_inside(pair: LinePair, sign: str, random: Random, context: Context) -> LinePair | None:
    """Return the pair with `sign` behind the same mark of both sides, if they have as many."""
    borders = [[match.end() for match in _BORDER.finditer(line)] for line in pair]
    if not borders[0] or len(borders[0]) != len(borders[1]):
        return None
    number = int(random.random() * len(borders[0]))
    cuts = [borders[0][number], borders[1][number]]
    for line, cut in zip(pair, cuts, strict=True):
        if any(start < cut < end for start, end in context.protected(line)):
            return None
    blanks = map(blank_between, context.languages)
    return LinePair(
        *(
            f"{line[:cut]}{sign}{blank}{line[cut:]}"
            for line, cut, blank in zip(pair, cuts, blanks, strict=True)
        )
    )


def random_word(random: Random) -> str:
    """Return a word of two to four syllables that is in no dictionary."""
    syllables = (
        pick(random, "bcdfghjklmnprstvwz") + pick(random, "aeiou")
        for _ in range(2 + int(random.random() * 3))
    )
    return "".join(syllables)


def random_span(random: Random) -> str:
    """Return a placeholder, number, URL, e-mail address, path, identifier or code."""
    kind = pick(random, ("placeholder", "placeholder", "number", "url", "email", "code"))
    word, other = random_word(random), random_word(random)
    if kind == "placeholder":
        name = pick(random, (*_NAMES, word, other, f"{word}_{other}"))
        return pick(random, ("%s", "%d", "%1$s", "%@", *(form % name for form in _PLACEHOLDERS)))
    if kind == "number":
        return str(int(10 ** (1 + 4 * random.random())))
    if kind == "url":
        return f"https://{word}.{pick(random, ('com', 'org', 'net', 'io'))}/{other}"
    if kind == "email":
        return f"{word}@{other}.{pick(random, ('com', 'org', 'net'))}"
    forms = (f"`{word}`", f"{word}_{other}", f"/{word}/{other}.txt", f"{word}.{other}()")
    return pick(random, forms)


def _at_shared_word(pair: LinePair, random: Random, context: Context) -> LinePair | None:
    """Return the pair with tags around a word of both sides, or with a span in its place."""
    lines = [_outside(line, context.protected(line)) for line in pair]
    counts = [Counter(_WORD.findall(line)) for line in lines]
    shared = [word for word, count in counts[0].items() if count == counts[1][word] == 1]
    if not shared:
        return None
    word = pick(random, shared)
    if random.random() < 0.3:
        text = random_span(random)
    else:
        tag = pick(random, _TAGS)
        around = (
            (f"<{tag}>", f"</{tag}>"),
            ("**", "**"),
            ("[", f"](https://{random_word(random)}.org)"),
        )
        before, after = pick(random, (around[0], around[0], *around[1:]))
        text = f"{before}{word}{after}"
    starts = [re.search(rf"(?<!\w){re.escape(word)}(?!\w)", line) for line in lines]
    if not all(starts):
        return None
    ends = zip(pair, (match.span() for match in starts if match), strict=True)
    return LinePair(*(f"{line[:start]}{text}{line[end:]}" for line, (start, end) in ends))


def _outside(line: str, protected: Sequence[CharacterSpan]) -> str:
    """Return `line` with blanks in place of what is protected."""
    return "".join(
        " " if any(start <= index < end for start, end in protected) else character
        for index, character in enumerate(line)
    )


def spans(pair: LinePair, random: Random, _: AugmentOptions, context: Context) -> LinePair:
    """Add a random span at the start or end of both sides, or put tags around both.

    Where a word is on both sides, tags may be put around that, or a span in its place: so networks
    learn to place symbols within a sentence.
    """
    if random.random() < AT_A_WORD and (changed := _at_shared_word(pair, random, context)):
        return changed
    position = pick(random, ("start", "end", "before mark", "tags"))
    if position == "tags":
        tag = pick(random, _TAGS)
        attribute = f' class="{random_word(random)}"' if random.random() < 0.3 else ""
        return LinePair(*(f"<{tag}{attribute}>{line}</{tag}>" for line in pair))
    span, blanks = random_span(random), [blank_between(code) for code in context.languages]
    if position == "start":
        return LinePair(*(f"{span}{b}{line}" for line, b in zip(pair, blanks, strict=True)))
    cuts = [final_mark(line) if position == "before mark" else len(line) for line in pair]
    has_marks = [cut < len(line) for line, cut in zip(pair, cuts, strict=True)]
    if has_marks[0] != has_marks[1] or any(
        start < cut < end
        for line, cut in zip(pair, cuts, strict=True)
        for start, end in context.protected(line)
    ):
        cuts = [len(line) for line in pair]
    sides = zip(pair, blanks, cuts, strict=True)
    return LinePair(*(f"{line[:cut]}{b}{span}{line[cut:]}" for line, b, cut in sides))
