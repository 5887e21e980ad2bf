"""Keys of prepared parallel corpora: their fingerprints, and their folders in the cache."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

from seq2seq.config.protect import ProtectOptions
from seq2seq.config.training import (
    DEFAULT_TRANSFORMS,
    CleaningOptions,
    HeldOutOptions,
    TokenizerOptions,
)
from seq2seq.data.cache import cache_fingerprint
from seq2seq.data.corpus import ParallelCorpus
from seq2seq.data.readers.files import sha256_of_file
from seq2seq.text.given_pieces import GivenPieces

PARALLEL_FORMAT = 2  # of the prepared files; another number makes everything anew
PROTECTION_FORMAT = 1  # of symbols in them
DOUBTFUL_FORMAT = 1  # of the rules for doubtful pairs


class PreparationSettings(NamedTuple):
    """Options of the preparation of a corpus; see `prepare_parallel`."""

    clean: CleaningOptions
    heldout: HeldOutOptions
    tokenizer: TokenizerOptions
    protect: ProtectOptions
    adds_spans: bool
    given: GivenPieces | None


def prepared_keys(corpus: ParallelCorpus, settings: PreparationSettings) -> tuple[str, str]:
    """Return the fingerprint of a prepared corpus, and the name of its folder in the cache."""
    clean, heldout, options, protect, adds_spans, given = settings
    cleaning = asdict(clean)
    for later in ("drop", "strict", "scores", "min_weight"):  # options of later versions
        del cleaning[later]
    if clean.scores is not None:
        cleaning["scores"] = [sha256_of_file(Path(clean.scores)), clean.min_weight]
    key = corpus_fingerprint(corpus, [cleaning, asdict(heldout), _tokenizer_facts(options)])
    # The fingerprint of the data, which resuming compares, is that of versions without symbols.
    about = asdict(protect)
    if about["number_format"] == "keep":  # as the first version did
        del about["number_format"]
    is_plain = replace(protect, number_format="auto") == ProtectOptions(kinds=[], truecase=False)
    name = key if is_plain else cache_fingerprint([key, PROTECTION_FORMAT, about, adds_spans])
    if clean.drop:  # versions before it knew no doubtful pairs
        name = cache_fingerprint([name, "drop", DOUBTFUL_FORMAT, clean.drop])
    if given is not None:
        name = cache_fingerprint([name, given.facts()])
    return key, name


def _tokenizer_facts(options: TokenizerOptions) -> dict[str, Any]:
    """Return the options of tokenizers that prepared text depends on."""
    # Under the names of the first version: other names would be another fingerprint.
    tokenizer: dict[str, Any] = {
        "kind": options.kind,
        "joint": options.joint,
        "size": options.vocab_size,
    }
    if options.transforms != list(DEFAULT_TRANSFORMS):  # which the first version always applied
        tokenizer["transforms"] = options.transforms
    if options.character_coverage is not None:  # an option of later versions
        tokenizer["coverage"] = options.character_coverage
    if options.split_digits:
        tokenizer["split_digits"] = True
    if options.tags:
        tokenizer["tags"] = options.tags
    return tokenizer


def corpus_fingerprint(corpus: ParallelCorpus, options: Any) -> str:
    """Return the fingerprint of a prepared corpus, 32 hexadecimal digits: its text and options."""
    facts = [
        PARALLEL_FORMAT,
        corpus.origin,
        corpus.source,
        corpus.target,
        sorted(corpus.splits),
        options,
    ]
    return cache_fingerprint(facts)
