"""Variants of held-out text, and the rows that `benchmarks.hard_lines` prints of them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import NamedTuple

from benchmarks.line_checks import (
    PLACEHOLDER,
    SPAN,
    UNSPACED,
    base_language,
    edges,
    have_case,
    icu_message,
    keeps_icu,
    keeps_markup,
    keeps_numbers,
    parse_icu,
    repeats,
    shared_word,
)
from seq2seq.evaluation.metrics import score_hypotheses

Translate = Callable[[list[str]], list[str]]

UNSEPARATED = {"ja", "zh", "cmn", "yue", "wuu", "nan", "lzh"}  # no blank between sentences
MARKUP = {  # text before and after a word; without the latter it comes before the word
    "tags": (("<b>", "</b>"), ('<a href="https://example.org/?a=1&b=2">', "</a>")),
    "URLs": (("https://example.org/a/b_c.html?d=1#e", ""), ("http://www.example.com", "")),
    "e-mail addresses": (("jane.doe+x@example.org", ""),),
    "printf": (("%s", ""), ("%1$d", ""), ("%(n)s", "")),
    "braces": (("{name}", ""), ("${x}", ""), ("{{x}}", ""), ("{0}", "")),
    "code": (("`git pull --all`", ""), ("`x += 1`", "")),
    "Markdown": (("**", "**"), ("[", "](https://example.org/a_b)")),
    "identifiers and paths": (("0x8024402C", ""), ("sensor.temp_1", ""), ("/etc/hosts", "")),
}
EMOJI = ("😀", "🎉", "👍🏽", "❤\ufe0f", "👩\u200d💻", "🇩🇪")
# Marks that end a sentence, in Latin, Arabic, Indic and East Asian scripts, perhaps before a quote.
SENTENCE_END = re.compile(r"[.!?\u2026\u061f\u06d4\u0964\u3002\uff01\uff1f][\"')\]\u201d\u300d]*$")
BLANKS = (("  ", ""), ("", " "), ("\u00a0", ""), ("\t", "\u00a0"), (" ", "\u3000"))
FAILURES = 5  # that a row keeps


class Row(NamedTuple):
    """One figure and its condition."""

    lines: str  # which lines are translated
    metric: str
    value: float
    plain: float | None  # the same metric of lines as they are, or of the references
    number: int  # of lines
    condition: str = ""
    met: bool | None = None
    failed: Sequence[Sequence[str]] = ()  # sources and translations


class Text(NamedTuple):
    """Held-out text, how a run translates it, and the run."""

    sources: list[str]
    references: list[str]
    plain: list[str]  # translations of the sources as they are
    source_language: str
    target_language: str
    translate: Translate

    def bleu(
        self, translations: Sequence[str], references: Sequence[str], lower_cased: bool = False
    ) -> float:
        """Return BLEU of some translations."""
        if lower_cased:
            translations = [line.lower() for line in translations]
            references = [line.lower() for line in references]
        return score_hypotheses(translations, references, self.target_language, ("bleu",))[0].value


Check = tuple[str, str, bool]  # a source, its translation, and whether it is kept


def share_row(lines: str, metric: str, checks: Iterable[Check], least: float = 100) -> list[Row]:
    """Return the row of a share of lines, which must be `least` percent; none without lines."""
    judged = list(checks)
    if not judged:
        return []
    value = 100 * sum(is_kept for *_, is_kept in judged) / len(judged)
    failed = [(source, line) for source, line, is_kept in judged if not is_kept][:FAILURES]
    condition = f"{least:g} %" if least == 100 else f"at least {least:g} %"
    is_met = value >= least
    return [Row(lines, f"{metric}, %", value, None, len(judged), condition, is_met, failed)]


def bleu_row(lines: str, metric: str, values: tuple[float, float], count: int, most: float) -> Row:
    """Return the row of a BLEU that may be `most` below that of plain lines, the second value."""
    value, plain = values
    return Row(lines, metric, value, plain, count, f"plain - {most:g}", value >= plain - most)


def own_spans(text: Text) -> list[Row]:
    """Return the rows of placeholders and numbers that the text has by itself."""
    both = list(zip(text.sources, text.plain, text.references, strict=True))
    placeholders = (
        (source, line, Counter(own) == Counter(PLACEHOLDER.findall(line)))
        for source, line, _ in both
        if (own := PLACEHOLDER.findall(source))
    )
    digits = (
        (source, line, is_kept)
        for source, line, reference in both
        if (is_kept := keeps_numbers(source, line, reference)) is not None
    )
    return [
        *share_row("with placeholders of their own", "keep each", placeholders),
        *share_row("with numbers of their own", "keep the digits", digits, 99.5),
    ]


def insert(line: str, number: int, span: tuple[str, str]) -> str:
    """Put markup around, or a span before, a word of a line: another one in each line."""
    words, (before, after) = line.split(" "), span
    filled = [index for index, word in enumerate(words) if word]
    at = filled[number % len(filled)]
    words[at] = f"{before}{words[at]}{after}" if after else f"{before} {words[at]}"
    return " ".join(words)


def markup_rows(text: Text) -> list[Row]:
    """Return the rows of spans that are put into the lines, a kind after the other."""
    kinds = [kind for kind in MARKUP for _ in MARKUP[kind]]
    spans = [span for kind in MARKUP for span in MARKUP[kind]]
    chosen = [number % len(spans) for number in range(len(text.sources))]
    sources = [
        insert(line, number // len(spans), spans[chosen[number]])
        for number, line in enumerate(text.sources)
    ]
    translations = text.translate(sources)
    checks: dict[str, list[Check]] = {kind: [] for kind in MARKUP}
    for source, line, index in zip(sources, translations, chosen, strict=True):
        checks[kinds[index]].append((source, line, keeps_markup(source, line, spans[index])))
    rows = [
        row for kind in MARKUP for row in share_row(f"with {kind}", "kept exactly", checks[kind])
    ]
    return [*rows, *enclosing_row(text)]


def enclosing_row(text: Text) -> list[Row]:
    """Return the rows of tags around a name that both languages write alike.

    The second one is of the lines whose translation has the name without tags: the network knows
    it, and what is left is to place the tags.
    """
    names = [
        (line, word, plain)
        for line, reference, plain in zip(text.sources, text.references, text.plain, strict=True)
        if (word := shared_word(line, reference))
    ]
    sources = [re.sub(rf"\b{word}\b", f"<b>{word}</b>", line) for line, word, _ in names]
    translations = text.translate(sources)
    checks = [
        (source, line, f"<b>{word}</b>" in line)
        for source, line, (_, word, _) in zip(sources, translations, names, strict=True)
    ]
    known = [
        check
        for check, (_, word, plain) in zip(checks, names, strict=True)
        if re.search(rf"\b{word}\b", plain)
    ]
    return [
        *share_row("with tags around a name", "enclose the name", checks),
        *share_row("with tags around a name that the translation has", "enclose the name", known),
    ]


def emoji_rows(text: Text) -> list[Row]:
    """Return the rows of an emoji at the end of each line."""
    signs = [EMOJI[number % len(EMOJI)] for number in range(len(text.sources))]
    sources = [f"{line} {sign}" for line, sign in zip(text.sources, signs, strict=True)]
    translations = text.translate(sources)
    both = list(zip(translations, signs, strict=True))
    rest = [line.replace(sign, "").strip() for line, sign in both]
    kept = (
        (source, line, line.count(sign) == source.count(sign))
        for source, (line, sign) in zip(sources, both, strict=True)
    )
    values = text.bleu(rest, text.references), text.bleu(text.plain, text.references)
    rest_row = bleu_row("with an emoji at the end", "BLEU of the rest", values, len(sources), 0.1)
    return [*share_row("with an emoji at the end", "kept", kept), rest_row]


def recase(line: str, change: Callable[[str], str]) -> str:
    """Change the case of a line but for its placeholders, URLs, addresses, tags and code."""
    parts, end = [], 0
    for match in SPAN.finditer(line):
        parts += [change(line[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, change(line[end:])])


def title(line: str) -> str:
    """Return a line with a capital at the start of each word."""
    return re.sub(r"(?<![\w'\u2019])[^\W\d_]", lambda match: match[0].upper(), line)


def case_rows(text: Text) -> list[Row]:
    """Return the rows of capitals, title case and lower case; none of a script without case."""
    if not have_case(text.sources):
        return []
    plain, rows = text.bleu(text.plain, text.references, lower_cased=True), []
    casings = {"in CAPITALS": str.upper, "in Title Case": title, "in lower case": str.lower}
    for name, change in casings.items():
        sources = [recase(line, change) for line in text.sources]
        translations = text.translate(sources)
        value = text.bleu(translations, text.references, lower_cased=True)
        rows.append(bleu_row(name, "BLEU lower-cased", (value, plain), len(sources), 2.0))
        if change is str.upper and have_case(text.references):
            checks = (
                (source, line, not any(c.islower() and c != "ß" for c in SPAN.sub("", line)))
                for source, line in zip(sources, translations, strict=True)
            )
            rows += share_row(name, "answered in capitals", checks, 95)
    return rows


def joined(lines: Sequence[str], language: str) -> list[str]:
    """Return each four lines as one."""
    blank = "" if base_language(language) in UNSEPARATED else " "
    return [blank.join(lines[at : at + 4]) for at in range(0, len(lines) - 3, 4)]


def four_sentences(text: Text) -> list[Row]:
    """Return the row of four sentences on a line; plain are the same, translated one at a time.

    Sentences are the lines that end in a mark: nobody could tell where a title ends.
    """
    is_sentence = [bool(SENTENCE_END.search(line)) for line in text.sources]
    sources = joined(list(compress(text.sources, is_sentence)), text.source_language)
    if not sources:
        return []
    references, plain = (
        joined(list(compress(lines, is_sentence)), text.target_language)
        for lines in (text.references, text.plain)
    )
    values = text.bleu(text.translate(sources), references), text.bleu(plain, references)
    return [bleu_row("four sentences on a line", "BLEU", values, len(sources), 0.7)]


def repetition(text: Text) -> list[Row]:
    """Return the row of translations of long lines that repeat themselves."""
    unspaced = base_language(text.source_language) in UNSPACED
    chosen = [
        (source, line, reference)
        for source, line, reference in zip(text.sources, text.plain, text.references, strict=True)
        if (len(source) >= 24 if unspaced else len(source.split()) >= 12)
    ]
    if not chosen:
        return []
    failed = [(source, line) for source, line, _ in chosen if repeats(line, text.target_language)]
    in_references = sum(repeats(line, text.target_language) for *_, line in chosen)
    value, plain = (100 * number / len(chosen) for number in (len(failed), in_references))
    name, metric = "of 12 words or more", "repeat themselves, % (plain: references)"
    condition = ("at most 3.9 %", value <= 400 / 102)
    return [Row(name, metric, value, plain, len(chosen), *condition, failed[:FAILURES])]


def icu_rows(text: Text) -> list[Row]:
    """Return the rows of messages with two lines each, plurals and selections in turns."""
    usable = [at for at, line in enumerate(text.sources) if not re.search("[{}#'<>|]", line)]
    couples = list(zip(usable[::2], usable[1::2], strict=False))
    if not couples:
        return []
    sources = [
        icu_message(text.sources[first], text.sources[second], is_plural=number % 2 == 0)
        for number, (first, second) in enumerate(couples)
    ]
    translations = text.translate(sources)
    checks, branches = [], []
    for source, line in zip(sources, translations, strict=True):
        message, translated = parse_icu(source), parse_icu(line)
        assert message is not None
        checks.append((source, line, keeps_icu(message, translated)))
        for key in message.branches:
            branch = translated.branches.get(key, "") if translated else ""
            branches.append(re.sub(r"\s*\(#\)|\s*#", "", branch))
    order = [at for couple in couples for at in couple]
    references, plain = ([lines[at] for at in order] for lines in (text.references, text.plain))
    values = text.bleu(branches, references), text.bleu(plain, references)
    return [
        *share_row("ICU messages", "syntax kept", checks),
        bleu_row("ICU messages", "BLEU of the branches", values, len(order), 1.0),
    ]


def blank_rows(text: Text) -> list[Row]:
    """Return the rows of blanks around a line, and of a no-break space behind a number."""
    sources = []
    for number, line in enumerate(text.sources):
        before, after = BLANKS[number % len(BLANKS)]
        sources.append(f"{before}{line.strip()}{after}")
    translations = text.translate(sources)
    around = (
        (source, line, edges(line) == edges(source))
        for source, line in zip(sources, translations, strict=True)
    )
    unit = re.compile(r"(\d)[ \u00a0](?=[^\W\d])")
    numbered = [unit.sub("\\1\u00a0", line) for line in text.sources if unit.search(line)]
    inside = (
        (source, line, "\u00a0" in "".join(units))
        for source, line in zip(numbered, text.translate(numbered), strict=True)
        if (units := [match[0] for match in unit.finditer(line)])
    )
    return [
        *share_row("with blanks around them", "kept", around),
        *share_row("with a no-break space behind a number", "kept", inside),
    ]
