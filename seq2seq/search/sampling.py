"""Random sampling from the distribution of the model, with temperature, top-k and top-p."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from seq2seq.search.decode_loop import decode_loop
from seq2seq.search.interface import Hypothesis, S, Step, accumulation_dtype
from seq2seq.search.logit_processors import LogitProcessor, default_processors


class Sampling:
    """Random sampling; the same seed and line number give the same text in any batch.

    Top-p (nucleus) sampling is of Holtzman et al. (2020), https://arxiv.org/abs/1904.09751.
    """

    def __init__(
        self, temperature: float, top_k: int, top_p: float, samples: int, seed: int
    ) -> None:
        """Sample from the distribution after `temperature`, then `top_k`, then `top_p`.

        Args:
            temperature: below 1 sharpens the distribution, above 1 flattens it.
            top_k: number of most probable tokens to sample from; 0: all.
            top_p: sample from the smallest set of most probable tokens that have this probability
                together; 1: all.
            samples: K, translations of each sentence.
            seed: of the random numbers.

        Raises:
            ValueError: an argument is out of range.
        """
        for name, value, is_valid, valid_range in (
            ("temperature", temperature, temperature > 0, "positive"),
            ("top_k", top_k, top_k >= 0, "0 or more"),
            ("top_p", top_p, 0 < top_p <= 1, "above 0 and at most 1"),
            ("samples", samples, samples > 0, "positive"),
            ("seed", seed, seed >= 0, "0 or more"),
        ):
            if not is_valid:
                raise ValueError(f"{name} must be {valid_range}, not {value}")
        self.temperature, self.top_k, self.top_p = temperature, top_k, top_p
        self.samples, self.seed = samples, seed
        self.processors = default_processors()

    def __call__(
        self,
        step: Step[S],
        state: S,
        max_lengths: Tensor,
        sentence_ids: Sequence[int],
        scored: bool = True,
        constraints: Sequence[LogitProcessor] = (),
    ) -> list[list[Hypothesis]]:
        """Generate samples, ranked by their log-probability.

        See `seq2seq.search.interface.Search`.
        """
        uniform = self._uniform(max_lengths, sentence_ids)  # (B, K, T)

        def select_token(logits: Tensor, sentences: Tensor, position: int) -> Tensor:
            return self.draw(logits, uniform[sentences, :, position])

        scored = scored or self.samples > 1  # several samples are ranked
        processors = [*self.processors, *constraints]
        hypotheses = decode_loop(
            step, state, max_lengths, select_token, self.samples, scored, processors
        )
        return [sorted(samples, key=lambda h: -h.score) for samples in hypotheses]

    def _uniform(self, max_lengths: Tensor, sentence_ids: Sequence[int]) -> Tensor:
        """Return random numbers (B, K, T) from [0, 1), the same for a sentence in any batch."""
        steps = int(max_lengths.max()) + 1
        numbers = [
            [
                np.random.default_rng([self.seed, sentence_id, sample]).random(steps)
                for sample in range(self.samples)
            ]
            for sentence_id in sentence_ids
        ]
        uniform = torch.from_numpy(np.array(numbers))  # (B, K, T)
        return uniform.to(max_lengths.device, accumulation_dtype(max_lengths.device))

    def draw(self, logits: Tensor, uniform: Tensor) -> Tensor:
        """Draw tokens by inverting the cumulative distribution.

        Args:
            logits: (b, K, V) unnormalised log-probabilities.
            uniform: (b, K) random numbers from [0, 1).

        Returns:
            The tokens (b, K).
        """
        ranked, tokens = self._candidates(logits)  # (b, K, C)
        # The maximum becomes 0 first, so that no temperature is too low.
        temperature = max(self.temperature, torch.finfo(uniform.dtype).tiny)  # in fp32 it may be 0
        scaled = (ranked - ranked.amax(-1, keepdim=True)).to(uniform.dtype) / temperature
        p = scaled.softmax(-1)  # (b, K, C)
        if self.top_p < 1:
            preceding = p.cumsum(-1) - p  # (b, K, C), total of the more probable tokens
            p = p.masked_fill(preceding >= self.top_p, 0)
        total = p.cumsum(-1)  # (b, K, C)
        index = (total <= uniform.unsqueeze(-1) * total[..., -1:]).sum(-1, keepdim=True)
        # Rounding must not lead beyond the last token of positive probability.
        last_index = (total < total[..., -1:]).sum(-1, keepdim=True)
        drawn: Tensor = tokens.gather(-1, torch.minimum(index, last_index)).squeeze(-1)
        return drawn

    def _candidates(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits (b, K, C) to sample from and their tokens (b, K, C).

        They are sorted only where `top_p` needs it: sorting takes longer than all the rest.
        """
        if self.top_k:
            best = logits.topk(min(self.top_k, logits.shape[-1]), -1)
            return best.values, best.indices
        if self.top_p < 1:
            ranked = logits.sort(stable=True, dim=-1, descending=True)
            return ranked.values, ranked.indices
        return logits, torch.arange(logits.shape[-1], device=logits.device).expand_as(logits)
