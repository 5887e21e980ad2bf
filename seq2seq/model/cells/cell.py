"""Recurrences h_t = f(h_{t-1}, x_t): all positions of a sequence, or one step."""

from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional

CellState = Tensor | tuple[Tensor, ...]  # as a kernel has them, (1, B, H) each


class Cell(nn.Module):
    """One recurrence. `forward` and `step` give the same numbers."""

    num_states: ClassVar[int]  # P

    def forward(self, x: Tensor, state: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        """All positions at once.

        Args:
            x: (B, T, I) the inputs.
            state: (B, P, H) before the first position.
            lengths: (B,) on the CPU, how many positions of each sentence are real, each at least
                1; `None` where all T of all are.

        Returns:
            What is seen at each position (B, T, H), zero at padding, and the state (B, P, H)
            after each sentence's last real position.
        """
        raise NotImplementedError

    def step(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """One position: the input (B, I) and the state (B, P, H) to (B, H) and the next state."""
        h_proj = functional.linear(state[:, 0], *self.state_weights())  # (B, R)
        following = self.update(self.project_input(x), h_proj, state)
        return following[:, 0], following

    def project_input(self, x: Tensor) -> Tensor:
        """What a step makes of its input (..., I), for all gates: (..., G)."""
        return functional.linear(self.prepare(x), *self.input_weights())

    def prepare(self, x: Tensor) -> Tensor:
        """What is done to the input (..., I) before its matrix: nothing, unless a cell says so."""
        return x

    def input_weights(self) -> tuple[Tensor, Tensor]:
        """W (G, I) and its bias (G,): what a step makes of its input, for all gates."""
        raise NotImplementedError

    def state_weights(self) -> tuple[Tensor, Tensor]:
        """U (R, H) and its bias (R,): what a step makes of h; R is 0 where h meets no matrix."""
        raise NotImplementedError

    def update(self, x_proj: Tensor, h_proj: Tensor, state: Tensor) -> Tensor:
        """The next state (B, P, H), whose first part is what is shown.

        Args:
            x_proj: (B, G) what `project_input` makes of the input.
            h_proj: (B, R) what `state_weights` make of h.
            state: (B, P, H) h, and what else the cell remembers.
        """
        raise NotImplementedError
