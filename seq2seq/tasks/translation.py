"""Translation: many-to-one, a bridge, one-to-many: an encoder-decoder network."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from seq2seq import builders
from seq2seq.config.training import LengthLimits, TrainConfig
from seq2seq.data.augmented_dataset import AugmentedDataset
from seq2seq.data.batches import Batch
from seq2seq.data.corpus import SPLITS
from seq2seq.data.datasets import ParallelDataset
from seq2seq.data.document_sampler import DocumentBatchSampler, DocumentDataset, document_starts
from seq2seq.data.samplers import LengthBatchSampler
from seq2seq.errors import ConfigError, TextError
from seq2seq.evaluation.metrics import score_hypotheses
from seq2seq.inference.document_translator import DocumentTranslator
from seq2seq.inference.forced_attention import require_attention
from seq2seq.inference.planning import LineHandling, directions_of, span_rules, unit_planner
from seq2seq.inference.translator import Translator
from seq2seq.inference.units import UnitPlanner
from seq2seq.run_folder import RunFolder, vocab_sizes
from seq2seq.tasks.confidence import MAX_FITTED, rate_run, translate_pairs
from seq2seq.tasks.directions import scores_by_direction
from seq2seq.tasks.translation_data import (
    direction_weights,
    prepare_data,
    raw_pairs,
    require_documents,
    sampler_columns,
    stage_weights,
)
from seq2seq.tasks.truncated_bptt import truncated_segments
from seq2seq.tasks.validation import (
    Validator,
    decoding_overrides,
    sample_translations,
    usage_commands,
    worst_and_median,
)
from seq2seq.tasks.validation_loss import MAX_LOSS_EXAMPLES, ValidationLoss, any_fits
from seq2seq.training import plots
from seq2seq.training.metric_logger import MetricLogger
from seq2seq.training.task import CarriedStates, FinalReport, Segment, ValidationResult

FINAL_TRANSLATIONS = 10  # test sentences that are printed and in the model card
VALIDATION_SEED = 1  # of the sentences that are chosen of a large validation text
ATTENTION_SENTENCES = 3  # validation sentences whose attention is drawn
WORST_SENTENCES = 5  # worst test sentences in the model card, and as many median ones
RESAMPLES = 1000  # of the bootstrap for the intervals of the test scores


class TranslationTask:
    """Translator: a `seq2seq.training.task.Task`."""

    kind = "translation model"
    inference = "translation"

    def __init__(self, config: TrainConfig, notify: Callable[[str], None]) -> None:
        """Prepare the corpus and build the network that `config` describes.

        Raises:
            UserError: the data or an option does not allow it.
        """
        search = builders.instantiate_node("search", config.search)
        with builders.on_meta_device():
            size, joint = builders.PLACEHOLDER_VOCAB_SIZE, config.tokenizer.joint
            sketch = builders.build_translation(
                config.model, builders.VocabSizes(size, size, joint), config.document_context
            )
        require_attention(search, sketch)
        self.prepared, self.download_seconds = prepare_data(config, notify)
        prepared = self.prepared
        source, target = self.tokenizers = prepared.source_tokenizer, prepared.target_tokenizer
        self.model = builders.build_translation(
            config.model, vocab_sizes(source, target), config.document_context
        )
        plan = partial(
            unit_planner,
            source, config, self.facts(), config.limits, LineHandling(), prepared.truecaser,
        )  # fmt: skip
        translator = DocumentTranslator if config.document_context == "carry" else Translator
        self.translator = translator(
            self.model,
            source,
            target,
            search,
            config.limits,
            config.batches.sentences,
            plan(),
        )
        self._set_directions(config, plan)
        self.chunk = config.train.bptt
        self.overrides = decoding_overrides(config.search, config.limits, LengthLimits())
        self.train_data, self.streams = self._train_data(config)
        for line in self.train_data.sampler.notices("pairs"):
            notify(line)
        validation = self._validation_text(config, notify)
        translated = len(prepared.test) + min(len(validation), MAX_FITTED)
        self.finish_cost = translated / max(1, len(validation))
        self.validator = Validator(
            self.translator,
            raw_pairs(validation),
            prepared.target,
            config.validation.samples,
            self._validation_loss(config),
        )

    def _set_directions(
        self, config: TrainConfig, plan: Callable[[tuple[str, str]], UnitPlanner]
    ) -> None:
        """Let the translator know the directions, or raise a ConfigError with document context."""
        self.translator.directions = directions_of(self.facts(), plan)
        if self.translator.directions and config.document_context != "none":
            raise ConfigError("document_context=carry needs a corpus of two languages")

    def _validation_text(self, config: TrainConfig, notify: Callable[[str], None]) -> Any:
        """Return the validation text, or of a large one some sentences, and notify of that."""
        validation = self.prepared.validation
        if (count := len(validation)) > config.validation.most:
            generator = np.random.default_rng(VALIDATION_SEED)
            kept = np.sort(generator.choice(count, config.validation.most, replace=False))
            validation = validation.select(kept.tolist())
            notify(
                f"validations translate {len(kept):,} of {count:,} sentences, the same in every "
                "run (validation.most)"
            )
        return validation

    def _train_data(self, config: TrainConfig) -> tuple[ParallelDataset, int]:
        """Return the training pairs in batches, and the number of streams of documents, if any.

        Raises:
            ConfigError: no pair fits into a batch, or documents are needed and not named.
        """
        if config.document_context != "none":
            for name in SPLITS:
                require_documents(name, getattr(self.prepared, name))
        columns = sampler_columns(self.prepared.train)
        if config.stages:
            columns = (*columns[:2], stage_weights(self.prepared.train, config.stages))
        elif self.prepared.directions:
            temperature = self.prepared.temperature
            weights = direction_weights(self.prepared.train, columns[2], temperature)
            columns = (*columns[:2], weights)
        data, streams = self._batches(
            config, self.prepared.train, columns, config.tokenizer.sampling
        )
        if not config.augment.is_identity and config.document_context == "none":
            data = self._augmented(config, data)
        return data, streams

    def _augmented(self, config: TrainConfig, data: ParallelDataset) -> ParallelDataset:
        """Return the training pairs of `data`, changed in every epoch."""
        prepared = self.prepared
        rules: dict[str | None, Any] | None = None
        if prepared.source_tokenizer.has_symbols and (own := span_rules(config, self.facts())):
            rules = {None: own}
            for direction in prepared.directions:
                of_direction = span_rules(config, self.facts(), direction)
                rules[" ".join(direction)] = of_direction or own
        return AugmentedDataset(
            prepared.train,
            data.sampler,
            (data.source, data.target),
            data.sampling,
            config.augment,
            (prepared.source, prepared.target),
            rules,
        )

    def _validation_loss(self, config: TrainConfig) -> ValidationLoss | None:
        """Return the loss on the first validation sentences; None where none fits into a batch."""
        validation = self.prepared.validation
        sentences = validation.select(range(min(len(validation), MAX_LOSS_EXAMPLES)))
        source, target, _ = sampler_columns(sentences)
        if not any_fits(source, target, config.batches):
            return None
        data, streams = self._batches(config, sentences, (source, target, None), sampling=0.0)
        segments = partial(truncated_segments, chunk=0, streams=streams)
        return ValidationLoss(self.model, segments if streams else sentence_segments, data)

    def _batches(
        self, config: TrainConfig, pairs: Any, columns: tuple[Any, Any, Any], sampling: float
    ) -> tuple[ParallelDataset, int]:
        """Return `pairs` in batches of sentences or of documents, and the number of streams.

        Args:
            config: the options.
            pairs: a split of the prepared corpus.
            columns: of the pairs, as `sampler_columns` returns them.
            sampling: `tokenizer.sampling`.
        """
        sides = self.prepared.source_tokenizer, self.prepared.target_tokenizer
        seed = config.train.seed
        if config.document_context == "none":
            sentences = LengthBatchSampler(*columns, config.batches, seed)
            return ParallelDataset(pairs, sentences, sides, sampling), 0
        documents = DocumentBatchSampler(columns, document_starts(pairs), config.batches, seed)
        return DocumentDataset(pairs, documents, sides, sampling), documents.streams

    def facts(self) -> dict[str, Any]:
        """Return languages, sources and test text for run.json."""
        prepared = self.prepared
        return {
            "subject": f"{prepared.source} to {prepared.target}",
            "source": prepared.source,
            "target": prepared.target,
            "licence": prepared.licence,
            "origin": prepared.origin,
            "fingerprint": prepared.fingerprint,
            "protected_kinds": prepared.protected_kinds,
            "number_format": prepared.number_format,
            "typical_length": prepared.typical_length,
            **self._facts_of_directions(),
            "test": f"{len(prepared.test)} sentences",
        }

    def _facts_of_directions(self) -> dict[str, Any]:
        """Return the directions of a run of several languages, and their forms of numbers."""
        if not self.prepared.directions:
            return {}
        return {
            "directions": [list(direction) for direction in self.prepared.directions],
            "number_formats": dict(self.prepared.number_formats),
        }

    def table(self) -> str:
        """Return the numbers of pairs that each filter dropped."""
        return self.prepared.audit.table()

    def write_run_files(self, run: RunFolder) -> None:
        """Write tokenizers, test text and the cleaning report into the run folder.

        Raises:
            TextError: there is no text to validate on, or to test on.
        """
        prepared = self.prepared
        for split, text in (("validation", prepared.validation), ("test", prepared.test)):
            if not len(text):
                raise TextError(
                    f"there is no {split} text: give data.{split}, or more than "
                    f"{len(prepared.train)} pairs to hold some of them out"
                )
        if prepared.truecaser is not None:
            run.write_truecaser(prepared.truecaser)
        run.write_tokenizers(prepared.source_tokenizer, prepared.target_tokenizer)
        run.write_test(raw_pairs(prepared.test))
        audit = json.dumps(prepared.audit.to_dict(), ensure_ascii=False, indent=1)
        run.write_text(run.audit, audit)

    def segments(self, forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
        """Yield the sentence pairs at once, or in segments with `train.bptt` or documents."""
        if self.chunk or self.streams:
            return truncated_segments(forward, batch, carried, self.chunk, self.streams)
        return sentence_segments(forward, batch, carried)

    def validate(self, report: MetricLogger, step: int) -> ValidationResult:
        """Translate the validation text; the score is BLEU."""
        return self.validator(report, step)

    def finish(self, run: RunFolder) -> FinalReport:
        """Score the translations of the test text, fit confidence, and draw some attention."""
        test = run.read_test()
        references = [pair.target for pair in test]
        best = translate_pairs(self.translator, test)
        hypotheses = [translation.text for translation in best]
        run.write_text(run.translations, "".join(f"{line}\n" for line in hypotheses))
        confidence = rate_run(run, self.translator, self.validator.pairs, (best, references))
        scores = [
            str(score)
            for score in score_hypotheses(
                hypotheses, references, self.prepared.target, ("bleu", "chrf"), RESAMPLES
            )
        ]
        of_each = scores_by_direction(hypotheses, test)
        scores += [f"{name}: BLEU {bleu:.1f}, chrF {c:.1f}" for name, (bleu, c) in of_each.items()]
        validation = self.prepared.validation["source"]
        indices = plots.evenly_spaced(len(validation), ATTENTION_SENTENCES)
        plots.draw_attention(self.translator, [validation[i] for i in indices], run.attention)
        return FinalReport(
            scores,
            sample_translations(test, hypotheses, FINAL_TRANSLATIONS),
            usage_commands(self.overrides),
            worst_and_median(test, hypotheses, WORST_SENTENCES),
            confidence,
        )


def sentence_segments(forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
    """Yield a batch as one segment: a `seq2seq.training.task.SegmentFunction`."""
    del carried
    decoded = forward(batch.source, batch.source_lengths, batch.target_input)
    yield Segment(
        decoded.features.flatten(0, 1).index_select(0, batch.label_positions), batch.labels
    )
