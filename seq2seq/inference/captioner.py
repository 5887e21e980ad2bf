"""Captioning of images: a run folder's model and a search strategy, images in, captions out."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import torch

from seq2seq.config.training import LengthLimits
from seq2seq.inference.decode import ScoredTranslation, decode_batch, rerank, to_text
from seq2seq.inference.forced_attention import require_attention
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.plots.contact_sheet import AttentionMap
from seq2seq.search.interface import Search
from seq2seq.text.special_tokens import BOS
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.vision.backbones import ImageBackbone, StoredImages
from seq2seq.vision.images import CaptionedImage, has_pixels, square_pixels

THUMBNAIL_SIZE = 96  # pixels of images in plots


class Captioner:
    """Captions images independently of one another."""

    def __init__(
        self,
        model: EncoderDecoder,
        vision: ImageBackbone,
        tokenizer: Tokenizer,
        search: Search,
        limits: LengthLimits,
        batch: int,
    ) -> None:
        """Caption with `model`, at most `batch` images at a time, on the device of the model.

        A caption has `limits.max_length_extra` tokens at most.

        Raises:
            ConfigError: the search needs attention, which the model does not have.
        """
        require_attention(search, model)
        self.model, self.vision, self.tokenizer = model, vision, tokenizer
        self.search, self.limits, self.batch = search, limits, batch

    def caption(self, pictures: Iterable[CaptionedImage]) -> Iterator[str]:
        """Yield the best caption of each image."""
        stored = self.vision.store(pictures)
        first = 1
        while batch := list(islice(stored, self.batch)):
            yield from (best[0].text for best in self.stored(np.stack(batch), first))
            first += len(batch)

    def stored(self, pictures: StoredImages, first: int = 1) -> list[list[ScoredTranslation]]:
        """Return the captions of stored images (N, ...), the best of each image first.

        `first` is the number of the first image, for the random numbers of a sampling search.
        """
        captions = []
        for start in range(0, len(pictures), self.batch):
            source = torch.from_numpy(np.array(pictures[start : start + self.batch]))
            keys = range(first + start, first + start + len(source))
            limits = [self.limits.max_length_extra] * len(source)
            best = decode_batch(self.model, self.search, (source, None), limits, keys, scored=True)
            translations = [[to_text(h, self.tokenizer) for h in each] for each in best]
            captions += rerank(self.search, translations)
        return captions

    def attention_maps(self, pictures: Sequence[CaptionedImage]) -> list[AttentionMap]:
        """Return the attention weights of each token of the captions; nothing without attention.

        The captions are those of `caption`, for the same list or its beginning.
        """
        maps = []
        for number, picture in enumerate(pictures, 1):
            stored = next(self.vision.store([picture]))
            best = self.stored(stored[None], number)[0][0]
            weights = self._weights(stored, best)
            if weights.shape[1] and has_pixels(picture):
                maps.append(
                    AttentionMap(square_pixels(picture, THUMBNAIL_SIZE), best.tokens, weights)
                )
        return maps

    @torch.inference_mode()
    def _weights(self, stored: StoredImages, caption: ScoredTranslation) -> Any:
        """Return the attention weights (T, S) of each token of the caption of one image."""
        model: EncoderDecoder = self.model.eval()
        device = next(model.parameters()).device
        source = torch.from_numpy(np.array(stored)).unsqueeze(0).to(device)
        target = torch.tensor([[BOS, *self.tokenizer.ids(caption.tokens)]], device=device)
        weights = model(source, None, target).weights[0, : len(caption.tokens)]
        return weights.float().cpu().numpy()
