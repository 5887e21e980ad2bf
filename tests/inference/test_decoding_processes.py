"""Decoding in several processes gives what one process gives."""

import multiprocessing
from typing import Any

import pytest

from seq2seq.errors import ConfigError
from seq2seq.inference.decoding_processes import shared_out
from seq2seq.inference.document_translator import DocumentTranslator
from seq2seq.inference.translator import Translator
from seq2seq.inference.units import Splitting, UnitPlanner
from seq2seq.search.beam import Beam
from seq2seq.text.glossary import Glossary, Term
from seq2seq.text.spans.rules import SpanRules
from seq2seq.text.transforms import TextTransforms
from tests.inference.networks import LIMITS, random_network, toy_tokenizer

LINES = ["The dog sees a book.", "<b>The cat</b> likes {name}!", "", "water 3.5", "no bread"] * 4


def load() -> Translator:
    """Load the same translator in each process: batches of two units, a glossary, alignments."""
    tokenizer = toy_tokenizer()
    planner = UnitPlanner(
        tokenizer, TextTransforms(), SpanRules(), ("en", "de"), Splitting("auto", 12, 40),
        Glossary([Term("dog", ("Hund",))]),
    )  # fmt: skip
    network = random_network(tokenizer, "additive", 5)
    made = Translator(
        network,
        tokenizer,
        tokenizer,
        Beam(beam_size=2, length_penalty=1.0, n_best=2),
        LIMITS,
        2,
        planner,
    )
    made.return_alignments()
    return made


def plain(translator: Translator) -> list[Any]:
    """Return what a translator gives for the lines, and what it has counted, as text."""
    translator.term_counts.clear()
    hypotheses = list(translator.hypotheses(LINES))
    return [repr(hypotheses), sorted(translator.term_counts.items())]


def test_two_processes_translate_as_one_and_one_goes_on_when_they_are_killed() -> None:
    translator = load()
    alone = plain(translator)

    with shared_out(translator, 2, load):
        together = plain(translator)
        for process in multiprocessing.active_children():
            process.kill()
        survived = plain(translator)

    assert together == alone
    assert survived == alone
    assert plain(translator) == alone


def test_document_context_is_not_shared_out() -> None:
    documents = DocumentTranslator.__new__(DocumentTranslator)

    with (
        pytest.raises(ConfigError, match="translates line after line: processes=1"),
        shared_out(documents, 2, load),
    ):
        pass
