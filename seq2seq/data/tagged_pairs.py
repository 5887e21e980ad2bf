"""Pairs with tags before their sources, and pairs in several languages."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from seq2seq.config.training import TokenizerOptions
from seq2seq.data.corpus import Pair, ParallelCorpus
from seq2seq.text.source_tags import split_tags, tag_piece


def tagged_pairs(pairs: Iterable[Pair], words: Sequence[str]) -> Iterator[Pair]:
    """Yield pairs whose sources have no tags of `words` any more: these are apart."""
    if not words:
        yield from pairs
        return
    for pair in pairs:
        tags, source = split_tags(pair.source, words)
        yield pair._replace(source=source, tags=f"{pair.tags} {tags}".strip())


def tags_of(corpus: ParallelCorpus, options: TokenizerOptions) -> list[str]:
    """Return all tags, which are pieces: those of the target languages, and those of options."""
    targets = sorted({target for _, target in corpus.directions})
    return [tag_piece(word) for word in dict.fromkeys((*targets, *options.tags))]


def pivot_language(directions: Sequence[tuple[str, str]]) -> str | None:
    """Return the language that most directions share, the first of equals; None: there are none.

    Pairs with the same text in it are held out together.
    """
    counts = Counter(code for direction in directions for code in direction)
    return counts.most_common(1)[0][0] if counts else None
