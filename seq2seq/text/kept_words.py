"""Words that are not translated, as terms of a glossary that stay as they are in the source."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from seq2seq.errors import TextError
from seq2seq.storage.regular import quoted
from seq2seq.text.glossary import DistinctTerms, Glossary, Term, require_term_count
from seq2seq.text.lines import read_lines

PlacedWord = tuple[str, str]  # file and line of a word, or the like, and the word


def read_words(path: Path) -> Iterator[PlacedWord]:
    """Yield the words of a file that has one word or phrase on each line.

    A line that begins with # is a comment. Blanks around a word are no part of it.

    Raises:
        TextError: the file cannot be read.
    """
    for number, line in enumerate(read_lines(path), 1):
        if not line.startswith("#"):
            yield f"{path}, line {number}", line.strip(" ")


def with_kept_words(glossary: Glossary | None, words: Iterable[PlacedWord]) -> Glossary | None:
    """Return a glossary that has `words` too, as terms that are not translated.

    Args:
        glossary: the terms that are translated, if there are some.
        words: those that are not, with where they were given.

    Raises:
        TextError: a word is empty or has a tab, is there twice, in two cases, or in the glossary;
            the message says where.
    """
    sources, terms = DistinctTerms(), []
    translated = {source.lower(): source for source in glossary.terms} if glossary else {}
    for where, word in words:
        if not word.strip():
            raise TextError(f"{where}: there is no word; a line has one word or phrase")
        if "\t" in word or word != word.strip():
            raise TextError(f"{where}: {quoted(word)} has a tab or the like; glossary= takes pairs")
        if word in sources.first:
            raise TextError(f"{where}: {quoted(word)} is there twice ({sources.first[word]})")
        sources.add(word, where)
        if glossary and (source := translated.get(word.lower())):
            origin = glossary.where.get(source, "")
            raise TextError(
                f"{where}: {quoted(word)} is a term of the glossary too"
                + (f" ({origin})" if origin else "")
            )
        terms.append(Term(word, ()))
    require_term_count(len(terms), "do_not_translate")
    if not terms:
        return glossary
    if glossary is None:
        return Glossary(terms)
    return Glossary([*glossary.terms.values(), *terms], glossary.stem_length, glossary.where)
