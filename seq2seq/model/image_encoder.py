"""Pictures in front of a decoder: one-to-many."""

import torch
from torch import Tensor, nn

from seq2seq.model.dropout import Dropout
from seq2seq.model.encoder import EncoderOutput


class ImageEncoder(nn.Module):
    """A grid of features becomes a memory, and its mean the state that seeds the decoder.

    Vinyals et al. (2015), https://arxiv.org/abs/1411.4555, seed the decoder; Xu et al. (2015),
    https://arxiv.org/abs/1502.03044, let it attend to the grid, and start from its mean (section
    3.1.2). A vector for each place tells where it is.
    """

    def __init__(self, vision: nn.Module, positions: int, features: int, size: int, dropout: Dropout
                 ) -> None:  # fmt: skip
        """Bring what `vision` sees, (B, S, F) of S `positions` and F `features`, to size M."""
        super().__init__()
        self.vision, self.dropout = vision, dropout
        self.project = nn.Linear(features, size)
        self.place = nn.Parameter(torch.randn(positions, size) * 0.02)  # (S, M)

    def forward(self, pictures: Tensor, lengths: Tensor | None) -> EncoderOutput:
        """Look at `pictures` (B, ...), all positions of which are real."""
        del lengths  # the same call as every encoder
        grid = self.vision(pictures)  # (B, S, F)
        values = torch.relu(self.project(self.dropout(grid)) + self.place)  # (B, S, M)
        return EncoderOutput(values, values.mean(1).view(len(values), 1, 1, -1))  # (B, 1, 1, M)


class BlindEncoder(nn.Module):
    """A network that sees nothing: what its encoder gives is zero. A baseline for captions."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, pictures: Tensor, lengths: Tensor | None) -> EncoderOutput:
        """As the encoder, zeroed."""
        return EncoderOutput(*(torch.zeros_like(part) for part in self.encoder(pictures, lengths)))
