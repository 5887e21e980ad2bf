"""Linear layers for decoding: packed fp32, bf16, and int8 weights."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from seq2seq.errors import ConfigError
from seq2seq.hardware import has_onednn, has_vnni, onednn_supports_bf16
from seq2seq.storage.tensors import quantize_rows


def pack_weight(weight: Tensor) -> Tensor | None:
    """Weights (N, K) laid out as oneDNN reads them, or None where it has no products of their type.

    On a Zen 4 products then take a fifth to two fifths less time than MKL's, which lays them out
    each time, and in bf16 as much less than oneDNN's from plain weights.
    """
    there = onednn_supports_bf16() if weight.dtype == torch.bfloat16 else has_onednn()
    if weight.device.type != "cpu" or not there:
        return None
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight)  # has no public name
    return packed


class PackedLinear(nn.Module):
    """x W^T + b in the type of the weights: fp32, unless they are given in another.

    oneDNN keeps more than half a megabyte for each number of rows that it has met. Few numbers are
    asked of it: others are rounded up, but for one alone.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.weight, self.bias = weight, bias
        self.packed = pack_weight(weight)

    def forward(self, x: Tensor) -> Tensor:
        if self.packed is None:
            return functional.linear(x, self.weight, self.bias)
        count = len(x)
        more = 0 if count == 1 else -count % (8 if count <= 64 else 32)
        rows = functional.pad(x, (0, 0, 0, more)) if more else x  # (n', K)
        product: Tensor = torch.ops.mkldnn._linear_pointwise(
            rows, self.packed, self.bias, "none", [], ""
        )
        return product[:count]


class BFloat16Linear(nn.Module):
    """x W^T + b in bf16, for processors that have the instructions."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.plain = PackedLinear(weight.bfloat16(), None if bias is None else bias.bfloat16())

    def forward(self, x: Tensor) -> Tensor:
        product: Tensor = self.plain(x.bfloat16())
        return product.float()


class Int8Linear(nn.Module):
    """x W^T + b in int8 with sums in int32: weights and x each by row.

    A row of x is scaled by its own largest value, so that a sentence's numbers do not depend on its
    neighbours. Processors without VNNI add two products in 16 bits, where seven bits of x are the
    most that cannot overflow.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.largest = 255 if has_vnni() else 127  # code of x
        self.zero = (self.largest + 1) // 2  # code of 0
        self.range = self.largest - self.zero  # what the largest value of a row is coded as
        rows, self.scales = quantize_rows(weight)  # (N, K), (N,)
        self.zeros = torch.zeros(len(weight), dtype=torch.int32)
        self.offset = torch.tensor(self.zero + 0.5)  # what is cut off after it is rounded
        self.bias = bias
        try:
            self.packed = torch.ops.onednn.qlinear_prepack(rows, None)
        except (RuntimeError, NotImplementedError, AttributeError) as error:
            raise ConfigError("precision=int8 needs a CPU and a torch with oneDNN") from error

    def forward(self, x: Tensor) -> Tensor:
        most = x.abs().amax(1, keepdim=True).clamp_(min=1e-9)  # (n, 1)
        coded = torch.addcmul(self.offset, x, self.range / most).to(torch.uint8)  # (n, K), rounded
        product: Tensor = torch.ops.onednn.qlinear_pointwise(
            coded, 1 / self.range, self.zero, self.packed, self.scales, self.zeros, None,
            1.0, 0, torch.float32, "none", [], "",
        )  # fmt: skip
        if self.bias is None:
            return product.mul_(most)
        return torch.addcmul(self.bias, product, most)


LINEAR_LAYERS: dict[str, type[PackedLinear | BFloat16Linear | Int8Linear]] = {
    "fp32": PackedLinear,
    "bf16": BFloat16Linear,
    "int8": Int8Linear,
}


class EmptyProjection(nn.Module):
    """What a cell makes of a state that meets no matrix: (n, H) to (n, 0)."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :0]
