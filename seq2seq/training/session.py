"""From checked options to a finished run folder."""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from omegaconf import OmegaConf

from seq2seq import build
from seq2seq.batches import Order, Pairs
from seq2seq.config import Config
from seq2seq.errors import RunError
from seq2seq.metrics import score
from seq2seq.run import Pair, Run, vocabulary
from seq2seq.text.cache import cache_folder
from seq2seq.text.corpus import Corpus
from seq2seq.text.prepare import Prepared, prepare
from seq2seq.training import card, checkpoint, pictures, report
from seq2seq.training.average import WeightAverage
from seq2seq.training.learner import Learner
from seq2seq.training.loop import Interrupted, Loop
from seq2seq.training.progress import Clock, Progress
from seq2seq.training.validation import Validator, spread
from seq2seq.translator import Translator

log = logging.getLogger("seq2seq.train")

# Options that say when training ends or what is shown: they may change when it is resumed.
FREE: tuple[str, ...] = (
    "train.epochs",
    "train.steps",
    "train.budget",
    "train.log_every",
    "train.save_every",
)
FREE += ("train.device", "validation.patience", "validation.samples", "track", "resume", "name")


def train(config: Config, folder: Path) -> None:
    """Train the model of `config` into `folder`, or go on with what was begun there.

    Raises:
        RunError: the folder holds a run and `resume` is off, or its options are others.
        UserError: the data, an option or the disk does not allow it.
    """
    started = time.monotonic()
    run = Run(folder)
    check_folder(run, config)
    track = build.make("track", config.track, {"folder": folder})  # early: it may not be installed
    prepared = prepare_data(config, log.info)
    translator, learner, average = make(config, prepared)
    progress = Progress()
    if config.resume:
        progress = checkpoint.load(run.last, learner.model, learner.optimizer, average)
        log.info("resumed %s at step %d", folder, progress.step)
    else:
        begin(run, config, prepared, translator)
    order = Order(*lengths(prepared.train), config.batches, config.train.seed)
    if order.left_out:
        log.info("%d pairs are longer than batches.tokens and are left out", order.left_out)
    validation = raw(prepared.validation)
    validator = Validator(
        translator, validation, prepared.target, config.validation.samples, len(prepared.test)
    )
    pairs = Pairs(
        prepared.train,
        prepared.source_tokenizer,
        prepared.target_tokenizer,
        config.tokenizer.sampling,
        config.train.seed,
    )
    schedule = build.make("schedule", config.schedule)
    loop = Loop(config, run, learner, schedule, average, (order, pairs), validator)
    clock = Clock(started, progress.seconds)
    teller = report.Report(run.metrics, track, progress.step)
    try:
        reason = loop.train(progress, clock, teller)
    except Interrupted as stop:
        resume = card.quoted(f"hydra.run.dir={folder}")
        log.info(
            "stopped at step %d; the same command with %s resume=true goes on",
            progress.step,
            resume,
        )
        raise SystemExit(128 + stop.number) from None
    log.info("training ended after step %d: %s", progress.step, reason)
    finish(
        run,
        config,
        prepared,
        translator,
        f"{reason}; the weights of step {progress.best_step} are kept",
    )


def check_folder(run: Run, config: Config) -> None:
    """Refuse to write over a run, or to go on with one under other options."""
    if not config.resume:
        if run.exists():
            raise RunError(
                f"{run.folder} holds a run already: resume=true goes on with it, and another "
                "hydra.run.dir leaves it alone"
            )
        return
    if not run.last.is_file():
        raise RunError(f"there is nothing to resume: {run.last} does not exist")
    before, now = (flat(asdict(c)) for c in (run.read_config(_modules(config)), config))
    differing = sorted(k for k in before | now if before.get(k) != now.get(k))
    changed = [k for k in differing if not k.startswith(FREE)]
    if changed:
        raise RunError(f"{run.folder} was begun with other options: " + ", ".join(changed))
    if freely := [k for k in differing if k != "resume"]:
        log.info("resuming with other values of %s", ", ".join(freely))
        run.write_config(config)


def _modules(config: Config) -> set[str]:
    """The modules that the command line itself takes classes from."""
    values = flat(asdict(config))
    return {str(v).split(".")[0] for k, v in values.items() if k.endswith("_target_")}


def flat(node: Any, path: str = "") -> dict[str, Any]:
    """A nested mapping with dotted keys."""
    if not isinstance(node, dict) or not node:
        return {path: node}
    found: dict[str, Any] = {}
    for name, child in node.items():
        found |= flat(child, f"{path}.{name}" if path else str(name))
    return found


def read_corpus(config: Config) -> Corpus:
    """The corpus that `config` names."""
    corpus: Corpus = build.make("data", config.data)
    return corpus


def prepare_data(config: Config, say: Callable[[str], None]) -> Prepared:
    """Read, clean and tokenise the corpus, and say what was dropped."""
    corpus = read_corpus(config)
    prepared = prepare(corpus, config.clean, config.heldout, config.tokenizer, cache_folder())
    for line in (*prepared.audit.table().splitlines(), *prepared.notices):
        say(line)
    return prepared


def make(config: Config, prepared: Prepared) -> tuple[Translator, Learner, WeightAverage]:
    """The network, what changes it, and what translates with it."""
    torch.set_flush_denormal(True)
    device = build.device(config.train.device)
    kind = precision(config.train.precision, device)
    log.info("device %s, precision %s, %d threads", device, kind, torch.get_num_threads())
    accelerator = Accelerator(
        mixed_precision="bf16" if kind == "bf16" else "no", cpu=device.type == "cpu"
    )
    torch.manual_seed(config.train.seed)
    source, target = prepared.source_tokenizer, prepared.target_tokenizer
    model = build.translation(config.model, vocabulary(source, target)).to(accelerator.device)
    log.info("%s weights, %s pieces", f"{size(model):,}", f"{target.size:,}")
    optimizer = build.make("optimizer", config.optimizer, {"parameters": model.parameters()})
    options = config.train
    learner = Learner(
        model, optimizer, accelerator, options.clip, options.label_smoothing, options.seed
    )
    search = build.make("search", config.search)
    translator = Translator(model, source, target, search, config.limits, config.batches.sentences)
    return translator, learner, WeightAverage(model, options.average.decay, options.average.every)


def precision(name: str, device: torch.device) -> str:
    """fp32 or bf16; `auto` is bf16 on GPUs that have it and on CPUs with AMX, else fp32.

    On such CPUs a step takes half as long (benchmarks/precision.py). Those with bf16 instructions
    but no matrix units are not known well enough.
    """
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp32"
    amx = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)  # has no public name
    return "bf16" if device.type == "cpu" and amx() else "fp32"


def size(model: torch.nn.Module) -> int:
    """How many weights `model` has."""
    return sum(parameter.numel() for parameter in model.parameters())


def lengths(dataset: Any) -> tuple[Any, Any, Any]:
    """What the order of batches is made from, a few bytes a pair: lengths, and weights if any."""
    table = dataset.data
    weights = table.column("weight")
    given = weights.null_count < len(weights)
    return (
        table.column("source_length").to_numpy(),
        table.column("target_length").to_numpy(),
        weights.fill_null(1.0).to_numpy() if given else None,
    )


def raw(dataset: Any) -> list[Pair]:
    """Held-out text as it was read."""
    columns = dataset.select_columns(["source", "target"])
    return [Pair(row["source"], row["target"]) for row in columns]


def begin(run: Run, config: Config, prepared: Prepared, translator: Translator) -> None:
    """Make the run folder: all but the weights."""
    run.folder.mkdir(parents=True, exist_ok=True)
    run.write_tokenizers(prepared.source_tokenizer, prepared.target_tokenizer)
    run.write_test(raw(prepared.test))
    audit = json.dumps(prepared.audit.to_dict(), ensure_ascii=False, indent=1)
    run.write_text(run.audit, audit)
    run.write_facts(
        {
            "name": config.name,
            "source": prepared.source,
            "target": prepared.target,
            "licence": prepared.licence,
            "origin": prepared.origin,
            "fingerprint": prepared.fingerprint,
            "test": len(prepared.test),
            "parameters": size(translator.model),
            "versions": card.versions(),
            "scores": [],
            "ended": None,
        }
    )
    run.write_config(config)  # last: from here on it is a run


def finish(
    run: Run, config: Config, prepared: Prepared, translator: Translator, ended: str
) -> None:
    """Score the best weights on the test text, show ten sentences, draw, and write the card."""
    source, target = translator.source, translator.target
    translator.model = run.read_model(config, vocabulary(source, target)).to(
        next(translator.model.parameters()).device
    )
    test = run.read_test()
    hypotheses = translator.translate([pair.source for pair in test])
    scores = score(hypotheses, [pair.target for pair in test], prepared.target, ("bleu", "chrf"))
    samples = [
        f"source       {test[i].source}\n"
        f"reference    {test[i].target}\n"
        f"translation  {hypotheses[i]}"
        for i in spread(len(test), 10)
    ]
    facts = run.read_facts() | {"scores": [str(s) for s in scores], "ended": ended}
    run.write_facts(facts)
    yaml = OmegaConf.to_yaml(OmegaConf.structured(config))
    run.write_text(run.card, card.card(facts, prepared.audit.table(), yaml, samples))
    pictures.curves(report.read(run.metrics), run.curves)
    shown = [test[i].source for i in spread(len(test), 3)]
    pictures.attention(translator, shown, run.attention)
    log.info("held-out translations:")
    for sample in samples:
        log.info("%s\n", sample)
    for result in scores:
        log.info("test: %s", result)
    log.info("\nto translate a file, and to evaluate:\n%s", card.commands(run.folder))
