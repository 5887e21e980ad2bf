import math

import pytest
import torch
from torch.nn import functional

from seq2seq.training import loss as module
from seq2seq.training.loss import cross_entropy


def test_loss_by_hand() -> None:
    # Two pieces; logits 0 and log 3: probabilities 1/4 and 3/4.
    features, weight = torch.ones(1, 1), torch.tensor([[0.0], [math.log(3)]])

    smoothed, exact = cross_entropy(features, weight, torch.zeros(2), torch.tensor([1]), 0.2)

    # 0.9 of the probability is on the right piece, 0.1 on the other
    assert exact.item() == pytest.approx(-math.log(0.75))
    assert smoothed.item() == pytest.approx(-0.9 * math.log(0.75) - 0.1 * math.log(0.25))


@pytest.mark.parametrize("chunk", [2**22, 16])
def test_value_and_gradients_are_those_of_torch(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_LOGITS", chunk)  # 16 logits: two rows of seven at a time
    torch.manual_seed(0)
    parts = [
        torch.randn(5, 3, requires_grad=True, dtype=torch.double),
        torch.randn(7, 3, requires_grad=True, dtype=torch.double),
        torch.randn(7, requires_grad=True, dtype=torch.double),
    ]
    target = torch.tensor([0, 6, 2, 2, 4])

    smoothed, exact = cross_entropy(parts[0], parts[1], parts[2], target, 0.1)
    ours = torch.autograd.grad(2 * smoothed, parts)
    logits = parts[0] @ parts[1].T + parts[2]
    reference = functional.cross_entropy(logits, target, label_smoothing=0.1, reduction="sum")
    theirs = torch.autograd.grad(2 * reference, parts)

    assert smoothed.item() == pytest.approx(reference.item(), rel=1e-6)
    plain = functional.cross_entropy(logits, target, reduction="sum")
    assert exact.item() == pytest.approx(plain.item(), rel=1e-6)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, atol=1e-6, rtol=1e-6)


def test_consistency_by_hand() -> None:
    # Two copies of a position; the first says 1/2 and 1/2, the second 1/4 and 3/4.
    features, weight = torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0], [math.log(3)]])

    smoothed, exact = cross_entropy(
        features, weight, torch.zeros(2), torch.tensor([1, 1]), 0.0, 4.0
    )

    apart = 0.5 * math.log(4 / 3)  # 1/2 log(1/2 / 1/4) + 1/2 log(1/2 / 3/4)
    apart += 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    assert exact.item() == pytest.approx(-math.log(0.5) - math.log(0.75))
    assert smoothed.item() == pytest.approx(exact.item() + 4.0 / 2 * apart)


def test_gradients_with_consistency_are_those_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK_LOGITS", 16)  # so that 80 positions are several chunks
    torch.manual_seed(0)
    parts = [
        torch.randn(80, 3, requires_grad=True, dtype=torch.double),
        torch.randn(7, 3, requires_grad=True, dtype=torch.double),
        torch.randn(7, requires_grad=True, dtype=torch.double),
    ]
    target = torch.randint(0, 7, (40,)).repeat(2)

    smoothed, _ = cross_entropy(parts[0], parts[1], parts[2], target, 0.1, 3.0)
    ours = torch.autograd.grad(smoothed, parts)
    logits = parts[0] @ parts[1].T + parts[2]
    reference = functional.cross_entropy(logits, target, label_smoothing=0.1, reduction="sum")
    first, second = logits.log_softmax(-1).chunk(2)
    for one, other in ((first, second), (second, first)):
        reference = reference + 1.5 * functional.kl_div(
            one, other, reduction="sum", log_target=True
        )
    theirs = torch.autograd.grad(reference, parts)

    assert smoothed.item() == pytest.approx(reference.item(), rel=1e-6)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, atol=1e-5, rtol=1e-5)
