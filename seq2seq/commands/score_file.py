"""The file of scores of `seq2seq.translate`: all hypotheses of each line."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from seq2seq.storage.files import atomic_write

if TYPE_CHECKING:
    from seq2seq.inference.decode import ScoredTranslation

TABLE_HEADER = (
    "file\tline\trank\tscore\tlogprob\ttokens\ttranslation\tlogprobs\t"
    "ended\tsentences\tretries\trepetitive\trepaired\tconfidence\t"
    "probabilities\n"
)


class ScoreWriter:
    """Writer of rows for the translations that the search returns, the best first."""

    def __init__(self, file: TextIO, table: bool) -> None:
        """Write to `file`: TSV if `table`, else JSON lines, which have the tokens too."""
        self.file, self.table = file, table
        if table:
            file.write(TABLE_HEADER)

    def rows(self, name: str, line: int, best: "Iterable[ScoredTranslation]") -> str:
        """Return the rows of one line; a blank line has one whose scores are 0."""
        name = name.encode(errors="backslashreplace").decode()  # a name may be no Unicode
        row = self._table_row if self.table else self._json_row
        return "".join(row(name, line, rank, scored) for rank, scored in enumerate(best, 1))

    def _table_row(self, name: str, line: int, rank: int, scored: "ScoredTranslation") -> str:
        cells = [
            name, line, rank, round(scored.score, 6), round(scored.logprob, 6),
            len(scored.logprobs), scored.text, " ".join(str(round(p, 6)) for p in scored.logprobs),
            int(scored.has_eos), scored.sentences, scored.retries, int(scored.is_repetitive),
            scored.repaired, *_confidence_cells(scored),
        ]  # fmt: skip
        return "\t".join(str(cell).translate({9: " ", 10: " "}) for cell in cells) + "\n"

    def _json_row(self, name: str, line: int, rank: int, scored: "ScoredTranslation") -> str:
        entry = {
            "file": name,
            "line": line,
            "rank": rank,
            "score": round(scored.score, 6),
            "logprob": round(scored.logprob, 6),
            "translation": scored.text,
            "tokens": scored.tokens,
            "logprobs": [round(p, 6) for p in scored.logprobs],
            "ended": scored.has_eos,
            "sentences": scored.sentences,
            "retries": scored.retries,
            "repetitive": scored.is_repetitive,
            "repaired": scored.repaired,
            "confidence": _rounded(scored.confidence),
            "words": [
                {"text": word.text, "probability": _rounded(word.probability)}
                for word in scored.words
            ],
        }
        return json.dumps(entry, ensure_ascii=False) + "\n"


def _confidence_cells(scored: "ScoredTranslation") -> tuple[str, str]:
    """Return the confidence of a line and the probabilities of its words; empty without a fit."""
    if scored.confidence is None:
        return "", ""
    probabilities = " ".join(str(_rounded(word.probability)) for word in scored.words)
    return str(_rounded(scored.confidence)), probabilities


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else round(probability, 4)


@contextmanager
def open_scores(name: str | None) -> Iterator[ScoreWriter | None]:
    """Open the file for scores, which appears when it is complete; None if `name` is None."""
    if name is None:
        yield None
        return
    with atomic_write(Path(name)) as file:
        yield ScoreWriter(file, name.endswith(".tsv"))
