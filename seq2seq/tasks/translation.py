"""Translation: many-to-one, a bridge, one-to-many."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from seq2seq import builders
from seq2seq.config.training import LengthLimits, TrainConfig
from seq2seq.data.batches import Batch
from seq2seq.data.cache import cache_folder
from seq2seq.data.corpus import SPLITS, ParallelCorpus
from seq2seq.data.datasets import ParallelDataset
from seq2seq.data.document_sampler import DocumentBatchSampler, DocumentDataset, document_starts
from seq2seq.data.prepare_parallel import PreparedCorpus, prepare_parallel
from seq2seq.data.samplers import LengthBatchSampler
from seq2seq.errors import ConfigError, TextError
from seq2seq.evaluation.metrics import score
from seq2seq.inference.document_translator import DocumentTranslator
from seq2seq.inference.translator import Translator
from seq2seq.run_folder import HeldOutPair, RunFolder, vocab_sizes
from seq2seq.tasks.truncated_bptt import truncated_segments
from seq2seq.tasks.validation import (
    Validator,
    decoding_overrides,
    sample_translations,
    usage_commands,
    worst_and_median,
)
from seq2seq.training import plots
from seq2seq.training.metric_logger import MetricLogger
from seq2seq.training.task import CarriedStates, FinalReport, Segment, ValidationResult

SHOWN = 10  # test sentences that are printed
DRAWN = 3  # validation sentences whose attention is drawn
EXAMPLES = 5  # worst and median test sentences in the model card, of each
RESAMPLES = 1000  # of the bootstrap for the intervals of the test scores


class TranslationTask:
    """A translator: a `seq2seq.training.task.Task`."""

    kind = "translation model"
    inference = "translation"

    def __init__(self, config: TrainConfig, notify: Callable[[str], None]) -> None:
        """Prepare the corpus and build the network that `config` describes.

        Raises:
            UserError: the data or an option does not allow it.
        """
        search = builders.instantiate_node("search", config.search)
        with builders.on_meta_device():
            count, joint = builders.PLACEHOLDER_VOCAB_SIZE, config.tokenizer.joint
            builders.build_translation(
                config.model, builders.VocabSizes(count, count, joint), config.document_context
            )
        self.prepared, self.download_seconds = prepare_data(config, notify)
        made = self.prepared
        source, target = made.source_tokenizer, made.target_tokenizer
        self.model = builders.build_translation(
            config.model, vocab_sizes(source, target), config.document_context
        )
        kind = DocumentTranslator if config.document_context == "carry" else Translator
        self.translator = kind(
            self.model, source, target, search, config.limits, config.batches.sentences
        )
        self.chunk, self.streams = config.train.bptt, 0
        self.used = decoding_overrides(config.search, config.limits, LengthLimits())
        self.train_data = self._feed(config)
        for line in self.train_data.order.notices("pairs"):
            notify(line)
        self.finish_cost = len(made.test) / max(1, len(made.validation))
        self.validator = Validator(
            self.translator, raw_pairs(made.validation), made.target, config.validation.samples
        )

    def _feed(self, config: TrainConfig) -> ParallelDataset:
        """The training pairs, sentence by sentence or document by document."""
        made = self.prepared
        sides, sampling = (made.source_tokenizer, made.target_tokenizer), config.tokenizer.sampling
        seed = config.train.seed
        if config.document_context == "none":
            order = LengthBatchSampler(*sampler_columns(made.train), config.batches, seed)
            return ParallelDataset(made.train, order, sides, sampling)
        for name in SPLITS:
            require_documents(name, getattr(made, name))
        walks = DocumentBatchSampler(
            sampler_columns(made.train), document_starts(made.train), config.batches, seed
        )
        self.streams = walks.streams
        return DocumentDataset(made.train, walks, sides, sampling)

    def facts(self) -> dict[str, Any]:
        made = self.prepared
        return {
            "subject": f"{made.source} to {made.target}",
            "source": made.source,
            "target": made.target,
            "licence": made.licence,
            "origin": made.origin,
            "fingerprint": made.fingerprint,
            "test": f"{len(made.test)} sentences",
        }

    def table(self) -> str:
        return self.prepared.audit.table()

    def write_run_files(self, run: RunFolder) -> None:
        """See `Task`.

        Raises:
            TextError: there is no text to validate on, or to test on.
        """
        made = self.prepared
        for split, text in (("validation", made.validation), ("test", made.test)):
            if not len(text):
                raise TextError(
                    f"there is no {split} text: give data.{split}, or more than "
                    f"{len(made.train)} pairs to set some of them aside"
                )
        run.write_tokenizers(made.source_tokenizer, made.target_tokenizer)
        run.write_test(raw_pairs(made.test))
        audit = json.dumps(made.audit.to_dict(), ensure_ascii=False, indent=1)
        run.write_text(run.audit, audit)

    def segments(self, forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
        if self.chunk or self.streams:
            return truncated_segments(forward, batch, carried, self.chunk, self.streams)
        return sentence_segments(forward, batch, carried)

    def validate(self, report: MetricLogger, step: int) -> ValidationResult:
        return self.validator(report, step)

    def finish(self, run: RunFolder) -> FinalReport:
        test = run.read_test()
        sources, references = [pair.source for pair in test], [pair.target for pair in test]
        hypotheses = self.translator.translate(sources, [pair.document for pair in test])
        scores = score(hypotheses, references, self.prepared.target, ("bleu", "chrf"), RESAMPLES)
        validation = self.prepared.validation["source"]
        shown = [validation[i] for i in plots.evenly_spaced(len(validation), DRAWN)]
        plots.draw_attention(self.translator, shown, run.attention)
        return FinalReport(
            [str(s) for s in scores],
            sample_translations(test, hypotheses, SHOWN),
            usage_commands(self.used),
            worst_and_median(test, hypotheses, EXAMPLES),
        )


def sentence_segments(forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
    """A batch of sentence pairs, whole: a `seq2seq.training.task.SegmentFunction`."""
    del carried
    decoded = forward(batch.source, batch.source_lengths, batch.target_input)
    yield Segment(
        decoded.features.flatten(0, 1).index_select(0, batch.label_positions), batch.labels
    )


def prepare_data(
    config: TrainConfig, notify: Callable[[str], None]
) -> tuple[PreparedCorpus, float]:
    """Read, clean and tokenise the corpus, and notify of what was dropped.

    Returns:
        what is left, and the seconds that getting hold of the corpus took.
    """
    corpus, fetched = builders.load_data(config.data, ParallelCorpus)
    prepared = prepare_parallel(
        corpus, config.clean, config.heldout, config.tokenizer, cache_folder()
    )
    for line in (*prepared.audit.table().splitlines(), *prepared.notices):
        notify(line)
    return prepared, fetched


def sampler_columns(dataset: Any) -> tuple[Any, Any, Any]:
    """What the order of batches is made from, a few bytes a pair: lengths, and weights if any."""
    table = dataset.data
    weights = table.column("weight")
    given = weights.null_count < len(weights)
    return (
        table.column("source_length").to_numpy(),
        table.column("target_length").to_numpy(),
        weights.fill_null(1.0).to_numpy() if given else None,
    )


def require_documents(split: str, dataset: Any) -> None:
    """Refuse text none of which says what document it is of.

    Raises:
        ConfigError: that is so.
    """
    column = dataset.data.column("document")
    if len(column) and column.null_count == len(column):
        raise ConfigError(
            f"document_context=carry needs the document of each sentence, and the {split} text "
            "does not say: give data.document_column (tsv), data.document_field (jsonl, parquet, "
            "huggingface) or data.documents=true (parallel files, blank lines between documents)"
        )


def raw_pairs(dataset: Any) -> list[HeldOutPair]:
    """Held-out text as it was read."""
    columns = dataset.select_columns(["source", "target", "document"])
    return [HeldOutPair(row["source"], row["target"], row["document"]) for row in columns]
