"""`python -m seq2seq.translate`: files, or standard input, through a run folder's model."""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from seq2seq import command
from seq2seq.config import Translate
from seq2seq.errors import ConfigError, TextError
from seq2seq.text.arriving import arriving
from seq2seq.text.lines import count_lines, read_lines, stream_lines, written

if TYPE_CHECKING:
    from rich.progress import Progress

    from seq2seq.decoding import Scored
    from seq2seq.translator import Translator

STANDARD = "-"


def main() -> None:
    """Entry point of `seq2seq-translate`."""
    command.run("translate", Translate, translate)


def translate(config: Translate, _: Path) -> None:
    """Translate each input into its output: n lines in, n lines out, in order.

    Raises:
        ConfigError: not one output for each input.
        TextError: an input cannot be read or an output written; what was there stays.
    """
    inputs, outputs = names(config.input), names(config.output)
    if len(inputs) != len(outputs):
        raise ConfigError(
            f"{len(inputs)} inputs and {len(outputs)} outputs: one for each is needed"
        )
    if config.run is None:
        raise ConfigError("no value for run: the folder of a trained model, run=runs/NAME/TIME")
    if config.scores and not config.scores.endswith((".tsv", ".jsonl")):
        raise ConfigError(f"scores must be a .tsv or .jsonl file, not {config.scores}")
    for name in inputs:
        if name != STANDARD and not Path(name).is_file():
            raise TextError(f"there is no file {name}")
    from seq2seq.build import make  # torch comes in here, after the checks
    from seq2seq.translator import load

    search = make("search", config.search)
    translator = load(
        config.run, search, config.limits, config.batch, config.device, config.trusted,
        config.precision,
    )  # fmt: skip
    began, count = time.monotonic(), 0
    with ExitStack() as stack:
        scores = stack.enter_context(scores_file(config.scores))
        for name, output in zip(inputs, outputs, strict=True):
            count += one_file(translator, name, output, scores)
    rate = count / max(time.monotonic() - began, 1e-9)
    print(f"{count} lines, {rate:.1f} lines/s", file=sys.stderr)


def names(given: Any) -> list[str]:
    """One file or several."""
    return [str(name) for name in (given if isinstance(given, list) else [given])]


def one_file(translator: "Translator", name: str, output: str, scores: "Scores | None") -> int:
    """Translate one input; return how many lines it had.

    Raises:
        TextError: as many lines did not come out; the output is left as it was.
    """
    # Results do not depend on how lines are grouped: only warnings and samples know their number.
    most = 64 * translator.batch
    lines = stream_lines(sys.stdin.buffer, "standard input") if name == STANDARD else None
    read = out = 0
    with sink(output) as file, progress(name) as bar:
        for group in arriving(lines or read_lines(Path(name)), most):
            found = translator.window(group, read + 1, scored=scores is not None)
            read += len(group)
            for place, best in enumerate(found, out + 1):
                file.write(best[0].text + "\n")
                if scores:
                    scores.write(name, place, best)
            out += len(found)
            if output == STANDARD:
                file.flush()
            if bar:
                bar.update(bar.task_ids[0], advance=len(group))
        if out != read:
            raise TextError(
                f"{read} lines of {name} gave {out} translations: this is a fault of ours"
            )
    return read


@contextmanager
def sink(output: str) -> Iterator[TextIO]:
    """Where translations go: standard output, or a file that takes its place when it is whole."""
    if output == STANDARD:
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
        yield sys.stdout
    else:
        with written(Path(output)) as file:
            yield file


@contextmanager
def progress(name: str) -> "Iterator[Progress | None]":
    """A bar on a terminal, for a file."""
    if name == STANDARD or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bar:
        bar.add_task(name, total=count_lines(Path(name)))
        yield bar


class Scores:
    """A file with a row for every translation that the search returned, the best first."""

    def __init__(self, file: TextIO, table: bool) -> None:
        """Write into `file`: TSV if `table`, else JSON lines, which have each token too."""
        self.file, self.table = file, table
        if table:
            file.write("file\tline\trank\tscore\tlogprob\ttokens\ttranslation\n")

    def write(self, name: str, line: int, best: "Iterable[Scored]") -> None:
        """The translations of one line; a blank line has none that was scored."""
        for rank, scored in enumerate(best, 1):
            figures: list[object] = [name, line, rank, round(scored.score, 6)]
            figures.append(round(scored.logprob, 6))
            if self.table:
                row = [*figures, len(scored.logprobs), scored.text.replace("\t", " ")]
                self.file.write("\t".join(str(cell) for cell in row) + "\n")
            else:
                keys = ("file", "line", "rank", "score", "logprob")
                entry = dict(zip(keys, figures, strict=True)) | {
                    "translation": scored.text,
                    "tokens": scored.tokens,
                    "logprobs": [round(p, 6) for p in scored.logprobs],
                }
                self.file.write(json.dumps(entry, ensure_ascii=False) + "\n")


@contextmanager
def scores_file(name: str | None) -> Iterator[Scores | None]:
    """The file for scores, if one was asked for."""
    with written(Path(name)) if name else nullcontext() as file:
        yield Scores(file, str(name).endswith(".tsv")) if file else None


if __name__ == "__main__":
    main()
