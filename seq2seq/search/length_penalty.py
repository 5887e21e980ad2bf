"""Length penalty of beam search."""

from torch import Tensor


def length_penalty(lengths: Tensor, alpha: float) -> Tensor:
    """Return the divisor of the log-probability of hypotheses before they are ranked.

    Wu et al. (2016), equation 14: ((5 + length) / 6) ** alpha.
    https://arxiv.org/abs/1609.08144

    Args:
        lengths: (...) tokens generated, the end of sentence counted, each at least 1.
        alpha: 0 ranks by log-probability alone; larger values favour longer hypotheses.

    Returns:
        (...) float, 1 where the length is 1.

    Raises:
        ValueError: `alpha` is negative, which would favour the shortest hypotheses.
    """
    if alpha < 0:
        raise ValueError(f"the length penalty alpha must be 0 or more, not {alpha}")
    return ((5.0 + lengths) / 6.0) ** alpha
