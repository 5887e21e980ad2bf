"""Plots of a run folder."""

from collections.abc import Sequence
from pathlib import Path

from seq2seq.inference.attention_map import attention_map
from seq2seq.inference.translator import Translator
from seq2seq.plots.attention import plot_attention


def draw_attention(translator: Translator, lines: Sequence[str], path: Path) -> bool:
    """Draw the attention of the greedy translation of `lines`; return False without attention."""
    reads = [read for line in lines if (read := attention_map(translator, line))]
    if reads:
        plot_attention(reads, path)
    return bool(reads)


def evenly_spaced(of: int, count: int) -> list[int]:
    """Return `count` evenly spaced indices below `of`, fewer where `of` is smaller."""
    count = min(of, count)
    return [of * i // count for i in range(count)]
