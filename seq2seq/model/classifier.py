"""Sentence classifier: many-to-one."""

import torch
from torch import Tensor, nn

from seq2seq.model.dropout import Dropout
from seq2seq.model.encoder import Encoder


class ClassificationHead(nn.Module):
    """Linear layer from features to the classes."""

    def __init__(self, size: int, classes: int) -> None:
        super().__init__()
        self.linear = nn.Linear(size, classes)

    def forward(self, features: Tensor) -> Tensor:
        """Return unnormalised log-probabilities (B, C) of C classes from `features` (B, M)."""
        logits: Tensor = self.linear(features)
        return logits


class Classifier(nn.Module):
    """Classifier on the final state of the last encoder layer."""

    def __init__(self, encoder: Encoder, output: ClassificationHead, dropout: Dropout) -> None:
        super().__init__()
        self.encoder, self.output, self.dropout = encoder, output, dropout

    def forward(self, source: Tensor, lengths: Tensor | None) -> Tensor:
        """Return features (B, M) of `source` (B, S), whose `lengths` (B,) leave out padding."""
        final = self.encoder(source, lengths).final  # (B, L, P, M)
        hidden: Tensor = self.dropout(final[:, -1:, 0])  # (B, 1, M), the hidden state
        return hidden.squeeze(1)

    @torch.inference_mode()
    def probabilities(self, source: Tensor, lengths: Tensor | None) -> Tensor:
        """Return the probabilities (B, C) of the classes."""
        logits: Tensor = self.output(self(source, lengths))
        return logits.float().softmax(-1)
