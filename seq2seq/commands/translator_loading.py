"""The translator that the options of a command ask for, in one process or several."""

from contextlib import AbstractContextManager
from functools import partial

from seq2seq.builders import instantiate_node
from seq2seq.config.commands import TranslateConfig
from seq2seq.inference.decoding_processes import shared_out
from seq2seq.inference.loading import load_translator
from seq2seq.inference.onnx.decoding import DecodingEngine
from seq2seq.inference.planning import line_handling
from seq2seq.inference.translator import Translator


def load_translator_of(config: TranslateConfig) -> Translator:
    """Load the translator of the options; raises as `load_translator` and its methods."""
    translator = load_translator(
        config.run, instantiate_node("search", config.search), config.limits, config.batch,
        config.device, config.trusted, DecodingEngine(config.precision, config.engine),
        line_handling(config),
    )  # fmt: skip
    translator.choose_direction(config.target, config.source)
    if config.alignments:
        translator.return_alignments()
    return translator


def share_out(config: TranslateConfig, translator: Translator) -> AbstractContextManager[None]:
    """Let `config.processes` processes translate in the block; see `shared_out`."""
    return shared_out(translator, config.processes, partial(load_translator_of, config))
