"""A student beside its teacher: BLEU, and processor time of the translation of the test text.

python -m benchmarks.distillation make TEACHER WORK         the commands of docs/one-sided.md
python -m benchmarks.distillation table TEACHER STUDENT...  writes results/distillation.json

TEACHER and STUDENT are run folders. The test text is the teacher's, translated by greedy search in
int8, by each engine, in turns; the least time of `TURNS` counts.
"""

import subprocess
import sys
import time
from pathlib import Path

import seq2seq
from benchmarks import results
from seq2seq.evaluation.metrics import score_hypotheses
from seq2seq.inference.onnx.decoding import DecodingEngine
from seq2seq.run_folder import RunFolder

TURNS = 3
ENGINES = ("torch", "onnx")


def make(teacher: Path, work: Path) -> None:
    """Write the teacher's translations of the text of `en-de`, and train the student on them."""
    text = work / "distilled"
    sides = f"[{text}/student.en,{text}/student.de]"
    for command in (
        ["check", "+recipe=en-de", f"output={text}", "hold_out=true", "steps=0"],
        ["synthesize", f"run={teacher}", f"input={text}/train.en", f"output={sides}",
         "side=target", "search.beam_size=5", "search.n_best=5", f"reference={text}/train.de",
         "precision=int8"],
        ["train", "+recipe=en-de-fast", f"data.path={text}", f"hydra.run.dir={work}/student",
         "resume=auto"],
    ):  # fmt: skip
        subprocess.run([sys.executable, "-m", f"seq2seq.{command[0]}", *command[1:]], check=True)


def table(runs: list[Path]) -> list[list[object]]:
    """Return a row for each run, the first of which is the teacher."""
    pairs = list(RunFolder(runs[0]).read_test())
    sources, references = [pair.source for pair in pairs], [pair.target for pair in pairs]
    least: dict[tuple[Path, str], float] = {}
    bleu: dict[Path, float] = {}
    for _ in range(TURNS):
        for run in runs:
            for engine in ENGINES:
                translator = seq2seq.load(run, precision=DecodingEngine("int8", engine))
                translator.translate(sources[:50])
                start = time.process_time()
                translations = translator.translate(sources)
                seconds = time.process_time() - start
                least[run, engine] = min(seconds, least.get((run, engine), seconds))
                bleu[run] = score_hypotheses(translations, references, "de", ("bleu",))[0].value
    rows: list[list[object]] = []
    for number, run in enumerate(runs):
        times = [least[run, engine] for engine in ENGINES]
        ratios = [f"{least[runs[0], engine] / least[run, engine]:.2f}" for engine in ENGINES]
        weights = (run / "model.safetensors").stat().st_size / 4e6
        name = "teacher" if not number else "student" if number == 1 else f"student {number}"
        rows.append(
            [name, round(bleu[run], 1), f"{weights:.1f} M", *(f"{s:.2f}" for s in times), *ratios]
        )
    return rows


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    match arguments:
        case ["make", teacher, work]:
            make(Path(teacher), Path(work))
        case ["table", teacher, student, *others]:
            out = Path(__file__).parent / "results" / "distillation.json"
            about = (
                "Students of `+recipe=en-de`, greedy search in int8 of the 1,000 test lines",
                "python -m benchmarks.distillation table TEACHER STUDENT",
            )
            columns = ["network", "BLEU", "weights", "torch, CPU seconds", "ONNX, CPU seconds"]
            columns += ["torch, times as fast", "ONNX, times as fast"]
            results.write_result(
                out, about, columns, table([Path(teacher), Path(student), *map(Path, others)])
            )
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
