"""Ranges of the numbers that the shipped classes of open nodes take.

They refuse a value before torch is imported, bound it from above, and are printed in the
documentation. They are keyed by `_target_` and argument: an argument that is a list or a mapping of
numbers has the range for each of them.

A class checks its own arguments too, since it is also used from Python, without options. It cannot
be asked for its ranges: this package may not import torch, and the networks and searches do not
depend on options. `tests/config/test_bounds.py` compares both.
"""

from typing import Any

from seq2seq.config.ranges import NumberRange, numbers_in, require, require_in
from seq2seq.config.training import MAX_COUNT, MAX_LAYERS, MAX_SEED, MAX_SIZE, MAX_VOCAB_SIZE

MAX_HYPOTHESES = 1000  # per sentence; the largest beams studied have 1000, Koehn & Knowles (2017)
MAX_COLUMN = 10_000  # number of a table's column
MAX_PIXELS = 1024  # width and height that images are scaled to
MAX_IMAGES = 10**6  # drawn ones; each takes a millisecond
MAX_LIST = 10  # numbers: each stage of a convolutional network halves the image

_SHARE = NumberRange(0, 1)
_OPEN_SHARE = NumberRange(0, 1, above=True, below=True)
_BELOW_ONE = NumberRange(0, 1, below=True)
_STEPS = NumberRange(0, MAX_COUNT)
_HYPOTHESES = NumberRange(1, MAX_HYPOTHESES)
_PENALTY = NumberRange(0, 100)
_PREFIX_SEARCH = {"beam_size": _HYPOTHESES, "length_penalty": _PENALTY, "n_best": _HYPOTHESES}
_SAMPLING = {
    "temperature": NumberRange(0, 1000, above=True),
    "top_k": NumberRange(0, MAX_VOCAB_SIZE),
    "top_p": NumberRange(0, 1, above=True),
    "samples": _HYPOTHESES,
    "seed": NumberRange(0, MAX_SEED),
}

BOUNDS: dict[str, dict[str, NumberRange]] = {
    "seq2seq.search.beam.Beam": {**_PREFIX_SEARCH, "coverage_penalty": _PENALTY},
    "seq2seq.search.prefix.PrefixSearch": _PREFIX_SEARCH,
    "seq2seq.search.sampling.Sampling": _SAMPLING,
    "seq2seq.search.mbr.MinimumBayesRisk": {**_SAMPLING, "beam": NumberRange(0, MAX_HYPOTHESES)},
    "seq2seq.model.attention.AdditiveAttention": {"size": NumberRange(1, MAX_SIZE)},
    "seq2seq.model.cells.rnn.LSTM": {"forget_bias": NumberRange(-100, 100)},
    "seq2seq.model.cells.linear.LRU": {"smallest": _OPEN_SHARE, "largest": _OPEN_SHARE},
    "seq2seq.model.cells.deep.DeepTransition": {"depth": NumberRange(1, MAX_LAYERS)},
    "seq2seq.vision.backbones.ConvNet": {
        "pixels": NumberRange(1, MAX_PIXELS),
        "channels": NumberRange(1, 4096),
    },
    "seq2seq.vision.backbones.PrecomputedFeatures": {
        "size": NumberRange(1, MAX_SIZE),
        "positions": NumberRange(1, 10_000),
    },
    "seq2seq.training.optimizers.adamw": {
        "lr": NumberRange(0, 1000),
        "betas": _BELOW_ONE,
        "eps": _SHARE,
        "weight_decay": NumberRange(0, 1000),
    },
    "seq2seq.training.optimizers.sgd": {"lr": NumberRange(0, 1000), "momentum": _SHARE},
    "seq2seq.training.lr_schedules.Constant": {"warmup": _STEPS},
    "seq2seq.training.lr_schedules.InverseSquareRoot": {"warmup": _STEPS},
    "seq2seq.training.lr_schedules.Cosine": {"warmup": _STEPS, "floor": _SHARE},
    "seq2seq.training.lr_schedules.Plateau": {
        "warmup": _STEPS,
        "factor": _OPEN_SHARE,
        "patience": NumberRange(1, MAX_COUNT),
    },
    "seq2seq.data.readers.tsv.tsv": {
        "source_column": NumberRange(1, MAX_COLUMN),
        "target_column": NumberRange(1, MAX_COLUMN),
        "document_column": NumberRange(1, MAX_COLUMN),
    },
    "seq2seq.data.readers.languages.languages": {"most": NumberRange(1, MAX_COUNT)},
    "seq2seq.data.readers.joined.joined": {
        "weights": NumberRange(0, 1000, above=True),
        "temperature": NumberRange(1, 100),
    },
    "seq2seq.vision.synthetic.shapes.shapes": {
        "train": NumberRange(1, MAX_IMAGES),
        "validation": NumberRange(1, MAX_IMAGES),
        "test": NumberRange(1, MAX_IMAGES),
        "seed": NumberRange(0, MAX_SEED),
    },
}


def require_bounds(path: str, node: dict[str, Any]) -> None:
    """Check the numbers of a node against the ranges of the class that it names.

    Args:
        path: path of the node, as in "search".
        node: options of the node, with `_target_`; a class without an entry is not checked.

    Raises:
        ConfigError: a number is out of its range, or a list of numbers is too long.
    """
    for name, range_ in BOUNDS.get(str(node.get("_target_")), {}).items():
        if isinstance(value := node.get(name), list):
            count = f"a list of {len(value)}"
            require(f"{path}.{name}", count, len(value) <= MAX_LIST, f"a list of up to {MAX_LIST}")
        for option, value in numbers_in(node.get(name), f"{path}.{name}"):
            require_in(option, value, range_)
