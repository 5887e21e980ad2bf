"""Language modelling, many-to-many: trained by truncated backpropagation through time."""

import math
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from seq2seq import builders
from seq2seq.config.training import TrainConfig
from seq2seq.data.batches import Batch
from seq2seq.data.cache import cache_folder
from seq2seq.data.corpus import TextCorpus
from seq2seq.data.prepare_monolingual import prepare_monolingual
from seq2seq.data.token_stream import StreamDataset
from seq2seq.evaluation.baselines.kneser_ney import KneserNey, LineTokens
from seq2seq.inference.generator import Generator
from seq2seq.model.evaluation_mode import evaluation_mode
from seq2seq.model.initial_state import reset_where
from seq2seq.model.language_model import LanguageModel
from seq2seq.run_folder import RunFolder
from seq2seq.search.sampling import Sampling
from seq2seq.storage.files import atomic_write
from seq2seq.tasks.validation import validation_line
from seq2seq.training.metric_logger import MetricLogger
from seq2seq.training.pieces import given_pieces
from seq2seq.training.task import CarriedStates, FinalReport, Segment, ValidationResult

# Parallel streams into which held-out text is cut, and positions computed at a time.
EVALUATION_STREAMS, EVALUATION_CHUNK = 16, 256
# The order n of the n-gram baseline, and the maximum number of training tokens that it counts.
BASELINE_ORDER, BASELINE_TOKENS = 5, 20_000_000
SAMPLE_TOKENS = 300
LONG_STREAM = 5000  # positions whose backward pass takes gigabytes


class LanguageModelTask:
    """Language model: a `seq2seq.training.task.Task`.

    The text is cut into parallel streams; each batch is the next chunk of every stream. The final
    state of a chunk is the initial state of the next, and the gradient is cut between them
    (Williams and Peng 1990, https://doi.org/10.1162/neco.1990.2.4.490).
    """

    kind = "language model"
    inference = "language_model"

    def __init__(self, config: TrainConfig, notify: Callable[[str], None]) -> None:
        """Prepare the text and build the network that `config` describes.

        Raises:
            UserError: the text or an option does not allow it.
        """
        with builders.on_meta_device():
            builders.build_language_model(config.model, builders.PLACEHOLDER_VOCAB_SIZE)
        given = given_pieces(config)
        text, self.download_seconds = builders.load_data(config.data, TextCorpus)
        self.stream = prepare_monolingual(
            text, config.tokenizer, config.heldout.share, cache_folder(), given
        )
        for line in (*self.stream.table().splitlines(), *self.stream.notices):
            notify(line)
        self.model = builders.build_language_model(config.model, self.stream.tokenizer.vocab_size)
        self.tokenizers = self.stream.tokenizer, self.stream.tokenizer
        tokens, seed = self.stream.tokens["train"], config.train.seed
        batches = config.batches
        self.train_data = StreamDataset(
            tokens, batches.sentences, config.train.bptt, seed, batches.reset
        )
        if not config.train.bptt and self.train_data.length > LONG_STREAM:
            notify(
                "train.bptt=0 goes back over all "
                f"{self.train_data.length:,} positions of a stream, and keeps them in memory: "
                "train.bptt=64 cuts the gradient, and carries the state"
            )
        self.finish_cost = (
            len(self.stream.tokens["test"]) / len(self.stream.tokens["validation"]) + 1
        )
        self.seed, self.samples = seed, config.validation.samples

    def facts(self) -> dict[str, Any]:
        """Return the vocabulary size, sources and test text for run.json."""
        return {
            "subject": f"{self.stream.tokenizer.vocab_size:,} different tokens",
            "licence": self.stream.licence,
            "origin": self.stream.origin,
            "fingerprint": self.stream.fingerprint,
            "test": f"{self.stream.characters['test']:,} characters",
        }

    def table(self) -> str:
        """Return the sizes of the splits."""
        return self.stream.table()

    def write_run_files(self, run: RunFolder) -> None:
        """Write the tokenizer and the test text into the run folder."""
        tokenizer = self.stream.tokenizer
        run.write_tokenizers(tokenizer, tokenizer)
        with atomic_write(run.folder / "test.txt") as file:
            file.writelines(self.stream.text("test"))

    def segments(self, forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
        """Yield the next chunk of every stream; see `stream_segments`."""
        return stream_segments(forward, batch, carried)

    def validate(self, report: MetricLogger, step: int) -> ValidationResult:
        """Log bits per character and a sample; fewer bits are a better score."""
        start = time.monotonic()
        bits, perplexity = self.score("validation")
        seconds = time.monotonic() - start
        scores = f"{bits:.3f} bits a character"
        report.message(validation_line(step, scores, perplexity, seconds))
        for _ in range(min(1, self.samples)):
            report.message(self.sample_text(self.seed + step))
        return ValidationResult(-bits, {"bits": bits, "perplexity": perplexity}, seconds)

    def sample_text(self, seed: int) -> str:
        """Generate a text of `SAMPLE_TOKENS` tokens, a function of the weights and the seed.

        The global random number generator is not used.
        """
        sampling = Sampling(temperature=0.8, top_k=0, top_p=1.0, samples=1, seed=seed)
        generator = Generator(self.model, self.stream.tokenizer, sampling)
        return "".join(generator.generate("", SAMPLE_TOKENS))

    def score(self, split: str) -> tuple[float, float]:
        """Return bits per character and perplexity per token of a held-out split."""
        tokens = self.stream.tokens[split]
        nats, count = total_nats(self.model, tokens)
        # The first tokens of the streams are not predicted; each counts as the mean of the others.
        characters = self.stream.characters[split] * count / len(tokens)
        return nats / math.log(2) / characters, math.exp(nats / count)

    def finish(self, run: RunFolder) -> FinalReport:
        """Score the model and an n-gram baseline on the test text, and generate a sample."""
        del run  # no plots but the learning curves
        tokens = self.stream.tokens["test"]
        train_tokens = self.stream.tokens["train"]
        baseline = KneserNey(
            np.asarray(train_tokens[:BASELINE_TOKENS]),
            BASELINE_ORDER,
            self.stream.tokenizer.vocab_size,
        )
        nats = baseline.nats(tokens)
        bits = nats / math.log(2) / self.stream.characters["test"]
        is_cut = len(train_tokens) > BASELINE_TOKENS
        share = f" of {BASELINE_TOKENS:,} of {len(train_tokens):,} tokens" if is_cut else ""
        baseline_scores = format_scores(bits, math.exp(nats / len(tokens)))
        scores = [
            f"the model: {format_scores(*self.score('test'))}",
            f"{BASELINE_ORDER}-gram, Kneser-Ney{share}: {baseline_scores}",
        ]
        return FinalReport(
            scores,
            [self.sample_text(self.seed).strip("\n")],
            'python -m seq2seq.generate run=THIS_FOLDER prompt="The" length=500',
        )


def format_scores(bits: float, perplexity: float) -> str:
    """Return bits per character and perplexity per token as text."""
    return f"{bits:.3f} bits a character, perplexity {perplexity:.2f} a token"


def stream_segments(forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
    """Yield the next chunk of every stream: a `seq2seq.training.task.SegmentFunction`."""
    model: LanguageModel = forward
    initial = model.initial_states(len(batch.target_input))  # (B, L, P, H)
    state = initial
    if batch.is_first is not None:
        state = reset_where(carried["state"] if carried else None, initial, batch.is_first)
    decoded = model(batch.target_input, state)
    features = decoded.features.flatten(0, 1)  # (B * T, E)
    yield Segment(features, batch.labels, {"state": decoded.state.detach()})


@torch.inference_mode()
def total_nats(model: LanguageModel, tokens: LineTokens) -> tuple[float, int]:
    """Return the cross-entropy of `tokens` in nats, and the number of predicted tokens.

    The tokens are cut into parallel streams; the first token of a stream is not predicted.
    """
    device = next(model.parameters()).device
    streams = StreamDataset(tokens, EVALUATION_STREAMS, EVALUATION_CHUNK, 0)
    state, nats, count = model.initial_states(streams.streams), 0.0, 0
    with evaluation_mode(model):
        for rows in islice(streams.epoch(0), streams.pairs):
            batch = streams.load(rows, 0).to(device)
            decoded = model(batch.target_input, state)
            state = decoded.state
            logits = model.output(decoded.features).flatten(0, 1).float()  # (B * T, V)
            nats += float(functional.cross_entropy(logits, batch.labels, reduction="sum"))
            count += batch.tokens
    return nats, count
