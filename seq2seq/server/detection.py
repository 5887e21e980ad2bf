"""Detection of the language of a text, among those that are served."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from seq2seq.server.languages import find_language
from seq2seq.text.languages import base_language

MAX_DETECTED = 2000  # characters that are read


class DetectedLanguage(NamedTuple):
    """A language that a text may have."""

    code: str
    confidence: float  # from 0 to 100


@cache
def language_identifier() -> Any:
    """Return the identifier of py3langid, with probabilities; it takes two seconds to load."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detect_language(text: str, served: Sequence[str]) -> list[DetectedLanguage]:
    """Return the languages of `served` that a text may have, the most probable first.

    A language that py3langid does not know is never detected.
    """
    identifier = language_identifier()
    identifier.set_languages()
    known = set(identifier.labels)
    bases = {base_language(code) for code in served} & known
    if not bases:
        return [DetectedLanguage(served[0], 0.0)] if served else []
    identifier.set_languages(sorted(bases))
    ranked = identifier.rank(text[:MAX_DETECTED])
    return named_languages(ranked, served)


def named_languages(
    ranked: Sequence[tuple[str, float]], served: Sequence[str]
) -> list[DetectedLanguage]:
    """Return ranked codes and probabilities as served languages with confidences."""
    found = [(find_language(code, served), probability) for code, probability in ranked]
    return [
        DetectedLanguage(code, round(100 * float(probability), 1))
        for code, probability in found
        if code is not None
    ]


Detect = Callable[[str, Sequence[str]], list[DetectedLanguage]]
