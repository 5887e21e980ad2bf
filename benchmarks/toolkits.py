"""What a user could pick instead: each peer in a virtual environment of its own.

python benchmarks/toolkits.py install NAME ...      joeynmt, opennmt, eole, marian, py3langid
python benchmarks/toolkits.py data MULTI30K         what the peers read: pieces and vocabularies

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

from seq2seq.data.cache import cache_folder
from seq2seq.data.readers.files import find_compressed
from seq2seq.storage.files import atomic_write
from seq2seq.text.lines import read_lines

TORCH = "torch==2.13.0"  # for all, ours included: what is compared is the toolkits
PIECES = 8000
SPLITS = ("train", "val", "test2016")


class Peer(NamedTuple):
    """How to make one run with today's torch."""

    package: str  # installed without what it asks for: its pins are of years ago
    needs: tuple[str, ...]
    drop: tuple[str, str] | None = None  # a file, and the text that is taken out of it
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
        ("joeynmt/builders.py", '"verbose": False,'),  # which ReduceLROnPlateau takes no more
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
    """The folder that everything is in."""
    given = os.environ.get("SEQ2SEQ_PEERS")
    return Path(given).resolve() if given else cache_folder() / "peers"


def program(peer: str, name: str) -> Path:
    """The console script `name` of an installed peer.

    Raises:
        SystemExit: it is not installed.
    """
    path = home() / peer / "bin" / name
    if not path.exists():
        sys.exit(f"{peer} is not there: python benchmarks/toolkits.py install {peer}")
    return path


def install(name: str) -> None:
    """Make the virtual environment of a peer."""
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
    """Write what the peers read below `home()`, and return the folder."""
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
        vocab_size=PIECES, model_type="bpe", character_coverage=1.0, unk_id=0, pad_id=1, bos_id=2,
        eos_id=3, num_threads=1, minloglevel=2,
    )  # fmt: skip
    (out / "spm8k.spm").write_bytes((out / "spm8k.model").read_bytes())  # as Marian wants it named
    model = spm.SentencePieceProcessor(model_file=str(out / "spm8k.model"))
    for split in SPLITS:
        for language in ("en", "de"):
            lines = read_lines(out / f"{split}.{language}")
            cut = (" ".join(model.encode(line, out_type=str)) for line in lines)
            write(out / f"{split}.sp.{language}", cut)
    pieces = [model.id_to_piece(i) for i in range(4, model.get_piece_size())]
    write(out / "joey.vocab", pieces)
    write(out / "onmt.vocab.counts", (f"{piece}\t1" for piece in pieces))
    return out


def write(path: Path, lines: Iterable[str]) -> None:
    """Lines of text, in their place when all are there: another may be reading it."""
    with atomic_write(path) as file:
        file.writelines(f"{line}\n" for line in lines)


def main(arguments: list[str]) -> None:
    """The command line."""
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
