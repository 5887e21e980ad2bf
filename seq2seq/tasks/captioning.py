"""Image captioning, one-to-many: an image initialises a decoder, which may attend to its grid."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from seq2seq import builders
from seq2seq.config.commands import CaptionConfig
from seq2seq.config.training import TrainConfig
from seq2seq.data.batches import Batch, RowIndices, collate
from seq2seq.data.cache import cache_folder
from seq2seq.data.samplers import LengthBatchSampler
from seq2seq.evaluation.metrics import Score, score_hypotheses
from seq2seq.inference.captioner import Captioner
from seq2seq.inference.forced_attention import require_attention
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.model.image_encoder import BlindEncoder
from seq2seq.plots import contact_sheet
from seq2seq.run_folder import RunFolder
from seq2seq.tasks.translation import sentence_segments
from seq2seq.tasks.validation import changing_samples, decoding_overrides, validation_line
from seq2seq.tasks.validation_loss import (
    MAX_LOSS_EXAMPLES,
    ValidationLoss,
    any_fits,
    perplexity_of,
)
from seq2seq.text.special_tokens import EOS
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.training.metric_logger import MetricLogger
from seq2seq.training.pieces import given_pieces
from seq2seq.training.plots import evenly_spaced
from seq2seq.training.task import CarriedStates, FinalReport, Segment, ValidationResult
from seq2seq.vision.backbones import ImageBackbone
from seq2seq.vision.images import CaptionedImages, has_pixels, square_pixels
from seq2seq.vision.prepare import PreparedCaptions, PreparedImages, prepare_captions

FINAL_CAPTIONS = 10  # test captions that are printed and in the model card
KEPT_IMAGES = 12  # test images that are saved in the run folder
ATTENTION_IMAGES = 4  # test images whose attention is drawn
KEPT_SIZE = 64  # pixels of the width and height of saved images


class CaptioningTask:
    """Captioner: a `seq2seq.training.task.Task`."""

    kind = "captioning model"
    inference = "captions"

    def __init__(self, config: TrainConfig, notify: Callable[[str], None]) -> None:
        """Prepare the images and build the network that `config` describes.

        Raises:
            UserError: the data or an option does not allow it.
        """
        vision: ImageBackbone = builders.instantiate_node("model.vision", config.model.vision)
        search = builders.instantiate_node("search", config.search)
        with builders.on_meta_device():
            sketch = builders.build_captioner(config.model, vision, builders.PLACEHOLDER_VOCAB_SIZE)
        require_attention(search, sketch)
        given = given_pieces(config)
        images, self.download_seconds = builders.load_data(config.data, CaptionedImages)
        self.prepared: PreparedCaptions = prepare_captions(
            images,
            vision,
            dict(config.model.vision),
            config.tokenizer,
            cache_folder(),
            notify,
            given,
        )
        for line in (*self.prepared.table().splitlines(), *self.prepared.notices):
            notify(line)
        tokenizer, splits = self.prepared.tokenizer, self.prepared.splits
        self.tokenizers = tokenizer, tokenizer
        self.model = builders.build_captioner(config.model, vision, tokenizer.vocab_size)
        self.captioner = Captioner(
            self.model, vision, tokenizer, search, config.limits, config.batches.sentences
        )
        sampling = config.tokenizer.sampling
        self.train_data = CaptionDataset(splits["train"], tokenizer, config, sampling)
        self.model.output.init_bias_from_counts(self.train_data.counts())
        for line in self.train_data.sampler.notices("captions"):
            notify(line)
        # The test images are captioned twice: by the network, and by the blind baseline.
        self.finish_cost = 2 * len(splits["test"].names) / len(splits["validation"].names)
        self.num_samples = config.validation.samples
        self.loss = self._validation_loss(config)
        self.overrides = decoding_overrides(config.search, config.limits, CaptionConfig().limits)

    def _validation_loss(self, config: TrainConfig) -> ValidationLoss | None:
        """Return the loss on a caption of each of the first validation images.

        Return None if no caption fits into a batch.
        """
        split = self.prepared.splits["validation"]
        stored, names = split.stored[:MAX_LOSS_EXAMPLES], split.names[:MAX_LOSS_EXAMPLES]
        captions = [references[:1] for references in split.captions[:MAX_LOSS_EXAMPLES]]
        images = PreparedImages(stored, captions, names)
        tokenizer = self.prepared.tokenizer
        lengths = [len(ids) for ids in tokenizer.encode([c for [c] in images.captions])]
        if not any_fits(np.zeros_like(lengths), lengths, config.batches):
            return None
        data = CaptionDataset(images, tokenizer, config, sampling=0.0)
        return ValidationLoss(self.model, sentence_segments, data)

    def facts(self) -> dict[str, Any]:
        """Return language, sources and test images for run.json."""
        images = self.prepared.album
        return {
            "subject": f"pictures to {images.language}",
            "target": images.language,
            "licence": images.licence,
            "origin": images.origin,
            "fingerprint": self.prepared.fingerprint,
            "test": f"{len(self.prepared.splits['test'].names)} pictures, some of them",
        }

    def table(self) -> str:
        """Return the numbers of images and captions of each split."""
        return self.prepared.table()

    def write_run_files(self, run: RunFolder) -> None:
        """Write the tokenizer into the run folder."""
        tokenizer = self.prepared.tokenizer
        run.write_tokenizers(tokenizer, tokenizer)

    def segments(self, forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
        """Yield the batch as one segment."""
        return sentence_segments(forward, batch, carried)

    def validate(self, report: MetricLogger, step: int) -> ValidationResult:
        """Log one line and some samples; the score is BLEU."""
        start = time.monotonic()
        data = self.prepared.splits["validation"]
        hypotheses = self.captions(data)
        bleu, exact = self.scores(hypotheses, data)
        values = {"bleu": bleu.value, "exact": exact, **perplexity_of(self.loss)}
        seconds = time.monotonic() - start
        scores = f"BLEU {bleu.value:.2f}  exact match {exact:.1%}"
        report.message(validation_line(step, scores, values.get("perplexity"), seconds))
        sizes = [len(references[0]) for references in data.captions]
        for index in changing_samples(sizes, self.num_samples, step):
            reference = data.captions[index][0]
            report.message(f"  reference  {reference}\n    caption  {hypotheses[index]}")
        return ValidationResult(bleu.value, values, seconds)

    def captions(self, data: PreparedImages) -> list[str]:
        """Generate the best caption of each image of a split."""
        return [best[0].text for best in self.captioner.stored(data.stored)]

    def scores(self, hypotheses: list[str], data: PreparedImages) -> tuple[Score, float]:
        """Compute BLEU against all references, and the share of exact matches with one of them."""
        bleu = score_hypotheses(hypotheses, data.captions, self.prepared.album.language, ("bleu",))[
            0
        ]
        pairs = zip(hypotheses, data.captions, strict=True)
        is_exact = [hypothesis in references for hypothesis, references in pairs]
        return bleu, sum(is_exact) / len(is_exact)

    def finish(self, run: RunFolder) -> FinalReport:
        """Score captions of the test images, also with zeroed features, and draw attention maps."""
        data = self.prepared.splits["test"]
        hypotheses = self.captions(data)
        bleu, exact = self.scores(hypotheses, data)
        blind_bleu, blind_exact = self.scores(self._blind_captions(data), data)
        images = self.prepared.album.splits["test"]
        attended = [images[i] for i in evenly_spaced(len(images), ATTENTION_IMAGES)]
        if maps := self.captioner.attention_maps(attended):
            contact_sheet.plot_attention_sheet(maps, run.attention)
        scores = [
            f"{bleu}",
            f"exact match: {exact:.1%}",
            f"blind, features zeroed: {blind_bleu}",
            f"blind, exact match: {blind_exact:.1%}",
        ]
        samples = [
            f"reference  {' | '.join(data.captions[i])}\ncaption    {hypotheses[i]}"
            for i in evenly_spaced(len(hypotheses), FINAL_CAPTIONS)
        ]
        files = "THIS_FOLDER/pictures" if self.save_images(run, hypotheses) else "FILE"
        command = f"python -m seq2seq.caption run=THIS_FOLDER images={files}{self.overrides}"
        return FinalReport(scores, samples, command)

    def _blind_captions(self, data: PreparedImages) -> list[str]:
        """Generate captions from zeroed encoder outputs: a baseline that ignores the images."""
        model: EncoderDecoder = self.model
        encoder, model.encoder = model.encoder, BlindEncoder(model.encoder)
        captions = self.captions(data)
        model.encoder = encoder
        return captions

    def save_images(self, run: RunFolder, hypotheses: list[str]) -> bool:
        """Save some test images with a sheet of their captions; return False without pixels."""
        images = self.prepared.album.splits["test"]
        folder = run.folder / "pictures"
        thumbnails = []
        for index in evenly_spaced(len(images), KEPT_IMAGES):
            image = images[index]
            if has_pixels(image):
                folder.mkdir(exist_ok=True)
                pixels = square_pixels(image, KEPT_SIZE)
                name = Path(image.name.replace("/", "-")).stem  # it may name a subfolder
                Image.fromarray(pixels).save(folder / f"{name}.png")
                thumbnails.append(
                    contact_sheet.CaptionedThumbnail(image.name, pixels, hypotheses[index])
                )
        if thumbnails:
            contact_sheet.plot_contact_sheet(thumbnails, run.folder / "captions.png")
        return bool(thumbnails)


class CaptionDataset:
    """Captions and their images in batches: a `seq2seq.data.datasets.BatchSource`."""

    def __init__(
        self, data: PreparedImages, tokenizer: Tokenizer, config: TrainConfig, sampling: float
    ) -> None:
        """Sample the captions of `data`, a split, by length.

        Args:
            data: images and captions.
            tokenizer: tokenizer of the captions.
            config: the options.
            sampling: `tokenizer.sampling`; above 0 a caption is tokenised anew in each epoch.

        Raises:
            ConfigError: no caption fits into a batch.
        """
        self.data, self.tokenizer, self.sampling = data, tokenizer, sampling
        self.lines = [caption for references in data.captions for caption in references]
        self.image_indices = np.repeat(
            np.arange(len(data.captions)), [len(references) for references in data.captions]
        )
        self.ids = tokenizer.encode(self.lines)
        lengths = np.array([len(ids) for ids in self.ids], np.int32)
        self.sampler = LengthBatchSampler(
            np.zeros_like(lengths), lengths, None, config.batches, config.train.seed
        )
        self.pairs = self.sampler.pairs

    def counts(self) -> torch.Tensor:
        """Count how often each token (V,) is a label in an epoch."""
        labels = np.concatenate([*self.ids, np.full(len(self.ids), EOS)])
        return torch.from_numpy(np.bincount(labels, minlength=self.tokenizer.vocab_size))

    def epoch(self, number: int) -> Iterator[RowIndices]:
        """Yield the row indices of each batch of epoch `number`."""
        return self.sampler.epoch(number)

    def load(self, rows: RowIndices, epoch: int) -> Batch:
        """Return the captions `rows` and their images as a batch, a function of the arguments."""
        ids = [self.ids[row] for row in rows]
        if self.sampling:
            entropy = [self.sampler.seed, epoch, int(rows[0])]
            seed = int(np.random.SeedSequence(entropy).generate_state(1)[0])
            ids = self.tokenizer.sample([self.lines[row] for row in rows], self.sampling, seed)
        batch = collate([[0]] * len(rows), ids)  # the images replace these sources
        # Rows without labels, which `collate` appends, repeat the last image.
        extra = np.repeat(self.image_indices[rows[-1:]], len(batch.target_input) - len(rows))
        indices = np.append(self.image_indices[rows], extra)
        source = torch.from_numpy(self.data.stored[indices])
        return batch._replace(source=source, source_lengths=None)
