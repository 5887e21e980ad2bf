"""Tags at the beginning of a source, as in `>>bt<< Guten Tag`: each is one piece of a vocabulary.

A tag tells a network something about a pair that its text does not: that the source is synthetic
(Caswell et al. 2019, https://arxiv.org/abs/1906.06442), or the language of the translation
(Johnson et al. 2017, https://arxiv.org/abs/1611.04558).
"""


def tag_piece(word: str) -> str:
    """Return the tag of a word: `>>bt<<` for bt."""
    return f">>{word}<<"


def with_tag(word: str | None, source: str) -> str:
    """Return a source with the tag of a word before it; None: without."""
    return source if word is None else f"{tag_piece(word)} {source}"
