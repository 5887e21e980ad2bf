"""One token after the other, each sentence by itself: what greedy search and sampling share."""

from collections.abc import Callable

import torch
from torch import Tensor

from seq2seq.search.interface import Hypothesis, S, Step, bos_tokens, mask_special_tokens
from seq2seq.search.topk import logsumexp
from seq2seq.text.special_tokens import EOS, PAD

# Steps between looks at which sentences have ended: to look, Python must wait for the device.
CHECK_INTERVAL = {"cuda": 4}
# Share of the batch that is left when those that have ended leave it: to leave is to copy the rest.
COMPACT_BELOW = 0.9


def decode_loop(
    step: Step[S],
    state: S,
    limits: Tensor,
    choose: Callable[[Tensor, Tensor, int], Tensor],
    hypotheses: int,
    scored: bool,
) -> list[list[Hypothesis]]:
    """Say K tokens at a time, one for each hypothesis of each sentence, until all have ended.

    Sentences all of whose hypotheses have ended leave the batch, some at a time.

    Args:
        step: of the model.
        state: one hypothesis for each of B sentences.
        limits: (B,) tokens at most, END not counted.
        choose: gives the next tokens (b, K) from the log-probabilities (b, K, V), which sentences
            they are (b,), and how many tokens have been said.
        hypotheses: K.
        scored: whether log-probabilities are wanted.

    Returns:
        For each sentence its K hypotheses, in the order in which they were begun.
    """
    count, device = len(limits), limits.device
    longest = int(limits.max()) + 1
    tokens = torch.full((count, hypotheses, longest), PAD, dtype=torch.long, device=device)
    logprobs = torch.zeros(count, hypotheses, longest if scored else 0, device=device)
    here = torch.arange(count, device=device)  # (b,) the sentences that are still in the batch
    done = torch.zeros(count, hypotheses, dtype=torch.bool, device=device)  # (b, K)
    last = bos_tokens(count, device).expand(-1, hypotheses)
    state = state.reorder(torch.zeros_like(last))
    every = CHECK_INTERVAL.get(device.type, 1)
    for said in range(longest):
        logits, state = step(state, last)  # (b, K, V)
        logits = mask_special_tokens(logits.float(), first=said == 0)
        chosen = choose(logits, here, said)  # (b, K)
        limited = (limits[here] == said).unsqueeze(1) & (chosen != EOS)
        chosen = chosen.masked_fill(limited, PAD)
        chosen = chosen.masked_fill(done, PAD)
        tokens[here, :, said] = chosen
        if scored:
            picked = logits.gather(-1, chosen.unsqueeze(-1)).squeeze(-1)  # (b, K)
            logprob = picked - logsumexp(logits)
            logprobs[here, :, said] = logprob.masked_fill(chosen == PAD, 0.0)
        done = done | (chosen == EOS) | (chosen == PAD)
        last = chosen
        if (said + 1) % every:
            continue
        left = (~done.all(1)).nonzero().squeeze(1)  # (b',)
        if len(left) == 0:
            break
        if len(left) <= COMPACT_BELOW * len(here):
            here, done, last, state = here[left], done[left], chosen[left], state.select(left)
    said_by = zip(tokens.tolist(), logprobs.tolist(), strict=True)
    return [[_until_eos(t, p) for t, p in zip(*pair, strict=True)] for pair in said_by]


def _until_eos(tokens: list[int], logprobs: list[float]) -> Hypothesis:
    """A row of `walk` up to its END, or to where the limit stopped it."""
    length = next((i for i, token in enumerate(tokens) if token in (EOS, PAD)), len(tokens))
    ended = length < len(tokens) and tokens[length] == EOS
    probabilities = logprobs[: length + ended]
    return Hypothesis(tokens[:length], probabilities, sum(probabilities), ended)
