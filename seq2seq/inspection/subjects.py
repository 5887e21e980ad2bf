"""Runs as something to look at: their networks, reading texts that they were not trained on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn import functional

from seq2seq import build, captioner
from seq2seq.config.commands import InspectConfig
from seq2seq.config.training import LengthLimits, TrainConfig
from seq2seq.errors import RunError
from seq2seq.inspection.watched import Layer, layers, watch_decoder, watch_encoder
from seq2seq.model.encoder import Encoder
from seq2seq.model.translation import Translation
from seq2seq.run import Run, vocabulary
from seq2seq.search.greedy import Greedy
from seq2seq.text.clean import normalise
from seq2seq.text.lines import read_lines
from seq2seq.text.tokenizer import END, START, Tokenizer
from seq2seq.training import pictures
from seq2seq.translator import Translator
from seq2seq.vision import sheet
from seq2seq.vision.album import Picture, pictures_in

CHUNKS, LOOKED = 16, 3  # texts of a language model; texts or pictures whose attention is drawn
Rows = list[dict[str, Any]]


class Side(NamedTuple):
    """What the encoder or the decoder read, and what its layers made of it."""

    name: str
    pieces: list[str]  # T
    layers: list[Layer]
    loss: Tensor  # () of what is said after its last step


class Subject(NamedTuple):
    """A run."""

    name: str
    samples: Sequence[Any]  # held-out texts, the shortest first
    read: Callable[[Any, int], list[Side]]  # a sample, at most so many positions on each side
    attend: Callable[[Path], Rows]  # draw where the network looked; no rows: it does not attend


def subject(options: InspectConfig, folder: Path) -> Subject:
    """The run in `folder`.

    Raises:
        RunError: there is none, it is damaged, or of a kind that is not known here.
        TextError: its held-out text cannot be read.
    """
    run = Run(folder)
    config = run.read_config(options.trusted)
    kind = str(config.task["_target_"]).rpartition(".")[2]
    if kind not in KINDS:
        raise RunError(f"{folder} is a run of {kind}: one of {', '.join(KINDS)} can be inspected")
    return KINDS[kind](run, config, options)


def translation(run: Run, config: TrainConfig, options: InspectConfig) -> Subject:
    """A translator, which reads a sentence and its reference.

    Each sentence begins anew, also where the run was trained to go on from the one before it.
    """
    source, target = run.read_tokenizers()
    model = build.translation(config.model, vocabulary(source, target), config.context)
    run.read_weights(model)
    model.to(build.device(options.device))
    translator = Translator(model, source, target, Greedy(), config.limits, 1)
    pairs = sorted(run.read_test(), key=lambda pair: len(pair.source) + len(pair.target))
    shown = [pairs[i].source for i in pictures.spread(len(pairs), LOOKED)]
    model.encoder, encoder = watch_encoder(cast(Encoder, model.encoder))
    decoder = watch_decoder(model.decoder)

    def read(pair: Any, most: int) -> list[Side]:
        ids = source.encode([normalise(pair.source)])[0][:most]
        said = target.encode([normalise(pair.target)])[0]
        losses, told = _decode(model, torch.tensor([ids]), said, most)
        return [
            Side("encoder", names(source, ids), layers(encoder), losses.mean()),
            Side("decoder", names(target, told), layers(decoder), losses[-1]),
        ]

    usable = [pair for pair in pairs if normalise(pair.source)]
    return Subject(run.folder.name, usable, read, partial(_attention, translator, shown))


def captions(run: Run, config: TrainConfig, options: InspectConfig) -> Subject:
    """A captioner, which reads the caption that it gives to a picture."""
    del config  # the same call as every kind
    made = captioner.load(
        run.folder, Greedy(), LengthLimits(extra=options.length), 1, options.device, options.trusted
    )
    tokenizer, kept = made.tokenizer, run.folder / "pictures"
    found = [Picture(x.name, x, []) for x in (pictures_in(kept) if kept.is_dir() else [])]
    decoder = watch_decoder(made.model.decoder)

    def read(picture: Any, most: int) -> list[Side]:
        stored = next(made.vision.store([picture]))[None]
        said = tokenizer.ids(made.stored(stored)[0][0].tokens)
        losses, told = _decode(made.model, torch.tensor(stored), said, most)
        return [Side("decoder", names(tokenizer, told), layers(decoder), losses[-1])]

    def attend(path: Path) -> Rows:
        looked = made.looks(found[:LOOKED])
        if looked:
            sheet.looked(looked, path)
        told = zip(found, looked, strict=False)
        return [
            {"picture": picture.name, "target": list(each.pieces), "weights": each.weights.tolist()}
            for picture, each in told
        ]

    return Subject(run.folder.name, found, read, attend)


def language_model(run: Run, config: TrainConfig, options: InspectConfig) -> Subject:
    """A language model, which reads pieces of its test text."""
    tokenizer = run.read_tokenizers()[0]
    model = build.language_model(config.model, tokenizer.size)
    run.read_weights(model)
    device = build.device(options.device)
    decoder = watch_decoder(model.to(device).decoder)

    def read(ids: Any, most: int) -> list[Side]:
        tokens = torch.tensor([ids[: most + 1]], device=device)
        features = model(tokens[:, :-1], model.begin(1)).features
        loss = functional.cross_entropy(model.output(features[0, -1:]).float(), tokens[0, -1:])
        return [Side("decoder", names(tokenizer, ids[:-1][:most]), layers(decoder), loss)]

    chunks = _chunks(tokenizer, run.folder / "test.txt", options.length + 1)
    return Subject(run.folder.name, chunks, read, _nothing)


def classification(run: Run, config: TrainConfig, options: InspectConfig) -> Subject:
    """A classifier, which reads a line and knows its label."""
    tokenizer = run.read_tokenizers()[0]
    labels = [str(label) for label in run.read_facts()["labels"]]
    model = build.classifier(config.model, tokenizer.size, len(labels))
    run.read_weights(model)
    device = build.device(options.device)
    model.to(device).encoder, encoder = watch_encoder(model.encoder)
    rows = [line.rpartition("\t") for line in read_lines(run.folder / "test.tsv")]
    lines = sorted(((line, label) for line, _, label in rows if normalise(line)), key=_length)

    def read(row: Any, most: int) -> list[Side]:
        ids = tokenizer.encode([normalise(row[0])])[0][:most]
        logits = model.output(model(torch.tensor([ids], device=device), None)).float()
        expected = torch.tensor([labels.index(row[1])], device=device)
        loss = functional.cross_entropy(logits, expected)
        return [Side("encoder", names(tokenizer, ids), layers(encoder), loss)]

    return Subject(run.folder.name, lines, read, _nothing)


KINDS: Mapping[str, Callable[[Run, TrainConfig, InspectConfig], Subject]] = {
    "TranslationTask": translation,
    "LanguageModelTask": language_model,
    "ClassificationTask": classification,
    "CaptionsTask": captions,
}


def names(tokenizer: Tokenizer, ids: Iterable[int]) -> list[str]:
    """What is written for pieces under a picture."""
    texts = {START: "START"}
    return [texts.get(i) or _name(tokenizer, i) for i in ids]


def _name(tokenizer: Tokenizer, token: int) -> str:
    if tokenizer.decode([[token]])[0] == "\n":
        return "\\n"
    return tokenizer.piece(token).replace("\u2581", "_").replace("$", r"\$")  # $ begins formulas


def _decode(model: Translation, source: Tensor, said: list[int], most: int) -> Any:
    """The losses (T,) of saying `said`, and the tokens that were read for it."""
    told, expected = [START, *said][:most], [*said, END][:most]
    device = next(model.parameters()).device
    features = model(source.to(device), None, torch.tensor([told], device=device)).features
    logits = model.output(features[0]).float()  # (T, V)
    wanted = torch.tensor(expected, device=device)
    return functional.cross_entropy(logits, wanted, reduction="none"), told


def _attention(translator: Translator, lines: Sequence[str], path: Path) -> Rows:
    reads = [read for line in lines if (read := pictures.look(translator, line))]
    if reads:
        pictures.heatmaps(reads, path)
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


def _nothing(path: Path) -> Rows:
    del path  # the same call as of those that attend
    return []
