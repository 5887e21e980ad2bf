"""Of several translations the one that is likest to all samples."""

from collections import Counter
from collections.abc import Callable, Sequence

from sacrebleu.metrics.bleu import BLEU
from torch import Tensor

from seq2seq.errors import ConfigError
from seq2seq.search.beam import Beam
from seq2seq.search.interface import Hypothesis, S, Step
from seq2seq.search.sampling import Sampling

# How like each of some texts (c) is to each of others (r), from 0 to 100: c rows of r numbers.
Utility = Callable[[Sequence[str], Sequence[str]], list[list[float]]]

TOKENIZE = ("13a", "char", "intl", "none", "zh")  # of sacreBLEU's, those that need nothing else


class MinimumBayesRisk:
    """Minimum Bayes risk decoding: the translation with the largest expected chrF or BLEU.

    The expectation is over samples, Kumar and Byrne (2004), https://aclanthology.org/N04-1022,
    equation 2; Eikema and Aziz (2020), https://aclanthology.org/2020.coling-main.398. What is
    chosen from are the samples, and the hypotheses of a beam if there is one.
    """

    def __init__(
        self,
        samples: int,
        temperature: float,
        top_k: int,
        top_p: float,
        seed: int,
        beam: int,
        utility: str,
        tokenize: str,
    ) -> None:
        """Choose among translations; the first five are those of `Sample`.

        Args:
            samples: the translations that the expectation is over.
            temperature: of the sampling.
            top_k: of the sampling.
            top_p: of the sampling.
            seed: of the sampling.
            beam: hypotheses of a beam that can be chosen too; 0: none.
            utility: chrf, or bleu of single sentences.
            tokenize: what cuts sentences into words for bleu, as sacreBLEU names it.

        Raises:
            ConfigError: a value is out of range, or the package that computes chrF is not there.
        """
        if beam < 0:
            raise ConfigError(f"search.beam must be 0 or more, not {beam}")
        self.utility = _utility(utility, tokenize)
        self.sample = Sampling(temperature, top_k, top_p, samples, seed)
        self.beam = Beam(beam, length_penalty=1.0, n_best=beam) if beam else None

    def __call__(
        self, step: Step[S], state: S, limits: Tensor, keys: Sequence[int], scored: bool = True
    ) -> list[list[Hypothesis]]:
        """See `seq2seq.search.interface.Search`: the hypotheses of the beam, then the samples."""
        found = self.sample(step, state, limits, keys, scored)
        if self.beam is None:
            return found
        likely = self.beam(step, state, limits, keys, scored)
        return [first + then for first, then in zip(likely, found, strict=True)]

    def expected(self, texts: Sequence[str]) -> list[float]:
        """The mean utility, from 0 to 100, of each of `texts` against the samples, the last."""
        samples = Counter(texts[-self.sample.samples :])
        several = list(dict.fromkeys(texts))
        rows = self.utility(several, list(samples))
        means = {
            text: sum(x * n for x, n in zip(row, samples.values(), strict=True)) / samples.total()
            for text, row in zip(several, rows, strict=True)
        }
        return [means[text] for text in texts]


def _utility(name: str, tokenize: str) -> Utility:
    """The utility `name`."""
    if name == "chrf":
        try:
            from fastchrf import pairwise_chrf
        except ImportError:
            raise ConfigError("search=mbr needs fastchrf: pip install 'seq2seq[mbr]'") from None
        return lambda texts, samples: pairwise_chrf([list(texts)], [list(samples)])[0]
    if name != "bleu":
        raise ConfigError(f"search.utility must be one of chrf, bleu, not {name}")
    if tokenize not in TOKENIZE:
        raise ConfigError(f"search.tokenize must be one of {', '.join(TOKENIZE)}, not {tokenize}")
    bleu = BLEU(tokenize=tokenize, effective_order=True)
    return lambda texts, samples: [
        [float(bleu.sentence_score(text, [sample]).score) for sample in samples] for text in texts
    ]
