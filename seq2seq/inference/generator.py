"""Generation of text by a language model, a token at a time."""

import codecs
from collections.abc import Iterator

import numpy as np
import torch

from seq2seq.model.language_model import LanguageModel
from seq2seq.search.logit_processors import process_logits
from seq2seq.search.sampling import Sampling
from seq2seq.text.special_tokens import EOS
from seq2seq.text.tokenizer import Tokenizer

EMPTY_PROMPT = "\n"  # the prompt of a text that has none


class Generator:
    """Generates text: each token is sampled, then read before the next one is sampled."""

    def __init__(self, model: LanguageModel, tokenizer: Tokenizer, sample: Sampling) -> None:
        """Generate with `model` by `sample`, on the device of the model."""
        self.model, self.tokenizer, self.sample = model, tokenizer, sample

    def generate(self, prompt: str, length: int) -> Iterator[str]:
        """Yield the text after `prompt` as it is generated: `length` tokens; 0: without an end.

        Only the state is kept from token to token, so memory does not grow.
        """
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        for token in self.tokens(prompt, length):
            if text := decoder.decode(_bytes(self.tokenizer, token)):
                yield text
        if rest := decoder.decode(b"", final=True):
            yield rest

    @torch.inference_mode()
    def tokens(self, prompt: str, length: int) -> Iterator[int]:
        """Yield the token ids of `generate`."""
        device = next(self.model.parameters()).device
        self.model.eval()
        ids = self.tokenizer.encode([prompt or EMPTY_PROMPT])[0]
        state = self.model.initial_states(1)
        if len(ids) > 1:
            state = self.model(torch.tensor([ids[:-1]], device=device), state).state
        random, count = np.random.default_rng(self.sample.seed), 0
        last = torch.tensor(ids[-1:], device=device)
        while count < length or not length:
            logits, state = self.model.step(last, state)
            # The state holds the history; of the tokens only the last is kept.
            generated = last.view(1, 1, 1)
            logits = process_logits(
                self.sample.processors, logits.unsqueeze(1), generated, torch.arange(len(logits))
            )
            logits[..., EOS] = -torch.inf  # the text has no end
            uniform = torch.tensor([[random.random()]], device=device)
            last = self.sample.draw(logits, uniform)[0]
            count += 1
            yield int(last)


def _bytes(tokenizer: Tokenizer, token: int) -> bytes:
    """Return the UTF-8 bytes of a token: a byte token may be part of a character."""
    piece = tokenizer.piece(token)
    if len(piece) == len("<0x00>") and piece.startswith("<0x"):
        return bytes([int(piece[3:5], 16)])
    return tokenizer.decode([[token]])[0].encode()
