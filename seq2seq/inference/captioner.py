"""A run folder and a search strategy: pictures in, captions out."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from seq2seq import builders, hardware
from seq2seq.config.training import LengthLimits
from seq2seq.inference.decode import ScoredTranslation, decode_batch, rerank, to_text
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.plots.contact_sheet import AttentionMap
from seq2seq.run_folder import RunFolder
from seq2seq.search.interface import Search
from seq2seq.text.special_tokens import BOS
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.vision.backbones import ImageBackbone, StoredImages
from seq2seq.vision.images import CaptionedImage, has_pixels, square_pixels

THUMBNAIL_SIZE = 96  # pixels of pictures that are shown


class Captioner:
    """Says what is to be seen in pictures, each as if it were alone."""

    def __init__(
        self,
        model: EncoderDecoder,
        vision: ImageBackbone,
        tokenizer: Tokenizer,
        search: Search,
        limits: LengthLimits,
        batch: int,
    ) -> None:
        """Caption with `model`, at most `batch` pictures at a time, on the device it is on.

        `limits.max_length_extra` is how many pieces a caption has at most.
        """
        self.model, self.vision, self.tokenizer = model, vision, tokenizer
        self.search, self.limits, self.batch = search, limits, batch

    def caption(self, pictures: Iterable[CaptionedImage]) -> Iterator[str]:
        """The best caption of each picture."""
        stored = self.vision.store(pictures)
        first = 1
        while seen := list(islice(stored, self.batch)):
            yield from (best[0].text for best in self.stored(np.stack(seen), first))
            first += len(seen)

    def stored(self, pictures: StoredImages, first: int = 1) -> list[list[ScoredTranslation]]:
        """The captions of stored pictures (N, ...), each picture's best first.

        `first` is the number of the first picture, for the random numbers of a sampling search.
        """
        found = []
        for start in range(0, len(pictures), self.batch):
            source = torch.from_numpy(np.array(pictures[start : start + self.batch]))
            keys = range(first + start, first + start + len(source))
            limits = [self.limits.max_length_extra] * len(source)
            best = decode_batch(self.model, self.search, (source, None), limits, keys, scored=True)
            found += [
                rerank(self.search, [to_text(h, self.tokenizer) for h in hypotheses])
                for hypotheses in best
            ]
        return found

    def looks(self, pictures: Sequence[CaptionedImage]) -> list[AttentionMap]:
        """Where the network looked to say each piece of its captions; nothing without attention.

        They are those of `caption`, for the same list or its beginning.
        """
        found = []
        for number, picture in enumerate(pictures, 1):
            stored = next(self.vision.store([picture]))
            best = self.stored(stored[None], number)[0][0]
            weights = self._weights(stored, best)
            if weights.shape[1] and has_pixels(picture):
                found.append(
                    AttentionMap(square_pixels(picture, THUMBNAIL_SIZE), best.tokens, weights)
                )
        return found

    @torch.inference_mode()
    def _weights(self, stored: StoredImages, caption: ScoredTranslation) -> Any:
        """Of the attention (T, S), for each piece of the caption of one picture."""
        model: EncoderDecoder = self.model.eval()
        device = next(model.parameters()).device
        source = torch.from_numpy(np.array(stored)).unsqueeze(0).to(device)
        target = torch.tensor([[BOS, *self.tokenizer.ids(caption.tokens)]], device=device)
        weights = model(source, None, target).weights[0, : len(caption.tokens)]
        return weights.float().cpu().numpy()


def load_captioner(
    run: str | Path, search: Search, limits: LengthLimits, batch: int, device: str,
    trusted: Sequence[str] = (),
) -> Captioner:  # fmt: skip
    """The captioner that was trained into the folder `run`.

    Raises:
        RunError: it is no run folder, or one of another kind.
        ConfigError: this machine has no such device, or lacks a package.
    """
    folder = RunFolder(Path(run))
    config = folder.read_config(trusted, "captioning.CaptioningTask")
    tokenizer = folder.read_tokenizers()[0]
    vision: ImageBackbone = builders.instantiate_node("model.vision", config.model.vision)
    model = builders.build_captioner(config.model, vision, tokenizer.vocab_size)
    folder.read_weights(model)
    return Captioner(
        model.to(hardware.choose_device(device)), vision, tokenizer, search, limits, batch
    )
