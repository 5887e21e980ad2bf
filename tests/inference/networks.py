"""Networks that were never trained, and searches, which tests of translation share."""

from collections.abc import Callable

import torch

from seq2seq import builders
from seq2seq.commands import compose
from seq2seq.config.training import LengthLimits, TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.run_folder import vocab_sizes
from seq2seq.search.beam import Beam
from seq2seq.search.greedy import Greedy
from seq2seq.search.interface import Search
from seq2seq.search.sampling import Sampling
from seq2seq.text.special_tokens import SYMBOLS
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.tokenizer_training import train_tokenizer
from tests.toy_corpus import sentences

# Short, since a network that was never trained seldom comes to an end.
LIMITS = LengthLimits(max_length_ratio=0.5, max_length_extra=3)
SEARCHES: dict[str, Callable[[], Search]] = {
    "greedy": Greedy,
    "beam": lambda: Beam(beam_size=3, length_penalty=1.0, n_best=2),
    "sample": lambda: Sampling(temperature=1.0, top_k=0, top_p=1.0, samples=2, seed=3),
}


def toy_tokenizer(has_symbols: bool = True) -> Tokenizer:
    """Return one vocabulary of the toy corpus, of 370 pieces."""
    lines = [side for pair in sentences() for side in pair]
    symbols, count = SYMBOLS if has_symbols else (), len(lines)
    return train_tokenizer(lines, "unigram", 370, count, count // 2, symbols=symbols).tokenizer


def random_network(
    tokenizer: Tokenizer, attention: str, seed: int, *options: str, scale: float = 4
) -> EncoderDecoder:
    """Return a network of random weights, so large that it depends on what it reads."""
    tiny = ["data.source=en", "data.target=de", "model.embedding_size=8", "model.encoder.size=6",
            "model.decoder.size=12", f"model/attention={attention}"]  # fmt: skip
    config = to_schema(compose.compose("train", [*tiny, *options]), TrainConfig)
    torch.manual_seed(seed)
    model = builders.build_translation(
        config.model, vocab_sizes(tokenizer, tokenizer), config.document_context
    )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(scale)
    return model.eval()
