"""Searches whose options most tests do not care about."""

from typing import Any

from seq2seq.search.mbr import MinimumBayesRisk

OPTIONS: dict[str, Any] = {
    "samples": 3, "temperature": 1.0, "top_k": 0, "top_p": 1.0, "seed": 3,
    "beam": 0, "utility": "chrf", "tokenize": "13a",
}  # fmt: skip


def minimum_risk(**changes: Any) -> MinimumBayesRisk:
    """Minimum Bayes risk, with `changes` of its options."""
    return MinimumBayesRisk(**OPTIONS | changes)
