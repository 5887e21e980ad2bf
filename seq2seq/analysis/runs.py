"""Runs under analysis: trained networks whose hidden states are recorded on held-out data."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn import functional

from seq2seq import builders, hardware
from seq2seq.analysis.recorder import LayerStates, record_decoder, record_encoder, recorded_layers
from seq2seq.config.commands import InspectConfig
from seq2seq.config.training import LengthLimits, TrainConfig
from seq2seq.errors import RunError
from seq2seq.inference import attention_map, loading
from seq2seq.inference.planning import LineHandling, unit_planner
from seq2seq.inference.translator import Translator
from seq2seq.model.encoder import Encoder
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.plots import attention, contact_sheet
from seq2seq.run_folder import RunFolder, vocab_sizes
from seq2seq.search.greedy import Greedy
from seq2seq.text.lines import read_lines
from seq2seq.text.normalization import is_blank
from seq2seq.text.special_tokens import BOS, EOS
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.transforms import TextTransforms
from seq2seq.training import plots
from seq2seq.vision.images import CaptionedImage, image_files

MAX_CHUNKS = 16  # samples of a language model
MAX_ATTENTION = 3  # sentences or images whose attention is drawn
ResultRows = list[dict[str, Any]]


class RecordedSide(NamedTuple):
    """The recorded states of the encoder or of the decoder on one sample."""

    name: str
    tokens: list[str]  # T labels for plots
    layers: list[LayerStates]
    loss: Tensor  # (); it is differentiated with respect to the states


class RunUnderAnalysis(NamedTuple):
    """A run, with functions that record its states and draw its attention weights."""

    name: str
    samples: Sequence[Any]  # of the held-out data, the shortest first
    # Arguments: a sample, and the maximum number of positions on each side.
    record: Callable[[Any, int], list[RecordedSide]]
    # Writes a PNG file and returns its data; without attention it writes none and returns [].
    plot_attention: Callable[[Path], ResultRows]


def load_run(options: InspectConfig, folder: Path) -> RunUnderAnalysis:
    """Load the run in `folder` for analysis.

    Raises:
        RunError: there is no run, it is damaged, or of a kind that cannot be inspected.
        TextError: its held-out text cannot be read.
    """
    run = RunFolder(folder)
    config = run.read_config(options.trusted)
    kind = builders.task_kind(config.task["_target_"])
    if kind not in ANALYSES:
        raise RunError(
            f"{folder} is a run of {kind}: one of {', '.join(ANALYSES)} can be inspected"
        )
    return ANALYSES[kind](run, config, options)


def analyse_translation(
    run: RunFolder, config: TrainConfig, options: InspectConfig
) -> RunUnderAnalysis:
    """Load a translation model; its samples are test sentences with their references.

    Each sentence starts from the initial state, even if training carried states over from the
    sentence before.
    """
    source, target = run.read_tokenizers()
    transform = TextTransforms(config.tokenizer.transforms)
    planner = unit_planner(source, config, run.read_facts(), config.limits, LineHandling(), None)
    model = builders.build_translation(
        config.model, vocab_sizes(source, target), config.document_context
    )
    run.read_weights(model)
    model.to(hardware.choose_device(options.device))
    translator = Translator(model, source, target, Greedy(), config.limits, 1, planner)
    pairs = sorted(run.read_test(), key=lambda pair: len(pair.source) + len(pair.target))
    lengths = [len(ids) for ids in source.encode([transform(pair.source) for pair in pairs])]
    drawn = [pairs[i].source for i in plots.readable_indices(lengths, MAX_ATTENTION)]
    model.encoder, encoder = record_encoder(cast(Encoder, model.encoder))
    decoder = record_decoder(model.decoder)

    def record(pair: Any, max_positions: int) -> list[RecordedSide]:
        ids = source.encode([transform(pair.source)])[0][:max_positions]
        reference = target.encode([transform(pair.target)])[0]
        losses, target_input = _decoder_losses(model, torch.tensor([ids]), reference, max_positions)
        source_labels, target_labels = token_labels(source, ids), token_labels(target, target_input)
        return [
            RecordedSide("encoder", source_labels, recorded_layers(encoder), losses.mean()),
            RecordedSide("decoder", target_labels, recorded_layers(decoder), losses[-1]),
        ]

    usable = [pair for pair in pairs if not is_blank(pair.source)]
    return RunUnderAnalysis(
        run.folder.name, usable, record, partial(_plot_attention, translator, drawn)
    )


def analyse_captioning(
    run: RunFolder, config: TrainConfig, options: InspectConfig
) -> RunUnderAnalysis:
    """Load a captioning model; its samples are the images that the run folder keeps."""
    del config  # unused: the functions for all kinds of run share one signature
    limits = LengthLimits(max_length_extra=options.length)
    captioner = loading.load_captioner(
        run.folder, Greedy(), limits, 1, options.device, options.trusted
    )
    tokenizer, kept = captioner.tokenizer, run.folder / "pictures"
    images = [CaptionedImage(x.name, x, []) for x in (image_files(kept) if kept.is_dir() else [])]
    decoder = record_decoder(captioner.model.decoder)

    def record(image: Any, max_positions: int) -> list[RecordedSide]:
        stored = next(captioner.vision.store([image]))[None]
        caption = tokenizer.ids(captioner.stored(stored)[0][0].tokens)
        losses, target_input = _decoder_losses(
            captioner.model, torch.tensor(stored), caption, max_positions
        )
        labels = token_labels(tokenizer, target_input)
        return [RecordedSide("decoder", labels, recorded_layers(decoder), losses[-1])]

    def plot_attention(path: Path) -> ResultRows:
        maps = captioner.attention_maps(images[:MAX_ATTENTION])
        if maps:
            contact_sheet.plot_attention_sheet(maps, path)
        return [
            {"picture": image.name, "target": list(each.pieces), "weights": each.weights.tolist()}
            for image, each in zip(images, maps, strict=False)
        ]

    return RunUnderAnalysis(run.folder.name, images, record, plot_attention)


def analyse_language_model(
    run: RunFolder, config: TrainConfig, options: InspectConfig
) -> RunUnderAnalysis:
    """Load a language model; its samples are chunks of its test text."""
    tokenizer = run.read_tokenizers()[0]
    model = builders.build_language_model(config.model, tokenizer.vocab_size)
    run.read_weights(model)
    device = hardware.choose_device(options.device)
    decoder = record_decoder(model.to(device).decoder)

    def record(ids: Any, max_positions: int) -> list[RecordedSide]:
        tokens = torch.tensor([ids[: max_positions + 1]], device=device)
        features = model(tokens[:, :-1], model.initial_states(1)).features
        loss = functional.cross_entropy(model.output(features[0, -1:]).float(), tokens[0, -1:])
        labels = token_labels(tokenizer, ids[:-1][:max_positions])
        return [RecordedSide("decoder", labels, recorded_layers(decoder), loss)]

    chunks = _chunks(tokenizer, run.folder / "test.txt", options.length + 1)
    return RunUnderAnalysis(run.folder.name, chunks, record, _no_attention)


def analyse_classification(
    run: RunFolder, config: TrainConfig, options: InspectConfig
) -> RunUnderAnalysis:
    """Load a classifier; its samples are test lines with their labels."""
    tokenizer = run.read_tokenizers()[0]
    transform = TextTransforms(config.tokenizer.transforms)
    labels = [str(label) for label in run.read_facts()["labels"]]
    model = builders.build_classifier(config.model, tokenizer.vocab_size, len(labels))
    run.read_weights(model)
    device = hardware.choose_device(options.device)
    model.to(device).encoder, encoder = record_encoder(model.encoder)
    rows = [line.rpartition("\t") for line in read_lines(run.folder / "test.tsv")]
    lines = sorted(((line, label) for line, _, label in rows if not is_blank(line)), key=_length)

    def record(row: Any, max_positions: int) -> list[RecordedSide]:
        ids = tokenizer.encode([transform(row[0])])[0][:max_positions]
        logits = model.output(model(torch.tensor([ids], device=device), None)).float()
        label = torch.tensor([labels.index(row[1])], device=device)
        loss = functional.cross_entropy(logits, label)
        tokens = token_labels(tokenizer, ids)
        return [RecordedSide("encoder", tokens, recorded_layers(encoder), loss)]

    return RunUnderAnalysis(run.folder.name, lines, record, _no_attention)


# By the kind of the run's task, which is the name of its file in conf/task.
ANALYSES: Mapping[str, Callable[[RunFolder, TrainConfig, InspectConfig], RunUnderAnalysis]] = {
    "translation": analyse_translation,
    "language_model": analyse_language_model,
    "classification": analyse_classification,
    "captions": analyse_captioning,
}


def token_labels(tokenizer: Tokenizer, ids: Iterable[int]) -> list[str]:
    """Return a printable label for each token, for the axis of a plot."""
    return ["BOS" if i == BOS else _token_label(tokenizer, i) for i in ids]


def _token_label(tokenizer: Tokenizer, token: int) -> str:
    if tokenizer.decode([[token]])[0] == "\n":
        return "\\n"
    return tokenizer.piece(token).replace("\u2581", "_")


def _decoder_losses(
    model: EncoderDecoder, source: Tensor, target: list[int], max_positions: int
) -> tuple[Tensor, list[int]]:
    """Compute the teacher-forced losses (T,) of `target`, and return them with the T inputs."""
    target_input = [BOS, *target][:max_positions]
    device = next(model.parameters()).device
    tokens = torch.tensor([target_input], device=device)
    features = model(source.to(device), None, tokens).features
    logits = model.output(features[0]).float()  # (T, V)
    labels = torch.tensor([*target, EOS][:max_positions], device=device)
    return functional.cross_entropy(logits, labels, reduction="none"), target_input


def _plot_attention(translator: Translator, lines: Sequence[str], path: Path) -> ResultRows:
    """Draw the attention weights of the translations of `lines`, and return them."""
    all_maps = (attention_map.attention_map(translator, line) for line in lines)
    maps = [each for each in all_maps if each]
    if maps:
        attention.plot_attention(maps, path)
    return [each._asdict() | {"weights": each.weights.tolist()} for each in maps]


def _chunks(tokenizer: Tokenizer, file: Path, length: int) -> list[list[int]]:
    """Cut the beginning of a text into chunks of `length` tokens; one chunk if it is shorter."""
    ids: list[int] = []
    for line in read_lines(file):
        ids += tokenizer.encode([f"{line}\n"])[0]
        if len(ids) >= MAX_CHUNKS * length:
            break
    starts = range(0, len(ids) - length + 1, length)
    return [ids[start : start + length] for start in starts] or [ids]


def _length(row: tuple[str, str]) -> int:
    return len(row[0])


def _no_attention(path: Path) -> ResultRows:
    del path  # unused: the functions for all kinds of run share one signature
    return []
