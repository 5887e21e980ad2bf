"""Minimum Bayes risk decoding."""

from collections import Counter
from collections.abc import Callable, Sequence

from sacrebleu.metrics.bleu import BLEU
from torch import Tensor

from seq2seq.errors import ConfigError
from seq2seq.search.beam import Beam
from seq2seq.search.interface import Hypothesis, S, Step
from seq2seq.search.logit_processors import LogitProcessor
from seq2seq.search.sampling import Sampling

# From c candidates and r references to the similarities of each pair, c rows of r, from 0 to 100.
Utility = Callable[[Sequence[str], Sequence[str]], list[list[float]]]

TOKENIZE = ("13a", "char", "intl", "none", "zh")  # sacreBLEU's tokenizers without dependencies


class MinimumBayesRisk:
    """Minimum Bayes risk decoding: the candidate with the largest expected chrF or BLEU.

    The expectation is over samples, Kumar and Byrne (2004), https://aclanthology.org/N04-1022,
    equation 2; Eikema and Aziz (2020), https://aclanthology.org/2020.coling-main.398. The
    candidates are the samples, and the hypotheses of a beam search if there is one.
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
        """Choose among samples; the first five arguments are those of `Sampling`.

        Args:
            samples: the translations that the expectation is over.
            temperature: of the sampling.
            top_k: of the sampling.
            top_p: of the sampling.
            seed: of the sampling.
            beam: hypotheses of a beam search that are candidates too; 0: none.
            utility: chrf, or bleu of single sentences.
            tokenize: sacreBLEU's name of the tokenizer for bleu.

        Raises:
            ValueError: an argument is out of range.
            ConfigError: the package that computes chrF is missing.
        """
        if beam < 0:
            raise ValueError(f"beam must be 0 or more, not {beam}")
        self.utility = _utility(utility, tokenize)
        self.sample = Sampling(temperature, top_k, top_p, samples, seed)
        # The beam's own ranking does not matter here: all its hypotheses are candidates.
        self.beam = Beam(beam, length_penalty=1.0, n_best=beam) if beam else None

    def __call__(
        self,
        step: Step[S],
        state: S,
        max_lengths: Tensor,
        sentence_ids: Sequence[int],
        scored: bool = True,
        constraints: Sequence[LogitProcessor] = (),
    ) -> list[list[Hypothesis]]:
        """Generate the candidates: the hypotheses of the beam, then the samples.

        See `seq2seq.search.interface.Search`. The texts are ranked by `expected` afterwards.
        """
        batch = (step, state, max_lengths, sentence_ids, scored, constraints)
        samples = self.sample(*batch)
        if self.beam is None:
            return samples
        beams = self.beam(*batch)
        return [beam + sampled for beam, sampled in zip(beams, samples, strict=True)]

    def expected(self, texts: Sequence[str]) -> list[float]:
        """Return the mean utility of each of `texts` against the samples, from 0 to 100.

        Args:
            texts: the candidates of one sentence; the last `samples` of them are the samples.
        """
        references = Counter(texts[-self.sample.samples :])
        candidates = list(dict.fromkeys(texts))
        utilities = self.utility(candidates, list(references))
        means = {
            text: sum(u * n for u, n in zip(row, references.values(), strict=True))
            / references.total()
            for text, row in zip(candidates, utilities, strict=True)
        }
        return [means[text] for text in texts]


def _utility(name: str, tokenize: str) -> Utility:
    """Return the utility function `name`.

    Raises:
        ValueError: an argument is out of range.
        ConfigError: the package that computes chrF is missing.
    """
    if name == "chrf":
        try:
            from fastchrf import pairwise_chrf
        except ImportError:
            raise ConfigError("search=mbr needs fastchrf: pip install 'seq2seq[mbr]'") from None
        return lambda texts, samples: pairwise_chrf([list(texts)], [list(samples)])[0]
    if name != "bleu":
        raise ValueError(f"utility must be one of chrf, bleu, not {name}")
    if tokenize not in TOKENIZE:
        raise ValueError(f"tokenize must be one of {', '.join(TOKENIZE)}, not {tokenize}")
    bleu = BLEU(tokenize=tokenize, effective_order=True)
    return lambda texts, samples: [
        [float(bleu.sentence_score(text, [sample]).score) for sample in samples] for text in texts
    ]
