"""Translation speed beside the peers', in sentences per second, loading apart.

python benchmarks/speed_translate.py MULTI30K [ROUNDS [NAME ...]]

The models of speed_train.py, each trained by its toolkit for 1,000 steps of 64 sentences (kept, and
used again), translate the 1,000 sentences of test2016 in batches of 64, 128 and 256, greedily and
by a beam of 5. The peers' time is what they say themselves; BLEU is sacreBLEU's on detokenised
text, to show what was translated: all are at the beginning of their training. CTranslate2 knows no
recurrent models: its Transformer of the same size, trained by OpenNMT-py, is a point of reference.
"""

import os
import re
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import sentencepiece as spm
import yaml

import seq2seq
from benchmarks import results, toolkits
from benchmarks.side_by_side import Figures, quick_in_bf16, show, turns, watched
from benchmarks.speed_train import OURS
from benchmarks.toolkit_configs import CONFIGS
from seq2seq.evaluation.metrics import score
from seq2seq.text.lines import read_lines

STEPS, LONG = 1000, 7200.0
BATCHES = (64, 128, 256)
PRECISIONS = ("fp32", "bf16", "int8")
SEARCHES = {"greedy": 1, "beam 5": 5}
RIVALS = (
    "opennmt",
    "eole",
    "joeynmt",
    "ctranslate2, Transformer",
    "ctranslate2, Transformer, int8",
)
WORDS, ONE_BY_ONE = 12, 40  # the sentences that are translated one at a time
EXTRA = {"TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1", "TOKENIZERS_PARALLELISM": "false"}
CTRANSLATE2 = """
import sys, time, ctranslate2
model, kind, source, out, beam, batch, threads = sys.argv[1:]
translator = ctranslate2.Translator(model, compute_type=kind, intra_threads=int(threads))
lines = [line.split() for line in open(source, encoding="utf-8")]
began = time.perf_counter()
found = translator.translate_batch(
    lines, beam_size=int(beam), max_batch_size=int(batch), max_decoding_length=60)
print("seconds:", time.perf_counter() - began)
with open(out, "w", encoding="utf-8") as file:
    file.writelines(" ".join(result.hypotheses[0]) + "\\n" for result in found)
"""


def trained(data: Path) -> Path:
    """Our model, as the peers' are: the folder of the run."""
    out = toolkits.home() / "models" / f"ours-{crc32(' '.join(OURS).encode()):08x}"
    if out.exists():
        return out
    program = [sys.executable, "-m", "seq2seq.train", f"data.path={data}", *OURS]
    program += [f"train.steps={STEPS}", "train.save_interval=1000", f"hydra.run.dir={out}"]
    subprocess.run(program, check=True, stdout=subprocess.DEVNULL)
    return out


def train_peer(name: str, data: Path, out: Path) -> None:
    """A peer's model."""
    config, program, _ = CONFIGS[name](data, out)
    part: dict[str, Any] = config.get("training", config)
    if name == "joeynmt":
        part |= {"updates": STEPS, "validation_freq": STEPS}
    else:
        part |= {"train_steps": STEPS, "save_checkpoint_steps": STEPS}
    file = out.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [part if part != "CONFIG" else str(file) for part in program]
    watched(command, LONG, out.with_suffix(".log"), EXTRA)


def model_of(name: str, data: Path, models: Path) -> Path:
    """Where a peer's trained model is: as it names it."""
    toolkit = name.partition(",")[0]
    if toolkit == "ctranslate2":
        made = models / "ctranslate2"
        if not made.exists():
            before = model_of("opennmt, Transformer", data, models)
            program = str(toolkits.program("opennmt", "ct2-opennmt-py-converter"))
            command = [program, "--model_path", str(before), "--output_dir", str(made)]
            command += ["--unsafe_deserialization"]  # which it asks for to read such a file at all
            subprocess.run(command, check=True, env=os.environ | EXTRA)
        return made
    out = models / name.replace(", ", "-")
    made = out.with_name(f"{out.name}_step_{STEPS}.pt") if toolkit == "opennmt" else out
    if not made.exists():
        train_peer(name, data, out)
    return made


def ours(run: Path, data: Path, work: Path, size: tuple[int, int], precision: str) -> Figures:
    """Sentences a second of this toolkit, with a beam and a batch of such a size."""
    beam, batch = size
    search = ["search=beam", f"search.beam_size={beam}"] if beam > 1 else []
    command = [
        sys.executable, "-m", "seq2seq.translate", f"run={run}", f"input={data / 'test2016.en'}",
        f"output={work / 'out.de'}", f"precision={precision}", f"batch={batch}", *search,
    ]  # fmt: skip
    log = work / "ours.log"
    peak = watched(command, LONG, log, {})
    return Figures(found(r"([\d,.]+) lines/s", log), peak)


def peer(name: str, model: Path, data: Path, work: Path, size: tuple[int, int]) -> Figures:
    """Sentences a second of another one."""
    out, log = work / "out.sp.de", work / f"{name}.log"
    program, pattern = decoder(name, model, data, out, size)
    peak = watched(program, LONG, log, EXTRA)
    seconds = found(pattern, log)
    if name == "joeynmt":  # writes text
        lines = list(read_lines(out))
    else:
        pieces = spm.SentencePieceProcessor(model_file=str(data / "spm8k.model"))
        lines = [pieces.decode(line.split()) for line in read_lines(out)]
    toolkits.write(work / "out.de", lines)
    return Figures(len(lines) / seconds, peak)


def decoder(
    name: str, model: Path, data: Path, out: Path, size: tuple[int, int]
) -> tuple[list[str], str]:
    """The command, and where its output has the seconds."""
    beam, batch = size
    source = data / "test2016.sp.en"
    if name.startswith("ctranslate2"):
        kind = "int8" if "int8" in name else "float32"
        threads = len(os.sched_getaffinity(0))
        program = [str(toolkits.program("opennmt", "python")), "-c", CTRANSLATE2]
        given = (model, kind, source, out, beam, batch, threads)
        return [*program, *map(str, given)], r"seconds: ([\d.]+)"
    if name == "joeynmt":
        config = yaml.safe_load(model.with_suffix(".yaml").read_text(encoding="utf-8"))
        config["testing"] |= {"beam_size": beam, "beam_alpha": 1.0, "batch_size": batch}
        file = out.with_suffix(".yaml")
        file.write_text(yaml.safe_dump(config), encoding="utf-8")
        python = shlex.quote(str(toolkits.program("joeynmt", "python")))
        shell = f"{python} -m joeynmt translate {file} < {data / 'test2016.en'} > {out}"
        return ["bash", "-c", shell], r"Generation took ([\d.]+)"
    options = ["-src", str(source), "-output", str(out), "-batch_size", str(batch),
               "-beam_size", str(beam), "-max_length", "60", "-report_time"]  # fmt: skip
    pattern = r"(?:Total translation|prediction) time(?: including all)? \(s\): ([\d.]+)"
    if name == "opennmt":
        program = [
            str(toolkits.program(name, "onmt_translate")),
            "-gpu",
            "-1",
            "-model",
            str(model),
        ]
        return [*program, *options], pattern
    program = [str(toolkits.program("eole", "eole")), "predict", "-world_size", "0"]
    return [*program, "-batch_type", "sents", "-model_path", str(model), *options], pattern


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


def one_at_a_time(run: Path, data: Path) -> Iterator[tuple[str, float]]:
    """Median seconds of sentences of 12 words, each alone, and of the whole command for one."""
    lines = [line for line in read_lines(data / "test2016.en") if len(line.split()) == WORDS]
    for precision in precisions():
        translator = seq2seq.load(run, precision=precision)
        translator.translate(lines[:3])
        taken = []
        for line in lines[:ONE_BY_ONE]:
            began = time.perf_counter()
            translator.translate([line])
            taken.append(time.perf_counter() - began)
        yield f"one sentence of {WORDS} words, {precision}", statistics.median(taken)
    whole = []
    for line in lines[:5]:
        began = time.perf_counter()
        command = [sys.executable, "-m", "seq2seq.translate", f"run={run}", "precision=int8"]
        subprocess.run(command, input=f"{line}\n", text=True, check=True, capture_output=True)
        whole.append(time.perf_counter() - began)
    yield "the whole command for one line, int8", statistics.median(whole)


def precisions() -> list[str]:
    """Those that this machine computes in."""
    return [name for name in PRECISIONS if name != "bf16" or quick_in_bf16()]


def main(arguments: list[str]) -> None:
    """The command line."""
    if not arguments:
        sys.exit(__doc__)
    data = toolkits.data(Path(arguments[0]))
    rounds = int(arguments[1]) if len(arguments) > 1 else 3
    rivals = arguments[2:] or list(RIVALS)
    models, work = toolkits.home() / "models", toolkits.home() / "work"
    for folder in (models, work):
        folder.mkdir(parents=True, exist_ok=True)
    run = trained(data)
    places = {name: model_of(name, data, models) for name in rivals}
    for search, beam in SEARCHES.items():
        bleu: dict[str, float] = {}
        contestants: dict[str, Callable[[], Figures]] = {}
        for batch in BATCHES:
            size = beam, batch
            for p in precisions():
                contestants[f"ours, {p}, {batch}"] = partial(ours, run, data, work, size, p)
            for n in rivals:
                contestants[f"{n}, {batch}"] = partial(peer, n, places[n], data, work, size)
        counted = {
            name: partial(scored, turn, data, work, bleu, name)
            for name, turn in contestants.items()
        }
        print(f"\n{search}\n")
        name = f"speed_translate_{search.replace(' ', '')}"
        taken = turns(counted, rounds)
        theirs = {n: figures for n, figures in taken.items() if not n.startswith("ours")}
        best = max(theirs, key=lambda n: statistics.median(f.value for f in theirs[n]))
        show(taken, "sentences/s", best, name)
        print("BLEU: " + ", ".join(f"{name} {value:.1f}" for name, value in bleu.items()))
    seconds = dict(one_at_a_time(run, data))
    rows = [(name, f"{value * 1000:,.1f}") for name, value in seconds.items()]
    results.table(("", "median ms"), rows)
    picture = results.bars({name: [value * 1000] for name, value in seconds.items()}, "ms")
    results.save("speed_translate_one", {"seconds": seconds}, picture)


if __name__ == "__main__":
    main(sys.argv[1:])
