"""Translation speed in sentences per second without loading, beside other toolkits.

python benchmarks/speed_translate.py MULTI30K [ROUNDS [NAME ...]]

The models of speed_train.py, each trained by its toolkit for 1,000 steps of 64 sentences (saved and
reused), translate the 1,000 sentences of test2016 in batches of 64, 128 and 256, greedily and with
a beam of 5. The time of the other toolkits is that of their logs. BLEU is sacreBLEU's on
detokenised text; after so few steps it only shows that the outputs are translations. CTranslate2
has no recurrent models: its Transformer of the same size, trained by OpenNMT-py, is for reference.
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
from benchmarks.side_by_side import Figures, can_use_bf16, run_measured, show, take_turns
from benchmarks.speed_train import OURS
from benchmarks.toolkit_configs import CONFIGS
from seq2seq.evaluation.metrics import score_hypotheses
from seq2seq.inference.onnx.decoding import DecodingEngine
from seq2seq.inference.onnx.packages import are_installed
from seq2seq.text.lines import read_lines

STEPS, TIMEOUT = 1000, 7200.0
BATCHES = (64, 128, 256)
ENGINES = tuple(map(DecodingEngine._make, (
    ("fp32", "torch"), ("fp32", "onnx"), ("bf16", "torch"), ("int8", "torch"), ("int8", "onnx")
)))  # fmt: skip
SEARCHES = {"greedy": 1, "beam 5": 5}
PEERS = (
    "opennmt",
    "eole",
    "joeynmt",
    "ctranslate2, Transformer",
    "ctranslate2, Transformer, int8",
)
WORDS, ONE_BY_ONE = 12, 40  # words and number of the sentences that are translated one at a time
EXTRA = {"TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1", "TOKENIZERS_PARALLELISM": "false"}
CTRANSLATE2 = """
import sys, time, ctranslate2
model, kind, source, out, beam, batch, threads = sys.argv[1:]
translator = ctranslate2.Translator(model, compute_type=kind, intra_threads=int(threads))
lines = [line.split() for line in open(source, encoding="utf-8")]
start = time.perf_counter()
found = translator.translate_batch(
    lines, beam_size=int(beam), max_batch_size=int(batch), max_decoding_length=60)
print("seconds:", time.perf_counter() - start)
with open(out, "w", encoding="utf-8") as file:
    file.writelines(" ".join(result.hypotheses[0]) + "\\n" for result in found)
"""


def train_ours(data: Path) -> Path:
    """Train the model of this toolkit unless it exists, and return the run folder."""
    out = toolkits.home() / "models" / f"ours-{crc32(' '.join(OURS).encode()):08x}"
    if out.exists():
        return out
    program = [sys.executable, "-m", "seq2seq.train", f"data.path={data}", *OURS]
    program += [f"train.steps={STEPS}", "train.save_interval=1000", f"hydra.run.dir={out}"]
    subprocess.run(program, check=True, stdout=subprocess.DEVNULL)
    return out


def train_peer(name: str, data: Path, out: Path) -> None:
    """Train the model of another toolkit."""
    config, program, _ = CONFIGS[name](data, out)
    options: dict[str, Any] = config.get("training", config)
    if name == "joeynmt":
        options |= {"updates": STEPS, "validation_freq": STEPS}
    else:
        options |= {"train_steps": STEPS, "save_checkpoint_steps": STEPS}
    file = out.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [part if part != "CONFIG" else str(file) for part in program]
    run_measured(command, TIMEOUT, out.with_suffix(".log"), EXTRA)


def model_of(name: str, data: Path, models: Path) -> Path:
    """Train the model of another toolkit unless it exists, and return its path."""
    toolkit = name.partition(",")[0]
    if toolkit == "ctranslate2":
        model = models / "ctranslate2"
        if not model.exists():
            source = model_of("opennmt, Transformer", data, models)
            program = str(toolkits.program("opennmt", "ct2-opennmt-py-converter"))
            command = [program, "--model_path", str(source), "--output_dir", str(model)]
            command += ["--unsafe_deserialization"]  # without which it does not read the file
            subprocess.run(command, check=True, env=os.environ | EXTRA)
        return model
    out = models / name.replace(", ", "-")
    model = out.with_name(f"{out.name}_step_{STEPS}.pt") if toolkit == "opennmt" else out
    if not model.exists():
        train_peer(name, data, out)
    return model


def ours(
    run: Path, data: Path, work: Path, size: tuple[int, int], engine: DecodingEngine
) -> Figures:
    """Measure sentences per second of this toolkit; `size` is that of beam and batch."""
    beam, batch = size
    search = ["search=beam", f"search.beam_size={beam}"] if beam > 1 else []
    command = [
        sys.executable, "-m", "seq2seq.translate", f"run={run}", f"input={data / 'test2016.en'}",
        f"output={work / 'out.de'}", f"precision={engine.precision}", f"engine={engine.kind}",
        f"batch={batch}", *search,
    ]  # fmt: skip
    log = work / "ours.log"
    peak = run_measured(command, TIMEOUT, log, {})
    return Figures(last_number(r"([\d,.]+) lines/s", log), peak)


def peer(name: str, model: Path, data: Path, work: Path, size: tuple[int, int]) -> Figures:
    """Measure sentences per second of another toolkit; `size` is that of beam and batch."""
    out, log = work / "out.sp.de", work / f"{name}.log"
    program, pattern = decoder(name, model, data, out, size)
    peak = run_measured(program, TIMEOUT, log, EXTRA)
    seconds = last_number(pattern, log)
    if name == "joeynmt":  # its output is detokenised
        lines = list(read_lines(out))
    else:
        pieces = spm.SentencePieceProcessor(model_file=str(data / "spm8k.model"))
        lines = [pieces.decode(line.split()) for line in read_lines(out)]
    toolkits.write(work / "out.de", lines)
    return Figures(len(lines) / seconds, peak)


def decoder(
    name: str, model: Path, data: Path, out: Path, size: tuple[int, int]
) -> tuple[list[str], str]:
    """Return the command, and a pattern for the seconds in its output."""
    beam, batch = size
    source = data / "test2016.sp.en"
    if name.startswith("ctranslate2"):
        kind = "int8" if "int8" in name else "float32"
        threads = results.cpu_count()
        program = [str(toolkits.program("opennmt", "python")), "-c", CTRANSLATE2]
        arguments = (model, kind, source, out, beam, batch, threads)
        return [*program, *map(str, arguments)], r"seconds: ([\d.]+)"
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


def last_number(pattern: str, log: Path) -> float:
    """Return the last number in a log that matches `pattern`."""
    text = log.read_text(encoding="utf-8")
    numbers = re.findall(pattern, text)
    if not numbers:
        sys.exit(f"no number in {log}:\n{text[-800:]}")
    return float(numbers[-1].replace(",", ""))


def with_bleu(turn: Callable[[], Figures], data: Path, work: Path, bleu: dict[str, float], name: str
           ) -> Figures:  # fmt: skip
    """Run a turn, and add the BLEU of its output to `bleu`."""
    figures = turn()
    hypotheses, references = (
        list(read_lines(file)) for file in (work / "out.de", data / "test2016.de")
    )
    bleu[name] = score_hypotheses(hypotheses, references, "de", ("bleu",))[0].value
    return figures


def one_at_a_time(run: Path, data: Path) -> Iterator[tuple[str, float]]:
    """Yield median seconds of sentences of 12 words, one at a time, and of the command for one."""
    lines = [line for line in read_lines(data / "test2016.en") if len(line.split()) == WORDS]
    for engine in engines():
        translator = seq2seq.load(run, precision=engine)
        translator.translate(lines[:3])
        durations = []
        for line in lines[:ONE_BY_ONE]:
            start = time.perf_counter()
            translator.translate([line])
            durations.append(time.perf_counter() - start)
        yield f"one sentence of {WORDS} words, {', '.join(engine)}", statistics.median(durations)
    command_durations = []
    for line in lines[:5]:
        start = time.perf_counter()
        command = [sys.executable, "-m", "seq2seq.translate", f"run={run}", "precision=int8"]
        subprocess.run(command, input=f"{line}\n", text=True, check=True, capture_output=True)
        command_durations.append(time.perf_counter() - start)
    yield "the command for one line, int8", statistics.median(command_durations)


def engines() -> list[DecodingEngine]:
    """Return the engines that this machine has."""
    chosen = [engine for engine in ENGINES if engine.kind == "torch" or are_installed()]
    return [engine for engine in chosen if engine.precision != "bf16" or can_use_bf16()]


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    if not arguments:
        sys.exit(__doc__)
    data = toolkits.data(Path(arguments[0]))
    rounds = int(arguments[1]) if len(arguments) > 1 else 3
    peers = arguments[2:] or list(PEERS)
    models, work = toolkits.home() / "models", toolkits.home() / "work"
    for folder in (models, work):
        folder.mkdir(parents=True, exist_ok=True)
    run = train_ours(data)
    models_of_peers = {name: model_of(name, data, models) for name in peers}
    for search, beam in SEARCHES.items():
        bleu: dict[str, float] = {}
        systems: dict[str, Callable[[], Figures]] = {}
        for batch in BATCHES:
            size = beam, batch
            for engine in engines():
                name = f"ours, {', '.join(engine)}, {batch}"
                systems[name] = partial(ours, run, data, work, size, engine)
            for n in peers:
                systems[f"{n}, {batch}"] = partial(peer, n, models_of_peers[n], data, work, size)
        with_scores = {
            name: partial(with_bleu, turn, data, work, bleu, name) for name, turn in systems.items()
        }
        print(f"\n{search}\n")
        name = f"speed_translate_{search.replace(' ', '')}"
        measured = take_turns(with_scores, rounds)
        theirs = {n: figures for n, figures in measured.items() if not n.startswith("ours")}
        best = max(theirs, key=lambda n: statistics.median(f.value for f in theirs[n]))
        show(measured, "sentences/s", best, name)
        print("BLEU: " + ", ".join(f"{name} {value:.1f}" for name, value in bleu.items()))
    seconds = dict(one_at_a_time(run, data))
    rows = [(name, f"{value * 1000:,.1f}") for name, value in seconds.items()]
    results.table(("", "median ms"), rows)
    figure = results.bars({name: [value * 1000] for name, value in seconds.items()}, "ms")
    results.save("speed_translate_one", {"seconds": seconds}, figure)


if __name__ == "__main__":
    main(sys.argv[1:])
