"""Plots of a run folder."""

from collections.abc import Sequence
from pathlib import Path

from seq2seq.inference.attention_map import attention_map
from seq2seq.inference.translator import Translator
from seq2seq.plots.attention import plot_attention


def draw_attention(translator: Translator, lines: Sequence[str], path: Path) -> bool:
    """Draw the attention of the greedy translation of `lines`; return False without attention."""
    matrices = [matrix for line in lines if (matrix := attention_map(translator, line))]
    if matrices:
        plot_attention(matrices, path)
    return bool(matrices)


def evenly_spaced(size: int, count: int) -> list[int]:
    """Return `count` evenly spaced indices from 0 to `size` - 1; all indices if there are fewer."""
    count = min(size, count)
    return [size * i // count for i in range(count)]
