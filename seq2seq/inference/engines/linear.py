"""Linear layers for decoding: packed fp32, bf16, and int8 weights."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from seq2seq.errors import ConfigError
from seq2seq.hardware import has_onednn, has_vnni, onednn_supports_bf16
from seq2seq.storage.tensors import quantize_rows

# Multiples to which numbers of rows are rounded up: small ones for few rows, of which padding would
# be a large share. docs/performance.md has the reason and the measurements.
MAX_SMALL_ROWS = 64
SMALL_ROW_BUCKET = 8
LARGE_ROW_BUCKET = 32
MIN_SCALE = 1e-9  # so that a row of zeros is not divided by zero


def pack_weight(weight: Tensor) -> Tensor | None:
    """Return weights (N, K) in the layout of oneDNN, or None where it does not support their type.

    On a Zen 4, products then take 20 to 40 % less time than MKL's, which reorders the weights at
    each product, and in bf16 as much less than oneDNN's with unpacked weights.
    """
    supported = onednn_supports_bf16() if weight.dtype == torch.bfloat16 else has_onednn()
    if weight.device.type != "cpu" or not supported:
        return None
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight)  # has no public name
    return packed


class PackedLinear(nn.Module):
    """x W^T + b with packed weights, in their type.

    oneDNN caches a kernel of more than half a megabyte for each number of rows that it has met, so
    all numbers of rows but 1 are rounded up to few.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.weight, self.bias = weight, bias
        self.packed = pack_weight(weight)

    def forward(self, x: Tensor) -> Tensor:
        if self.packed is None:
            return functional.linear(x, self.weight, self.bias)
        count = len(x)
        bucket = SMALL_ROW_BUCKET if count <= MAX_SMALL_ROWS else LARGE_ROW_BUCKET
        padding = 0 if count == 1 else -count % bucket
        rows = functional.pad(x, (0, 0, 0, padding)) if padding else x  # (n', K)
        # The last three arguments: no activation, its scalars and its algorithm.
        product: Tensor = torch.ops.mkldnn._linear_pointwise(
            rows, self.packed, self.bias, "none", [], ""
        )
        return product[:count]


class BFloat16Linear(nn.Module):
    """x W^T + b in bf16, for CPUs that have the instructions; the result is in fp32."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.packed = PackedLinear(weight.bfloat16(), None if bias is None else bias.bfloat16())

    def forward(self, x: Tensor) -> Tensor:
        product: Tensor = self.packed(x.bfloat16())
        return product.float()


class Int8Linear(nn.Module):
    """x W^T + b in int8 with sums in int32; weights and x are quantised by row.

    A row of x is scaled by its own largest absolute value, so that a sentence's numbers do not
    depend on the other sentences of the batch. CPUs without VNNI add two products in 16 bits, where
    x may have seven bits at most without overflow.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.max_code = 255 if has_vnni() else 127  # of x
        self.zero_point = (self.max_code + 1) // 2  # code of 0
        self.range = self.max_code - self.zero_point  # code of the row maximum, less zero
        rows, self.scales = quantize_rows(weight)  # (N, K), (N,)
        self.weight_zero_points = torch.zeros(len(weight), dtype=torch.int32)
        self.offset = torch.tensor(self.zero_point + 0.5)  # so that truncation to uint8 rounds
        self.bias = bias
        try:
            self.packed = torch.ops.onednn.qlinear_prepack(rows, None)
        except (RuntimeError, NotImplementedError, AttributeError) as error:
            raise ConfigError("precision=int8 needs a CPU and a torch with oneDNN") from error

    def forward(self, x: Tensor) -> Tensor:
        largest = x.abs().amax(1, keepdim=True).clamp_(min=MIN_SCALE)  # (n, 1)
        codes = torch.addcmul(self.offset, x, self.range / largest).to(torch.uint8)  # (n, K)
        # No bias; output scale, zero point and type; no activation, its scalars and its algorithm.
        product: Tensor = torch.ops.onednn.qlinear_pointwise(
            codes, 1 / self.range, self.zero_point,
            self.packed, self.scales, self.weight_zero_points, None,
            1.0, 0, torch.float32, "none", [], "",
        )  # fmt: skip
        if self.bias is None:
            return product.mul_(largest)
        return torch.addcmul(self.bias, product, largest)


LINEAR_LAYERS: dict[str, type[PackedLinear | BFloat16Linear | Int8Linear]] = {
    "fp32": PackedLinear,
    "bf16": BFloat16Linear,
    "int8": Int8Linear,
}


class EmptyProjection(nn.Module):
    """The empty projection (n, H) to (n, 0) of a state that meets no matrix."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :0]
