"""Weights of the pairs of a corpus, from the file of `seq2seq.score`."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq.errors import TextError
from seq2seq.storage.plain_json import parse_plain_json
from seq2seq.text.lines import read_lines


def read_weights(path: Path, pairs: int) -> NDArray[np.float32]:
    """Return the weight of each of N = `pairs` training pairs, (N,); 0 for those without a row.

    Args:
        path: a .tsv or .jsonl file with `line` (of the pair, from 1) and `weight`; rows may be
            missing or in another order, as with `threshold` and `sort` of the command.
        pairs: how many pairs the training text has.

    Raises:
        TextError: the file cannot be read, is no such file, or has a line that there is not.
    """
    weights = np.zeros(pairs, np.float32)
    names: list[str] = []
    for number, text in enumerate(read_lines(path), 1):
        where = f"{path}, line {number}"
        if path.name.endswith(".jsonl"):
            row: Any = parse_plain_json(text, 5, where)
        elif not names:
            names = text.split("\t")
            continue
        else:
            row = dict(zip(names, text.split("\t"), strict=False))
        try:
            line, weight = int(row["line"]), float(row["weight"])
        except (KeyError, TypeError, ValueError):
            raise TextError(f"{where}, has no line and weight: is it of seq2seq.score?") from None
        if not 1 <= line <= pairs:
            raise TextError(f"{where}, is about line {line} of {pairs}: is it of another text?")
        weights[line - 1] = weight
    return weights
