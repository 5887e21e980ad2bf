"""The prepared corpus of a translator, and what its samplers need of it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq import builders
from seq2seq.config.going_on import StageOptions
from seq2seq.config.training import TrainConfig
from seq2seq.data.cache import cache_folder
from seq2seq.data.corpus import ParallelCorpus
from seq2seq.data.prepare_parallel import PreparedCorpus, prepare_parallel
from seq2seq.data.stages import StageWeights
from seq2seq.errors import ConfigError
from seq2seq.run_folder import HeldOutPair
from seq2seq.training.pieces import given_pieces


def prepare_data(
    config: TrainConfig, notify: Callable[[str], None]
) -> tuple[PreparedCorpus, float]:
    """Read, clean and tokenise the corpus, and notify of the pairs that were dropped.

    Returns:
        The prepared corpus, and the seconds that its download took.
    """
    given = given_pieces(config)
    # Corpora that earlier versions prepared do not say which of joined corpora a pair is of.
    cache = cache_folder() / "stages" if config.stages else cache_folder()
    corpus, download_seconds = builders.load_data(config.data, ParallelCorpus)
    prepared = prepare_parallel(
        corpus,
        config.clean,
        config.heldout,
        config.tokenizer,
        cache,
        config.protect,
        config.augment.adds_spans,
        given,
    )
    for line in (*prepared.audit.table().splitlines(), *prepared.notices):
        notify(line)
    return prepared, download_seconds


def sampler_columns(dataset: Any) -> tuple[Any, Any, Any]:
    """Return the columns that a sampler needs, each (N,): lengths, and weights or None."""
    table = dataset.data
    weights = table.column("weight")
    is_weighted = weights.null_count < len(weights)
    return (
        table.column("source_length").to_numpy(),
        table.column("target_length").to_numpy(),
        weights.fill_null(1.0).to_numpy() if is_weighted else None,
    )


def direction_weights(
    dataset: Any, weights: NDArray[np.float32] | None, temperature: float
) -> NDArray[np.float32] | None:
    """Return the weights (N,) of pairs with which directions are sampled at a temperature T.

    N pairs of a direction have a share of an epoch in proportion to N^(1/T), Arivazhagan et al.
    (2019), https://arxiv.org/abs/1907.05019; the length of an epoch stays.

    Args:
        dataset: pairs with their languages.
        weights: of the pairs, None: 1.
        temperature: T, at least 1; with 1 the weights stay as they are.
    """
    if temperature == 1:
        return weights
    languages = dataset.data.column("languages").to_pylist()
    own = np.ones(len(languages), np.float32) if weights is None else weights
    names, which = np.unique(np.array(languages, dtype=str), return_inverse=True)
    sizes = np.bincount(which, own, len(names))
    shares = sizes ** (1 / temperature)
    expected = sizes.sum() * shares / shares.sum()
    factors: NDArray[np.float32] = (expected / sizes)[which].astype(np.float32)
    return own * factors


def stage_weights(dataset: Any, stages: Sequence[StageOptions]) -> StageWeights:
    """Return the weights of the training pairs in each stage.

    Raises:
        ConfigError: a stage has no pairs.
    """
    corpora = dataset.data.column("corpus").to_pylist()
    return StageWeights(corpora, [(stage.epochs, stage.weights) for stage in stages])


def require_documents(split: str, dataset: Any) -> None:
    """Check that the sentences of a split name their documents.

    Raises:
        ConfigError: none does.
    """
    column = dataset.data.column("document")
    if len(column) and column.null_count == len(column):
        raise ConfigError(
            f"document_context=carry needs the document of each sentence, and the {split} text "
            "does not say: give data.document_column (tsv), data.document_field (jsonl, parquet, "
            "huggingface) or data.documents=true (parallel files, blank lines between documents)"
        )


def raw_pairs(dataset: Any) -> list[HeldOutPair]:
    """Return the raw sentence pairs of a held-out split."""
    names = [name for name in HeldOutPair._fields if name in dataset.column_names]
    return [HeldOutPair(**row) for row in dataset.select_columns(names)]
