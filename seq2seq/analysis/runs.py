"""Runs as something to look at: their networks, reading texts that they were not trained on."""

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
from seq2seq.inference.translator import Translator
from seq2seq.model.encoder import Encoder
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.plots import attention, contact_sheet
from seq2seq.run_folder import RunFolder, vocab_sizes
from seq2seq.search.greedy import Greedy
from seq2seq.text.lines import read_lines
from seq2seq.text.normalization import normalize
from seq2seq.text.special_tokens import BOS, EOS
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.training import plots
from seq2seq.vision.images import CaptionedImage, image_files

CHUNKS, LOOKED = 16, 3  # texts of a language model; texts or pictures whose attention is drawn
ResultRows = list[dict[str, Any]]


class RecordedSide(NamedTuple):
    """What the encoder or the decoder read, and what its layers made of it."""

    name: str
    pieces: list[str]  # T
    layers: list[LayerStates]
    loss: Tensor  # () of what is said after its last step


class RunUnderAnalysis(NamedTuple):
    """A run."""

    name: str
    samples: Sequence[Any]  # held-out texts, the shortest first
    read: Callable[
        [Any, int], list[RecordedSide]
    ]  # a sample, at most so many positions on each side
    attend: Callable[
        [Path], ResultRows
    ]  # draw where the network looked; no rows: it does not attend


def load_run(options: InspectConfig, folder: Path) -> RunUnderAnalysis:
    """The run in `folder`.

    Raises:
        RunError: there is none, it is damaged, or of a kind that is not known here.
        TextError: its held-out text cannot be read.
    """
    run = RunFolder(folder)
    config = run.read_config(options.trusted)
    kind = str(config.task["_target_"]).rpartition(".")[2]
    if kind not in ANALYSES:
        raise RunError(
            f"{folder} is a run of {kind}: one of {', '.join(ANALYSES)} can be inspected"
        )
    return ANALYSES[kind](run, config, options)


def analyse_translation(
    run: RunFolder, config: TrainConfig, options: InspectConfig
) -> RunUnderAnalysis:
    """A translator, which reads a sentence and its reference.

    Each sentence begins anew, also where the run was trained to go on from the one before it.
    """
    source, target = run.read_tokenizers()
    model = builders.build_translation(
        config.model, vocab_sizes(source, target), config.document_context
    )
    run.read_weights(model)
    model.to(hardware.choose_device(options.device))
    translator = Translator(model, source, target, Greedy(), config.limits, 1)
    pairs = sorted(run.read_test(), key=lambda pair: len(pair.source) + len(pair.target))
    shown = [pairs[i].source for i in plots.evenly_spaced(len(pairs), LOOKED)]
    model.encoder, encoder = record_encoder(cast(Encoder, model.encoder))
    decoder = record_decoder(model.decoder)

    def read(pair: Any, most: int) -> list[RecordedSide]:
        ids = source.encode([normalize(pair.source)])[0][:most]
        said = target.encode([normalize(pair.target)])[0]
        losses, told = _decoder_losses(model, torch.tensor([ids]), said, most)
        return [
            RecordedSide(
                "encoder", piece_labels(source, ids), recorded_layers(encoder), losses.mean()
            ),
            RecordedSide(
                "decoder", piece_labels(target, told), recorded_layers(decoder), losses[-1]
            ),
        ]

    usable = [pair for pair in pairs if normalize(pair.source)]
    return RunUnderAnalysis(run.folder.name, usable, read, partial(_attention, translator, shown))


def analyse_captioning(
    run: RunFolder, config: TrainConfig, options: InspectConfig
) -> RunUnderAnalysis:
    """A captioner, which reads the caption that it gives to a picture."""
    del config  # the same call as every kind
    made = loading.load_captioner(
        run.folder,
        Greedy(),
        LengthLimits(max_length_extra=options.length),
        1,
        options.device,
        options.trusted,
    )
    tokenizer, kept = made.tokenizer, run.folder / "pictures"
    found = [CaptionedImage(x.name, x, []) for x in (image_files(kept) if kept.is_dir() else [])]
    decoder = record_decoder(made.model.decoder)

    def read(picture: Any, most: int) -> list[RecordedSide]:
        stored = next(made.vision.store([picture]))[None]
        said = tokenizer.ids(made.stored(stored)[0][0].tokens)
        losses, told = _decoder_losses(made.model, torch.tensor(stored), said, most)
        return [
            RecordedSide(
                "decoder", piece_labels(tokenizer, told), recorded_layers(decoder), losses[-1]
            )
        ]

    def attend(path: Path) -> ResultRows:
        looked = made.attention_maps(found[:LOOKED])
        if looked:
            contact_sheet.plot_attention_sheet(looked, path)
        told = zip(found, looked, strict=False)
        return [
            {"picture": picture.name, "target": list(each.pieces), "weights": each.weights.tolist()}
            for picture, each in told
        ]

    return RunUnderAnalysis(run.folder.name, found, read, attend)


def analyse_language_model(
    run: RunFolder, config: TrainConfig, options: InspectConfig
) -> RunUnderAnalysis:
    """A language model, which reads pieces of its test text."""
    tokenizer = run.read_tokenizers()[0]
    model = builders.build_language_model(config.model, tokenizer.vocab_size)
    run.read_weights(model)
    device = hardware.choose_device(options.device)
    decoder = record_decoder(model.to(device).decoder)

    def read(ids: Any, most: int) -> list[RecordedSide]:
        tokens = torch.tensor([ids[: most + 1]], device=device)
        features = model(tokens[:, :-1], model.initial_states(1)).features
        loss = functional.cross_entropy(model.output(features[0, -1:]).float(), tokens[0, -1:])
        return [
            RecordedSide(
                "decoder", piece_labels(tokenizer, ids[:-1][:most]), recorded_layers(decoder), loss
            )
        ]

    chunks = _chunks(tokenizer, run.folder / "test.txt", options.length + 1)
    return RunUnderAnalysis(run.folder.name, chunks, read, _no_attention)


def analyse_classification(
    run: RunFolder, config: TrainConfig, options: InspectConfig
) -> RunUnderAnalysis:
    """A classifier, which reads a line and knows its label."""
    tokenizer = run.read_tokenizers()[0]
    labels = [str(label) for label in run.read_facts()["labels"]]
    model = builders.build_classifier(config.model, tokenizer.vocab_size, len(labels))
    run.read_weights(model)
    device = hardware.choose_device(options.device)
    model.to(device).encoder, encoder = record_encoder(model.encoder)
    rows = [line.rpartition("\t") for line in read_lines(run.folder / "test.tsv")]
    lines = sorted(((line, label) for line, _, label in rows if normalize(line)), key=_length)

    def read(row: Any, most: int) -> list[RecordedSide]:
        ids = tokenizer.encode([normalize(row[0])])[0][:most]
        logits = model.output(model(torch.tensor([ids], device=device), None)).float()
        expected = torch.tensor([labels.index(row[1])], device=device)
        loss = functional.cross_entropy(logits, expected)
        return [
            RecordedSide("encoder", piece_labels(tokenizer, ids), recorded_layers(encoder), loss)
        ]

    return RunUnderAnalysis(run.folder.name, lines, read, _no_attention)


ANALYSES: Mapping[str, Callable[[RunFolder, TrainConfig, InspectConfig], RunUnderAnalysis]] = {
    "TranslationTask": analyse_translation,
    "LanguageModelTask": analyse_language_model,
    "ClassificationTask": analyse_classification,
    "CaptioningTask": analyse_captioning,
}


def piece_labels(tokenizer: Tokenizer, ids: Iterable[int]) -> list[str]:
    """What is written for pieces under a picture."""
    texts = {BOS: "START"}
    return [texts.get(i) or _piece_label(tokenizer, i) for i in ids]


def _piece_label(tokenizer: Tokenizer, token: int) -> str:
    if tokenizer.decode([[token]])[0] == "\n":
        return "\\n"
    return tokenizer.piece(token).replace("\u2581", "_").replace("$", r"\$")  # $ begins formulas


def _decoder_losses(model: EncoderDecoder, source: Tensor, said: list[int], most: int) -> Any:
    """The losses (T,) of saying `said`, and the tokens that were read for it."""
    told, expected = [BOS, *said][:most], [*said, EOS][:most]
    device = next(model.parameters()).device
    features = model(source.to(device), None, torch.tensor([told], device=device)).features
    logits = model.output(features[0]).float()  # (T, V)
    wanted = torch.tensor(expected, device=device)
    return functional.cross_entropy(logits, wanted, reduction="none"), told


def _attention(translator: Translator, lines: Sequence[str], path: Path) -> ResultRows:
    reads = [read for line in lines if (read := attention_map.attention_map(translator, line))]
    if reads:
        attention.plot_attention(reads, path)
    return [read._asdict() | {"weights": read.weights.tolist()} for read in reads]


def _chunks(tokenizer: Tokenizer, file: Path, length: int) -> list[list[int]]:
    """The first tokens of a text in parts of `length`; one part if it is shorter."""
    ids: list[int] = []
    for line in read_lines(file):
        ids += tokenizer.encode([f"{line}\n"])[0]
        if len(ids) >= CHUNKS * length:
            break
    whole = [ids[start : start + length] for start in range(0, len(ids) - length + 1, length)]
    return whole or [ids]


def _length(row: tuple[str, str]) -> int:
    return len(row[0])


def _no_attention(path: Path) -> ResultRows:
    del path  # the same call as of those that attend
    return []
