"""Pairs as they are read, and the split that each of them is assigned to."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from seq2seq.config.corpus_options import DOUBTFUL_KINDS
from seq2seq.config.ranges import shortened
from seq2seq.config.training import CleaningOptions, HeldOutOptions
from seq2seq.data.chunk_pool import map_in_order
from seq2seq.data.cleaning_report import CleaningReport
from seq2seq.data.corpus import FLAW_KINDS, SPLITS, ParallelCorpus
from seq2seq.data.raw_pairs import RawPairs
from seq2seq.data.scan import ChunkScan, ScanSettings, scan_chunk
from seq2seq.data.side_languages import SideLanguages
from seq2seq.data.splits import SplitAssignment, assign_splits
from seq2seq.data.tagged_pairs import tagged_pairs
from seq2seq.errors import TextError
from seq2seq.text.transforms import TextTransforms

LANGUAGE_PAIRS = 50_000  # training pairs that the languages of the sides are learnt from


def write_raw(
    corpus: ParallelCorpus, folder: Path, tags: Sequence[str] = ()
) -> dict[str, RawPairs]:
    """Write the pairs of each split, as its reader yields them, into files of `folder`.

    Tags of the words `tags` at the beginning of sources are kept apart from these.
    """
    read = {name: tagged_pairs(corpus.splits.get(name, ()), tags) for name in SPLITS}
    return {name: RawPairs.write(folder / f"{name}.raw", pairs) for name, pairs in read.items()}


def assign_raw(
    raw: Mapping[str, RawPairs],
    clean: CleaningOptions,
    heldout: HeldOutOptions | None,
    transform: TextTransforms,
    pool: Executor | None = None,
    pivot: str | None = None,
) -> SplitAssignment:
    """Assign the pairs of each split, in the processes of `pool`; see `assign_splits`."""
    pairs = [
        (transform(pair.source), transform(pair.target))
        for pair in raw["train"].sample(LANGUAGE_PAIRS)
        if pair.flaw is None
    ]
    languages = None  # of a corpus in several languages a side has no language
    if pivot is None:
        languages = SideLanguages([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    settings = {n: ScanSettings(clean, transform, n == "train", languages, pivot) for n in raw}
    scans = {
        name: map_in_order(pool, partial(_scan, of_split, settings[name]), range(of_split.chunks))
        for name, of_split in raw.items()
    }
    reading = {name: of_split.__iter__ for name, of_split in raw.items()}
    return assign_splits(reading, clean, heldout, transform, scans, pivot)


def _scan(raw: RawPairs, settings: ScanSettings, index: int) -> ChunkScan:
    return scan_chunk(list(raw.chunk(index)), settings)


def require_strict(audit: CleaningReport, clean: CleaningOptions) -> None:
    """Refuse rows that are no pairs and pairs of `clean.drop`, with `clean.strict`.

    Raises:
        TextError: there are some; the message has the number and an example of each kind.
    """
    if not clean.strict:
        return
    for name, count in audit.splits.items():
        bad = [kind for kind in (*FLAW_KINDS, *DOUBTFUL_KINDS) if kind in count.dropped]
        if bad:
            found = "; ".join(
                f"{count.dropped[kind]:,} {kind} ({shortened(' | '.join(count.examples[kind][0]))})"
                for kind in bad
            )
            raise TextError(f"the {name} text has bad pairs (clean.strict): {found}")
