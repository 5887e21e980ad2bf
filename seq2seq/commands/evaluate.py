"""`python -m seq2seq.evaluate`: BLEU, chrF and TER with signatures, of a run or a file."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seq2seq.commands import app
from seq2seq.commands.outputs import require_outputs
from seq2seq.config.commands import EvaluateConfig
from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.files import SUFFIXES, atomic_write
from seq2seq.storage.outputs import NamedFile
from seq2seq.storage.regular import require_file_or_pipe
from seq2seq.storage.visible import visible
from seq2seq.text.lines import read_lines

if TYPE_CHECKING:
    from seq2seq.evaluation.metrics import ChangedSentence, Comparison

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
    from seq2seq.evaluation import (
        metrics,
    )  # sacrebleu and torch are imported here, after the checks

    sources, references, language = read_test_text(config)
    documents = None if config.reference else test_documents(config)
    scored = config.hypothesis or config.run
    reference = config.reference or f"the test text of {first_run(config.run)}"
    first, second = (
        read_parallel_lines(name, references, reference)
        if isinstance(name, str) and not Path(name).is_dir()
        else None
        for name in (scored, config.against)
    )
    if first is None:  # only now, when all files are read and have the same number of lines
        first = translate_sources(config, scored, sources, documents)
    scores = metrics.score_hypotheses(first, references, language, bootstrap=config.bootstrap)
    for score in scores:
        print(score)
    result: dict[str, Any] = {"scores": [score._asdict() for score in scores]}
    if config.against:
        if second is None:
            second = translate_sources(config, config.against, sources, documents)
        resamples = config.bootstrap or 1000
        compared = metrics.compare(first, second, references, language, ["bleu", "chrf"], resamples)
        changes = metrics.most_changed(first, second, references, LISTED_CHANGES)
        show_comparison(compared, changes)
        result["comparison"] = [c._asdict() for c in compared]
        result["changes"] = [c._asdict() for c in changes]
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
    against = config.against if is_file else None
    for name in (config.source, config.reference, config.hypothesis, against):
        if name:
            require_file_or_pipe(Path(name))
    if config.json is not None:
        texts = ("source", "reference", "hypothesis", "against")
        inputs = [NamedFile(name, value) for name in texts if (value := getattr(config, name))]
        runs = [*(config.run if isinstance(config.run, list) else [config.run]), config.against]
        require_outputs(inputs, [NamedFile("json", config.json)], [run for run in runs if run])


def read_test_text(config: EvaluateConfig) -> tuple[list[str] | None, list[str], str]:
    """Return sources (None where only files are compared), references and their language."""
    from seq2seq.run_folder import RunFolder

    run = RunFolder(first_run(config.run)) if config.run else None
    if run:  # first: of a folder that is no run, this is the mistake to report
        run.read_config(config.trusted, "translation")
    if config.against and Path(config.against).is_dir():
        RunFolder(Path(config.against)).read_config(config.trusted, "translation")
    if config.reference:
        references = list(read_lines(Path(config.reference)))
        sources = (
            read_parallel_lines(config.source, references, config.reference)
            if config.source
            else None
        )
    else:
        pairs = run.read_test() if run else []
        sources, references = [p.source for p in pairs], [p.target for p in pairs]
    language = config.language
    if language is None and run:
        language = str(run.read_facts()["target"])
    elif language is None:
        language = language_of_file(Path(config.reference or ""))
        warn_of_unspaced(language, references)
    return sources, references, language


def warn_of_unspaced(language: str, references: Sequence[str]) -> None:
    """Print a warning if BLEU would take lines without spaces between words for one word each."""
    from seq2seq.evaluation.unspaced import unspaced_language

    if not language and (likely := unspaced_language(references)):
        print(
            "warning: the references have no spaces between words, and BLEU compares words: "
            f"give their language, as in language={likely}",
            file=sys.stderr,
        )


def language_of_file(path: Path) -> str:
    """Return the language by which BLEU tokenizes, from a file name: ja of test.ja.gz, or ""."""
    from seq2seq.evaluation.metrics import sacrebleu_tokenizer

    code = Path(path.stem if path.suffix in SUFFIXES else path).suffix.removeprefix(".")
    return code if sacrebleu_tokenizer(code) != sacrebleu_tokenizer("") else ""


def test_documents(config: EvaluateConfig) -> list[str | None]:
    """Return the document of each sentence of the run's own test text."""
    from seq2seq.run_folder import RunFolder

    return [pair.document for pair in RunFolder(first_run(config.run)).read_test()]


def first_run(run: Any) -> Path:
    """Return the run, or the first of several: the others have the same languages."""
    return Path(run[0] if isinstance(run, list) else run)


def read_parallel_lines(name: str, references: list[str], reference: str) -> list[str]:
    """Read the file `name`, which must have a line for each of the `references` of `reference`.

    Raises:
        TextError: it cannot be read, or has another number of lines.
    """
    lines = list(read_lines(Path(name)))
    if len(lines) != len(references):
        raise TextError(
            f"{name} has {len(lines)} lines, and {reference} has {len(references)}: "
            "there must be one for each"
        )
    return lines


def translate_sources(
    config: EvaluateConfig, runs: Any, sources: list[str] | None, documents: list[str | None] | None
) -> list[str]:
    """Translate `sources` with the run folder `runs`, or with an ensemble of several.

    `documents` has the document of each source; None: blank lines separate documents.
    """
    if sources is None:
        raise ConfigError(f"no value for source: {runs} is a run, which needs text to translate")
    from seq2seq.builders import instantiate_node
    from seq2seq.inference.loading import load_translator
    from seq2seq.inference.planning import line_handling

    search = instantiate_node("search", config.search)
    translator = load_translator(
        runs, search, config.limits, config.batch, config.device, config.trusted,
        config.precision, line_handling(config),
    )  # fmt: skip
    return translator.translate(sources, documents)


def show_comparison(
    compared: "list[Comparison]",
    changes: "list[ChangedSentence]",
    write: Callable[..., None] = print,
) -> None:
    """Print a comparison: scores, significance, and the sentences that changed most."""
    for c in compared:
        write(f"{c.name}: {c.value:.2f} against {c.other:.2f}, p = {c.p:.4f} (paired bootstrap)")
    for change in changes:
        write(f"line {change.line}: chrF {change.gain:+.1f} from the first to the second")
        for name in ("reference", "first", "second"):
            write(f"  {name:<10} {visible(getattr(change, name))}")
