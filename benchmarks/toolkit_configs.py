"""Training configurations of other toolkits, as near to speed_train.py as they allow."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import toolkits
from benchmarks.results import cpu_count

# Configuration, command (CONFIG stands for its file), and a pattern for target tokens per second in
# its log.
Config = tuple[dict[str, Any], list[str], str]


def joeynmt(data: Path, out: Path, kind: str = "recurrent") -> Config:
    """Configure JoeyNMT's RNN, which loops over time, or its Transformer of the same size."""
    side = {
        "max_length": 100, "lowercase": False, "normalize": False, "level": "bpe",
        "voc_min_freq": 1, "voc_file": str(data / "joey.vocab"), "tokenizer_type": "sentencepiece",
        "tokenizer_cfg": {"model_file": str(data / "spm8k.model"), "pretokenizer": "none"},
    }  # fmt: skip
    special = {"unk_token": "<unk>", "pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>",
               "unk_id": 0, "pad_id": 1, "bos_id": 2, "eos_id": 3}  # fmt: skip
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
        "model": {"initializer": "xavier_uniform", "tied_embeddings": False, "tied_softmax": False,
                  **(_TRANSFORMER if kind == "transformer" else _RECURRENT)},
    }  # fmt: skip
    python = str(toolkits.program("joeynmt", "python"))
    return config, [python, "-m", "joeynmt", "train", "CONFIG", "-t"], r"Tokens per Sec:\s*([\d,]+)"


_EMBEDDED = {"embeddings": {"embedding_dim": 256, "scale": False, "dropout": 0.3}, "dropout": 0.3}
_RECURRENT: dict[str, Any] = {
    "encoder": {"type": "recurrent", "rnn_type": "lstm", "num_layers": 1, "hidden_size": 256,
                "bidirectional": True, **_EMBEDDED},
    "decoder": {"type": "recurrent", "rnn_type": "lstm", "num_layers": 1, "hidden_size": 512,
                "hidden_dropout": 0.3, "input_feeding": False, "init_hidden": "last",
                "attention": "luong", **_EMBEDDED},
}  # fmt: skip
_LAYERS = {"type": "transformer", "num_layers": 3, "num_heads": 4, "hidden_size": 256,
           "ff_size": 1024, "dropout": 0.3, "layer_norm": "pre",
           "embeddings": {"embedding_dim": 256, "scale": True, "dropout": 0.3}}  # fmt: skip
_TRANSFORMER: dict[str, Any] = {"encoder": _LAYERS, "decoder": _LAYERS}


def opennmt(data: Path, out: Path, kind: str = "recurrent") -> Config:
    """Configure OpenNMT-py's RNN, or its Transformer of the same size."""
    recurrent = {
        "encoder_type": "brnn", "decoder_type": "rnn", "rnn_type": "LSTM", "word_vec_size": 256,
        "enc_layers": 1, "dec_layers": 1, "enc_hid_size": 512, "dec_hid_size": 512,
        "global_attention": "general", "input_feed": 0,
    }  # fmt: skip
    transformer = {
        "encoder_type": "transformer", "decoder_type": "transformer", "word_vec_size": 256,
        "hidden_size": 256, "layers": 3, "heads": 4, "transformer_ff": 1024,
        "position_encoding": True,
        "self_attn_type": "scaled-dot",  # CTranslate2 reads no other
    }  # fmt: skip
    config = {
        **vocabularies(data), "save_model": str(out), "model_type": "text", "dropout": [0.3],
        "optim": "adam", "learning_rate": 1e-3, "max_grad_norm": 1.0, "label_smoothing": 0.0,
        **(transformer if kind == "transformer" else recurrent), **BATCHES,
    }  # fmt: skip
    program = str(toolkits.program("opennmt", "onmt_train"))
    return config, [program, "-config", "CONFIG"], r"/\s*(\d+) tok/s"


def eole(data: Path, out: Path, kind: str = "fp32") -> Config:
    """Configure eole's RNN in fp32 or bf16."""
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
        [str(toolkits.program("eole", "eole")), "train", "-config", "CONFIG"],
        (r"/\s*(\d+) tok/s"),
    )


def marian(data: Path, out: Path) -> Config:
    """Configure Marian's RNN, whose attention is additive and inside its conditional cell."""
    out.mkdir(parents=True, exist_ok=True)  # Marian does not create it
    config = {
        "model": str(out / "model.npz"), "type": "s2s", "enc-type": "bidirectional",
        "enc-cell": "lstm", "dec-cell": "lstm", "enc-depth": 1, "dec-depth": 1,
        "dec-cell-base-depth": 2, "dim-emb": 256, "dim-rnn": 512, "dropout-rnn": 0.3,
        "train-sets": [str(data / "train.en"), str(data / "train.de")],
        "vocabs": [str(data / "spm8k.spm")] * 2, "cpu-threads": cpu_count(),
        "mini-batch": 64, "workspace": 1024, "optimizer": "adam", "learn-rate": 1e-3,
        "clip-norm": 1.0, "disp-freq": "4u", "save-freq": "1000000u", "after-epochs": 1000,
        "seed": 1,
    }  # fmt: skip
    program = str(toolkits.program("marian", "pymarian"))
    return config, [program, "train", "-c", "CONFIG"], r"([\d.]+) words/s"


BATCHES = {
    "batch_type": "sents", "batch_size": 64, "bucket_size": 29000, "num_workers": 0,
    "normalization": "tokens", "train_steps": 100000, "save_checkpoint_steps": 100000,
    "report_every": 4, "valid_steps": 1000000, "seed": 1, "world_size": 1,
}  # fmt: skip


def vocabularies(data: Path) -> dict[str, Any]:
    """Return the data options of OpenNMT-py and eole."""
    pair = {"path_src": str(data / "train.sp.en"), "path_tgt": str(data / "train.sp.de")}
    counts = str(data / "onmt.vocab.counts")
    size = toolkits.VOCAB_SIZE + 4
    return {"data": {"corpus_1": pair}, "src_vocab": counts, "tgt_vocab": counts,
            "src_vocab_size": size, "tgt_vocab_size": size, "vocab_size_multiple": 1}  # fmt: skip


CONFIGS: dict[str, Callable[[Path, Path], Config]] = {
    "joeynmt": joeynmt,
    "joeynmt, Transformer": partial(joeynmt, kind="transformer"),
    "opennmt": opennmt,
    "opennmt, Transformer": partial(opennmt, kind="transformer"),
    "eole": eole,
    "eole, bf16": partial(eole, kind="bf16"),
    "marian": marian,
}
