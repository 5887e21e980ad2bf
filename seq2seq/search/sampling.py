"""Tokens drawn at random, as the model finds them probable."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from seq2seq.errors import ConfigError
from seq2seq.search.decode_loop import decode_loop
from seq2seq.search.interface import Hypothesis, S, Step, accumulation_dtype


class Sampling:
    """Draws translations; the same seed and line number give the same text in any batch.

    Holtzman et al. (2020), https://arxiv.org/abs/1904.09751, for top-p.
    """

    def __init__(
        self, temperature: float, top_k: int, top_p: float, samples: int, seed: int
    ) -> None:
        """Sample from a distribution that is changed as told.

        Args:
            temperature: below 1 sharpens the distribution, above 1 flattens it.
            top_k: only as many of the most probable tokens are drawn; 0: all.
            top_p: of these, only the most probable that together have this probability; 1: all.
            samples: translations of each sentence.
            seed: another one gives other translations.

        Raises:
            ConfigError: a value is out of range.
        """
        for name, value, right, range_ in (
            ("temperature", temperature, temperature > 0, "positive"),
            ("top_k", top_k, top_k >= 0, "0 or more"),
            ("top_p", top_p, 0 < top_p <= 1, "above 0 and at most 1"),
            ("samples", samples, samples > 0, "positive"),
            ("seed", seed, seed >= 0, "0 or more"),
        ):
            if not right:
                raise ConfigError(f"search.{name} must be {range_}, not {value}")
        self.temperature, self.top_k, self.top_p = temperature, top_k, top_p
        self.samples, self.seed = samples, seed

    def __call__(
        self, step: Step[S], state: S, limits: Tensor, keys: Sequence[int], scored: bool = True
    ) -> list[list[Hypothesis]]:
        """See `seq2seq.search.interface.Search`. Samples are ranked by their log-probability."""
        # A number in [0, 1) for each sentence, sample and position, whatever else is in the batch.
        longest = int(limits.max()) + 1
        drawn = [
            [
                np.random.default_rng([self.seed, key, s]).random(longest)
                for s in range(self.samples)
            ]
            for key in keys
        ]
        uniform = torch.from_numpy(np.array(drawn))  # (B, K, T)
        uniform = uniform.to(limits.device, accumulation_dtype(limits.device))

        def choose(logits: Tensor, here: Tensor, said: int) -> Tensor:
            return self.draw(logits, uniform[here, :, said])

        ranked = scored or self.samples > 1
        found = decode_loop(step, state, limits, choose, self.samples, ranked)
        return [sorted(samples, key=lambda h: -h.score) for samples in found]

    def draw(self, logits: Tensor, uniform: Tensor) -> Tensor:
        """Tokens (b, K) by `logits` (b, K, V) and numbers (b, K), by inverting the distribution."""
        ranked, tokens = self._candidates(logits)
        # The largest becomes 0 first, so that no temperature is too low.
        scaled = (ranked - ranked.amax(-1, keepdim=True)).to(uniform.dtype) / self.temperature
        p = scaled.softmax(-1)  # (b, K, C)
        if self.top_p < 1:
            p = p.masked_fill(p.cumsum(-1) - p >= self.top_p, 0)  # the ones before it do
        total = p.cumsum(-1)
        place = (total <= uniform.unsqueeze(-1) * total[..., -1:]).sum(-1, keepdim=True)
        last = (total < total[..., -1:]).sum(-1, keepdim=True)  # rounding must not lead beyond
        drawn: Tensor = tokens.gather(-1, torch.minimum(place, last)).squeeze(-1)
        return drawn

    def _candidates(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """What may be drawn of `logits` (b, K, V), and which tokens (b, K, C) these are.

        In falling order only where `top_p` needs it: sorting takes longer than all the rest.
        """
        if self.top_k:
            best = logits.topk(min(self.top_k, logits.shape[-1]), -1)
            return best.values, best.indices
        if self.top_p < 1:
            ranked = logits.sort(stable=True, dim=-1, descending=True)
            return ranked.values, ranked.indices
        return logits, torch.arange(logits.shape[-1], device=logits.device).expand_as(logits)
