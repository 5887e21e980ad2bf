"""Plots of a run folder."""

from collections.abc import Sequence
from pathlib import Path

from seq2seq.inference.attention_map import attention_map
from seq2seq.inference.translator import Translator
from seq2seq.plots.attention import plot_attention

READABLE = (5, 12)  # tokens of a text: fewer show little, and the labels of more are small


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


def readable_indices(lengths: Sequence[int], count: int) -> list[int]:
    """Return `count` evenly spaced indices of the texts whose weights can be read in a plot.

    These have `READABLE` tokens. If there are fewer, all texts are candidates.

    Args:
        lengths: number of tokens of each text.
        count: number of indices, capped at the number of texts.
    """
    readable = [i for i, length in enumerate(lengths) if READABLE[0] <= length <= READABLE[1]]
    if len(readable) < min(count, len(lengths)):
        readable = list(range(len(lengths)))
    return [readable[i] for i in evenly_spaced(len(readable), count)]
