"""Decoder, one-to-many: from an initial state to a sentence, BOS to EOS."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from seq2seq.model.attention import Attention, Memory
from seq2seq.model.stack import Stack

UNSEEN_COUNT = 0.1  # added to all counts of tokens, so that no log frequency is -inf


class DecoderOutput(NamedTuple):
    """Outputs of the decoder for a batch."""

    features: Tensor  # (B, T, E) input of the output layer
    state: Tensor  # (B, L, P, H) final state, after the last position
    weights: Tensor  # (B, T, S) attention weights; (B, T, 0) without attention


class Decoder(nn.Module):
    """Recurrent layers over the target, with attention to the memory.

    The output of the first layer is the query; the upper layers read [h; context] (Wu et al. 2016,
    section 3.1). No layer reads the context of an earlier position, so that training has no loop
    over time. The output layer reads tanh(W [h; context; embedding]), as in Bahdanau et al. (2015),
    A.2.2, with tanh in place of maxout.
    """

    def __init__(
        self, embedding: nn.Embedding, stack: Stack, attention: Attention, size: int
    ) -> None:
        """Compose a decoder; `size` is H, the size of its hidden states."""
        super().__init__()
        self.embedding, self.stack, self.attention = embedding, stack, attention
        width = embedding.embedding_dim
        self.readout = nn.Linear(size + attention.context_size + width, width)
        self.dropout = stack.dropout

    def forward(
        self, tokens: Tensor, state: Tensor, memory: Memory, lengths: Tensor | None = None
    ) -> DecoderOutput:
        """Decode all positions at once, with teacher forcing.

        Args:
            tokens: (B, T) target input: BOS and the tokens. Padding does not affect earlier tokens.
            state: (B, L, P, H) initial state.
            memory: memory of the B sentences.
            lengths: (B,) on the CPU, numbers of tokens without padding. Needed only if the final
                state is needed; `None`: the final state is the state after all T positions.
        """
        x = self.dropout(self.embedding(tokens))  # (B, T, E)
        query, bottom = self.stack.first_layer(x, state, lengths)  # (B, T, H)
        context, weights = self.attention(query, memory)  # (B, T, M)
        output, upper = self.stack.upper_layers(query, context, state, lengths)  # (B, T, H)
        features = self._features(output, context, x)
        return DecoderOutput(features, torch.cat((bottom, upper), 1), weights)

    def step(self, tokens: Tensor, state: Tensor, memory: Memory) -> DecoderOutput:
        """Decode one position of K hypotheses for each sentence.

        Args:
            tokens: (B, K) last tokens.
            state: (B, K, L, P, H) state before these tokens.
            memory: memory of the B sentences, shared by their hypotheses.

        Returns:
            Features (B, K, E), the next state (B, K, L, P, H), weights (B, K, S).
        """
        x = self.embedding(tokens)  # (B, K, E)
        rows = state.flatten(0, 1)  # (B * K, L, P, H)
        query, bottom = self.stack.step_first_layer(x.flatten(0, 1), rows)  # (B * K, H)
        context, weights = self.attention(query.unflatten(0, tokens.shape), memory)  # (B, K, M)
        output, upper = self.stack.step_upper_layers(
            query, context.flatten(0, 1), rows
        )  # (B * K, H)
        features = self._features(output.unflatten(0, tokens.shape), context, x)
        next_state = torch.cat((bottom, upper), 1).unflatten(0, tokens.shape)
        return DecoderOutput(features, next_state, weights)

    def _features(self, output: Tensor, context: Tensor, x: Tensor) -> Tensor:
        """Return the readout (B, T, E) of [h; context; embedding]."""
        inputs = torch.cat((self.dropout(output), context, x), -1)  # (B, T, H + M + E)
        features: Tensor = self.dropout(torch.tanh(self.readout(inputs)))  # (B, T, E)
        return features


class OutputLayer(nn.Module):
    """Linear layer from features to the vocabulary."""

    def __init__(self, embedding: nn.Embedding, tied: bool) -> None:
        """Create a layer to the vocabulary of `embedding`, with its weights if `tied`.

        Press and Wolf (2017), https://arxiv.org/abs/1608.05859
        """
        super().__init__()
        self.linear = nn.Linear(embedding.embedding_dim, embedding.num_embeddings)
        nn.init.zeros_(self.linear.bias)
        if tied:
            self.linear.weight = embedding.weight

    @torch.no_grad()
    def init_bias_from_counts(self, counts: Tensor) -> None:
        """Initialise the bias to the log unigram frequencies of the tokens with `counts` (V,).

        Otherwise the readout learns these first, and its tanh saturates: see Karpathy (2019),
        "init well", https://karpathy.github.io/2019/04/25/recipe/.
        """
        smoothed = counts.double() + UNSEEN_COUNT
        self.linear.bias.copy_((smoothed / smoothed.sum()).log())

    def forward(self, features: Tensor) -> Tensor:
        """Return unnormalised log-probabilities (..., V) from `features` (..., E)."""
        logits: Tensor = self.linear(features)
        return logits
