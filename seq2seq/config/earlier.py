"""Current names of the options and classes in run folders of earlier versions.

A run folder keeps the options that it was trained with. Each table maps a name that an earlier
version wrote to the current name, so that every earlier run folder still loads.
"""

import math
from typing import Any

# Classes and functions that moved or were renamed, by their earlier `_target_`.
MOVED_TARGETS = {
    "seq2seq.model.attention.Summary": "seq2seq.model.attention.FixedContext",
    "seq2seq.model.bridge.Copy": "seq2seq.model.bridge.CopyBridge",
    "seq2seq.model.bridge.Learned": "seq2seq.model.bridge.LearnedBridge",
    "seq2seq.model.bridge.Projection": "seq2seq.model.bridge.ProjectionBridge",
    "seq2seq.model.bridge.Zeros": "seq2seq.model.bridge.ZeroBridge",
    "seq2seq.model.cells.GRU": "seq2seq.model.cells.rnn.GRU",
    "seq2seq.model.cells.LSTM": "seq2seq.model.cells.rnn.LSTM",
    "seq2seq.model.cells.RNN": "seq2seq.model.cells.rnn.RNN",
    "seq2seq.model.deep_cells.DeepTransition": "seq2seq.model.cells.deep.DeepTransition",
    "seq2seq.model.initial.Learned": "seq2seq.model.initial_state.LearnedState",
    "seq2seq.model.initial.Zeros": "seq2seq.model.initial_state.ZeroState",
    "seq2seq.model.inputs.Embedding": "seq2seq.model.embeddings.Embedding",
    "seq2seq.model.inputs.OneHot": "seq2seq.model.embeddings.OneHotEmbedding",
    "seq2seq.model.linear_cells.LRU": "seq2seq.model.cells.linear.LRU",
    "seq2seq.model.linear_cells.MinGRU": "seq2seq.model.cells.linear.MinGRU",
    "seq2seq.model.linear_cells.MinLSTM": "seq2seq.model.cells.linear.MinLSTM",
    "seq2seq.search.sample.Sample": "seq2seq.search.sampling.Sampling",
    "seq2seq.tasks.captions.CaptionsTask": "seq2seq.tasks.captioning.CaptioningTask",
    "seq2seq.text.readers.catalogues.catalogues": "seq2seq.data.readers.catalogues.catalogues",
    "seq2seq.text.readers.huggingface.huggingface": "seq2seq.data.readers.huggingface.huggingface",
    "seq2seq.text.readers.joined.joined": "seq2seq.data.readers.joined.joined",
    "seq2seq.text.readers.jsonl.jsonl": "seq2seq.data.readers.jsonl.jsonl",
    "seq2seq.text.readers.labelled.labelled": "seq2seq.data.readers.labelled.labelled",
    "seq2seq.text.readers.labelled.languages": "seq2seq.data.readers.languages.languages",
    "seq2seq.text.readers.parallel.parallel": "seq2seq.data.readers.parallel.parallel",
    "seq2seq.text.readers.parquet.parquet": "seq2seq.data.readers.parquet.parquet",
    "seq2seq.text.readers.text.pydoc": "seq2seq.data.readers.pydoc.pydoc",
    "seq2seq.text.readers.text.text": "seq2seq.data.readers.text.text",
    "seq2seq.text.readers.tsv.tsv": "seq2seq.data.readers.tsv.tsv",
    "seq2seq.training.schedule.Constant": "seq2seq.training.lr_schedules.Constant",
    "seq2seq.training.schedule.Cosine": "seq2seq.training.lr_schedules.Cosine",
    "seq2seq.training.schedule.InverseSquareRoot": (
        "seq2seq.training.lr_schedules.InverseSquareRoot"
    ),
    "seq2seq.training.schedule.Plateau": "seq2seq.training.lr_schedules.Plateau",
    "seq2seq.training.track.Nowhere": "seq2seq.training.trackers.NoTracker",
    "seq2seq.training.track.TensorBoard": "seq2seq.training.trackers.TensorBoardTracker",
    "seq2seq.vision.networks.Convolutions": "seq2seq.vision.backbones.ConvNet",
    "seq2seq.vision.networks.Precomputed": "seq2seq.vision.backbones.PrecomputedFeatures",
    "seq2seq.vision.networks.Pretrained": "seq2seq.vision.backbones.EfficientNetLite",
    "seq2seq.vision.shapes.shapes": "seq2seq.vision.synthetic.shapes.shapes",
}

# Options that were renamed, in the order of application: `model.embedding` was the size of a vector
# before it became the group of embeddings.
RENAMED_OPTIONS = (
    ("model.embedding", "model.embedding_size"),
    ("model.input", "model.embedding"),
    ("model.initial", "model.initial_state"),
    ("model.tie_sides", "model.tie_source_target"),
    ("model.vision.places", "model.vision.positions"),
    ("tokenizer.size", "tokenizer.vocab_size"),
    ("batches.pool", "batches.shuffle_pool"),
    ("train.average.every", "train.average.interval"),
    ("train.average", "train.ema"),
    ("train.consistency", "train.rdrop_alpha"),
    ("train.log_every", "train.log_interval"),
    ("train.save_every", "train.save_interval"),
    ("search.size", "search.beam_size"),
    ("limits.ratio", "limits.max_length_ratio"),
    ("limits.extra", "limits.max_length_extra"),
    ("limits.source", "limits.max_source_length"),
    ("validation.every", "validation.interval"),
    ("validation.sentences", "validation.most"),
    ("track", "tracker"),
    ("context", "document_context"),
)

TRANSLATION = "seq2seq.tasks.translation.TranslationTask"
# What was added later, with its only earlier choice, for a run that has none.
EARLIER_DEFAULTS: dict[str, Any] = {
    "task": {"_target_": TRANSLATION},
    # Of a translation: no other task protects spans or cleans pairs.
    "protect": {"kinds": [], "truecase": False, "number_format": "keep"},
    "protect.number_format": "keep",
    "clean.drop": [],
    "model.embedding": {"_target_": "seq2seq.model.embeddings.Embedding"},
    "model.vision": {
        "_target_": "seq2seq.vision.backbones.ConvNet",
        "pixels": 64,
        "channels": [16, 32, 96],
    },
}


def to_current_names(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a run folder of any version under their current names.

    Args:
        options: the options of config.yaml, as plain values; they are not changed.

    Returns:
        The same options; those under a current name are kept.
    """
    current: dict[str, Any] = _with_moved_targets(options)
    model = current.get("model")
    # `model.embedding` is in both versions: a group now, a number before.
    is_earlier = not isinstance(model, dict) or not isinstance(model.get("embedding"), dict)
    for before, now in RENAMED_OPTIONS:
        if before == "model.embedding" and not is_earlier:
            continue
        _move(current, before.split("."), now.split("."))
    train = current.get("train")
    if isinstance(train, dict) and train.get("clip") == math.inf:  # before null meant no limit
        train["clip"] = None
    validation = current.get("validation")
    is_translation = _descend(current, ["task", "_target_"]) in (None, TRANSLATION)
    if not is_translation and isinstance(validation, dict):
        validation.pop("most", None)  # of no use to other tasks, which refuse all but its default
    for option, node in EARLIER_DEFAULTS.items():
        if (
            option.startswith(("protect", "clean"))
            and _descend(current, ["task", "_target_"]) != TRANSLATION
        ):
            continue
        *parents, name = option.split(".")
        parent = _descend(current, parents)
        if isinstance(parent, dict):
            parent.setdefault(name, node)
    return current


def to_first_names(node: dict[str, Any]) -> dict[str, Any]:
    """Return `model.vision` under its first names, for fingerprints that must not change.

    The cache of prepared images is keyed by a hash of these options, which resuming compares.
    """
    first = {now: before for before, now in MOVED_TARGETS.items()}
    renamed = {"positions": "places"}
    plain = {renamed.get(name, name): value for name, value in node.items()}
    return {k: first.get(v, v) if k == "_target_" else v for k, v in plain.items()}


def _with_moved_targets(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_moved_targets(child) for child in node]
    if not isinstance(node, dict):
        return node
    copy = {name: _with_moved_targets(child) for name, child in node.items()}
    target = copy.get("_target_")
    if isinstance(target, str):
        copy["_target_"] = MOVED_TARGETS.get(target, target)
    return copy


def _move(options: dict[str, Any], before: list[str], now: list[str]) -> None:
    parent = _descend(options, before[:-1])
    if isinstance(parent, dict) and before[-1] in parent:
        parent.setdefault(now[-1], parent.pop(before[-1]))


def _descend(node: Any, path: list[str]) -> Any:
    for name in path:
        node = node.get(name) if isinstance(node, dict) else None
    return node
