"""Translations and scores of text in several directions, each direction by itself."""

from collections.abc import Sequence

from seq2seq.evaluation.metrics import score_hypotheses
from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.translator import Translator
from seq2seq.run_folder import HeldOutPair


def rows_by_languages(pairs: Sequence[HeldOutPair]) -> dict[str | None, list[int]]:
    """Return the indices of pairs by their languages, as "en de"; None: of a run of two."""
    rows: dict[str | None, list[int]] = {}
    for index, pair in enumerate(pairs):
        rows.setdefault(pair.languages, []).append(index)
    return rows


def translate_held_out(
    translator: Translator, pairs: Sequence[HeldOutPair], scored: bool = True
) -> list[ScoredTranslation]:
    """Return the best translation of each pair, in the direction of the pair."""
    best: list[ScoredTranslation | None] = [None] * len(pairs)
    for languages, rows in rows_by_languages(pairs).items():
        if languages is not None:
            source, target = languages.split(" ")
            translator.choose_direction(target, source)
        sources, documents = [pairs[i].source for i in rows], [pairs[i].document for i in rows]
        translations = translator.best(sources, documents, scored=scored)
        for row, translation in zip(rows, translations, strict=True):
            best[row] = translation
    return [each for each in best if each is not None]


def scores_by_direction(
    hypotheses: Sequence[str], pairs: Sequence[HeldOutPair]
) -> dict[str, tuple[float, float]]:
    """Return BLEU and chrF of each direction, as "en-de"; none for a run of two languages."""
    scores = {}
    for languages, rows in rows_by_languages(pairs).items():
        if languages is not None:
            target = languages.split(" ")[1]
            bleu, chrf = score_hypotheses(
                [hypotheses[i] for i in rows], [pairs[i].target for i in rows], target,
                ("bleu", "chrf"),
            )  # fmt: skip
            scores[languages.replace(" ", "-")] = (bleu.value, chrf.value)
    return scores
