"""Alignment error rate of a run's attention, beside the diagonal.

python -m benchmarks.alignment_error RUN [--min-weight W]

The pairs of `benchmarks.alignment_pairs`, English and German, are read with teacher forcing.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.alignment_pairs import PAIRS
from seq2seq.errors import UserError
from seq2seq.evaluation.alignment import WordLink, alignment_error_rate, parse_links

if TYPE_CHECKING:
    from seq2seq.inference.alignment import Alignment
    from seq2seq.inference.translator import Translator


def align_pairs(translator: "Translator", pairs: Sequence[tuple[str, str]]) -> "list[Alignment]":
    """Return the alignments of given translations, each pair being one unit.

    Raises:
        ConfigError: the network has no attention.
    """
    from seq2seq.inference.alignment import Aligner, DecodedUnit
    from seq2seq.inference.decode import ScoredTranslation

    aligner = Aligner(translator.model, translator.source, translator.target)
    planner = translator.planner
    units, translations = [], []
    for source, target in pairs:
        (unit,) = planner.plan([source])[0].units
        units.append(DecodedUnit(unit, unit))
        (ids,) = translator.target.encode([planner.transforms(target)])
        tokens = [translator.target.piece(token) for token in ids]
        translations.append(ScoredTranslation(target, 0.0, 0.0, tokens, []))
    return aligner.align(units, translations, None, planner.rules)


def diagonal(source: str, target: str) -> list[WordLink]:
    """Return a link for each target word: to the source word at the same relative position."""
    width, height = len(source.split()), len(target.split())
    return [(min(int((j + 0.5) / height * width), width - 1), j) for j in range(height)]


def main() -> None:
    """Print the error rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--min-weight", type=float)
    options = parser.parse_args()

    import seq2seq
    from benchmarks import results
    from seq2seq.inference.alignment import MIN_LINK_WEIGHT

    weight = MIN_LINK_WEIGHT if options.min_weight is None else options.min_weight
    pairs = [(source, target) for source, target, _ in PAIRS]
    references = [parse_links(links) for _, _, links in PAIRS]
    try:
        aligned = align_pairs(seq2seq.load(options.run), pairs)
    except UserError as error:
        raise SystemExit(str(error)) from None
    rows = []
    for name, links in (
        ("attention", [alignment.links(weight) for alignment in aligned]),
        ("diagonal", [diagonal(*pair) for pair in pairs]),
    ):
        score = alignment_error_rate(links, references)
        rows.append([name, *(f"{100 * value:.1f}" for value in score)])
    results.table(("alignment", "AER", "precision", "recall"), rows)


if __name__ == "__main__":
    main()
