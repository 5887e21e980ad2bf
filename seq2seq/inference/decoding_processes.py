"""Decoding of batches in several processes, each of which has loaded the same runs.

The batches are those of one process, and so are their translations, bit for bit.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import torch

from seq2seq.data.chunk_pool import map_in_order, process_pool, usable_processors
from seq2seq.errors import ConfigError
from seq2seq.inference.document_translator import DocumentTranslator
from seq2seq.inference.line_units import Unit
from seq2seq.inference.stored_batches import batch_results
from seq2seq.inference.translator import Translator
from seq2seq.inference.unit_decoding import UnitBatch
from seq2seq.storage.partial import BatchResults

_own: list[Translator] = []  # the translator of this process


class _Work(NamedTuple):
    """A batch on its way to another process: without tensors, which it makes of the units."""

    units: Sequence[Unit]
    keys: Sequence[int]
    scored: bool


@contextmanager
def shared_out(
    translator: Translator, processes: int, load: Callable[[], Translator]
) -> Iterator[None]:
    """Let `translator` decode in so many processes until the block ends.

    If processes cannot be started or are killed, this one goes on with the work.

    Args:
        translator: of this process, which cuts lines into units and joins their translations.
        processes: their number; 1: this one.
        load: of a module, or a `partial` of one, with arguments that can be pickled: returns an
            equal translator.

    Raises:
        ConfigError: the translator is on a GPU, or translates documents one line after the other.
    """
    if processes == 1:
        yield
        return
    if isinstance(translator, DocumentTranslator):
        raise ConfigError("document_context=carry translates line after line: processes=1")
    if next(translator.model.parameters()).device.type != "cpu":
        raise ConfigError("several processes translate on CPUs: device=cpu, or processes=1")
    threads = max(1, usable_processors() // processes)
    with process_pool(processes, partial(_begin_decoding, load, threads)) as pool:
        _own[:] = [translator]
        translator.share_out(partial(_decode_all, pool))
        try:
            yield
        finally:
            translator.share_out(None)
            _own.clear()


def _decode_all(
    pool: Executor, batches: Iterable[UnitBatch], blocked_ngram: int
) -> Iterator[BatchResults]:
    work = (_Work(batch.units, batch.keys, batch.scored) for batch in batches)
    return map_in_order(pool, partial(_decode, blocked_ngram), work)


def _begin_decoding(load: Callable[[], Translator], threads: int) -> None:
    torch.set_num_threads(threads)
    _own[:] = [load()]


def _decode(blocked_ngram: int, work: _Work) -> BatchResults:
    """Decode a batch with the translator of this process."""
    translator = _own[0]
    before = translator.term_counts.copy()
    translations = translator.decode_units(UnitBatch.of(*work), blocked_ngram)
    results = batch_results(translations, before, translator.term_counts)
    translator.term_counts.clear()  # they are counted where the results are
    translator.term_counts.update(before)
    return results
