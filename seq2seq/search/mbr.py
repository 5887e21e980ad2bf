"""Of several samples the one that is likest to the others."""

from collections.abc import Sequence

from torch import Tensor

from seq2seq.errors import ConfigError
from seq2seq.search.sample import Sample
from seq2seq.search.step import Hypothesis, S, Step


class MinimumBayesRisk:
    """Minimum Bayes risk decoding: the sample with the largest expected chrF.

    The expectation is over the samples themselves, Kumar and Byrne (2004),
    https://aclanthology.org/N04-1022, equation 2; Eikema and Aziz (2020),
    https://aclanthology.org/2020.coling-main.398.
    """

    def __init__(
        self, samples: int, temperature: float, top_k: int, top_p: float, seed: int
    ) -> None:
        """Choose among `samples`; the others are those of `Sample`.

        Raises:
            ConfigError: a value is out of range, or the package that computes chrF is not there.
        """
        try:
            from fastchrf import pairwise_chrf
        except ImportError:
            raise ConfigError("search=mbr needs fastchrf: pip install 'seq2seq[mbr]'") from None
        self.chrf = pairwise_chrf
        self.sample = Sample(temperature, top_k, top_p, samples, seed)

    def __call__(
        self, step: Step[S], state: S, limits: Tensor, keys: Sequence[int], scored: bool = True
    ) -> list[list[Hypothesis]]:
        """See `seq2seq.search.step.Search`: the samples, which `expected` then ranks."""
        return self.sample(step, state, limits, keys, scored)

    def expected(self, texts: Sequence[str]) -> list[float]:
        """The mean chrF, from 0 to 100, of each of the samples `texts` against all of them."""
        [rows] = self.chrf([list(texts)], [list(texts)])
        return [sum(row) / len(texts) for row in rows]
