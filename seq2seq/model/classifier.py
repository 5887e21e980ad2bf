"""Many-to-one: what a sentence is."""

import torch
from torch import Tensor, nn

from seq2seq.model.dropout import Dropout
from seq2seq.model.encoder import Encoder


class ClassificationHead(nn.Module):
    """From a state to one score for each class."""

    def __init__(self, size: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(size, classes)

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, M) to unnormalised log-probabilities (B, V)."""
        logits: Tensor = self.linear(features)
        return logits


class Classifier(nn.Module):
    """An encoder whose final state, of its last layer, tells the class of a sentence."""

    def __init__(self, encoder: Encoder, output: ClassificationHead, dropout: Dropout) -> None:
        super().__init__()
        self.encoder, self.output, self.dropout = encoder, output, dropout

    def forward(self, source: Tensor, lengths: Tensor | None) -> Tensor:
        """What the output layer reads (B, M), of `source` (B, S), `lengths` of which are real."""
        final = self.encoder(source, lengths).final  # (B, L, P, M)
        shown: Tensor = self.dropout(final[:, -1:, 0])  # (B, 1, M), the part that a cell shows
        return shown.squeeze(1)

    @torch.inference_mode()
    def probabilities(self, source: Tensor, lengths: Tensor | None) -> Tensor:
        """Of each class (B, V)."""
        logits: Tensor = self.output(self(source, lengths))
        return logits.float().softmax(-1)
