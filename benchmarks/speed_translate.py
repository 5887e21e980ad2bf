"""Translation speed beside the peers', in sentences per second, loading apart.

python benchmarks/speed_translate.py MULTI30K [ROUNDS [NAME ...]]

The models of speed_train.py, each trained by its toolkit for 1,000 steps of 64 sentences (kept, and
used again), translate the 1,000 sentences of test2016 in batches of 64, greedily and by a beam of
5. The peers' time is what their -report_time says; BLEU is sacreBLEU's on detokenised text, to show
what was translated: all are at the beginning of their training.
"""

import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import sentencepiece as spm
import yaml

import seq2seq
from benchmarks import peers
from benchmarks.contest import Figures, show, turns, watched
from benchmarks.speed_train import CONFIGS, OURS
from seq2seq.metrics import score
from seq2seq.text.lines import read_lines

STEPS, BATCH, LONG = 1000, 64, 3600.0
PRECISIONS = ("fp32", "bf16", "int8")
SEARCHES = {"greedy": 1, "beam 5": 5}
WORDS, ONE_BY_ONE = 12, 40  # the sentences that are translated one at a time


def train_ours(data: Path, out: Path) -> None:
    """Our model, as the peers' are."""
    program = [sys.executable, "-m", "seq2seq.train", f"data.path={data}", *OURS]
    program += [f"train.steps={STEPS}", "train.save_every=1000", f"hydra.run.dir={out}"]
    subprocess.run(program, check=True, stdout=subprocess.DEVNULL)


def train_peer(name: str, data: Path, out: Path) -> None:
    """A peer's model."""
    config, program, _ = CONFIGS[name](data, out)
    part: dict[str, Any] = config if name == "opennmt" else config["training"]
    part |= {"train_steps": STEPS, "save_checkpoint_steps": STEPS}
    file = out.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [part if part != "CONFIG" else str(file) for part in program]
    watched(command, LONG, out.with_suffix(".log"), {})


def ours(run: Path, data: Path, work: Path, beam: int, precision: str) -> Figures:
    """Sentences a second of this toolkit."""
    search = ["search=beam", f"search.size={beam}"] if beam > 1 else []
    command = [
        sys.executable, "-m", "seq2seq.translate", f"run={run}", f"input={data / 'test2016.en'}",
        f"output={work / 'out.de'}", f"precision={precision}", f"batch={BATCH}", *search,
    ]  # fmt: skip
    log = work / "ours.log"
    peak = watched(command, LONG, log, {})
    return Figures(found(r"([\d,.]+) lines/s", log), peak)


def peer(name: str, model: Path, data: Path, work: Path, beam: int) -> Figures:
    """Sentences a second of another one."""
    out = work / "out.sp.de"
    options = ["-src", data / "test2016.sp.en", "-output", out, "-batch_size", BATCH,
               "-beam_size", beam, "-max_length", 60, "-report_time"]  # fmt: skip
    if name == "opennmt":
        program = [peers.program(name, "onmt_translate"), "-gpu", -1]
        program += ["-model", model.parent / f"{model.name}_step_{STEPS}.pt"]
    else:
        program = [peers.program(name, "eole"), "predict", "-world_size", 0, "-batch_type", "sents"]
        program += ["-model_path", model]
    log = work / f"{name}.log"
    extra = {"TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"}
    peak = watched([str(part) for part in (*program, *options)], LONG, log, extra)
    seconds = found(r"Total (?:translation|prediction) time \(s\): ([\d.]+)", log)
    pieces = spm.SentencePieceProcessor(model_file=str(data / "spm8k.model"))
    lines = [pieces.decode(line.split()) for line in read_lines(out)]
    peers.write(work / "out.de", lines)
    return Figures(len(lines) / seconds, peak)


def found(pattern: str, log: Path) -> float:
    """The figure that a log ends with."""
    text = log.read_text(encoding="utf-8")
    figures = re.findall(pattern, text)
    if not figures:
        sys.exit(f"no figure in {log}:\n{text[-800:]}")
    return float(figures[-1].replace(",", ""))


def scored(turn: Callable[[], Figures], data: Path, work: Path, bleu: dict[str, float], name: str
           ) -> Figures:  # fmt: skip
    """A turn, and the BLEU of what it wrote."""
    figures = turn()
    hypotheses, references = (
        list(read_lines(file)) for file in (work / "out.de", data / "test2016.de")
    )
    bleu[name] = score(hypotheses, references, "de", ("bleu",))[0].value
    return figures


def one_at_a_time(run: Path, data: Path) -> Iterator[str]:
    """Median time of sentences of 12 words, each alone, and of the whole command for one."""
    lines = [line for line in read_lines(data / "test2016.en") if len(line.split()) == WORDS]
    for precision in PRECISIONS:
        translator = seq2seq.load(run, precision=precision)
        translator.translate(lines[:3])
        taken = []
        for line in lines[:ONE_BY_ONE]:
            began = time.perf_counter()
            translator.translate([line])
            taken.append(time.perf_counter() - began)
        median = statistics.median(taken) * 1000
        yield f"one sentence of {WORDS} words, {precision}: {median:.1f} ms"
    whole = []
    for line in lines[:5]:
        began = time.perf_counter()
        command = [sys.executable, "-m", "seq2seq.translate", f"run={run}", "precision=int8"]
        subprocess.run(command, input=f"{line}\n", text=True, check=True, capture_output=True)
        whole.append(time.perf_counter() - began)
    yield f"the whole command for one line, int8: {statistics.median(whole):.2f} s"


def main(arguments: list[str]) -> None:
    """The command line."""
    if not arguments:
        sys.exit(__doc__)
    data = peers.data(Path(arguments[0]))
    rounds = int(arguments[1]) if len(arguments) > 1 else 3
    rivals = arguments[2:] or ["opennmt", "eole"]
    models, work = peers.home() / "models", peers.home() / "work"
    for folder in (models, work):
        folder.mkdir(parents=True, exist_ok=True)
    if not (models / "ours").exists():
        train_ours(data, models / "ours")
    for name in rivals:
        if not list(models.glob(f"{name}_step_*")) and not (models / name).exists():
            train_peer(name, data, models / name)
    bleu: dict[str, float] = {}
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    for search, beam in SEARCHES.items():
        contestants: dict[str, Callable[[], Figures]] = {
            f"ours, {p}": partial(ours, models / "ours", data, work, beam, p) for p in PRECISIONS
        }
        contestants |= {n: partial(peer, n, models / n, data, work, beam) for n in rivals}
        counted = {
            name: partial(scored, turn, data, work, bleu, name)
            for name, turn in contestants.items()
        }
        print(f"\n{search}\n")
        file = work / f"speed_translate_{search.replace(' ', '')}.json"
        show(turns(counted, rounds), "sentences/s", rivals[0], file)
        print("BLEU: " + ", ".join(f"{name} {value:.1f}" for name, value in bleu.items()))
    lines = list(one_at_a_time(models / "ours", data))
    print("\n" + "\n".join(lines))
    (work / "one_at_a_time.json").write_text(json.dumps(lines), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
