"""Preparation of parallel text: cleaned, split, tokenised into Arrow files, and cached.

Passes over chunks of the text, in several processes, keep memory at some 40 bytes a pair: read and
check every pair and keep its hashes; put symbols for spans into those that are kept; train the
tokenizer; tokenise.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import NamedTuple

import datasets
import numpy as np
import pyarrow as pa

from seq2seq.config.corpus_options import DOUBTFUL_KINDS
from seq2seq.config.protect import ProtectOptions
from seq2seq.config.training import CleaningOptions, HeldOutOptions
from seq2seq.config.training import TokenizerOptions as TokenizerOptions
from seq2seq.data.arrow_files import batch_pairs, write_arrow
from seq2seq.data.cache import cache_fingerprint, load_or_build
from seq2seq.data.chunk_pool import chunk_pool, map_in_order
from seq2seq.data.cleaning_report import CleaningReport, SplitCounts
from seq2seq.data.corpus import SPLITS, Pair, ParallelCorpus
from seq2seq.data.masked_pairs import MaskedPairs
from seq2seq.data.parallel_keys import DOUBTFUL_FORMAT, PreparationSettings, prepared_keys
from seq2seq.data.parallel_tokenizers import train_tokenizers
from seq2seq.data.protected_kinds import (
    Protection,
    choose_protection,
    with_formats,
)
from seq2seq.data.raw_assignment import assign_raw, require_strict, write_raw
from seq2seq.data.raw_pairs import RawPairs, selected_rows
from seq2seq.data.tagged_pairs import pivot_language, tags_of
from seq2seq.data.tokenized_columns import (
    PREPARED_SCHEMA,
    BatchTokenizer,
    TokenizedBatch,
    load_tokenizers,
)
from seq2seq.errors import TextError
from seq2seq.storage.run_files import TRUECASE
from seq2seq.text.given_pieces import GivenPieces
from seq2seq.text.special_tokens import SYMBOLS
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.transforms import TextTransforms
from seq2seq.text.truecase import FormCounts, Truecaser


class PreparedCorpus(NamedTuple):
    """Tokenised splits of a parallel corpus, their tokenizers, and where the text came from."""

    train: datasets.Dataset  # transformed text and its token ids; memory-mapped
    validation: datasets.Dataset  # raw text, and the token ids of the transformed text
    test: datasets.Dataset
    source_tokenizer: Tokenizer
    target_tokenizer: Tokenizer  # the same object where there is one vocabulary
    audit: CleaningReport
    notices: list[str]
    source: str
    target: str
    licence: str
    origin: dict[str, str]
    fingerprint: str
    protected_kinds: list[str]  # of spans that translations keep
    number_format: dict[str, list[str]]  # signs of numbers, see `NumberFormat.facts`
    truecaser: Truecaser | None  # of the source; None: the corpus was prepared without
    directions: Sequence[tuple[str, str]] = ()  # of a corpus in several languages
    number_formats: Mapping[str, dict[str, list[str]]] = {}  # of each direction, as "en de"
    temperature: float = 1.0  # with which directions are sampled

    @property
    def typical_length(self) -> int:
        """Return the median number of source tokens of the training pairs."""
        lengths = self.train.data.column("source_length").to_numpy()
        return max(1, int(np.median(lengths)))


def prepare_parallel(
    corpus: ParallelCorpus,
    clean: CleaningOptions,
    heldout: HeldOutOptions,
    options: TokenizerOptions,
    cache: Path,
    protect: ProtectOptions,
    adds_spans: bool = False,
    given: GivenPieces | None = None,
) -> PreparedCorpus:
    """Clean, split and tokenise `corpus`, or load the result from `cache`.

    Args:
        corpus: as a reader returns it.
        clean: filters of training pairs.
        heldout: sizes of the splits that the corpus does not bring.
        options: of the tokenizers.
        cache: folder of prepared corpora; the result is found by a fingerprint of the arguments.
        protect: spans of training pairs for which symbols stand.
        adds_spans: whether augmentation adds spans to pairs, which need symbols then.
        given: tokenizers to use; None: new ones are trained.

    Raises:
        TextError: no pair is left to train on, the text cannot be read, or the disk is full.
    """
    settings = PreparationSettings(clean, heldout, options, protect, adds_spans, given)
    key, name = prepared_keys(corpus, settings)
    folder = cache / "prepared" / name
    prepared = load_or_build(
        folder,
        "prepared.json",
        lambda temporary: _build(corpus, settings, temporary),
        lambda: _load(folder, corpus, key),
    )
    require_strict(prepared.audit, clean)
    if any(kind in prepared.audit.split("train").dropped for kind in DOUBTFUL_KINDS):
        return prepared._replace(fingerprint=cache_fingerprint([key, DOUBTFUL_FORMAT, clean.drop]))
    return prepared


def _build(corpus: ParallelCorpus, settings: PreparationSettings, folder: Path) -> None:
    """Write the files of a prepared corpus into `folder`, an empty one."""
    raw = write_raw(corpus, folder.parent, settings.tokenizer.tags)
    with chunk_pool(raw["train"].chunks) as pool:
        _build_from(corpus, raw, settings, folder, pool)


def _build_from(
    corpus: ParallelCorpus,
    raw: Mapping[str, RawPairs],
    settings: PreparationSettings,
    folder: Path,
    pool: Executor | None,
) -> None:
    options, protect, given = settings.tokenizer, settings.protect, settings.given
    transform = TextTransforms(options.transforms)
    pivot = pivot_language(corpus.directions)
    assignment = assign_raw(raw, settings.clean, settings.heldout, transform, pool, pivot)
    require_strict(assignment.audit, settings.clean)
    count = _require_pairs(assignment.audit.split("train"))

    def pairs() -> Iterator[Pair]:
        for rows in selected_rows(raw, assignment.masks("train")):
            yield from batch_pairs(rows.batch())

    protection = choose_protection(pairs, protect, settings.adds_spans)
    if corpus.directions:
        protection = with_formats(protection, pairs, protect)
    if given is not None and not given.source.has_symbols:
        protection = protection._replace(is_trained=False)
    masked = {
        name: MaskedPairs.write(
            folder.with_name(f"{name}.masked"),
            selected_rows(raw, assignment.masks(name)),
            protection,
            protect,
            pool,
        )
        for name in SPLITS
    }
    symbols = (*(SYMBOLS if protection.is_trained else ()), *tags_of(corpus, options))
    source, target, notices = train_tokenizers(
        masked["train"].sides, options, count, symbols, given
    )
    source.save(folder / "source.model")
    if target is not source:
        target.save(folder / "target.model")
    forms = _write_tokenized(masked, transform, folder, pool)
    if protect.truecase:
        truecaser = given and given.truecaser
        (truecaser or forms.truecaser()).save(folder / TRUECASE)
    _write_facts(folder, assignment.audit, protection, notices)


def _write_tokenized(
    masked: Mapping[str, MaskedPairs],
    transform: TextTransforms,
    folder: Path,
    pool: Executor | None,
) -> FormCounts:
    """Write the tables of all splits; return the counts of forms in the training sources."""
    total = FormCounts()

    def counted(made: Iterable[TokenizedBatch]) -> Iterator[pa.RecordBatch]:
        for batch, forms in made:
            if forms is not None:
                total.add(forms)
            yield batch

    for name, of_split in masked.items():
        tokenize = BatchTokenizer(of_split.file, folder, transform, name == "train")
        made = map_in_order(pool, tokenize, range(len(of_split.file)))
        write_arrow(folder / f"{name}.arrow", PREPARED_SCHEMA, counted(made))
    return total


def _write_facts(
    folder: Path, audit: CleaningReport, protection: Protection, notices: list[str]
) -> None:
    """Write what `_load` needs beside tables and tokenizers."""
    facts = {
        "audit": audit.to_dict(),
        "notices": [*protection.notices, *notices],
        "protected_kinds": protection.kinds,
        "number_format": protection.number_format.facts(),
        "number_formats": {key: made.facts() for key, made in protection.formats.items()},
    }
    (folder / "prepared.json").write_text(json.dumps(facts), encoding="utf-8")


def _require_pairs(train: SplitCounts) -> int:
    """Return the number of training pairs.

    Raises:
        TextError: none is left.
    """
    if not train.kept:
        dropped = "".join(f", {number:,} {rule}" for rule, number in train.dropped.items())
        raise TextError(f"no pair is left to train on: {train.read:,} read{dropped}")
    return train.kept


def _load(folder: Path, corpus: ParallelCorpus, key: str) -> PreparedCorpus:
    facts = json.loads((folder / "prepared.json").read_text(encoding="utf-8"))
    source, target = load_tokenizers(folder)
    train, validation, test = (
        datasets.Dataset.from_file(str(folder / f"{name}.arrow")) for name in SPLITS
    )
    return PreparedCorpus(
        train,
        validation,
        test,
        source,
        target,
        CleaningReport.from_dict(facts["audit"]),
        facts["notices"],
        corpus.source,
        corpus.target,
        corpus.licence,
        corpus.origin,
        key,
        facts.get("protected_kinds", []),
        facts.get("number_format", {}),
        Truecaser.load(folder / TRUECASE) if (folder / TRUECASE).is_file() else None,
        corpus.directions,
        facts.get("number_formats", {}),
        corpus.temperature,
    )
