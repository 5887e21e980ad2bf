"""Decoding loop of greedy search and sampling, in which hypotheses do not compete."""

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

# From logits (b, K, V), indices of the sentences (b,) and number of the step to tokens (b, K).
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
    """Generate K hypotheses for each sentence, one token of each at a time, until all are finished.

    Args:
        step: one decoding step of the model.
        state: the initial decoder state, one hypothesis for each of B sentences.
        max_lengths: (B,) maximum numbers of tokens, EOS not counted.
        select_token: chooses the next tokens.
        hypotheses: K.
        scored: whether to compute log-probabilities.
        processors: applied to the logits at each step.

    Returns:
        For each sentence its K hypotheses, unsorted.
    """
    count, device = len(max_lengths), max_lengths.device
    steps = int(max_lengths.max()) + 1
    tokens = torch.full((count, hypotheses, steps), PAD, dtype=torch.long, device=device)
    logprobs = torch.zeros(count, hypotheses, steps if scored else 0, device=device)
    parents = torch.zeros(count, hypotheses, dtype=torch.long, device=device)  # the only hypothesis
    _generate(
        step, state.reorder(parents), max_lengths, select_token, processors, (tokens, logprobs)
    )
    return [
        [_until_eos(*row) for row in zip(*sentence, strict=True)]
        for sentence in zip(tokens.tolist(), logprobs.tolist(), strict=True)
    ]


def _generate(
    step: Step[S],
    state: S,
    max_lengths: Tensor,
    select_token: SelectToken,
    processors: Sequence[LogitProcessor],
    output: tuple[Tensor, Tensor],
) -> None:
    """Write the tokens of K hypotheses for each sentence into `output`, one step after the other.

    A sentence whose hypotheses are all finished leaves the batch at one of the next checks. The
    arguments are those of `decode_loop`, with K hypotheses for each sentence in `state`. `output`
    is the tokens (B, K, T), PAD at first, and their log-probabilities: (B, K, T), or (B, K, 0) if
    they are not to be computed.
    """
    tokens, logprobs = output  # of the active sentences, while `output` is of all
    count, hypotheses, steps = tokens.shape
    scored = logprobs.shape[2] > 0
    active = torch.arange(count, device=tokens.device)  # (b,) sentences in the batch
    finished = torch.zeros(count, hypotheses, dtype=torch.bool, device=tokens.device)  # (b, K)
    last = bos_tokens(count, tokens.device).expand(-1, hypotheses)  # (b, K)
    check_interval = CHECK_INTERVAL.get(tokens.device.type, 1)
    for t in range(steps):
        # (1) Compute the logits of the next token and advance the decoder state.
        logits, state = step(state, last)  # (b, K, V)
        logits = process_logits(processors, logits, tokens[..., :t], active)
        # (2) Select a token; PAD after the end and at the maximum length.
        last = select_token(logits, active, t)  # (b, K)
        at_limit = (max_lengths[active] == t).unsqueeze(1)  # (b, 1)
        last = last.masked_fill(finished | (at_limit & (last != EOS)), PAD)
        tokens[..., t] = last
        if scored:
            logprob = logits.gather(-1, last.unsqueeze(-1)).squeeze(-1) - logsumexp(logits)
            logprobs[..., t] = logprob.masked_fill(last == PAD, 0.0)
        # (3) Remove finished sentences from the batch.
        finished = finished | (last == EOS) | (last == PAD)
        if (t + 1) % check_interval:
            continue
        unfinished = (~finished.all(1)).nonzero().squeeze(1)  # (b',)
        if len(unfinished) == 0:
            break
        if len(unfinished) <= COMPACT_BELOW * len(active):
            _store(output, active, (tokens, logprobs))
            tokens, logprobs, active = tokens[unfinished], logprobs[unfinished], active[unfinished]
            finished, last = finished[unfinished], last[unfinished]
            state = state.select(unfinished)
    _store(output, active, (tokens, logprobs))


def _store(output: tuple[Tensor, Tensor], active: Tensor, generated: tuple[Tensor, Tensor]) -> None:
    """Copy the tokens and log-probabilities of the `active` sentences (b,) into those of all."""
    for of_all, of_active in zip(output, generated, strict=True):
        if of_active is not of_all:
            of_all[active] = of_active


def _until_eos(tokens: list[int], logprobs: list[float]) -> Hypothesis:
    """Return the hypothesis before the first EOS or PAD of a row of `decode_loop`."""
    length = next((i for i, token in enumerate(tokens) if token in (EOS, PAD)), len(tokens))
    has_eos = length < len(tokens) and tokens[length] == EOS
    logprobs_to_end = logprobs[: length + 1] if has_eos else logprobs[:length]
    return Hypothesis(tokens[:length], logprobs_to_end, sum(logprobs_to_end), has_eos)
