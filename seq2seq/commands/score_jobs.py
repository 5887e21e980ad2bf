"""`score` by many workers: pairs of lines in shards, and the join of their scores."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from seq2seq.commands.line_jobs import job_work, plain_options, report_job, write_rejects
from seq2seq.commands.resuming import fingerprint_of_work
from seq2seq.commands.score import ScoredPair, load_decoders, scored_window, write_scored
from seq2seq.config.commands import ScoreConfig
from seq2seq.config.lists import as_list
from seq2seq.config.validation import to_schema
from seq2seq.inference.forced_decoding import PAIR_WINDOW, DualCrossEntropy, ForcedTranslation
from seq2seq.jobs.running import ShardedJob, open_job
from seq2seq.storage.partial import GroupResults
from seq2seq.text.lines import read_lines


class ScoreWork:
    """Scores of pairs of lines, as JSON."""

    def __init__(self, options: Any) -> None:
        config = to_schema(OmegaConf.create(options), ScoreConfig)
        self.decoder, self.reverse = load_decoders(config)
        self.block, self.unit = self.decoder.window_lines, config.unit

    def results(self, text: int, first: int, columns: Sequence[list[str]]) -> GroupResults:
        """Return the scores of consecutive pairs."""
        del text, first
        scored = scored_window(self.decoder, self.reverse, columns[0], columns[1], self.unit)
        return GroupResults([json.dumps(each) for each in scored], "")


def score_by_workers(config: ScoreConfig, source: str, target: str) -> None:
    """Score each pair of lines by workers, and write the rows of those that are kept.

    Raises:
        ConfigError: an option does not go with workers.
        RunError: see `open_job`.
    """
    facts = {name: getattr(config, name) for name in ("unit", "protect", "batch", "trusted")}
    runs = [*as_list(config.run), *as_list(config.reverse)]
    facts["runs"] = [len(as_list(config.run)), fingerprint_of_work({}, runs, config.device)]
    files = [(source, config.output)]
    work = job_work("score", config, files, facts, PAIR_WINDOW * config.batch)
    work = work._replace(
        texts=[[source, target]], loader="seq2seq.commands.score_jobs:ScoreWork",
        options=plain_options(config),
    )  # fmt: skip
    with open_job(work, config.workers, resume=True) as job:
        if job is not None:
            is_dual = config.reverse is not None
            write_scored(config, pairs_of_parts(job, source, target), is_dual, job.recalled)
            write_rejects(job, config.workers, files)
        else:
            report_job(job)


def pairs_of_parts(job: ShardedJob, source: str, target: str) -> Iterator[ScoredPair]:
    """Yield each pair of lines of two files with the scores that workers have computed."""
    stored = (line for part in job.results(0) for line in part.results.lines)
    pairs = zip(read_lines(Path(source)), read_lines(Path(target)), stored, strict=True)
    for number, (of_source, of_target, text) in enumerate(pairs, 1):
        translation, dual = json.loads(text)
        yield ScoredPair(
            number, of_source, of_target, ForcedTranslation(*translation),
            DualCrossEntropy(*dual) if dual else None,
        )  # fmt: skip
