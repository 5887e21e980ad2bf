"""Sentences of ICU messages: every choice expanded, and messages rebuilt from translations.

ICU advises to translate complete sentences, for what stands around a plural may depend on it. So
`Delete {n, plural, one {# file} other {# files}}?` becomes two sentences with the paths
(("n", "one"),) and (("n", "other"),): `Delete {#n} file?` and `Delete {#n} files?`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from seq2seq.text.spans.icu_tree import (
    CATEGORIES,
    PLURALS,
    Argument,
    Branch,
    Choice,
    Message,
    Part,
    Path,
    Pound,
    Text,
    quote,
)
from seq2seq.text.spans.plural_categories import plural_categories

MAX_SENTENCES = 64  # of one message


MAX_CHOICES = 200  # in one message


class MessageSentence(NamedTuple):
    """One sentence of a message.

    `text` is without quotes; arguments stand in it as in the message, and the number of a plural
    as `{#name}`, or `{#name-1}` with an offset of 1.
    """

    path: Path
    text: str


class _Key(NamedTuple):
    """Identity of a choice: those that have it equal choose by the same value."""

    name: str
    kind: str
    offset: int

    @property
    def pound(self) -> str:
        """Return the text of `#` in a sentence."""
        return f"{{#{self.name}-{self.offset}}}" if self.offset else f"{{#{self.name}}}"


class _Expansion(NamedTuple):
    """A sentence, and the selector chosen of each key, in the order of their choices."""

    chosen: tuple[tuple[_Key, str], ...]
    text: str

    @property
    def path(self) -> Path:
        """Return the names of keys with their selectors."""
        return tuple((key.name, selector) for key, selector in self.chosen)


def expand(message: Message, limit: int = MAX_SENTENCES) -> list[MessageSentence]:
    """Expand a message to one sentence for each combination of branches.

    A second choice by the same value does not multiply: its branch is that of the first.

    Raises:
        ValueError: there would be more than `limit` sentences, or there are more than
            `MAX_CHOICES` choices.
    """
    return [
        MessageSentence(expansion.path, expansion.text) for expansion in _expansions(message, limit)
    ]


def rebuild(
    message: Message, translations: Mapping[Path, str], language: str, limit: int = MAX_SENTENCES
) -> str:
    """Build the message of translated sentences: every choice around complete sentences.

    Plural categories that `language` has and the message has not are copies of `other`; those
    that `language` does not have are dropped. A language without an entry in
    `plural_categories` keeps those of the message. Values in =N stay. Braces in a translation
    that are no argument of the message are quoted.

    Args:
        message: the source.
        translations: of the text of each sentence that `expand` gives, by its path.
        language: of the translations.
        limit: the one that `expand` had.

    Raises:
        ValueError: a sentence has no translation, or there are more than `limit` sentences.
    """
    translated = []
    for expansion in _expansions(message, limit):
        if expansion.path not in translations:
            raise ValueError(f"the ICU sentence of {expansion.path} has no translation")
        translated.append(_Expansion(expansion.chosen, translations[expansion.path]))
    arguments = {part.raw for part in _all_parts(message) if isinstance(part, Argument)}
    return _build(translated, 0, arguments, language)


def _expansions(message: Message, limit: int) -> list[_Expansion]:
    """Return every sentence of a message, at most `limit`."""
    selectors: dict[_Key, dict[str, None]] = {}  # in the order of their first occurrence
    choices = [part for part in _all_parts(message) if isinstance(part, Choice)]
    if len(choices) > MAX_CHOICES:
        raise ValueError(f"the ICU message has more than {MAX_CHOICES} choices")
    for part in choices:
        selectors.setdefault(_key(part), {}).update(
            dict.fromkeys(branch.selector for branch in part.branches)
        )
    expansions: list[_Expansion] = []
    for expansion in _expand(_flatten(message, None), {}, selectors):
        if len(expansions) == limit:
            raise ValueError(f"the ICU message has more than {limit} combinations of branches")
        expansions.append(expansion)
    return expansions


def _expand(
    parts: list[str | Choice], chosen: dict[_Key, str], selectors: Mapping[_Key, Iterable[str]]
) -> Iterator[_Expansion]:
    """Yield the sentences of `parts`, after what is chosen before them."""
    for index, part in enumerate(parts):
        if isinstance(part, Choice):
            key = _key(part)
            for selector in [chosen[key]] if key in chosen else selectors[key]:
                content = _flatten(_branch(part, selector).message, key)
                following = [*parts[:index], *content, *parts[index + 1 :]]
                yield from _expand(following, {**chosen, key: selector}, selectors)
            return
    yield _Expansion(tuple(chosen.items()), "".join(str(part) for part in parts))


def _flatten(message: Message, parent: _Key | None) -> list[str | Choice]:
    """Return the parts of a message with all but choices as the text of a sentence."""

    def flat(part: Part) -> str | Choice:
        if isinstance(part, Pound):
            return parent.pound if parent else part.raw
        return (
            part.value if isinstance(part, Text) else part if isinstance(part, Choice) else part.raw
        )

    return [flat(part) for part in message.parts]


def _branch(choice: Choice, selector: str) -> Branch:
    """Return the branch of a selector that another choice by the same value may have."""
    branches = {branch.selector: branch for branch in choice.branches}
    if selector == "=1" and selector not in branches:
        selector = "one"
    return branches.get(selector, branches["other"])


def _key(choice: Choice) -> _Key:
    return _Key(choice.name, choice.kind, choice.offset)


def _all_parts(message: Message) -> Iterator[Part]:
    """Yield all parts of a message, those of branches behind their choice."""
    for part in message.parts:
        yield part
        if isinstance(part, Choice):
            for branch in part.branches:
                yield from _all_parts(branch.message)


def _build(expansions: Sequence[_Expansion], depth: int, arguments: set[str], language: str) -> str:
    """Return the message of sentences that agree in their first `depth` choices."""
    first = expansions[0]
    if len(first.chosen) == depth:
        return _quote_sentence(first, arguments)
    key = first.chosen[depth][0]
    groups: dict[str, list[_Expansion]] = {}
    for expansion in expansions:
        groups.setdefault(expansion.chosen[depth][1], []).append(expansion)
    branches = []
    for selector in _target_selectors(key, list(groups), language):
        group = groups.get(selector, groups["other"])
        branches.append(f" {selector} {{{_build(group, depth + 1, arguments, language)}}}")
    offset = f" offset:{key.offset}" if key.offset else ""
    return f"{{{key.name}, {key.kind},{offset}{''.join(branches)}}}"


def _target_selectors(key: _Key, selectors: list[str], language: str) -> list[str]:
    """Return the selectors that a choice has in a language."""
    if key.kind not in PLURALS:
        return selectors
    own = tuple(category for category in CATEGORIES if category in selectors)
    categories = plural_categories(language, key.kind == "selectordinal") or own
    return [selector for selector in selectors if selector.startswith("=")] + list(categories)


def _quote_sentence(expansion: _Expansion, arguments: set[str]) -> str:
    """Return the raw text of a sentence in the innermost of its choices."""
    keys = [key for key, _ in expansion.chosen if key.kind in PLURALS]
    innermost = expansion.chosen[-1][0] if expansion.chosen else None
    raw = {argument: argument for argument in arguments}
    for key in keys:
        if key == innermost:
            raw[key.pound] = "#"
        elif key.offset:
            raw[key.pound] = f"{{{key.name}, plural, offset:{key.offset} other {{#}}}}"
        else:
            raw[key.pound] = f"{{{key.name}, number}}"
    in_plural = innermost is not None and innermost.kind in PLURALS
    if not raw:
        return quote(expansion.text, in_plural)
    known = "|".join(map(re.escape, sorted(raw, key=len, reverse=True)))
    return "".join(
        raw[part] if part in raw else quote(part, in_plural)
        for part in re.split(f"({known})", expansion.text)
    )
