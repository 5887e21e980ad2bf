"""Recurrent sequence-to-sequence translation: raw parallel text in, a translator out.

import seq2seq
translator = seq2seq.load("runs/en-de/20260101-120000")
translator.translate(["Turn on the lights.", "Good morning!"])
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seq2seq.inference.documents import translate_document
    from seq2seq.inference.loading import load_translator as load
    from seq2seq.inference.planning import LineHandling
    from seq2seq.inference.translator import Translator

__version__ = "0.1.0"
__all__ = ["LineHandling", "Translator", "__version__", "load", "translate_document"]


def __getattr__(name: str) -> Any:
    """Return a public name, importing them and torch on first use."""
    if name in ("load", "LineHandling", "Translator", "translate_document"):
        from seq2seq.inference import documents, loading, planning, translator

        public = {
            "load": loading.load_translator,
            "LineHandling": planning.LineHandling,
            "Translator": translator.Translator,
            "translate_document": documents.translate_document,
        }
        return public[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
