"""The decoding loop of greedy search and sampling, in which hypotheses do not compete."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from seq2seq.search.interface import Hypothesis, S, Step, bos_tokens
from seq2seq.search.logit_processors import LogitProcessor, process_logits
from seq2seq.search.topk import logsumexp
from seq2seq.text.special_tokens import EOS, PAD

# Steps between two checks for finished sentences: at a check Python waits for the device. Other
# devices check at every step; see docs/performance.md.
CHECK_INTERVAL = {"cuda": 4}
# Finished sentences leave the batch when at most this share is unfinished, since the rest is copied
# then. Measured by hand on two cores, see docs/performance.md.
COMPACT_BELOW = 0.9

# From the logits (b, K, V), the indices of the sentences (b,) and the step to the tokens (b, K).
SelectToken = Callable[[Tensor, Tensor, int], Tensor]


def decode_loop(
    step: Step[S],
    state: S,
    max_lengths: Tensor,
    select_token: SelectToken,
    hypotheses: int,
    scored: bool,
    processors: Sequence[LogitProcessor],
) -> list[list[Hypothesis]]:
    """Generate K hypotheses for each sentence, one token of each at a time, until all have ended.

    A sentence whose hypotheses have all ended leaves the batch at one of the next checks.

    Args:
        step: one decoding step of the model.
        state: the initial decoder state, one hypothesis for each of B sentences.
        max_lengths: (B,) maximum numbers of tokens, EOS not counted.
        select_token: chooses the next tokens.
        hypotheses: K.
        scored: whether log-probabilities are wanted.
        processors: applied to the logits at each step.

    Returns:
        For each sentence its K hypotheses, unsorted.
    """
    count, device = len(max_lengths), max_lengths.device
    steps = int(max_lengths.max()) + 1
    tokens = torch.full((count, hypotheses, steps), PAD, dtype=torch.long, device=device)
    logprobs = torch.zeros(count, hypotheses, steps if scored else 0, device=device)
    output = tokens, logprobs  # of all B sentences; `tokens` and `logprobs` are of the active ones
    active = torch.arange(count, device=device)  # (b,) sentences in the batch
    ended = torch.zeros(count, hypotheses, dtype=torch.bool, device=device)  # (b, K)
    last = bos_tokens(count, device).expand(-1, hypotheses)  # (b, K)
    state = state.reorder(torch.zeros_like(last))
    check_interval = CHECK_INTERVAL.get(device.type, 1)
    for t in range(steps):
        # (1) Logits of the next token.
        logits, state = step(state, last)  # (b, K, V)
        logits = process_logits(processors, logits, tokens[..., :t])
        # (2) Select a token; PAD after the end and at the maximum length.
        last = select_token(logits, active, t)  # (b, K)
        at_limit = (max_lengths[active] == t).unsqueeze(1)  # (b, 1)
        last = last.masked_fill(ended | (at_limit & (last != EOS)), PAD)
        tokens[..., t] = last
        if scored:
            logprob = logits.gather(-1, last.unsqueeze(-1)).squeeze(-1) - logsumexp(logits)
            logprobs[..., t] = logprob.masked_fill(last == PAD, 0.0)
        # (3) Remove finished sentences from the batch.
        ended = ended | (last == EOS) | (last == PAD)
        if (t + 1) % check_interval:
            continue
        unfinished = (~ended.all(1)).nonzero().squeeze(1)  # (b',)
        if len(unfinished) == 0:
            break
        if len(unfinished) <= COMPACT_BELOW * len(active):
            _store(output, active, (tokens, logprobs))
            tokens, logprobs, active = tokens[unfinished], logprobs[unfinished], active[unfinished]
            ended, last, state = ended[unfinished], last[unfinished], state.select(unfinished)
    _store(output, active, (tokens, logprobs))
    return [
        [_until_eos(*row) for row in zip(*sentence, strict=True)]
        for sentence in zip(output[0].tolist(), output[1].tolist(), strict=True)
    ]


def _store(output: tuple[Tensor, Tensor], active: Tensor, generated: tuple[Tensor, Tensor]) -> None:
    """Write the tokens and log-probabilities of the `active` sentences into those of all."""
    for everything, part in zip(output, generated, strict=True):
        if part is not everything:
            everything[active] = part


def _until_eos(tokens: list[int], logprobs: list[float]) -> Hypothesis:
    """Return the hypothesis before the first EOS or PAD of a row of `decode_loop`."""
    length = next((i for i, token in enumerate(tokens) if token in (EOS, PAD)), len(tokens))
    ended = length < len(tokens) and tokens[length] == EOS
    scored = logprobs[: length + 1] if ended else logprobs[:length]
    return Hypothesis(tokens[:length], scored, sum(scored), ended)
