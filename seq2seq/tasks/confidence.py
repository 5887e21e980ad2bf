"""Confidence of translations: fitted on the validation text, measured on the test text."""

from collections.abc import Sequence

from seq2seq.inference.confidence import rate
from seq2seq.inference.confidence_report import fit_confidence, measure_confidence
from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.translator import Translator
from seq2seq.plots.reliability import plot_reliability
from seq2seq.run_folder import HeldOutPair, RunFolder
from seq2seq.tasks.directions import translate_held_out
from seq2seq.training.plots import evenly_spaced

MAX_FITTED = 1000  # sentences of the validation text, evenly spaced: three numbers need no more


def rate_run(
    run: RunFolder,
    translator: Translator,
    validation: Sequence[HeldOutPair],
    test: tuple[Sequence[ScoredTranslation], Sequence[str]],
) -> str:
    """Fit confidence, write the fit and its plot into the run folder, and use it from now on.

    Args:
        run: the folder.
        translator: with the weights of the run.
        validation: the text to fit on.
        test: scored translations of the test text, and their references.

    Returns:
        Errors and correlations on the test text, as Markdown.
    """
    pairs = [validation[index] for index in evenly_spaced(len(validation), MAX_FITTED)]
    fit = fit_confidence(translate_pairs(translator, pairs), [pair.target for pair in pairs])
    fit.save(run.confidence)
    translator.fit = fit
    translations, references = test
    report = measure_confidence([rate(fit, each) for each in translations], references)
    plot_reliability({"words": report.words, "lines": report.lines}, run.reliability)
    return report.markdown()


def translate_pairs(
    translator: Translator, pairs: Sequence[HeldOutPair]
) -> list[ScoredTranslation]:
    """Return the best translation of each pair, scored."""
    return translate_held_out(translator, pairs)
