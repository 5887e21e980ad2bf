"""A language model's run folder: text that goes on, a token at a time."""

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch

from seq2seq import builders, hardware
from seq2seq.model.language_model import LanguageModel
from seq2seq.run_folder import RunFolder
from seq2seq.search.interface import mask_special_tokens
from seq2seq.search.sampling import Sampling
from seq2seq.text.special_tokens import EOS
from seq2seq.text.tokenizer import Tokenizer

EMPTY_PROMPT = "\n"  # what a text without a beginning is begun with: a new line


class Generator:
    """Says what may come next, one token at a time, each read before the next is drawn."""

    def __init__(self, model: LanguageModel, tokenizer: Tokenizer, sample: Sampling) -> None:
        """Go on with `model`, drawing tokens as `sample` says, on the device the model is on."""
        self.model, self.tokenizer, self.sample = model, tokenizer, sample

    def generate(self, prompt: str, length: int) -> Iterator[str]:
        """The text after `prompt`, in parts as they come: `length` tokens, 0: without an end.

        What is kept from token to token is the state alone, so that memory does not grow.
        """
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        for token in self.tokens(prompt, length):
            if text := decoder.decode(_bytes(self.tokenizer, token)):
                yield text
        if rest := decoder.decode(b"", final=True):
            yield rest

    @torch.inference_mode()
    def tokens(self, prompt: str, length: int) -> Iterator[int]:
        """As `generate`, tokens."""
        device = next(self.model.parameters()).device
        self.model.eval()
        ids = self.tokenizer.encode([prompt or EMPTY_PROMPT])[0]
        state = self.model.initial_states(1)
        if len(ids) > 1:
            state = self.model(torch.tensor([ids[:-1]], device=device), state).state
        random, said = np.random.default_rng(self.sample.seed), 0
        last = torch.tensor(ids[-1:], device=device)
        while said < length or not length:
            logits, state = self.model.step(last, state)
            logits = mask_special_tokens(logits.float(), first=False).unsqueeze(1)  # (1, 1, V)
            logits[..., EOS] = -torch.inf
            uniform = torch.tensor([[random.random()]], device=device)
            last = self.sample.draw(logits, uniform)[0]
            said += 1
            yield int(last)


def _bytes(tokenizer: Tokenizer, token: int) -> bytes:
    """What a token adds to a text, in UTF-8: one that stands for a byte may be part of a letter."""
    piece = tokenizer.piece(token)
    if len(piece) == len("<0x00>") and piece.startswith("<0x"):
        return bytes([int(piece[3:5], 16)])
    return tokenizer.decode([[token]])[0].encode()


def load_generator(
    run: str | Path, sample: Sampling, device: str, trusted: Iterable[str] = ()
) -> Generator:
    """The language model that was trained into the folder `run`.

    Raises:
        RunError: it is no run folder, or one of another kind.
        ConfigError: this machine has no such device.
    """
    folder = RunFolder(Path(run))
    config = folder.read_config(trusted, "language_model.LanguageModelTask")
    tokenizer = folder.read_tokenizers()[0]
    model = builders.build_language_model(config.model, tokenizer.vocab_size)
    folder.read_weights(model)
    return Generator(model.to(hardware.choose_device(device)), tokenizer, sample)
