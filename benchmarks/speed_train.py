"""Training speed beside the peers', in target words per second.

python benchmarks/speed_train.py MULTI30K [SECONDS [ROUNDS [NAME ...]]]

The same corpus, 8,000 joint pieces, embedding 256, bidirectional LSTM encoder 2 x 256, LSTM decoder
512, general attention without input feeding, 64 sentences a batch, Adam at 1e-3, dropout 0.3. Each
trains for SECONDS (60), of which the first third does not count. Words, not pieces, are counted, so
that vocabularies compare: the pieces that a toolkit counts are divided by pieces a word.
"""

import json
import re
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from benchmarks import peers
from benchmarks.contest import Figures, show, turns, watched
from seq2seq.text.lines import read_lines

OURS = [
    "data.source=en", "data.target=de", "data.validation=val", "data.test=test2016",
    "model/cell=lstm", "model/attention=general", "model.embedding=256", "model.encoder.size=256",
    "model.decoder.size=512", "model.dropout=0.3", "model.tie_sides=false",
    "model.tie_output=false", "tokenizer.kind=bpe", "tokenizer.size=8000", "batches.sentences=64",
    "batches.tokens=1000000", "optimizer.lr=1e-3", "validation.every=1000000", "train.log_every=4",
    "train.average.decay=0", "train.epochs=null", "train.steps=1000000", "train.save_every=1000000",
]  # fmt: skip
VARIANTS = {
    "ours, fp32": ["train.precision=fp32"],
    "ours, bf16": ["train.precision=bf16"],
    "ours, bf16, 3,000 pieces tied": [
        "train.precision=bf16", "tokenizer.size=3000", "model.tie_sides=true",
        "model.tie_output=true",
    ],
}  # fmt: skip


def ours(folder: Path, work: Path, seconds: float, more: list[str]) -> Figures:
    """Words a second of this toolkit."""
    run = work / "run"
    shutil.rmtree(run, ignore_errors=True)
    command = [sys.executable, "-m", "seq2seq.train", f"data.path={folder}", *OURS, *more]
    peak = watched([*command, f"hydra.run.dir={run}"], seconds, work / "ours.log", {})
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    rates = [row["tokens_per_second"] for row in rows if "tokens_per_second" in row]
    return Figures(median(rates) / pieces_a_word(folder, run), peak)


def pieces_a_word(folder: Path, run: Path) -> float:
    """Target pieces, with the end of the sentence, for each word of the training text."""
    from seq2seq.run import Run

    lines = list(read_lines(folder / "train.de"))
    ids = Run(run).read_tokenizers()[1].encode(lines)
    return sum(len(x) + 1 for x in ids) / sum(len(line.split()) for line in lines)


def peer(name: str, data: Path, work: Path, seconds: float) -> Figures:
    """Words a second of another one."""
    config, program, pattern = CONFIGS[name](data, work / name)
    shutil.rmtree(work / name, ignore_errors=True)
    file = work / f"{name}.yaml"
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [part if part != "CONFIG" else str(file) for part in program]
    log = work / f"{name}.log"
    extra = {"TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "1"}
    peak = watched(command, seconds, log, extra)
    text = log.read_text(encoding="utf-8")
    rates = [float(rate.replace(",", "")) for rate in re.findall(pattern, text)]
    if len(rates) < 6:
        sys.exit(f"{name} did not train; see {log}:\n{text[-800:]}")
    cut = [line.split() for line in read_lines(data / "train.sp.de")]
    words = sum(len(line.split()) for line in read_lines(data / "train.de"))
    return Figures(median(rates) * words / sum(len(line) + 1 for line in cut), peak)


def median(rates: Sequence[float]) -> float:
    """Of what came after the first third."""
    return statistics.median(rates[len(rates) // 3 :])


Config = tuple[dict[str, Any], list[str], str]


def joeynmt(data: Path, out: Path) -> Config:
    """Configuration, command, and where its log has the figure."""
    side = {
        "max_length": 100, "lowercase": False, "normalize": False, "level": "bpe",
        "voc_min_freq": 1, "voc_file": str(data / "joey.vocab"), "tokenizer_type": "sentencepiece",
        "tokenizer_cfg": {"model_file": str(data / "spm8k.model"), "pretokenizer": "none"},
    }  # fmt: skip
    special = {"unk_token": "<unk>", "pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>",
               "unk_id": 0, "pad_id": 1, "bos_id": 2, "eos_id": 3}  # fmt: skip
    part = {
        "type": "recurrent", "rnn_type": "lstm", "num_layers": 1, "dropout": 0.3,
        "embeddings": {"embedding_dim": 256, "scale": False, "dropout": 0.3},
    }  # fmt: skip
    config = {
        "name": "m30k", "joeynmt_version": "2.3.0", "model_dir": str(out), "use_cuda": False,
        "fp16": False, "random_seed": 42,
        "data": {
            "train": str(data / "train"), "dev": str(data / "val"), "test": str(data / "test2016"),
            "dataset_type": "plain", "src": {"lang": "en", **side}, "trg": {"lang": "de", **side},
            "special_symbols": special,
        },
        "testing": {"beam_size": 1, "batch_size": 64, "batch_type": "sentence",
                    "eval_metrics": ["bleu"], "max_output_length": 60},
        "training": {
            "optimizer": "adam", "learning_rate": 1e-3, "clip_grad_norm": 1.0, "batch_size": 64,
            "loss": "crossentropy", "batch_type": "sentence", "normalization": "tokens",
            "scheduling": "plateau", "patience": 3, "epochs": 1000, "updates": 100000,
            "validation_freq": 1000000, "logging_freq": 4, "early_stopping_metric": "bleu",
            "overwrite": True, "shuffle": True, "keep_best_ckpts": 1,
        },
        "model": {
            "initializer": "xavier_uniform", "tied_embeddings": False, "tied_softmax": False,
            "encoder": {**part, "hidden_size": 256, "bidirectional": True},
            "decoder": {**part, "hidden_size": 512, "hidden_dropout": 0.3, "input_feeding": False,
                        "init_hidden": "last", "attention": "luong"},
        },
    }  # fmt: skip
    python = str(peers.program("joeynmt", "python"))
    return config, [python, "-m", "joeynmt", "train", "CONFIG", "-t"], r"Tokens per Sec:\s*([\d,]+)"


def opennmt(data: Path, out: Path) -> Config:
    """As above."""
    config = {
        **vocabularies(data), "save_model": str(out), "model_type": "text", "encoder_type": "brnn",
        "decoder_type": "rnn", "rnn_type": "LSTM", "word_vec_size": 256, "enc_layers": 1,
        "dec_layers": 1, "enc_hid_size": 512, "dec_hid_size": 512, "global_attention": "general",
        "input_feed": 0, "dropout": [0.3], "optim": "adam", "learning_rate": 1e-3,
        "max_grad_norm": 1.0, "label_smoothing": 0.0, **BATCHES,
    }  # fmt: skip
    program = str(peers.program("opennmt", "onmt_train"))
    return config, [program, "-config", "CONFIG"], r"/\s*(\d+) tok/s"


def eole(data: Path, out: Path, kind: str = "fp32") -> Config:
    """As above."""
    layer = {"rnn_type": "LSTM", "layers": 1, "hidden_size": 512}
    config = {
        **vocabularies(data), "overwrite": True, "report_every": 4, "seed": 1,
        "model": {
            "architecture": "custom", "hidden_size": 512, "input_feed": 0,
            "embeddings": {"word_vec_size": 256}, "encoder": {"encoder_type": "brnn", **layer},
            "decoder": {"decoder_type": "rnn", "global_attention": "general", **layer},
        },
        "training": {
            "model_path": str(out), "gpu_ranks": [], "optim": "adam", "learning_rate": 1e-3,
            "max_grad_norm": 1.0, "dropout": [0.3], "label_smoothing": 0.0, "compute_dtype": kind,
            **{k: v for k, v in BATCHES.items() if k not in ("report_every", "seed")},
            "world_size": 0,
        },
    }  # fmt: skip
    return (
        config,
        [str(peers.program("eole", "eole")), "train", "-config", "CONFIG"],
        (r"/\s*(\d+) tok/s"),
    )


BATCHES = {
    "batch_type": "sents", "batch_size": 64, "bucket_size": 29000, "num_workers": 0,
    "normalization": "tokens", "train_steps": 100000, "save_checkpoint_steps": 100000,
    "report_every": 4, "valid_steps": 1000000, "seed": 1, "world_size": 1,
}  # fmt: skip


def vocabularies(data: Path) -> dict[str, Any]:
    """What OpenNMT-py and eole want to know of the text."""
    pair = {"path_src": str(data / "train.sp.en"), "path_tgt": str(data / "train.sp.de")}
    counts = str(data / "onmt.vocab.counts")
    size = peers.PIECES + 4
    return {"data": {"corpus_1": pair}, "src_vocab": counts, "tgt_vocab": counts,
            "src_vocab_size": size, "tgt_vocab_size": size, "vocab_size_multiple": 1}  # fmt: skip


CONFIGS: dict[str, Callable[[Path, Path], Config]] = {
    "joeynmt": joeynmt,
    "opennmt": opennmt,
    "eole": eole,
    "eole, bf16": partial(eole, kind="bf16"),
}


def main(arguments: list[str]) -> None:
    """The command line."""
    if not arguments:
        sys.exit(__doc__)
    data = peers.data(Path(arguments[0]))
    seconds = float(arguments[1]) if len(arguments) > 1 else 60.0
    rounds = int(arguments[2]) if len(arguments) > 2 else 3
    names = arguments[3:] or [*VARIANTS, *CONFIGS]
    work = peers.home() / "work"
    work.mkdir(parents=True, exist_ok=True)
    contestants: dict[str, Callable[[], Figures]] = {}
    for name in names:
        if name in VARIANTS:
            contestants[name] = partial(ours, data, work, seconds, VARIANTS[name])
        else:
            contestants[name] = partial(peer, name, data, work, seconds)
    found = turns(contestants, rounds)
    rival = next((n for n in names if n == "opennmt"), names[-1])
    show(found, "target words/s", rival, work / "speed_train.json")


if __name__ == "__main__":
    main(sys.argv[1:])
