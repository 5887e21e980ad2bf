"""Captions: one-to-many. A picture seeds a decoder, which may look at its places."""

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
from seq2seq.evaluation.metrics import Score, score
from seq2seq.inference.captioner import Captioner
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.model.image_encoder import BlindEncoder
from seq2seq.plots import contact_sheet
from seq2seq.run_folder import RunFolder
from seq2seq.tasks.translation import sentence_segments
from seq2seq.tasks.validation import decoding_overrides
from seq2seq.text.special_tokens import EOS
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.training.metric_logger import MetricLogger
from seq2seq.training.plots import evenly_spaced
from seq2seq.training.task import CarriedStates, FinalReport, Segment, ValidationResult
from seq2seq.vision.backbones import ImageBackbone
from seq2seq.vision.images import CaptionedImages, has_pixels, square_pixels
from seq2seq.vision.prepare import PreparedCaptions, PreparedImages, prepare_captions

SHOWN = 10  # captions that are printed
KEPT, LOOKED = 12, 4  # test pictures that the run folder keeps, and those whose looks are drawn
SIDE = 64  # pixels of pictures that are kept, if they are no files


class CaptioningTask:
    """A captioner: a `seq2seq.training.task.Task`."""

    kind = "captioning model"
    inference = "captions"

    def __init__(self, config: TrainConfig, notify: Callable[[str], None]) -> None:
        """Prepare the pictures and build the network that `config` describes.

        Raises:
            UserError: the data or an option does not allow it.
        """
        vision: ImageBackbone = builders.instantiate_node("model.vision", config.model.vision)
        search = builders.instantiate_node("search", config.search)
        with builders.on_meta_device():
            builders.build_captioner(config.model, vision, builders.PLACEHOLDER_VOCAB_SIZE)
        album, self.download_seconds = builders.load_data(config.data, CaptionedImages)
        about = dict(config.model.vision)
        self.gallery: PreparedCaptions = prepare_captions(
            album, vision, about, config.tokenizer, cache_folder(), notify
        )
        for line in (*self.gallery.table().splitlines(), *self.gallery.notices):
            notify(line)
        tokenizer = self.gallery.tokenizer
        self.model = builders.build_captioner(config.model, vision, tokenizer.vocab_size)
        self.captioner = Captioner(
            self.model, vision, tokenizer, search, config.limits, config.batches.sentences
        )
        self.train_data = CaptionDataset(self.gallery.splits["train"], tokenizer, config)
        self.model.output.init_bias_from_counts(self.train_data.counts())
        for line in self.train_data.order.notices("captions"):
            notify(line)
        splits = self.gallery.splits  # seeing and blind
        self.finish_cost = 2 * len(splits["test"].names) / len(splits["validation"].names)
        self.shown = config.validation.samples
        self.used = decoding_overrides(config.search, config.limits, CaptionConfig().limits)

    def facts(self) -> dict[str, Any]:
        album = self.gallery.album
        return {
            "subject": f"pictures to {album.language}",
            "target": album.language,
            "licence": album.licence,
            "origin": album.origin,
            "fingerprint": self.gallery.fingerprint,
            "test": f"{len(self.gallery.splits['test'].names)} pictures, some of them",
        }

    def table(self) -> str:
        return self.gallery.table()

    def write_run_files(self, run: RunFolder) -> None:
        tokenizer = self.gallery.tokenizer
        run.write_tokenizers(tokenizer, tokenizer)

    def segments(self, forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
        return sentence_segments(forward, batch, carried)

    def validate(self, report: MetricLogger, step: int) -> ValidationResult:
        data = self.gallery.splits["validation"]
        hypotheses, seconds = contact_sheet.timed(lambda: self.said(data))
        bleu, exact = self.scored(hypotheses, data)
        report.message(
            f"validation at step {step}: {bleu}   exactly right {exact:.1%}   ({seconds:.1f} s)"
        )
        for index in evenly_spaced(len(hypotheses), self.shown):
            reference = data.captions[index][0]
            report.message(f"  reference  {reference}\n    caption  {hypotheses[index]}")
        return ValidationResult(bleu.value, {"bleu": bleu.value, "exact": exact}, seconds)

    def said(self, data: PreparedImages) -> list[str]:
        """The captions of a split."""
        return [best[0].text for best in self.captioner.stored(data.stored)]

    def scored(self, hypotheses: list[str], data: PreparedImages) -> tuple[Score, float]:
        """BLEU against all references, and the share of captions that are one of them."""
        bleu = score(hypotheses, data.captions, self.gallery.album.language, ("bleu",))[0]
        exact = [h in said for h, said in zip(hypotheses, data.captions, strict=True)]
        return bleu, sum(exact) / len(exact)

    def finish(self, run: RunFolder) -> FinalReport:
        data = self.gallery.splits["test"]
        hypotheses = self.said(data)
        bleu, exact = self.scored(hypotheses, data)
        seeing: EncoderDecoder = self.model
        encoder, seeing.encoder = seeing.encoder, BlindEncoder(seeing.encoder)
        blind_bleu, blind_exact = self.scored(self.said(data), data)
        seeing.encoder = encoder
        album = self.gallery.album.splits["test"]
        drawn = [album[i] for i in evenly_spaced(len(album), LOOKED)]
        if maps := self.captioner.attention_maps(drawn):
            contact_sheet.plot_attention_sheet(maps, run.attention)
        scores = [
            f"{bleu}",
            f"exactly right: {exact:.1%}",
            f"blind, features zeroed: {blind_bleu}",
            f"blind, exactly right: {blind_exact:.1%}",
        ]
        samples = [
            f"reference  {' | '.join(data.captions[i])}\ncaption    {hypotheses[i]}"
            for i in evenly_spaced(len(hypotheses), SHOWN)
        ]
        images = "THIS_FOLDER/pictures" if self.keep(run, hypotheses) else "FILE"
        used = f"python -m seq2seq.caption run=THIS_FOLDER images={images}{self.used}"
        return FinalReport(scores, samples, used)

    def keep(self, run: RunFolder, hypotheses: list[str]) -> bool:
        """Save some test pictures, and a sheet of them, where the pictures are at hand."""
        album = self.gallery.album.splits["test"]
        folder = run.folder / "pictures"
        shown = []
        for index in evenly_spaced(len(album), KEPT):
            picture = album[index]
            if has_pixels(picture):
                folder.mkdir(exist_ok=True)
                seen = square_pixels(picture, SIDE)
                name = Path(picture.name.replace("/", "-")).stem  # it may be of a folder within
                Image.fromarray(seen).save(folder / f"{name}.png")
                shown.append(
                    contact_sheet.CaptionedThumbnail(picture.name, seen, hypotheses[index])
                )
        if shown:
            contact_sheet.plot_contact_sheet(shown, run.folder / "captions.png")
        return bool(shown)


class CaptionDataset:
    """Training captions and their pictures: a `seq2seq.data.datasets.BatchSource`."""

    def __init__(self, data: PreparedImages, tokenizer: Tokenizer, config: TrainConfig) -> None:
        self.data, self.tokenizer = data, tokenizer
        self.lines = [caption for said in data.captions for caption in said]
        owners = [place for place, said in enumerate(data.captions) for _ in said]
        self.picture = np.array(owners)
        self.ids = tokenizer.encode(self.lines)
        self.sampling, seed = config.tokenizer.sampling, config.train.seed
        lengths = np.array([len(ids) for ids in self.ids], np.int32)
        self.order = LengthBatchSampler(np.zeros_like(lengths), lengths, None, config.batches, seed)
        self.pairs = self.order.pairs

    def counts(self) -> torch.Tensor:
        """How often each token (V,) is expected in an epoch."""
        said = np.concatenate([*self.ids, np.full(len(self.ids), EOS)])
        return torch.from_numpy(np.bincount(said, minlength=self.tokenizer.vocab_size))

    def epoch(self, number: int) -> Iterator[RowIndices]:
        """See `Order`."""
        return self.order.epoch(number)

    def load(self, rows: RowIndices, epoch: int) -> Batch:
        """The captions `rows` and their pictures."""
        ids = [self.ids[row] for row in rows]
        if self.sampling:
            entropy = [self.order.seed, epoch, int(rows[0])]
            seed = int(np.random.SeedSequence(entropy).generate_state(1)[0])
            ids = self.tokenizer.sample([self.lines[row] for row in rows], self.sampling, seed)
        made = collate([[0]] * len(rows), ids)  # the pictures take the place of these sources
        # A batch may be filled up: with the last picture, of which nothing is expected.
        fill = np.repeat(self.picture[rows[-1:]], len(made.target_input) - len(rows))
        places = np.append(self.picture[rows], fill)
        return made._replace(source=torch.from_numpy(self.data.stored[places]), source_lengths=None)
