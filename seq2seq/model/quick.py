"""A trained network rearranged for saying one token at a time: the same numbers, sooner.

What depends on the last token alone is looked up in tables that are made once: what the first cell
makes of an embedding, and what the readout makes of it. The products that are left can be had in
bf16 or int8. Jacob et al. (2018), https://arxiv.org/abs/1712.05877, for the arithmetic of int8.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from seq2seq.errors import ConfigError
from seq2seq.model.context import Before
from seq2seq.model.translation import Said, State, Translation
from seq2seq.processor import computes_bf16, onednn, vnni
from seq2seq.weights import codes

TABLE = 2**25  # numbers that a table may have: 128 MB; beyond, rows are made when they are needed


def pack(weight: Tensor) -> Tensor | None:
    """Weights (N, K) laid out as oneDNN reads them, or None where it has no products of their type.

    On a Zen 4 products then take a fifth to two fifths less time than MKL's, which lays them out
    each time, and in bf16 as much less than oneDNN's from plain weights.
    """
    there = computes_bf16() if weight.dtype == torch.bfloat16 else onednn()
    if weight.device.type != "cpu" or not there:
        return None
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight)  # has no public name
    return packed


class Plain(nn.Module):
    """x W^T + b in the type of the weights: fp32, unless they are given in another.

    oneDNN keeps more than half a megabyte for each number of rows that it has met. Few numbers are
    asked of it: others are rounded up, but for one alone.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.weight, self.bias = weight, bias
        self.packed = pack(weight)

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


class Half(nn.Module):
    """x W^T + b in bf16, for processors that have the instructions."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.plain = Plain(weight.bfloat16(), None if bias is None else bias.bfloat16())

    def forward(self, x: Tensor) -> Tensor:
        product: Tensor = self.plain(x.bfloat16())
        return product.float()


class Eighth(nn.Module):
    """x W^T + b in int8 with sums in int32: weights and x each by row.

    A row of x is scaled by its own largest value, so that a sentence's numbers do not depend on its
    neighbours. Processors without VNNI add two products in 16 bits, where seven bits of x are the
    most that cannot overflow.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.largest = 255 if vnni() else 127  # code of x
        self.zero = (self.largest + 1) // 2  # code of 0
        self.range = self.largest - self.zero  # what the largest value of a row is coded as
        rows, self.scales = codes(weight)  # (N, K), (N,)
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


_LINEAR: dict[str, type[Plain | Half | Eighth]] = {"fp32": Plain, "bf16": Half, "int8": Eighth}


class Nothing(nn.Module):
    """What a cell makes of a state that meets no matrix: (n, H) to (n, 0)."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :0]


class Rows(nn.Module):
    """A function of a token by way of its embedding."""

    def __init__(self, embedding: Tensor, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.embedding, self.function = embedding, function
        width = function(embedding[:1]).shape[1]
        self.table = function(embedding) if len(embedding) * width <= TABLE else None

    def forward(self, tokens: Tensor) -> Tensor:
        """(n,) to (n, N)."""
        if self.table is not None:
            return self.table.index_select(0, tokens)
        return self.function(self.embedding.index_select(0, tokens))


class Quick(nn.Module):
    """Says what a `Translation` says: `start` and `step` take and give the same."""

    @torch.no_grad()
    def __init__(self, model: Translation, precision: str) -> None:
        """Rearrange `model`, whose weights must not change any more.

        Raises:
            ConfigError: `precision` cannot be had on this machine.
        """
        super().__init__()
        self.model = model
        linear = _LINEAR[precision]
        decoder, stack = model.decoder, model.decoder.stack
        embedding = decoder.embedding.weight.detach()
        first, *above = stack.cells
        self.inputs = Rows(embedding, first.read)
        states = (cell.state_weights() for cell in stack.cells)
        self.states = nn.ModuleList(linear(*w) if len(w[0]) else Nothing() for w in states)
        self.aboves = nn.ModuleList(linear(*cell.input_weights()) for cell in above)
        weight, bias = decoder.readout.weight.detach(), decoder.readout.bias.detach()
        split = weight.shape[1] - embedding.shape[1]
        self.read = linear(weight[:, :split].contiguous(), None)
        words = weight[:, split:].contiguous()
        self.words = Rows(embedding, lambda e: functional.linear(e, words, bias))
        output = model.output.linear
        self.out = linear(output.weight.detach(), output.bias.detach())

    def start(self, source: Tensor, lengths: Tensor | None, before: Before | None = None) -> State:
        """As `Translation.start`."""
        return self.model.start(source, lengths, before)

    def follow(
        self, source: Tensor, lengths: Tensor | None, target: Said, before: Before | None
    ) -> Before:
        """As `Translation.follow`."""
        return self.model.follow(source, lengths, target, before)

    def step(self, state: State, tokens: Tensor) -> tuple[Tensor, State]:
        """As `Translation.step`: the logits (B, K, V) after `tokens` (B, K), and the next state."""
        decoder = self.model.decoder
        cells, residual = decoder.stack.cells, decoder.stack.residual
        said = tokens.flatten()  # (n,) = (B * K,)
        hidden = state.hidden.flatten(0, 1).unbind(1)  # L times (n, P, H)
        last = cells[0].combine(self.inputs(said), self.states[0](hidden[0][:, 0]), hidden[0])
        shown, following = last[:, 0], [last]  # (n, H)
        context, _ = decoder.attention(shown.unflatten(0, tokens.shape), state.memory)
        context = context.flatten(0, 1)  # (n, M)
        for layer, product in enumerate(self.aboves, 1):
            read = product(cells[layer].prepare(torch.cat((shown, context), -1)))
            before = hidden[layer]
            last = cells[layer].combine(read, self.states[layer](before[:, 0]), before)
            shown = shown + last[:, 0] if residual else last[:, 0]
            following.append(last)
        read = self.read(torch.cat((shown, context), -1))
        features = torch.tanh(read + self.words(said))  # (n, E)
        logits: Tensor = self.out(features).unflatten(0, tokens.shape)  # (B, K, V)
        return logits, state._replace(hidden=torch.stack(following, 1).unflatten(0, tokens.shape))
