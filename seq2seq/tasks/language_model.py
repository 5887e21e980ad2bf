"""Language models: many-to-many. Trained on one long text, by truncated backpropagation in time."""

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
from seq2seq.evaluation.baselines.kneser_ney import KneserNey, TokenArray
from seq2seq.inference.generator import Generator
from seq2seq.model.evaluation_mode import evaluation_mode
from seq2seq.model.initial_state import reset_where
from seq2seq.model.language_model import LanguageModel
from seq2seq.run_folder import RunFolder
from seq2seq.search.sampling import Sampling
from seq2seq.storage.files import atomic_write
from seq2seq.training.metric_logger import MetricLogger
from seq2seq.training.task import CarriedStates, FinalReport, Segment, ValidationResult

READERS, CHUNK = 16, 256  # held-out text is read as so many streams, and in such chunks
ORDER, COUNTED = 5, 20_000_000  # of the baseline, and how many training tokens it counts at most
SHOWN = 300  # tokens of a sample
LONG = 5000  # positions, of which the way back takes gigabytes


class LanguageModelTask:
    """A language model: a `seq2seq.training.task.Task`.

    The text is cut into parallel streams; each batch is the next chunk of every stream, the state
    is carried on, and the gradient is cut between chunks (Williams and Peng 1990,
    https://doi.org/10.1162/neco.1990.2.4.490).
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
        text, self.download_seconds = builders.load_data(config.data, TextCorpus)
        self.stream = prepare_monolingual(
            text, config.tokenizer, config.heldout.share, cache_folder()
        )
        for line in (*self.stream.table().splitlines(), *self.stream.notices):
            notify(line)
        self.model = builders.build_language_model(config.model, self.stream.tokenizer.vocab_size)
        tokens, seed = self.stream.tokens["train"], config.train.seed
        batches = config.batches
        self.train_data = StreamDataset(
            tokens, batches.sentences, config.train.bptt, seed, batches.reset
        )
        if not config.train.bptt and self.train_data.length > LONG:
            notify(
                "train.bptt=0 goes back over all "
                f"{self.train_data.length:,} positions of a stream, and keeps them in memory: "
                "train.bptt=64 cuts the gradient, and carries the state on"
            )
        self.finish_cost = (
            len(self.stream.tokens["test"]) / len(self.stream.tokens["validation"]) + 1
        )
        sample = Sampling(temperature=0.8, top_k=0, top_p=1.0, samples=1, seed=seed)
        self.generator = Generator(self.model, self.stream.tokenizer, sample)
        self.shown = config.validation.samples

    def facts(self) -> dict[str, Any]:
        return {
            "subject": f"{self.stream.tokenizer.vocab_size:,} different tokens",
            "licence": self.stream.licence,
            "origin": self.stream.origin,
            "fingerprint": self.stream.fingerprint,
            "test": f"{self.stream.characters['test']:,} characters",
        }

    def table(self) -> str:
        return self.stream.table()

    def write_run_files(self, run: RunFolder) -> None:
        tokenizer = self.stream.tokenizer
        run.write_tokenizers(tokenizer, tokenizer)
        with atomic_write(run.folder / "test.txt") as file:
            file.writelines(self.stream.text("test"))

    def segments(self, forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
        return stream_segments(forward, batch, carried)

    def validate(self, report: MetricLogger, step: int) -> ValidationResult:
        began = time.monotonic()
        bits, perplexity = self.score("validation")
        took = time.monotonic() - began
        report.message(
            f"validation at step {step}: {format_scores(bits, perplexity)}   ({took:.1f} s)"
        )
        for _ in range(min(1, self.shown)):
            report.message("".join(self.generator.generate("", SHOWN)))
        return ValidationResult(-bits, {"bits": bits, "perplexity": perplexity}, took)

    def score(self, split: str) -> tuple[float, float]:
        """Bits a character and perplexity a token of held-out text."""
        tokens = self.stream.tokens[split]
        nats, count = total_nats(self.model, tokens)
        # The tokens that begin the streams are not predicted: all else stands for them.
        characters = self.stream.characters[split] * count / len(tokens)
        return nats / math.log(2) / characters, math.exp(nats / count)

    def finish(self, run: RunFolder) -> FinalReport:
        del run  # the same call as every task: there is no picture beside the curves
        tokens = self.stream.tokens["test"]
        known = self.stream.tokens["train"]
        baseline = KneserNey(np.asarray(known[:COUNTED]), ORDER, self.stream.tokenizer.vocab_size)
        nats = baseline.nats(tokens)
        bits = nats / math.log(2) / self.stream.characters["test"]
        part = f" of {COUNTED:,} of {len(known):,} tokens" if len(known) > COUNTED else ""
        scores = [
            f"the model: {format_scores(*self.score('test'))}",
            f"{ORDER}-gram, Kneser-Ney{part}: {format_scores(bits, math.exp(nats / len(tokens)))}",
        ]
        shown = ["".join(self.generator.generate("", SHOWN)).strip("\n")]
        return FinalReport(
            scores, shown, 'python -m seq2seq.generate run=THIS_FOLDER prompt="The" length=500'
        )


def format_scores(bits: float, perplexity: float) -> str:
    """Both figures for people."""
    return f"{bits:.3f} bits a character, perplexity {perplexity:.2f} a token"


def stream_segments(forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
    """The next chunk of every stream: a `seq2seq.training.task.SegmentFunction`."""
    model: LanguageModel = getattr(forward, "module", forward)
    begun = model.initial_states(len(batch.target_input))
    state = begun
    if batch.is_first is not None:
        state = reset_where(carried["state"] if carried else None, begun, batch.is_first)
    decoded = forward(batch.target_input, state)
    features = decoded.features.flatten(0, 1)  # (B * T, E)
    yield Segment(features, batch.labels, {"state": decoded.state.detach()})


@torch.inference_mode()
def total_nats(model: LanguageModel, tokens: TokenArray) -> tuple[float, int]:
    """The cross-entropy of `tokens` read as parallel streams, and how many were predicted."""
    device = next(model.parameters()).device
    feed = StreamDataset(tokens, READERS, CHUNK, 0)
    state, nats, count = model.initial_states(feed.streams), 0.0, 0
    with evaluation_mode(model):
        for rows in islice(feed.epoch(0), feed.pairs):
            batch = feed.load(rows, 0).to(device)
            decoded = model(batch.target_input, state)
            state = decoded.state
            logits = model.output(decoded.features).flatten(0, 1).float()
            nats += float(functional.cross_entropy(logits, batch.labels, reduction="sum"))
            count += batch.tokens
    return nats, count
