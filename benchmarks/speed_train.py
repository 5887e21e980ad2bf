"""Training speed in target words per second, beside other toolkits.

python benchmarks/speed_train.py MULTI30K [SECONDS [ROUNDS [NAME ...]]]

The same corpus, a joint vocabulary of 8,000, embedding 256, bidirectional LSTM encoder 2 x 256,
LSTM decoder 512, general attention without input feeding, 64 sentences a batch, Adam at 1e-3,
dropout 0.3. Each trains for SECONDS (60) in each of ROUNDS (3); the first third is a warm-up. Words
and not tokens are counted, so that vocabularies can be compared: the token rate of a toolkit is
divided by its tokens per word.
"""

import json
import re
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import yaml

from benchmarks import results, toolkits
from benchmarks.side_by_side import Figures, can_use_bf16, run_measured, show, take_turns
from benchmarks.toolkit_configs import CONFIGS
from seq2seq.text.lines import read_lines

OURS = [
    "data.source=en", "data.target=de", "data.validation=val", "data.test=test2016",
    "model/cell=lstm_zero_forget", "model/attention=general", "model.embedding_size=256",
    "model.encoder.size=256", "model.decoder.size=512", "model.dropout=0.3", "model.input_gain=4",
    "model.tie_source_target=false", "model.tie_output=false", "tokenizer.kind=bpe",
    "tokenizer.vocab_size=8000",
    "batches.sentences=64", "batches.tokens=1000000", "optimizer.lr=1e-3",
    "validation.interval=1000000", "train.log_interval=4", "train.ema.decay=0", "train.epochs=null",
    "train.steps=1000000", "train.save_interval=1000000",
]  # fmt: skip
VARIANTS = {
    "ours, fp32": ["train.precision=fp32"],
    "ours, bf16": ["train.precision=bf16"],
    "ours, 3,000 tokens tied": [
        "tokenizer.vocab_size=3000", "model.tie_source_target=true", "model.tie_output=true",
    ],
}  # fmt: skip


def ours(folder: Path, work: Path, seconds: float, more: list[str]) -> Figures:
    """Measure words per second of this toolkit."""
    run = work / "run"
    shutil.rmtree(run, ignore_errors=True)
    command = [sys.executable, "-m", "seq2seq.train", f"data.path={folder}", *OURS, *more]
    peak = run_measured([*command, f"hydra.run.dir={run}"], seconds, work / "ours.log", {})
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    rates = [row["tokens_per_second"] for row in rows if "tokens_per_second" in row]
    return Figures(median(rates) / tokens_per_word(folder, run), peak)


def tokens_per_word(folder: Path, run: Path) -> float:
    """Compute the target tokens, EOS included, per word of the training text."""
    from seq2seq.run_folder import RunFolder

    lines = list(read_lines(folder / "train.de"))
    ids = RunFolder(run).read_tokenizers()[1].encode(lines)
    return sum(len(x) + 1 for x in ids) / sum(len(line.split()) for line in lines)


def peer(name: str, data: Path, work: Path, seconds: float) -> Figures:
    """Measure words per second of another toolkit."""
    shutil.rmtree(work / name, ignore_errors=True)
    config, program, pattern = CONFIGS[name](data, work / name)
    file = work / f"{name}.yaml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [part if part != "CONFIG" else str(file) for part in program]
    log = work / f"{name}.log"
    extra = {"TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"}
    peak = run_measured(command, seconds, log, extra)
    text = log.read_text(encoding="utf-8")
    rates = [float(rate.replace(",", "")) for rate in re.findall(pattern, text)]
    if len(rates) < 6:
        sys.exit(f"{name} did not train; see {log}:\n{text[-800:]}")
    tokens = [line.split() for line in read_lines(data / "train.sp.de")]
    words = sum(len(line.split()) for line in read_lines(data / "train.de"))
    return Figures(median(rates) * words / sum(len(line) + 1 for line in tokens), peak)


def median(rates: Sequence[float]) -> float:
    """Return the median without the first third."""
    return statistics.median(rates[len(rates) // 3 :])


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    if not arguments:
        sys.exit(__doc__)
    data = toolkits.data(Path(arguments[0]))
    seconds = float(arguments[1]) if len(arguments) > 1 else 60.0
    rounds = int(arguments[2]) if len(arguments) > 2 else 3
    names = arguments[3:] or [
        name for name in (*VARIANTS, *CONFIGS)
        if "Transformer" not in name and ("bf16" not in name or can_use_bf16())
    ]  # fmt: skip
    work = toolkits.home() / "work"
    work.mkdir(parents=True, exist_ok=True)
    systems: dict[str, Callable[[], Figures]] = {}
    for name in names:
        if name in VARIANTS:
            systems[name] = partial(ours, data, work, seconds, VARIANTS[name])
        else:
            systems[name] = partial(peer, name, data, work, seconds)
    measured = take_turns(systems, rounds)
    baseline = "opennmt" if "opennmt" in names else names[-1]
    show(measured, "target words/s", baseline, "speed_train")


if __name__ == "__main__":
    main(sys.argv[1:])
