"""Placement of tags: what pairs of tags enclose in translations, beside references.

python -m benchmarks.tags RUN [--names] [--lines N] [--out FILE]

RUN is a run of a corpus with tags, such as `+recipe=en-de-libreoffice`. Of its test text the first
N lines (1,000) are taken whose reference has the tags of its source; with --names those with a
word that both sides share, around which tags are put. A pair of tags is right if it encloses the
very words that it encloses in the reference; the words in common are also counted as F1. BLEU is of
the text without tags.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import patch

from benchmarks.line_checks import shared_word
from seq2seq.evaluation.metrics import score_hypotheses
from seq2seq.run_folder import HeldOutPair

TAG = re.compile(r"</?(\w+)[^<>]*>")
WORD = re.compile(r"\w+|[^\w\s]")


def tags_of(line: str) -> list[str]:
    """Return the tags of a line."""
    return [match[0] for match in TAG.finditer(line)]


def contents(line: str) -> dict[tuple[str, int], Counter[str]]:
    """Return the words that each pair of tags encloses.

    The key of a pair is its opening tag, and how many of that were before it.
    """
    found: dict[tuple[str, int], Counter[str]] = {}
    open_tags: list[tuple[str, str, int]] = []
    counts: Counter[str] = Counter()
    for match in TAG.finditer(line):
        if not match[0].startswith("</"):
            open_tags.append((match[1], match[0], match.end()))
            continue
        while open_tags:
            name, tag, start = open_tags.pop()
            if name == match[1]:
                text = TAG.sub(" ", line[start : match.start()])
                found[tag, counts[tag]] = Counter(WORD.findall(text))
                counts[tag] += 1
                break
    return found


def placement(translations: Sequence[str], references: Sequence[str]) -> tuple[int, float, float]:
    """Return the number of pairs of tags, the share that is right, and the F1 of their words."""
    number = right = 0
    common = 0
    lengths = 0
    for line, reference in zip(translations, references, strict=True):
        of_line = contents(line)
        for key, words in contents(reference).items():
            enclosed = of_line.get(key, Counter())
            number += 1
            right += enclosed == words
            common += 2 * (enclosed & words).total()
            lengths += enclosed.total() + words.total()
    return number, 100 * right / max(number, 1), 100 * common / max(lengths, 1)


def without_tags(line: str) -> str:
    """Return a line without its tags, with single blanks."""
    return " ".join(TAG.sub(" ", line).split())


def figures(sources: Sequence[str], lines: Sequence[str], references: Sequence[str]) -> list[str]:
    """Return the figures of some translations."""
    kept = sum(
        Counter(tags_of(line)) == Counter(tags_of(source))
        for source, line in zip(sources, lines, strict=True)
    )
    _, right, f1 = placement(lines, references)
    plain, expected = ([without_tags(line) for line in side] for side in (lines, references))
    bleu = score_hypotheses(plain, expected, "de", ("bleu",))[0].value
    shares = (100 * kept / max(len(lines), 1), right, f1, bleu)
    return [f"{share:.1f}" for share in shares]


def tagged_pairs(pairs: Sequence[HeldOutPair], names: bool) -> list[tuple[str, str]]:
    """Return sources and references with the same tags.

    Args:
        pairs: held-out text.
        names: put tags around a word that both sides share; else take the tags that there are.
    """
    if not names:
        return [
            (pair.source, pair.target)
            for pair in pairs
            if (tags := Counter(tags_of(pair.source))) and tags == Counter(tags_of(pair.target))
        ]
    shared = [(pair, word) for pair in pairs if (word := shared_word(pair.source, pair.target))]
    return [
        (
            re.sub(rf"\b{word}\b", f"<b>{word}</b>", pair.source),
            re.sub(rf"\b{word}\b", f"<b>{word}</b>", pair.target),
        )
        for pair, word in shared
    ]


def main() -> None:
    """Print the figures of a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--names", action="store_true", help="tags around words that both share")
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()

    import seq2seq
    from benchmarks import results
    from seq2seq.inference import tag_placement
    from seq2seq.run_folder import RunFolder

    pairs = tagged_pairs(RunFolder(options.run).read_test(), options.names)[: options.lines]
    sources, references = (list(side) for side in zip(*pairs, strict=True))
    translator = seq2seq.load(options.run)
    encloses_better = tag_placement.encloses_better
    ways: dict[str, Callable[..., bool]] = {
        "symbols": lambda *_: False,
        "attention": lambda *_: True,
        "whichever is better": encloses_better,
    }
    rows = []
    for name, way in ways.items():
        with patch.object(tag_placement, "encloses_better", way):
            lines = translator.translate(sources)
        rows.append([name, *figures(sources, lines, references)])
    number = placement(references, references)[0]
    columns = ("tags by", "kept, %", "exactly as the reference, %", "F1 of the words", "BLEU")
    results.table(columns, rows)
    print(f"{len(pairs):,} lines, {number:,} pairs of tags")
    if options.out:
        made = {"machine": results.machine(), "lines": len(pairs), "pairs": number, "rows": rows}
        options.out.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
