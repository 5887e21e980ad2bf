"""All forms of a linear recurrence give the same numbers, whatever the length."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from seq2seq.model.cells import scan as module
from seq2seq.model.cells.scan import parallel_scan, scan, sequential_scan

FORMS = [sequential_scan, parallel_scan]


def numbers(length: int, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(length)
    a = torch.randn(2, length, 3, dtype=dtype)
    a = a / a.abs().clamp(min=1e-9) * torch.rand(2, length, 3)  # not above 1: else h would explode
    return a, torch.randn(2, length, 3, dtype=dtype), torch.randn(2, 3, dtype=dtype)


def logarithms(a: Tensor, b: Tensor, first: Tensor) -> Tensor:
    """The paper's form, of positive numbers: Feng et al. (2024), appendix B.2, after Heinsen.

    h_t = exp(A_t + logsumexp over s up to t of (log b_s - A_s)), A being the sums of log a.
    """
    sums = functional.pad(a.log().cumsum(1), (0, 0, 1, 0))
    added = torch.cat((first.unsqueeze(1), b), 1).log()
    return (sums + (added - sums).logcumsumexp(1)).exp()[:, 1:]


@pytest.mark.parametrize("form", FORMS)
@given(st.integers(1, 70), st.sampled_from([torch.double, torch.complex128]))
def test_each_form_is_the_recurrence(
    form: Callable[..., Tensor], length: int, dtype: torch.dtype
) -> None:
    a, b, first = numbers(length, dtype)

    found = form(a, b, first)

    h = first
    for t in range(length):
        h = a[:, t] * h + b[:, t]
        torch.testing.assert_close(found[:, t], h)


def test_all_forms_agree_at_length_2000() -> None:
    torch.manual_seed(0)
    kept = torch.sigmoid(torch.randn(2, 2000, 3))
    added, first = (1 - kept) * torch.rand(2, 2000, 3), torch.rand(2, 3)

    one, other, third = (
        f(kept, added, first) for f in (sequential_scan, parallel_scan, logarithms)
    )

    torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(one, third, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", [torch.double, torch.complex128])
def test_gradients_are_those_of_finite_differences(
    form: Callable[..., Tensor], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "fastest_scan", lambda _: form)
    inputs = [part.requires_grad_() for part in numbers(5, dtype)]

    assert torch.autograd.gradcheck(scan, inputs)


def test_a_processor_loops_and_a_gpu_doubles() -> None:
    long, short = torch.empty(1, 100, 1), torch.empty(1, 4, 1)

    assert module.fastest_scan(long) is sequential_scan
    assert module.fastest_scan(long.to("meta")) is parallel_scan
    assert module.fastest_scan(short.to("meta")) is sequential_scan
