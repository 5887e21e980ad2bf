"""Run folders to networks that are ready for inference: the one loader of every kind of system."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import nn

from seq2seq import builders
from seq2seq.config.commands import DecodingConfig, ScoreConfig
from seq2seq.config.training import LengthLimits, TrainConfig
from seq2seq.errors import ConfigError, RunError
from seq2seq.hardware import choose_device
from seq2seq.inference.document_translator import DocumentTranslator
from seq2seq.inference.engines.ensemble import Ensemble
from seq2seq.inference.forced_decoding import ForcedDecoder
from seq2seq.inference.onnx.decoding import DecodingEngine, decoding_model, load_exported
from seq2seq.inference.onnx.folder import is_exported
from seq2seq.inference.planning import (
    LineHandling,
    chosen_direction,
    directions_of,
    span_rules,
    unit_planner,
)
from seq2seq.inference.translator import Translator
from seq2seq.run_folder import RunFolder, vocab_sizes
from seq2seq.search.greedy import Greedy
from seq2seq.search.interface import Search
from seq2seq.search.sampling import Sampling
from seq2seq.text.source_tags import tag_ids, tag_piece
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.transforms import TextTransforms

if TYPE_CHECKING:  # drawing and images take half a second to import: only who needs them waits
    from seq2seq.inference.captioner import Captioner
    from seq2seq.inference.classifier import LineClassifier
    from seq2seq.inference.generator import Generator


class LoadedNetwork(NamedTuple):
    """A trained network in evaluation mode on its device, and what belongs to it."""

    folder: RunFolder
    config: TrainConfig
    source: Tokenizer
    target: Tokenizer
    model: Any


Build = Callable[[TrainConfig, RunFolder, tuple[Tokenizer, Tokenizer]], nn.Module]


def load_network(
    run: str | Path, task: str, build: Build, device: str, trusted: Iterable[str]
) -> LoadedNetwork:
    """Load the network that was trained into the folder `run`.

    Args:
        run: the folder.
        task: the kind of system that it must be, a file of conf/task.
        build: makes the network, whose weights are then read.
        device: auto, cpu, cuda or mps.
        trusted: modules beside ours that the run may take classes from.

    Raises:
        RunError: it is no run folder, a damaged one, or one of another kind.
        ConfigError: this machine has no such device, or lacks a package.
    """
    folder = RunFolder(Path(run))
    config = folder.read_config(trusted, task)
    tokenizers = folder.read_tokenizers()
    model = build(config, folder, tokenizers)
    folder.read_weights(model)
    return LoadedNetwork(folder, config, *tokenizers, model.to(choose_device(device)))


def load_translator(
    run: str | Path | Sequence[str | Path],
    search: Search | None = None,
    limits: LengthLimits | None = None,
    batch: int = DecodingConfig.batch,
    device: str = DecodingConfig.device,
    trusted: Iterable[str] = (),
    precision: str | DecodingEngine = DecodingConfig.precision,
    lines: LineHandling | None = None,
) -> Translator:
    """Load the translator that was trained into the folder `run`.

    Args:
        run: the folder, an exported one too; or several with one vocabulary, whose probabilities
            are averaged.
        search: a strategy of `seq2seq.search`; greedy if left out.
        limits: on the length of a translation; the defaults of `LengthLimits` if left out.
        batch: lines that are translated together, at most. Results do not depend on it.
        device: auto, cpu, cuda or mps.
        trusted: modules beside ours that the run may take classes from.
        precision: fp32, bf16 or int8 (CPUs only) products, or a `DecodingEngine`.
        lines: how lines are split, protected and tried again; the defaults if left out.

    Raises:
        RunError: it is no run folder, or a damaged one.
        ConfigError: this machine has no such device, precision or package.
    """
    engine = DecodingEngine(precision) if isinstance(precision, str) else precision
    networks = _load_ensemble(run, lambda folder: _load_decoding(folder, device, trusted, engine))
    first = networks[0]
    members = [network.model for network in networks]
    model = Ensemble(members) if len(members) > 1 else members[0]
    carries = first.config.document_context == "carry"
    kind = DocumentTranslator if carries else Translator
    limits, lines = limits or LengthLimits(), lines or LineHandling()
    facts = _facts(first)
    plan = partial(
        unit_planner,
        first.source, first.config, facts, limits, lines, first.folder.read_truecaser(),
    )  # fmt: skip
    translator = kind(
        model, first.source, first.target, search or Greedy(), limits, batch, plan(),
        lines.retry_repetition,
    )  # fmt: skip
    translator.directions = directions_of(facts, plan)
    translator.fit = first.folder.read_confidence()
    return translator


def load_forced_decoder(
    run: str | Path | Sequence[str | Path],
    batch: int = ScoreConfig.batch,
    device: str = ScoreConfig.device,
    trusted: Iterable[str] = (),
    protect: bool = True,
    direction: str | None = None,
) -> ForcedDecoder:
    """Load the network of the run folder `run` to score given translations.

    Args:
        run: the folder; or several with one vocabulary, whose probabilities are averaged.
        batch: pairs that are scored together, at most. Results do not depend on it.
        device: auto, cpu, cuda or mps.
        trusted: modules beside ours that the run may take classes from.
        protect: read spans that both sides share as in training: as symbols.
        direction: of a run of several languages, as "en-fr".

    Raises:
        RunError: it is no run folder, or a damaged one.
        ConfigError: this machine has no such device, or the run no such direction.
    """
    networks = _load_ensemble(run, lambda folder: load_translation(folder, device, trusted))
    first = networks[0]
    facts = _facts(first)
    chosen = chosen_direction(direction, facts)
    return ForcedDecoder(
        [network.model for network in networks], first.source, first.target,
        TextTransforms(first.config.tokenizer.transforms),
        span_rules(first.config, facts, chosen) if protect else None,
        batch,
        chosen or (str(facts.get("source", "")), str(facts.get("target", ""))),
        tag_ids(first.source, tag_piece(chosen[1])) if chosen else (),
    )  # fmt: skip


def load_translation(run: str | Path, device: str, trusted: Iterable[str]) -> LoadedNetwork:
    """Load the network for translation of the run folder `run`; raises as `load_network`."""
    if is_exported(Path(run)):
        raise RunError(f"{run} is exported: it translates, and what else is done needs the run")
    return load_network(run, "translation", _build_translation, device, trusted)


def load_captioner(
    run: str | Path,
    search: Search,
    limits: LengthLimits,
    batch: int,
    device: str,
    trusted: Sequence[str] = (),
) -> "Captioner":
    """Load the captioner that was trained into the folder `run`; raises as `load_network`."""
    from seq2seq.inference.captioner import Captioner

    network = load_network(run, "captions", _build_captioner, device, trusted)
    vision = network.model.encoder.vision
    return Captioner(network.model, vision, network.target, search, limits, batch)


def load_generator(
    run: str | Path, sampling: Sampling, device: str, trusted: Iterable[str] = ()
) -> "Generator":
    """Load the language model that was trained into the folder `run`; raises as `load_network`."""
    from seq2seq.inference.generator import Generator

    network = load_network(run, "language_model", _build_language_model, device, trusted)
    return Generator(network.model, network.target, sampling)


def load_classifier(
    run: str | Path, batch: int, device: str, trusted: Iterable[str] = (), workers: int = 1
) -> "LineClassifier":
    """Load the classifier that was trained into the folder `run`; raises as `load_network`.

    Args:
        run: the folder.
        batch: lines that are classified together, at most.
        device: auto, cpu, cuda or mps.
        trusted: modules beside ours that the run may take classes from.
        workers: batches that are classified at the same time on a CPU; see `LineClassifier`.
    """
    from seq2seq.inference.classifier import LineClassifier
    from seq2seq.inference.engines.precomputed import PrecomputedEncoder

    network = load_network(run, "classification", _build_classifier, device, trusted)
    labels = [str(label) for label in network.folder.read_facts()["labels"]]
    model, encoder = network.model, None
    if next(model.parameters()).device.type == "cpu":
        encoder = PrecomputedEncoder.of(model.encoder)
        model.encoder = encoder or model.encoder
    else:
        workers = 1
    transforms = TextTransforms(network.config.tokenizer.transforms)
    is_mixed = encoder is not None
    return LineClassifier(model, network.target, labels, batch, workers, is_mixed, transforms)


def _build_translation(
    config: TrainConfig, folder: RunFolder, tokenizers: tuple[Tokenizer, Tokenizer]
) -> nn.Module:
    del folder
    sizes = vocab_sizes(*tokenizers)
    return builders.build_translation(config.model, sizes, config.document_context)


def _build_captioner(
    config: TrainConfig, folder: RunFolder, tokenizers: tuple[Tokenizer, Tokenizer]
) -> nn.Module:
    del folder
    vision = builders.instantiate_node("model.vision", config.model.vision)
    return builders.build_captioner(config.model, vision, tokenizers[1].vocab_size)


def _build_language_model(
    config: TrainConfig, folder: RunFolder, tokenizers: tuple[Tokenizer, Tokenizer]
) -> nn.Module:
    del folder
    return builders.build_language_model(config.model, tokenizers[1].vocab_size)


def _build_classifier(
    config: TrainConfig, folder: RunFolder, tokenizers: tuple[Tokenizer, Tokenizer]
) -> nn.Module:
    labels = folder.read_facts().get("labels")
    if not isinstance(labels, list) or not labels:
        raise RunError(f"{folder.facts} has no labels")
    return builders.build_classifier(config.model, tokenizers[1].vocab_size, len(labels))


def _load_decoding(
    run: str | Path, device: str, trusted: Iterable[str], engine: DecodingEngine
) -> LoadedNetwork:
    """Load a network whose steps of decoding are fast on its device."""
    if not is_exported(Path(run)):
        network = load_translation(run, device, trusted)
        return network._replace(model=decoding_model(network.model, engine))
    if engine.kind == "torch" or choose_device(device).type != "cpu":
        raise ConfigError(f"{run} is exported: it needs engine=onnx and device=cpu")
    folder = RunFolder(Path(run))
    config = folder.read_config(trusted, "translation")
    if config.document_context == "carry":
        raise RunError(f"{run}: no network with document_context=carry can have been exported")
    tokenizers = folder.read_tokenizers()
    model = load_exported(folder, engine.precision, tokenizers[1].vocab_size)
    return LoadedNetwork(folder, config, *tokenizers, model)


def _load_ensemble(
    run: str | Path | Sequence[str | Path], load: Callable[[str | Path], LoadedNetwork]
) -> list[LoadedNetwork]:
    """Load the networks of one run folder, or of several whose probabilities can be averaged."""
    folders = [run] if isinstance(run, str | Path) else list(run)
    networks = [load(folder) for folder in folders]
    for folder, network in zip(folders, networks, strict=True):
        _require_alike(folder, network, networks[0])
    return networks


def _facts(network: LoadedNetwork) -> dict[str, Any]:
    """Return the facts of a run, none if it has no run.json."""
    return network.folder.read_facts() if network.folder.facts.is_file() else {}


def _require_alike(folder: str | Path, network: LoadedNetwork, first: LoadedNetwork) -> None:
    """Refuse a network that cannot be averaged with the first one."""
    sides, others = (network.source, network.target), (first.source, first.target)
    if [side.model for side in sides] != [side.model for side in others]:
        raise RunError(f"{folder} has another vocabulary than the first of the runs")
    if network.config.tokenizer.transforms != first.config.tokenizer.transforms:
        raise RunError(f"{folder} has other tokenizer.transforms than the first of the runs")
    context = network.config.document_context
    if context != first.config.document_context:
        raise RunError(f"{folder} was trained with document_context={context}, unlike the first")
