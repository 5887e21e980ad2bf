"""`python -m seq2seq.evaluate`: BLEU, chrF and TER with signatures, of a run or a file."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seq2seq.commands import app
from seq2seq.commands.held_out_text import (
    HeldOutText,
    first_run,
    read_parallel_lines,
    read_test_text,
    reference_files,
    reference_name,
)
from seq2seq.commands.outputs import require_outputs
from seq2seq.commands.score_report import (
    documents_json,
    documents_table,
    show_comparison,
    write_comet,
)
from seq2seq.config.commands import EvaluateConfig
from seq2seq.config.lists import as_list
from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.files import atomic_write
from seq2seq.storage.outputs import NamedFile
from seq2seq.storage.regular import require_file_or_pipe
from seq2seq.storage.visible import visible

if TYPE_CHECKING:
    from seq2seq.inference.decode import ScoredTranslation

LISTED_CHANGES = 10  # sentences that a comparison shows


def main() -> None:
    """Entry point of `seq2seq-evaluate`."""
    app.run_command("evaluate", EvaluateConfig, evaluate)


def evaluate(config: EvaluateConfig, _: Path) -> None:
    """Score `run` or `hypothesis`, and compare it with `against` if that is given.

    Raises:
        ConfigError: neither is given, or options do not go together.
        TextError: a file cannot be read, or the line counts differ.
    """
    require_compatible(config)
    from seq2seq.evaluation import comparison, metrics  # sacrebleu and torch come after the checks

    text = read_test_text(config)
    variant = metrics.ScoreVariant(config.lowercase, config.tokenizer)
    scored, reference = config.hypothesis or config.run, reference_name(config)
    first, second = (
        read_parallel_lines(name, text.references, reference)
        if isinstance(name, str) and not Path(name).is_dir()
        else None
        for name in (scored, config.against)
    )
    if first is None:  # only now, when all files are read and have the same number of lines
        best = translate_sources(config, scored, text, config.fit_confidence)
        first = [translation.text for translation in best]
        if config.fit_confidence:
            store_fit(first_run(config.run), best, [of_line[0] for of_line in text.references])
    about = (text.language, config.metrics)
    scores = metrics.score_hypotheses(first, text.references, *about, config.bootstrap, variant)
    for score in scores:
        print(score)
    result: dict[str, Any] = {"scores": [score._asdict() for score in scores]}
    documents = metrics.score_documents(first, text.references, text.documents, *about, variant)
    if documents:
        print("\n".join(documents_table(documents)))
        result["documents"] = documents_json(documents)
    if config.against:
        if second is None:
            best = translate_sources(config, config.against, text)
            second = [translation.text for translation in best]
        tested = [name for name in config.metrics if name != "ter"] or config.metrics
        compared = comparison.compare_systems(
            first, second, text.references, text.language, tested, config.bootstrap or 1000, variant
        )
        changes = comparison.most_changed(first, second, text.references, LISTED_CHANGES)
        show_comparison(compared, changes)
        result["comparison"] = [c._asdict() for c in compared]
        result["changes"] = [c._asdict() for c in changes]
    if config.comet is not None and text.sources is not None:
        write_comet(Path(config.comet), text.sources, first, text.references)
    if config.json is not None:
        with atomic_write(Path(config.json)) as file:
            file.write(json.dumps(result, ensure_ascii=False, indent=1) + "\n")


def require_compatible(config: EvaluateConfig) -> None:
    """Require options that go together, files that exist, and a writable output.

    Raises:
        ConfigError: options do not go together, or the output would replace another file.
        TextError: a file does not exist, or the output cannot be written.
    """
    if config.run is None and config.hypothesis is None:
        raise ConfigError("no value for run, a run folder, or hypothesis, a file of translations")
    if config.fit_confidence and not isinstance(config.run, str):
        raise ConfigError("fit_confidence needs run: one run folder, into which the fit is written")
    if config.run and config.hypothesis:
        raise ConfigError("run and hypothesis: one of them is to be scored; against= compares two")
    if config.hypothesis and not config.reference:
        raise ConfigError("no value for reference: the file that hypothesis is scored against")
    if (config.source and not config.reference) or (
        config.run and config.reference and not config.source
    ):
        raise ConfigError("source and reference: with a run, both are needed, or neither")
    if config.against is not None and not Path(config.against).exists():
        raise TextError(f"there is no run and no file {config.against}")
    is_file = bool(config.against) and not Path(config.against or "").is_dir()
    if config.against and not is_file and config.reference and not config.source:
        raise ConfigError(f"no value for source: {config.against} is a run, which needs text")
    require_evaluated_files(config, config.against if is_file else None)


def require_evaluated_files(config: EvaluateConfig, against: str | None) -> None:
    """Require that inputs exist and that outputs can be written, and are none of the inputs.

    Raises:
        ConfigError: an output would replace another file, or lacks what it needs.
        TextError: a file does not exist, or an output cannot be written.
    """
    texts = [(name, getattr(config, name)) for name in ("source", "hypothesis", "documents")]
    texts += [("reference", name) for name in reference_files(config)] + [("against", against)]
    inputs = [NamedFile(option, name) for option, name in texts if name]
    for file in inputs:
        require_file_or_pipe(Path(file.name))
    if config.comet is not None and config.hypothesis and not config.source:
        raise ConfigError("no value for source: COMET compares translations with it")
    if config.comet is not None and not config.comet.endswith(".jsonl"):
        raise ConfigError(f"comet must be a .jsonl file, not {config.comet}")
    files = (("json", config.json), ("comet", config.comet))
    outputs = [NamedFile(option, name) for option, name in files if name is not None]
    if outputs:
        runs = [*as_list(config.run), config.against]
        require_outputs(inputs, outputs, [run for run in runs if run])


def translate_sources(
    config: EvaluateConfig, runs: Any, text: HeldOutText, scored: bool = False
) -> "list[ScoredTranslation]":
    """Translate the sources with the run folder `runs`, or with an ensemble of several.

    Without documents blank lines separate them.
    """
    if text.sources is None:
        raise ConfigError(f"no value for source: {runs} is a run, which needs text to translate")
    from seq2seq.builders import instantiate_node
    from seq2seq.inference.loading import load_translator
    from seq2seq.inference.onnx.decoding import DecodingEngine
    from seq2seq.inference.planning import line_handling

    search = instantiate_node("search", config.search)
    translator = load_translator(
        runs, search, config.limits, config.batch, config.device, config.trusted,
        DecodingEngine(config.precision, config.engine), line_handling(config),
    )  # fmt: skip
    if text.direction:
        translator.choose_direction(text.direction[1], text.direction[0])
    return translator.best(text.sources, text.documents, scored=scored)


def store_fit(
    folder: Path, translations: "list[ScoredTranslation]", references: Sequence[str]
) -> None:
    """Fit the confidence of a run on scored translations, store it, and print its errors."""
    from seq2seq.inference.confidence import rate
    from seq2seq.inference.confidence_report import fit_confidence, measure_confidence
    from seq2seq.run_folder import RunFolder

    fit = fit_confidence(translations, references)
    run = RunFolder(folder)
    fit.save(run.confidence)
    report = measure_confidence([rate(fit, each) for each in translations], references)
    print(
        f"{visible(str(run.confidence))}: fitted; expected calibration error on the same text "
        f"{report.word_error:.3f} of words, {report.line_error:.3f} of lines",
        file=sys.stderr,
    )
