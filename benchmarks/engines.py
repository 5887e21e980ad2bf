"""Processor time of translation with torch and with ONNX Runtime, on one core.

python -m benchmarks.engines RUN [ROUNDS [FILE]]

A run folder's test text is translated by each engine in fp32 and int8, greedily and with a beam of
5, in batches of 128, and 20 of its lines greedily one by one. Engines take turns; the least of
ROUNDS (3) is shown, since other work on the machine only adds to it. Loading is that of
`seq2seq.load`, after an import. FILE is a result for the documents.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch

import seq2seq
from benchmarks import results
from seq2seq.evaluation.metrics import score_hypotheses
from seq2seq.inference.onnx.decoding import DecodingEngine
from seq2seq.run_folder import RunFolder
from seq2seq.search.beam import Beam

ENGINES = [DecodingEngine(p, kind) for p in ("fp32", "int8") for kind in ("torch", "onnx")]
ONE_BY_ONE = 20  # lines that are translated alone, of 8 to 16 words
BEAM = 5
COLUMNS = (
    *("engine", "greedy, s", "BLEU", "beam of 5, s", "BLEU of it", "one line, ms", "loading, s"),
)


class Measured(NamedTuple):
    """What one engine took, in seconds of processor time, and how good it was."""

    greedy: float
    greedy_bleu: float
    beam: float
    beam_bleu: float
    one_line: float
    loading: float

    def least(self, other: "Measured") -> "Measured":
        """Return the smaller seconds of two measurements; their scores are equal."""
        return Measured(*map(min, self, other))


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the processor time that `work` takes, and its result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def measure(run: Path, engine: DecodingEngine) -> Measured:
    """Measure an engine once."""
    pairs = RunFolder(run).read_test()
    lines, references = [p.source for p in pairs], [p.target for p in pairs]
    alone = [line for line in lines if 8 <= len(line.split()) <= 16][:ONE_BY_ONE]
    language = str(RunFolder(run).read_facts().get("target", ""))

    def bleu(translations: list[str]) -> float:
        return score_hypotheses(translations, references, language, ("bleu",))[0].value

    loading, greedy = seconds(lambda: seq2seq.load(run, precision=engine))
    beam = seq2seq.load(run, Beam(BEAM, 1.0, 1), precision=engine)
    greedy.translate(alone[:2])
    greedy_time, found = seconds(lambda: greedy.translate(lines))
    beam_time, found_by_beam = seconds(lambda: beam.translate(lines))
    one_by_one, _ = seconds(lambda: [greedy.translate([line]) for line in alone])
    return Measured(
        greedy_time, bleu(found), beam_time, bleu(found_by_beam), one_by_one / len(alone), loading
    )


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    if not arguments:
        sys.exit(__doc__)
    run, rounds = Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 3
    torch.set_num_threads(1)
    best: dict[DecodingEngine, Measured] = {}
    for _ in range(rounds):
        for engine in ENGINES:
            made = measure(run, engine)
            best[engine] = made.least(best.get(engine, made))
    rows = [
        [
            f"{'ONNX Runtime' if engine.kind == 'onnx' else 'torch'}, {engine.precision}",
            round(m.greedy, 2), round(m.greedy_bleu, 2), round(m.beam, 2), round(m.beam_bleu, 2),
            round(1000 * m.one_line, 1), round(m.loading, 2),
        ]
        for engine, m in best.items()
    ]  # fmt: skip
    results.table(COLUMNS, rows)
    if len(arguments) > 2:
        about = "Engines, processor time on one core", "python -m benchmarks.engines RUN"
        results.write_result(Path(arguments[2]), about, COLUMNS, rows)


if __name__ == "__main__":
    main(sys.argv[1:])
