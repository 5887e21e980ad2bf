"""Image encoder of a captioning network: one-to-many."""

import torch
from torch import Tensor, nn

from seq2seq.model.dropout import Dropout
from seq2seq.model.encoder import EncoderOutput

# Initial standard deviation of the position embeddings, as in BERT, Devlin et al. (2019), and ViT,
# Dosovitskiy et al. (2021).
POSITION_STD = 0.02


class ImageEncoder(nn.Module):
    """Encoder of a grid of image features: the memory is the grid, the final state its mean.

    Vinyals et al. (2015), https://arxiv.org/abs/1411.4555, initialise the decoder with the image;
    Xu et al. (2015), https://arxiv.org/abs/1502.03044, let it attend to the grid, and initialise it
    with the mean (section 3.1.2). Each position has a learned embedding.
    """

    def __init__(self, vision: nn.Module, positions: int, features: int, size: int, dropout: Dropout
                 ) -> None:  # fmt: skip
        """Project the features of `vision` to size M.

        Args:
            vision: a backbone that computes features (B, S, F) of images.
            positions: S, the number of grid cells.
            features: F, the number of features of a grid cell.
            size: M, the size of the outputs.
            dropout: dropout of the features.
        """
        super().__init__()
        self.vision, self.dropout = vision, dropout
        self.project = nn.Linear(features, size)
        self.place = nn.Parameter(torch.randn(positions, size) * POSITION_STD)  # (S, M)

    def forward(self, images: Tensor, lengths: Tensor | None) -> EncoderOutput:
        """Encode `images` (B, ...), which have no padding."""
        del lengths  # unused: all encoders share one signature
        grid = self.vision(images)  # (B, S, F)
        values = torch.relu(self.project(self.dropout(grid)) + self.place)  # (B, S, M)
        return EncoderOutput(values, values.mean(1).view(len(values), 1, 1, -1))  # (B, 1, 1, M)


class BlindEncoder(nn.Module):
    """Encoder whose outputs are zeroed: a baseline for captions that ignores the image."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, images: Tensor, lengths: Tensor | None) -> EncoderOutput:
        """Return zeros in the shapes of the encoder's outputs."""
        return EncoderOutput(*(torch.zeros_like(part) for part in self.encoder(images, lengths)))
