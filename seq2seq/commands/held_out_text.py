"""The text that `evaluate` scores: sources, references, their language and their documents."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from seq2seq.config.commands import EvaluateConfig
from seq2seq.config.lists import as_list
from seq2seq.errors import TextError
from seq2seq.storage.files import SUFFIXES
from seq2seq.text.lines import read_lines


class HeldOutText(NamedTuple):
    """N lines of held-out text."""

    sources: list[str] | None  # None where only files are compared
    references: list[list[str]]  # one or more of each line
    language: str  # of the references; "" if nothing says it
    documents: list[str | None] | None  # of the lines; None: nothing says it
    direction: tuple[str, str] | None = None  # source and target of a run of several languages


def read_test_text(config: EvaluateConfig) -> HeldOutText:
    """Return the text of the files that are given, or the own test text of the run.

    Raises:
        TextError: a file cannot be read, or the line counts differ.
        RunError: it is no run folder.
    """
    from seq2seq.inference.planning import chosen_direction
    from seq2seq.run_folder import RunFolder

    run = RunFolder(first_run(config.run)) if config.run else None
    if run:  # first: of a folder that is no run, this is the mistake to report
        run.read_config(config.trusted, "translation")
    if config.against and Path(config.against).is_dir():
        RunFolder(Path(config.against)).read_config(config.trusted, "translation")
    direction = chosen_direction(config.direction, run.read_facts()) if run else None
    documents: list[str | None] | None = None
    sources: list[str] | None = None
    if config.reference:
        first, *others = reference_files(config)
        streams = [list(read_lines(Path(first)))]
        streams += [read_parallel_lines(name, streams[0], first) for name in others]
        references = [list(of_line) for of_line in zip(*streams, strict=True)]
        if config.source:
            sources = read_parallel_lines(config.source, references, first)
    else:
        pairs = run.read_test() if run else []
        if direction:
            pairs = [pair for pair in pairs if pair.languages == " ".join(direction)]
            require_pairs_of(config, pairs)
        sources, references = [p.source for p in pairs], [[p.target] for p in pairs]
        documents = [p.document for p in pairs]
    if config.documents:
        documents = [*read_parallel_lines(config.documents, references, reference_name(config))]
    language = config.language
    if language is None and direction:
        language = direction[1]
    elif language is None and run:
        language = str(run.read_facts()["target"])
    elif language is None:
        language = guess_language(reference_files(config)[0], references)
    return HeldOutText(sources, references, language, documents, direction)


def require_pairs_of(config: EvaluateConfig, pairs: Sequence[object]) -> None:
    """Require test text of the direction.

    Raises:
        TextError: there is none.
    """
    if not pairs:
        raise TextError(
            f"the run has no test text of {config.direction}: give source= and reference="
        )


def reference_files(config: EvaluateConfig) -> list[str]:
    """Return the files of references; none for the own test text of a run."""
    return [name for name in as_list(config.reference) if name]


def reference_name(config: EvaluateConfig) -> str:
    """Return how messages name the references."""
    files = reference_files(config)
    return files[0] if files else f"the test text of {first_run(config.run)}"


def guess_language(name: str, references: Sequence[Sequence[str]]) -> str:
    """Return the language by which BLEU tokenizes: that of the file's name, else of the letters.

    Letters tell languages without spaces between words alone; what they tell is printed.
    """
    from seq2seq.evaluation.unspaced import unspaced_language

    language = language_of_file(Path(name))
    if not language and (likely := unspaced_language([of_line[0] for of_line in references])):
        print(
            f"the references have no spaces between words, and are scored as {likely}: "
            "language= sets another",
            file=sys.stderr,
        )
        return likely
    return language


def language_of_file(path: Path) -> str:
    """Return the language by which BLEU tokenizes, from a file name: ja of test.ja.gz, or ""."""
    from seq2seq.evaluation.metrics import sacrebleu_tokenizer

    code = Path(path.stem if path.suffix in SUFFIXES else path).suffix.removeprefix(".")
    return code if sacrebleu_tokenizer(code) != sacrebleu_tokenizer("") else ""


def first_run(run: Any) -> Path:
    """Return the run, or the first of several: the others have the same languages."""
    return Path(run[0] if isinstance(run, list) else run)


def read_parallel_lines(name: str, references: Sequence[object], reference: str) -> list[str]:
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
