"""Linear recurrences, without a matrix between the steps: all positions are computed at once.

The coefficients a_t and b_t of h_t = a_t * h_{t-1} + b_t depend on the input alone, so the
recurrence is a scan (`seq2seq.model.cells.scan`).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from seq2seq.hardware import to_device
from seq2seq.model.cells.cell import Cell
from seq2seq.model.cells.scan import scan

# Smallest initial phase of lambda, in radians; the parameter theta is the logarithm of the phase.
MIN_PHASE = 0.01
# Initial weight of a normalised output: about the size of an LSTM's states. Larger ones would make
# the first scores of attention, and its softmax, so steep that it could not learn from them.
OUTPUT_SCALE = 0.3


class ScanCell(Cell):
    """Cell whose `forward` is one matrix product over all positions, and a scan.

    State: h if it is the output, too, else the output and h.
    """

    num_states = 1

    def __init__(
        self,
        input_size: int,
        size: int,
        gates: int,
        norm: bool,
        output_norm: bool = False,
        output_gate: bool = False,
    ) -> None:
        """Project the input to `gates` vectors of `size`, after layer normalisation if `norm`.

        Args:
            input_size: I, the size of the input.
            size: H, the size of the hidden state.
            gates: number of vectors that `coefficients` reads.
            norm: whether the input is normalised.
            output_norm: whether the output is normalised.
            output_gate: whether the output is multiplied by a gate, from one more vector.
        """
        # The defaults are here, and not in conf, for run folders from before the options existed.
        super().__init__()
        self.size, self.has_output_gate = size, output_gate
        self.input = nn.Linear(input_size, (gates + output_gate) * size)
        self.norm = nn.LayerNorm(input_size) if norm else None
        self.output_norm = nn.LayerNorm(size) if output_norm else None
        if self.output_norm is not None:
            nn.init.constant_(self.output_norm.weight, OUTPUT_SCALE)

    def coefficients(self, x_proj: Tensor) -> tuple[Tensor, Tensor]:
        """Return a and b (..., H) from the projected input (..., G), the output gate left out."""
        raise NotImplementedError

    def output_of(self, h: Tensor, x_proj: Tensor) -> Tensor:
        """Return the output (..., H) from h and the projected input (..., G).

        It is h, after layer normalisation and times the sigmoid of a gate, if chosen.
        """
        output: Tensor = h if self.output_norm is None else self.output_norm(h)
        return output * torch.sigmoid(x_proj[..., -self.size :]) if self.has_output_gate else output

    def pack(self, output: Tensor, h: Tensor) -> Tensor:
        """Return the state (B, P, H) that holds the output (B, H) and h (B, H)."""
        return h.unsqueeze(1) if self.num_states == 1 else torch.stack((output, h), 1)

    def unpack(self, state: Tensor) -> Tensor:
        """Return h (B, H) from a state (B, P, H)."""
        return state[:, self.num_states - 1]

    def prepare(self, x: Tensor) -> Tensor:
        """Return the input after layer normalisation, if chosen."""
        normalised: Tensor = x if self.norm is None else self.norm(x)
        return normalised

    def input_weights(self) -> tuple[Tensor, Tensor]:
        return self.input.weight, self.input.bias

    def weights_of_small_inputs(self) -> list[Tensor]:
        return [self.input.weight] if self.norm is None else []

    def state_weights(self) -> tuple[Tensor, Tensor]:
        weight = self.input.weight
        return weight.new_empty(0, self.size), weight.new_empty(0)

    def update(self, x_proj: Tensor, h_proj: Tensor, state: Tensor) -> Tensor:
        del h_proj
        a, b = self.coefficients(x_proj)
        h = a * self.unpack(state) + b
        return self.pack(self.output_of(h, x_proj), h)

    def forward(self, x: Tensor, state: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        return self.forward_projected(self.project_input(x), state, lengths)

    def forward_projected(
        self, x_proj: Tensor, state: Tensor, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Compute `forward` from the projected input (B, T, G)."""
        if x_proj.dtype in (torch.bfloat16, torch.float16):
            x_proj = x_proj.float()  # sums over many steps need the precision
        a, b = self.coefficients(x_proj)  # (B, T, H)
        h = scan(a, b, self.unpack(state))  # (B, T, H)
        output = self.output_of(h, x_proj)
        if lengths is None:
            return output, self.pack(output[:, -1], h[:, -1])
        # Padding is at the end, so no position before it sees it.
        positions, ends = torch.arange(h.shape[1], device=h.device), to_device(lengths, h.device)
        output = output * (positions < ends.unsqueeze(1)).unsqueeze(-1)  # (B, T, H)
        end = (ends - 1).view(-1, 1, 1).expand(-1, 1, self.size)
        return output, self.pack(output.gather(1, end)[:, 0], h.gather(1, end)[:, 0])


def positive(x: Tensor) -> Tensor:
    """Return g(x) = x + 0.5 where x >= 0, else sigmoid(x): continuous, and never negative.

    Feng et al. (2024), appendix B.3.1, https://arxiv.org/abs/2410.01201
    """
    return torch.where(x >= 0, x + 0.5, torch.sigmoid(x))


class _AveragingCell(ScanCell):
    """Cell whose h_t is a mean of h_{t-1} and a candidate W x_t, with weights from the input.

    With `positive_state` the candidate is g(W x_t), `positive`. Its dot products with other states
    then differ little from position to position, and attention has nothing to choose by.
    """

    def __init__(
        self,
        input_size: int,
        size: int,
        gates: int,
        norm: bool,
        positive_state: bool,
        output_norm: bool,
        output_gate: bool,
    ) -> None:
        super().__init__(input_size, size, gates, norm, output_norm, output_gate)
        self.num_states = 2 if output_norm or output_gate else 1
        self.has_positive_state = positive_state

    def candidate(self, x: Tensor) -> Tensor:
        """Return the candidate (..., H) from its part of the projected input (..., H)."""
        return positive(x) if self.has_positive_state else x


class MinGRU(_AveragingCell):
    """Feng et al. (2024), section 3.1: h_t = (1 - z_t) * h_{t-1} + z_t * W_h x_t.

    z_t = sigmoid(W_z x_t); biases left out. https://arxiv.org/abs/2410.01201
    """

    def __init__(
        self,
        input_size: int,
        size: int,
        norm: bool,
        positive_state: bool = True,
        output_norm: bool = False,
        output_gate: bool = False,
    ) -> None:
        # The defaults are here, and not in conf, for run folders from before the options existed.
        super().__init__(input_size, size, 2, norm, positive_state, output_norm, output_gate)

    def coefficients(self, x_proj: Tensor) -> tuple[Tensor, Tensor]:
        z, candidate = x_proj[..., : 2 * self.size].chunk(2, -1)
        z = torch.sigmoid(z)
        return 1 - z, z * self.candidate(candidate)


class MinLSTM(_AveragingCell):
    """Feng et al. (2024), section 3.2: h_t = f_t * h_{t-1} + i_t * W_h x_t.

    f_t and i_t are sigmoid(W_f x_t) and sigmoid(W_i x_t), divided by their sum; biases left out.
    https://arxiv.org/abs/2410.01201
    """

    def __init__(
        self,
        input_size: int,
        size: int,
        norm: bool,
        positive_state: bool = True,
        output_norm: bool = False,
        output_gate: bool = False,
    ) -> None:
        super().__init__(input_size, size, 3, norm, positive_state, output_norm, output_gate)

    def coefficients(self, x_proj: Tensor) -> tuple[Tensor, Tensor]:
        f, i, candidate = x_proj[..., : 3 * self.size].chunk(3, -1)
        # a = f' / (f' + i') = sigmoid(log f' - log i'), where log f' = log sigmoid(f) =
        # -softplus(-f), and log i' = -softplus(-i).
        a = torch.sigmoid(functional.softplus(-i) - functional.softplus(-f))
        return a, (1 - a) * self.candidate(candidate)


class SSRU(_AveragingCell):
    """Simpler simple recurrent unit, Kim et al. (2019), section 2: the output is relu(c_t).

    c_t = f_t * c_{t-1} + (1 - f_t) * W x_t, f_t = sigmoid(W_f x_t); W_f has a bias. The paper adds
    the input and normalises the sum; here the output is normalised, and a gate of the input can
    take the place of the paper's feed-forward layer. https://aclanthology.org/D19-5632
    """

    def __init__(
        self, input_size: int, size: int, norm: bool, output_norm: bool, output_gate: bool
    ) -> None:
        super().__init__(input_size, size, 2, norm, False, output_norm, output_gate)
        self.num_states = 2

    def coefficients(self, x_proj: Tensor) -> tuple[Tensor, Tensor]:
        f, candidate = x_proj[..., : 2 * self.size].chunk(2, -1)
        f = torch.sigmoid(f)
        return f, (1 - f) * candidate

    def output_of(self, h: Tensor, x_proj: Tensor) -> Tensor:
        return super().output_of(torch.relu(h), x_proj)


class LRU(ScanCell):
    """Linear recurrent unit, Orvieto et al. (2023): a diagonal recurrence of complex numbers.

    h_t = lambda * h_{t-1} + gamma * (B x_t), lambda = exp(-exp(nu) + i exp(theta)) for each element
    of the state; y_t = Re(C h_t) + D x_t, and the output is gelu(y) * sigmoid(W gelu(y)), the gated
    unit that follows the recurrence in the paper; with `output_norm` the first gelu(y) is
    normalised. https://arxiv.org/abs/2303.06349, equations 4 to
    7. State: the output, and the real and imaginary parts of h.
    """

    num_states = 3

    def __init__(
        self,
        input_size: int,
        size: int,
        norm: bool,
        smallest: float,
        largest: float,
        output_norm: bool = False,
    ) -> None:
        """Initialise |lambda| between `smallest` and `largest`.

        Raises:
            ValueError: not 0 < `smallest` < `largest` < 1.
        """
        if not 0 < smallest < largest < 1:
            raise ValueError(f"0 < smallest < largest < 1 is needed, not {smallest}, {largest}")
        super().__init__(input_size, size, 3, norm, output_norm)
        squared = torch.empty(size).uniform_(smallest**2, largest**2)  # uniform on the ring
        self.nu = nn.Parameter((-0.5 * squared.log()).log())
        self.theta = nn.Parameter(torch.empty(size).uniform_(MIN_PHASE, 2 * math.pi).log())
        self.gamma = nn.Parameter(0.5 * (1 - squared).log())
        self.output = nn.Linear(2 * size, size, bias=False)  # C, real and imaginary
        self.gate = nn.Linear(size, size)  # W

    def coefficients(self, x_proj: Tensor) -> tuple[Tensor, Tensor]:
        real, imaginary, _ = x_proj.chunk(3, -1)  # B x, and D x
        scale = self.gamma.exp()
        b = torch.complex(real * scale, imaginary * scale)
        a = torch.polar((-self.nu.exp()).exp(), self.theta.exp())  # (H,) lambda
        return a.expand_as(b), b

    def output_of(self, h: Tensor, x_proj: Tensor) -> Tensor:
        skip = x_proj[..., 2 * self.size :]
        y = functional.gelu(self.output(torch.cat((h.real, -h.imag), -1)) + skip)
        return super().output_of(y, x_proj) * torch.sigmoid(self.gate(y))

    def pack(self, output: Tensor, h: Tensor) -> Tensor:
        return torch.stack((output, h.real, h.imag), 1)

    def unpack(self, state: Tensor) -> Tensor:
        dtype = torch.promote_types(state.dtype, torch.float32)  # there is no complex bf16
        return torch.complex(state[:, 1].to(dtype), state[:, 2].to(dtype))
