"""One-to-many: a state becomes a sentence, START to END."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from seq2seq.model.attention import Attention, Memory
from seq2seq.model.stack import Stack


class DecoderOutput(NamedTuple):
    """What the decoder made of a batch."""

    features: Tensor  # (B, T, E) what the output layer reads
    state: Tensor  # (B, L, P, H) after the last position
    weights: Tensor  # (B, T, S) of the attention; (B, T, 0) without


class Decoder(nn.Module):
    """Layers of a recurrence over the target, the first of which asks the memory.

    The first layer's output is the query; the layers above read [h; context] (Wu et al. 2016,
    section 3.1). No layer feeds an earlier position's context back, so that training has no loop
    over time. The output layer reads tanh(W [h; context; embedding]), as in Bahdanau et al. (2015),
    A.2.2, with tanh for maxout.
    """

    def __init__(
        self, embedding: nn.Embedding, stack: Stack, attention: Attention, size: int
    ) -> None:
        """Put a decoder together; `size` is that of its states, H."""
        super().__init__()
        self.embedding, self.stack, self.attention = embedding, stack, attention
        width = embedding.embedding_dim
        self.readout = nn.Linear(size + attention.context_size + width, width)
        self.dropout = stack.dropout

    def forward(
        self, tokens: Tensor, state: Tensor, memory: Memory, lengths: Tensor | None = None
    ) -> DecoderOutput:
        """All positions at once.

        Args:
            tokens: (B, T) from START on. What is at padding does not matter to what comes before.
            state: (B, L, P, H) before them.
            memory: of the B sentences.
            lengths: (B,) on the CPU, how many tokens are real, where the final state matters: it
                is the one after them. `None`: after all T.
        """
        x = self.dropout(self.embedding(tokens))  # (B, T, E)
        query, bottom = self.stack.first_layer(x, state, lengths)  # (B, T, H)
        context, weights = self.attention(query, memory)  # (B, T, M)
        output, above = self.stack.upper_layers(query, context, state, lengths)  # (B, T, H)
        features = self._features(output, context, x)
        return DecoderOutput(features, torch.cat((bottom, above), 1), weights)

    def step(self, tokens: Tensor, state: Tensor, memory: Memory) -> DecoderOutput:
        """One position of K hypotheses for each sentence.

        Args:
            tokens: (B, K) the last ones.
            state: (B, K, L, P, H).
            memory: of the B sentences, shared by their hypotheses.

        Returns:
            Features (B, K, E), the next state (B, K, L, P, H), weights (B, K, S).
        """
        x = self.embedding(tokens)  # (B, K, E)
        rows = state.flatten(0, 1)  # (B * K, L, P, H)
        query, bottom = self.stack.step_first_layer(x.flatten(0, 1), rows)  # (B * K, H)
        context, weights = self.attention(query.unflatten(0, tokens.shape), memory)  # (B, K, M)
        output, above = self.stack.step_upper_layers(
            query, context.flatten(0, 1), rows
        )  # (B * K, H)
        features = self._features(output.unflatten(0, tokens.shape), context, x)
        following = torch.cat((bottom, above), 1).unflatten(0, tokens.shape)
        return DecoderOutput(features, following, weights)

    def _features(self, output: Tensor, context: Tensor, x: Tensor) -> Tensor:
        read = torch.cat((self.dropout(output), context, x), -1)  # (B, T, H + M + E)
        features: Tensor = self.dropout(torch.tanh(self.readout(read)))  # (B, T, E)
        return features


class OutputLayer(nn.Module):
    """Features to one score for each piece of the vocabulary."""

    def __init__(self, embedding: nn.Embedding, tied: bool) -> None:
        """A layer to the vocabulary of `embedding`, with its weights if `tied`.

        Press and Wolf (2017), https://arxiv.org/abs/1608.05859
        """
        super().__init__()
        self.linear = nn.Linear(embedding.embedding_dim, embedding.num_embeddings)
        nn.init.zeros_(self.linear.bias)
        if tied:
            self.linear.weight = embedding.weight

    @torch.no_grad()
    def init_bias_from_counts(self, counts: Tensor) -> None:
        """Begin with the frequencies of the tokens, of which there are `counts` (V,).

        The bias, their logarithm, then says what is common, and the features what is special.
        Otherwise they first grow to say the former, until their tanh lets no gradient through: see
        Karpathy (2019), "init well", https://karpathy.github.io/2019/04/25/recipe/.
        """
        seen = counts.double() + 0.1  # what was never seen may be said
        self.linear.bias.copy_((seen / seen.sum()).log())

    def forward(self, features: Tensor) -> Tensor:
        """Features (..., E) to unnormalised log-probabilities (..., V)."""
        logits: Tensor = self.linear(features)
        return logits
