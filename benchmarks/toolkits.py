"""Other toolkits, each in a virtual environment of its own, and their data.

python benchmarks/toolkits.py install NAME ...      joeynmt, opennmt, eole, marian, py3langid
python benchmarks/toolkits.py data MULTI30K         writes tokenized text and vocabularies

Everything is below $SEQ2SEQ_PEERS, or peers/ in the cache folder. MULTI30K is a folder with
train, val and test2016 .en and .de, plain or compressed.
"""

import os
import subprocess
import sys
import venv
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import sentencepiece as spm

from benchmarks.results import show_help
from seq2seq.data.cache import cache_folder
from seq2seq.data.readers.files import find_compressed
from seq2seq.storage.files import atomic_write
from seq2seq.text.lines import read_lines

TORCH = "torch==2.13.0"  # one version for all, ours included
VOCAB_SIZE = 8000
SPLITS = ("train", "val", "test2016")


class Peer(NamedTuple):
    """The installation of a toolkit with a current torch."""

    package: str  # installed without its dependencies, whose pins are years old
    needs: tuple[str, ...]
    drop: tuple[str, str] | None = None  # a file, and a text that is removed from it
    torch: bool = True  # whether it computes with torch


_OPENNMT = (
    "numpy==1.26.4", "ConfigArgParse", "ctranslate2", "pyonmttok", "fasttext-wheel", "spacy",
    "Flask", "waitress", "tensorboard", "sacrebleu", "sentencepiece", "rapidfuzz", "pyahocorasick",
    "six",
)  # fmt: skip

PEERS = {
    "joeynmt": Peer(
        "joeynmt==2.3.0",
        ("datasets", "sacrebleu", "subword-nmt", "sentencepiece==0.2.0", "sacremoses",
         "tensorboard", "pandas", "seaborn", "matplotlib", "lazy-importer", "importlib_metadata",
         "portalocker", "wrapt", "six", "future", "pyyaml"),
        ("joeynmt/builders.py", '"verbose": False,'),  # an argument of old versions of torch
    ),
    "opennmt": Peer("OpenNMT-py==3.5.1", _OPENNMT),
    "eole": Peer(
        "eole==0.6.4",
        (*_OPENNMT, "datasets", "fastapi", "pydantic", "safetensors", "huggingface_hub",
         "tokenizers", "torch-optimi", "torchcodec", "subword-nmt", "uvicorn", "aiohttp"),
    ),
    "marian": Peer("pymarian==1.12.42", ("sentencepiece", "pyyaml", "tqdm", "requests",
                                         "huggingface_hub", "portalocker"), torch=False),
    "py3langid": Peer("py3langid==0.4.0", ("numpy",), torch=False),
}  # fmt: skip


def home() -> Path:
    """Return the folder of environments, data and results."""
    folder = os.environ.get("SEQ2SEQ_PEERS")
    return Path(folder).resolve() if folder else cache_folder() / "peers"


def program(peer: str, name: str) -> Path:
    """Return the console script `name` of an installed toolkit.

    Raises:
        SystemExit: it is not installed.
    """
    path = home() / peer / "bin" / name
    if not path.exists():
        sys.exit(f"{peer} is not installed: python benchmarks/toolkits.py install {peer}")
    return path


def install(name: str) -> None:
    """Create the virtual environment of a toolkit."""
    peer, folder = PEERS[name], home() / name
    venv.create(folder, with_pip=True, clear=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    if peer.torch:
        subprocess.run([*pip, TORCH], check=True)
    subprocess.run([*pip, *peer.needs], check=True)
    subprocess.run([*pip, "--no-deps", peer.package], check=True)
    if peer.drop:
        file, text = peer.drop
        path = next(folder.glob(f"lib/python*/site-packages/{file}"))
        path.write_text(path.read_text(encoding="utf-8").replace(text, ""), encoding="utf-8")


def data(source: Path) -> Path:
    """Write the data of the toolkits to a folder below `home()`, and return the folder.

    Args:
        source: the folder of the Multi30k text.
    """
    out = home() / "data"
    out.mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        for language in ("en", "de"):
            file = find_compressed(source / f"{split}.{language}")
            if file is None:
                sys.exit(f"there is no {source / split}.{language}")
            write(out / f"{split}.{language}", read_lines(file))
    spm.SentencePieceTrainer.train(
        input=[str(out / "train.en"), str(out / "train.de")], model_prefix=str(out / "spm8k"),
        vocab_size=VOCAB_SIZE, model_type="bpe", character_coverage=1.0,
        unk_id=0, pad_id=1, bos_id=2, eos_id=3, num_threads=1, minloglevel=2,
    )  # fmt: skip
    (out / "spm8k.spm").write_bytes((out / "spm8k.model").read_bytes())  # Marian requires .spm
    model = spm.SentencePieceProcessor(model_file=str(out / "spm8k.model"))
    for split in SPLITS:
        for language in ("en", "de"):
            lines = read_lines(out / f"{split}.{language}")
            tokenized = (" ".join(model.encode(line, out_type=str)) for line in lines)
            write(out / f"{split}.sp.{language}", tokenized)
    pieces = [model.id_to_piece(i) for i in range(4, model.get_piece_size())]
    write(out / "joey.vocab", pieces)
    write(out / "onmt.vocab.counts", (f"{piece}\t1" for piece in pieces))
    return out


def write(path: Path, lines: Iterable[str]) -> None:
    """Write lines of text atomically: another process may be reading the file."""
    with atomic_write(path) as file:
        file.writelines(f"{line}\n" for line in lines)


def main(arguments: list[str]) -> None:
    """Run the command line."""
    show_help(arguments, __doc__)
    match arguments:
        case ["install", first, *rest] if {first, *rest} <= set(PEERS):
            for name in (first, *rest):
                install(name)
        case ["data", folder]:
            print(data(Path(folder)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
