"""Interface of recurrent cells h_t = f(h_{t-1}, x_t)."""

from torch import Tensor, nn
from torch.nn import functional

CellState = Tensor | tuple[Tensor, ...]  # in the layout of torch's kernels, (1, B, H) each


class Cell(nn.Module):
    """Recurrent cell: `forward` over all positions, `step` over one; their results are equal."""

    num_states: int  # P

    def forward(self, x: Tensor, state: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        """Compute all positions at once.

        Args:
            x: (B, T, I) inputs.
            state: (B, P, H) initial state.
            lengths: (B,) on the CPU, numbers of positions without padding, each at least 1;
                `None`: all are T.

        Returns:
            The outputs (B, T, H), zero at padding, and the final state (B, P, H) after the last
            position of each sentence.
        """
        raise NotImplementedError

    def step(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Compute one position.

        Args:
            x: (B, I) input.
            state: (B, P, H) state before this position.

        Returns:
            The output (B, H) and the next state (B, P, H).
        """
        h_proj = functional.linear(state[:, 0], *self.state_weights())  # (B, R)
        next_state = self.update(self.project_input(x), h_proj, state)
        return next_state[:, 0], next_state

    def project_input(self, x: Tensor) -> Tensor:
        """Return the input (..., I) projected for all gates: W x + b (..., G)."""
        return functional.linear(self.prepare(x), *self.input_weights())

    def prepare(self, x: Tensor) -> Tensor:
        """Return the input (..., I) of the matrix product; unchanged by default."""
        return x

    def input_weights(self) -> tuple[Tensor, Tensor]:
        """Return W (G, I) and its bias (G,), which project the input for all gates."""
        raise NotImplementedError

    def weights_of_small_inputs(self) -> list[Tensor]:
        """Return the matrices whose inputs start small, which `model.input_gain` makes up for.

        By default the input weights; none if the cell normalises its input.
        """
        return [self.input_weights()[0]]

    def state_weights(self) -> tuple[Tensor, Tensor]:
        """Return U (R, H) and its bias (R,), which project h; R is 0 if no matrix multiplies h."""
        raise NotImplementedError

    def update(self, x_proj: Tensor, h_proj: Tensor, state: Tensor) -> Tensor:
        """Return the next state (B, P, H), whose first part is the output.

        Args:
            x_proj: (B, G) the input projected by `project_input`.
            h_proj: (B, R) h projected by `state_weights`.
            state: (B, P, H) h and the other parts, such as c of an LSTM.
        """
        raise NotImplementedError
