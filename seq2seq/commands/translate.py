"""`python -m seq2seq.translate`: files, or standard input, through a run folder's model."""

import json
import logging
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from seq2seq.commands import app
from seq2seq.commands.line_io import input_output_pairs, map_lines
from seq2seq.config.commands import TranslateConfig
from seq2seq.errors import ConfigError
from seq2seq.storage.files import atomic_write, require_parent_folder

if TYPE_CHECKING:
    from seq2seq.inference.decode import ScoredTranslation
    from seq2seq.search.interface import Search

log = logging.getLogger("seq2seq.translate")


def main() -> None:
    """Entry point of `seq2seq-translate`."""
    app.run_command("translate", TranslateConfig, translate)


def translate(config: TranslateConfig, _: Path) -> None:
    """Translate each input into its output: n lines in, n lines out, in order.

    Raises:
        ConfigError: not one output for each input.
        TextError: an input cannot be read or an output written; what was there stays.
    """
    files = input_output_pairs(config.input, config.output)
    if config.run is None:
        raise ConfigError("no value for run: the folder of a trained model, run=runs/NAME/TIME")
    if config.scores:
        if not config.scores.endswith((".tsv", ".jsonl")):
            raise ConfigError(f"scores must be a .tsv or .jsonl file, not {config.scores}")
        require_parent_folder(Path(config.scores))
    from seq2seq.builders import instantiate_node  # torch comes in here, after the checks
    from seq2seq.inference.loading import load_translator

    search = instantiate_node("search", config.search)
    if not config.scores:
        note_other_translations(search, config.search)
    translator = load_translator(
        config.run, search, config.limits, config.batch, config.device, config.trusted,
        config.precision,
    )  # fmt: skip
    began, count = time.monotonic(), 0
    with open_scores(config.scores) as scores:
        for name, output in files:

            def work(group: list[str], first: int, name: str = name) -> list[str]:
                found = translator.window(group, first, scores is not None, name)
                if scores:
                    for line, best in enumerate(found, first):
                        scores.write(name, line, best)
                return [best[0].text for best in found]

            # Results do not depend on how lines are grouped: warnings and samples know the number.
            count += map_lines(name, output, 64 * translator.batch, work)
    rate = count / max(time.monotonic() - began, 1e-9)
    print(f"{count} lines, {rate:.1f} lines/s", file=sys.stderr)


def note_other_translations(search: "Search", options: Mapping[str, object]) -> None:
    """Say that of several translations of a line the output has the best alone."""
    from seq2seq.search.interface import TextRanking

    if isinstance(search, TextRanking):  # it needs the others to choose the best
        return
    for name, count in options.items():
        if name in ("n_best", "samples") and count != 1:
            log.warning(
                "search.%s=%s: the output has the best alone, scores=FILE has all", name, count
            )


class ScoreWriter:
    """A file with a row for every translation that the search returned, the best first."""

    def __init__(self, file: TextIO, table: bool) -> None:
        """Write into `file`: TSV if `table`, else JSON lines, which have the pieces too."""
        self.file, self.table = file, table
        if table:
            file.write("file\tline\trank\tscore\tlogprob\ttokens\ttranslation\tlogprobs\n")

    def write(self, name: str, line: int, best: "Iterable[ScoredTranslation]") -> None:
        """The translations of one line; a blank line has none that was scored."""
        for rank, scored in enumerate(best, 1):
            figures: list[object] = [name, line, rank, round(scored.score, 6)]
            figures.append(round(scored.logprob, 6))
            logprobs = [round(p, 6) for p in scored.logprobs]
            if self.table:
                row = [*figures, len(logprobs), scored.text.replace("\t", " ")]
                row.append(" ".join(str(p) for p in logprobs))
                self.file.write("\t".join(str(cell) for cell in row) + "\n")
            else:
                keys = ("file", "line", "rank", "score", "logprob")
                entry = dict(zip(keys, figures, strict=True)) | {
                    "translation": scored.text,
                    "tokens": scored.tokens,
                    "logprobs": logprobs,
                }
                self.file.write(json.dumps(entry, ensure_ascii=False) + "\n")


@contextmanager
def open_scores(name: str | None) -> Iterator[ScoreWriter | None]:
    """The file for scores, if one was asked for."""
    with atomic_write(Path(name)) if name else nullcontext() as file:
        yield ScoreWriter(file, str(name).endswith(".tsv")) if file else None
