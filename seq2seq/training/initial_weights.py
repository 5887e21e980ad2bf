"""Adapting without forgetting: weights are kept near those that training began with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class InitialWeights:
    """The weights W0 that training began with, and what keeps the weights W near them.

    The loss gets the penalty lambda |W - W0|^2: Miceli Barone et al. (2017),
    https://arxiv.org/abs/1707.09920, equation 3. What is validated and kept is (1 - share) W +
    share W0: Wortsman et al. (2022), https://arxiv.org/abs/2109.01903.
    """

    def __init__(
        self, model: nn.Module, values: Mapping[str, Tensor], penalty: float, share: float
    ) -> None:
        """Keep the trained parameters of `model` near `values`.

        Args:
            model: the network; parameters without a gradient are left alone.
            values: W0 by name of the parameter.
            penalty: lambda; 0 is off.
            share: of W0 in an average, 0 to 1; 0 is off.
        """
        trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
        self.parameters = list(trained.values())
        self.values = [values[name].to(p.device) for name, p in trained.items()]
        self.penalty, self.share = penalty, share

    @torch.no_grad()
    def add_gradient(self) -> None:
        """Add the gradient of the penalty, 2 lambda (W - W0), to that of the loss."""
        if not self.penalty:
            return
        for parameter, value in zip(self.parameters, self.values, strict=True):
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            parameter.grad.add_(parameter - value, alpha=2 * self.penalty)

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Put the average with W0 in the place of the weights within this block."""
        if not self.share:
            yield
            return
        weights = [parameter.detach().clone() for parameter in self.parameters]
        with torch.no_grad():
            for parameter, value in zip(self.parameters, self.values, strict=True):
                parameter.lerp_(value, self.share)
        try:
            yield
        finally:
            with torch.no_grad():
                for parameter, weight in zip(self.parameters, weights, strict=True):
                    parameter.copy_(weight)
