"""Recurrences without a matrix between the steps: all positions are computed at once.

What is kept of the state, a_t, and what is added to it, b_t, depend on the input alone, so that
h_t = a_t * h_{t-1} + b_t is a scan (`seq2seq.model.cells.scan`).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from seq2seq.hardware import to_device
from seq2seq.model.cells.cell import Cell
from seq2seq.model.cells.scan import scan


class _ScanCell(Cell):
    """A cell whose sequence is one product over all positions, and a scan."""

    def __init__(self, input_size: int, size: int, gates: int, norm: bool) -> None:
        """`gates`: how many vectors of `size` are made of an input, which `norm` normalises."""
        super().__init__()
        self.size = size
        self.input = nn.Linear(input_size, gates * size)
        self.norm = nn.LayerNorm(input_size) if norm else None

    def coefficients(self, x_proj: Tensor) -> tuple[Tensor, Tensor]:
        """What is kept and what is added (..., H), from what was made of the input (..., G)."""
        raise NotImplementedError

    def output_of(self, h: Tensor, x_proj: Tensor) -> Tensor:
        """What is seen of a state (..., H) after an input (..., G): by default the state."""
        del x_proj
        return h

    def pack(self, shown: Tensor, h: Tensor) -> Tensor:
        """What is shown and what is remembered (B, H) as one state (B, P, H)."""
        del shown
        return h.unsqueeze(1)

    def unpack(self, state: Tensor) -> Tensor:
        """What is remembered (B, H) in a state (B, P, H)."""
        return state[:, 0]

    def prepare(self, x: Tensor) -> Tensor:
        """Layer normalisation of the input, where it is chosen."""
        normalised: Tensor = x if self.norm is None else self.norm(x)
        return normalised

    def input_weights(self) -> tuple[Tensor, Tensor]:
        return self.input.weight, self.input.bias

    def state_weights(self) -> tuple[Tensor, Tensor]:
        weight = self.input.weight
        return weight.new_empty(0, self.size), weight.new_empty(0)

    def update(self, x_proj: Tensor, h_proj: Tensor, state: Tensor) -> Tensor:
        del h_proj
        kept, added = self.coefficients(x_proj)
        h = kept * self.unpack(state) + added
        return self.pack(self.output_of(h, x_proj), h)

    def forward(self, x: Tensor, state: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        x_proj = self.project_input(x)  # (B, T, G)
        if x_proj.dtype in (torch.bfloat16, torch.float16):
            x_proj = x_proj.float()  # sums over many steps need the bits
        kept, added = self.coefficients(x_proj)  # (B, T, H)
        if lengths is None:
            h = scan(kept, added, self.unpack(state))  # (B, T, H)
            shown = self.output_of(h, x_proj)
            return shown, self.pack(shown[:, -1], h[:, -1])
        positions, ends = torch.arange(x.shape[1], device=x.device), to_device(lengths, x.device)
        real = (positions < ends.unsqueeze(1)).unsqueeze(-1)  # (B, T, 1)
        # At padding the state stays as it is.
        h = scan(torch.where(real, kept, 1.0), torch.where(real, added, 0.0), self.unpack(state))
        shown = torch.where(real, self.output_of(h, x_proj), 0.0)
        end = (ends - 1).view(-1, 1, 1).expand(-1, 1, self.size)
        return shown, self.pack(shown.gather(1, end)[:, 0], h[:, -1])


def positive(x: Tensor) -> Tensor:
    """g(x) = x + 0.5 where x is 0 or more, else sigmoid(x): continuous, and never negative.

    Feng et al. (2024), appendix B.3.1, https://arxiv.org/abs/2410.01201
    """
    return torch.where(x >= 0, x + 0.5, torch.sigmoid(x))


class MinGRU(_ScanCell):
    """Feng et al. (2024), section 3.1: h_t = (1 - z_t) * h_{t-1} + z_t * g(W_h x_t).

    z_t = sigmoid(W_z x_t); biases left out. https://arxiv.org/abs/2410.01201
    """

    num_states = 1

    def __init__(self, input_size: int, size: int, norm: bool) -> None:
        super().__init__(input_size, size, 2, norm)

    def coefficients(self, x_proj: Tensor) -> tuple[Tensor, Tensor]:
        z, candidate = x_proj.chunk(2, -1)
        taken = torch.sigmoid(z)
        return 1 - taken, taken * positive(candidate)


class MinLSTM(_ScanCell):
    """Feng et al. (2024), section 3.2: h_t = f_t * h_{t-1} + i_t * g(W_h x_t).

    f_t and i_t are sigmoid(W_f x_t) and sigmoid(W_i x_t), divided by their sum; biases left out.
    https://arxiv.org/abs/2410.01201
    """

    num_states = 1

    def __init__(self, input_size: int, size: int, norm: bool) -> None:
        super().__init__(input_size, size, 3, norm)

    def coefficients(self, x_proj: Tensor) -> tuple[Tensor, Tensor]:
        f, i, candidate = x_proj.chunk(3, -1)
        # f / (f + i) with f = sigmoid(a) and i = sigmoid(b), of softplus(-x) = -log(sigmoid(x)).
        kept = torch.sigmoid(functional.softplus(-i) - functional.softplus(-f))
        return kept, (1 - kept) * positive(candidate)


class LRU(_ScanCell):
    """Linear recurrent unit, Orvieto et al. (2023): complex numbers that turn and fade.

    h_t = lambda * h_{t-1} + gamma * (B x_t), lambda = exp(-exp(nu) + i exp(theta)) for each part of
    the state; y_t = Re(C h_t) + D x_t, and what is shown is gelu(y) * sigmoid(W gelu(y)), the gated
    unit that follows it in the paper. https://arxiv.org/abs/2303.06349, equations 4 to 7. State:
    what is shown, and the two parts of h.
    """

    num_states = 3

    def __init__(
        self, input_size: int, size: int, norm: bool, smallest: float, largest: float
    ) -> None:
        """The absolute values of lambda start between `smallest` and `largest`.

        Raises:
            ValueError: these are no such bounds.
        """
        if not 0 < smallest < largest < 1:
            raise ValueError(f"0 < smallest < largest < 1 is needed, not {smallest}, {largest}")
        super().__init__(input_size, size, 3, norm)
        squared = torch.empty(size).uniform_(smallest**2, largest**2)  # uniform on the ring
        self.nu = nn.Parameter((-0.5 * squared.log()).log())
        self.theta = nn.Parameter(torch.empty(size).uniform_(0.01, 2 * math.pi).log())
        self.gamma = nn.Parameter(0.5 * (1 - squared).log())
        self.output = nn.Linear(2 * size, size, bias=False)  # C: of the real, of the imaginary part
        self.gate = nn.Linear(size, size)  # W

    def coefficients(self, x_proj: Tensor) -> tuple[Tensor, Tensor]:
        real, imaginary, _ = x_proj.chunk(3, -1)  # B x, and D x
        scale = self.gamma.exp()
        added = torch.complex(real * scale, imaginary * scale)
        kept = torch.polar((-self.nu.exp()).exp(), self.theta.exp())  # (H,) lambda
        return kept.expand_as(added), added

    def output_of(self, h: Tensor, x_proj: Tensor) -> Tensor:
        skip = x_proj[..., 2 * self.size :]
        y = functional.gelu(self.output(torch.cat((h.real, -h.imag), -1)) + skip)
        return y * torch.sigmoid(self.gate(y))

    def pack(self, shown: Tensor, h: Tensor) -> Tensor:
        return torch.stack((shown, h.real, h.imag), 1)

    def unpack(self, state: Tensor) -> Tensor:
        wide = torch.promote_types(state.dtype, torch.float32)  # no complex number is of bf16
        return torch.complex(state[:, 1].to(wide), state[:, 2].to(wide))
