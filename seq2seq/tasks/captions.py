"""Captions: one-to-many. A picture seeds a decoder, which may look at its places."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from seq2seq import build
from seq2seq.batches import Batch, Order, Rows, batch
from seq2seq.captioner import Captioner
from seq2seq.config.commands import CaptionConfig
from seq2seq.config.training import TrainConfig
from seq2seq.metrics import Score, score
from seq2seq.model.image import Blind
from seq2seq.model.translation import Translation
from seq2seq.run import Run
from seq2seq.tasks.held_out import overrides
from seq2seq.tasks.translation import segments
from seq2seq.text.cache import cache_folder
from seq2seq.text.tokenizer import END, Tokenizer
from seq2seq.training.pictures import spread
from seq2seq.training.report import Report
from seq2seq.training.task import Carried, Conclusion, Result, Segment
from seq2seq.vision import sheet
from seq2seq.vision.album import Album, has_pixels, pixels
from seq2seq.vision.networks import Vision
from seq2seq.vision.prepare import Captioned, Gallery, prepare_album

SHOWN = 10  # captions that are printed
KEPT, LOOKED = 12, 4  # test pictures that the run folder keeps, and those whose looks are drawn
SIDE = 64  # pixels of pictures that are kept, if they are no files


class CaptionsTask:
    """A captioner: a `seq2seq.training.task.Task`."""

    kind = "captioning model"

    def __init__(self, config: TrainConfig, say: Callable[[str], None]) -> None:
        """Prepare the pictures and build the network that `config` describes.

        Raises:
            UserError: the data or an option does not allow it.
        """
        vision: Vision = build.make("model.vision", config.model.vision)
        search = build.make("search", config.search)
        with build.rehearsal():
            build.captioner(config.model, vision, build.REHEARSED)
        album, self.fetched = build.data(config.data, Album)
        about = dict(config.model.vision)
        self.gallery: Gallery = prepare_album(
            album, vision, about, config.tokenizer, cache_folder(), say
        )
        for line in (*self.gallery.table().splitlines(), *self.gallery.notices):
            say(line)
        tokenizer = self.gallery.tokenizer
        self.model = build.captioner(config.model, vision, tokenizer.size)
        self.captioner = Captioner(
            self.model, vision, tokenizer, search, config.limits, config.batches.sentences
        )
        self.feed = Looks(self.gallery.splits["train"], tokenizer, config)
        self.model.output.expect(self.feed.counts())
        for line in self.feed.order.notices("captions"):
            say(line)
        splits = self.gallery.splits  # seeing and blind
        self.later = 2 * len(splits["test"].names) / len(splits["validation"].names)
        self.shown = config.validation.samples
        self.used = overrides(config.search, config.limits, CaptionConfig().limits)

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

    def begin(self, run: Run) -> None:
        tokenizer = self.gallery.tokenizer
        run.write_tokenizers(tokenizer, tokenizer)

    def segments(self, forward: Any, batch: Batch, carried: Carried) -> Iterator[Segment]:
        return segments(forward, batch, carried)

    def validate(self, report: Report, step: int) -> Result:
        data = self.gallery.splits["validation"]
        hypotheses, seconds = sheet.timed(lambda: self.said(data))
        bleu, exact = self.scored(hypotheses, data)
        report.say(
            f"validation at step {step}: {bleu}   exactly right {exact:.1%}   ({seconds:.1f} s)"
        )
        for index in spread(len(hypotheses), self.shown):
            reference = data.captions[index][0]
            report.say(f"  reference  {reference}\n    caption  {hypotheses[index]}")
        return Result(bleu.value, {"bleu": bleu.value, "exact": exact}, seconds)

    def said(self, data: Captioned) -> list[str]:
        """The captions of a split."""
        return [best[0].text for best in self.captioner.stored(data.stored)]

    def scored(self, hypotheses: list[str], data: Captioned) -> tuple[Score, float]:
        """BLEU against all references, and the share of captions that are one of them."""
        bleu = score(hypotheses, data.captions, self.gallery.album.language, ("bleu",))[0]
        exact = [h in said for h, said in zip(hypotheses, data.captions, strict=True)]
        return bleu, sum(exact) / len(exact)

    def finish(self, run: Run) -> Conclusion:
        data = self.gallery.splits["test"]
        hypotheses = self.said(data)
        bleu, exact = self.scored(hypotheses, data)
        seeing: Translation = self.model
        encoder, seeing.encoder = seeing.encoder, Blind(seeing.encoder)
        blind_bleu, blind_exact = self.scored(self.said(data), data)
        seeing.encoder = encoder
        album = self.gallery.album.splits["test"]
        if looked := self.captioner.looks([album[i] for i in spread(len(album), LOOKED)]):
            sheet.looked(looked, run.attention)
        scores = [
            f"{bleu}",
            f"exactly right: {exact:.1%}",
            f"blind, features zeroed: {blind_bleu}",
            f"blind, exactly right: {blind_exact:.1%}",
        ]
        samples = [
            f"reference  {' | '.join(data.captions[i])}\ncaption    {hypotheses[i]}"
            for i in spread(len(hypotheses), SHOWN)
        ]
        images = "THIS_FOLDER/pictures" if self.keep(run, hypotheses) else "FILE"
        used = f"python -m seq2seq.caption run=THIS_FOLDER images={images}{self.used}"
        return Conclusion(scores, samples, used)

    def keep(self, run: Run, hypotheses: list[str]) -> bool:
        """Save some test pictures, and a sheet of them, where the pictures are at hand."""
        album = self.gallery.album.splits["test"]
        folder = run.folder / "pictures"
        shown = []
        for index in spread(len(album), KEPT):
            picture = album[index]
            if has_pixels(picture):
                folder.mkdir(exist_ok=True)
                seen = pixels(picture, SIDE)
                name = Path(picture.name.replace("/", "-")).stem  # it may be of a folder within
                Image.fromarray(seen).save(folder / f"{name}.png")
                shown.append(sheet.Shown(picture.name, seen, hypotheses[index]))
        if shown:
            sheet.contact(shown, run.folder / "captions.png")
        return bool(shown)


class Looks:
    """Training captions and their pictures: a `seq2seq.batches.Feed`."""

    def __init__(self, data: Captioned, tokenizer: Tokenizer, config: TrainConfig) -> None:
        self.data, self.tokenizer = data, tokenizer
        self.lines = [caption for said in data.captions for caption in said]
        owners = [place for place, said in enumerate(data.captions) for _ in said]
        self.picture = np.array(owners)
        self.ids = tokenizer.encode(self.lines)
        self.sampling, seed = config.tokenizer.sampling, config.train.seed
        lengths = np.array([len(ids) for ids in self.ids], np.int32)
        self.order = Order(np.zeros_like(lengths), lengths, None, config.batches, seed)
        self.pairs = self.order.pairs

    def counts(self) -> torch.Tensor:
        """How often each token (V,) is expected in an epoch."""
        said = np.concatenate([*self.ids, np.full(len(self.ids), END)])
        return torch.from_numpy(np.bincount(said, minlength=self.tokenizer.size))

    def epoch(self, number: int) -> Iterator[Rows]:
        """See `Order`."""
        return self.order.epoch(number)

    def load(self, rows: Rows, epoch: int) -> Batch:
        """The captions `rows` and their pictures."""
        ids = [self.ids[row] for row in rows]
        if self.sampling:
            entropy = [self.order.seed, epoch, int(rows[0])]
            seed = int(np.random.SeedSequence(entropy).generate_state(1)[0])
            ids = self.tokenizer.sample([self.lines[row] for row in rows], self.sampling, seed)
        made = batch([[0]] * len(rows), ids)  # the pictures take the place of these sources
        # A batch may be filled up: with the last picture, of which nothing is expected.
        fill = np.repeat(self.picture[rows[-1:]], len(made.target) - len(rows))
        places = np.append(self.picture[rows], fill)
        return made._replace(source=torch.from_numpy(self.data.stored[places]), lengths=None)
