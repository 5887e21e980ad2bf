"""Fuzzing of run folders, corpora and command lines: each try succeeds, or ends in one line.

    python -m benchmarks.fuzz [MINUTES]

Run it by hand before a release; by default it takes five minutes. In turn it runs a command as a
process, and reads mutated files of the same kinds within this process, where a try takes
milliseconds. A finding is printed with the seed that repeats it (FUZZ_SEED=N), and becomes a test.
"""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from seq2seq import builders
from seq2seq.commands import COMMANDS, compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import UserError
from seq2seq.run_folder import RunFolder

FROZEN = Path(__file__).resolve().parents[1] / "tests" / "frozen_runs" / "9491cbe"
ENDING = tuple(name for name in COMMANDS if name != "serve")  # which ends at a signal alone
SECONDS = 60  # by which a command must have ended, however busy the machine is
READ_SECONDS = 5  # the same, of reading a file within this process
READS = 200  # tries within this process for each command that is run
# Values that replace one of a text file.
ODD_VALUES = (
    b"NaN", b"-1", b"0", b"1e12", b"1e400", b"null", b"''", b"[]", b"{}", b"[" * 200, b"\xff",
    b"\0", b"!!python/name:os.system", b"&a [*a]", b"${oc.env:HOME}", b"\x1b[31m",
    b"\xe2\x80\xa8",
    b"9" * 5000, b"a.b.C", b"../x", b"\\ud800", b"\\x1b", b"true", b"1.5",
)  # fmt: skip
# Commands that use a run, by the kind of run folder.
USES: dict[str, tuple[tuple[str, ...], ...]] = {
    "translation": (
        ("translate", "run=run", "input=text", "output=out"),
        ("evaluate", "run=run", "json=scores.json"),
        ("quantize", "run=run", "output=small"),
        ("export", "run=run", "output=exported"),
        ("inspect", "run=run", "pictures=[states]", "output=plots"),
    ),
    "translation_summary": (("translate", "run=run", "input=text", "scores=scores.tsv"),),
    "documents": (("translate", "run=run", "input=text", "output=out"),),
    "quantized": (("evaluate", "run=run"),),
    "classification": (("classify", "run=run", "input=text", "output=out"),),
    "language_model": (("generate", "run=run", "length=5"),),
    "captions": (("caption", "run=run", "images=image.png", "sheet=null", "attention=null"),),
}
RUN_FILES = ("config.yaml", "run.json", "test.jsonl", "tokenizer.model", "model.safetensors")
# Corpora: a file, its content, and the options that read it.
LANGUAGES = ("data.source=en", "data.target=de")
CORPORA: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "tsv": ("c.tsv", b"wir sehen\tsie sieht\n" * 9, ("data.train=c.tsv", *LANGUAGES)),
    "jsonl": ("c.jsonl", b'{"en": "a b", "de": "c"}\n' * 9, ("data.train=c.jsonl", *LANGUAGES)),
    "parallel": ("c.en", b"wir sehen\nsie\n" * 9, ("data.train=[c.en,c.en]", *LANGUAGES)),
    "text": ("c.txt", b"it was a dark night\n" * 50, ("data.path=c.txt", "+recipe=char-lm")),
    "labelled": ("c.tsv", b"guten Tag\tde\n" * 40, ("data.train=c.tsv", "+recipe=language-id")),
    "images": (
        "c.jsonl", b'{"file": "image.png", "caption": "red"}\n' * 9,
        ("data.train=c.jsonl", "data.language=en", "+recipe=captions", "data.path=."),
    ),
}  # fmt: skip
# A training run that a busy machine ends in time.
SMALL = ("train.steps=1", "model.embedding_size=8", "model.decoder.size=8", "validation.samples=0")
WORDS = (
    "run=run", "run=", "run=???", "run=[run,run]", "input=text", "input=.", "input=-", "output=out",
    "output=", "output=text", "output=[a,b]", "search=beam", "search=sample", "search=???",
    "search.beam_size=0", "search.temperature=1e-300", "batch=-1", "batch=1e12", "data.path=.",
    "data.train=text", "data.source=en", "data.target=de", "steps=0", "data=tsv", "data=jsonl",
    "hypothesis=text", "reference=text", "against=run", "scores=s.tsv", "json=.", "images=.",
    "prompt=a, b", "length=3", "pictures=[states]", "device=mps", "~run", "+x=1", "--help", "-m",
    "--cfg", "limits.max_length_ratio=nan", "precision=int8", "trusted=[os]", "name=../x",
    "--shell-completion", "--info", "train.steps=1", "hydra.run.dir=text", "+recipe=de-en",
)  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return `data` with a few bytes or values changed, removed, repeated or added."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(changed) + 1)
        part = bytes(changed[at : at + chance.randint(1, 64)])
        noise = bytes(chance.randrange(256) for _ in range(chance.randint(1, 8)))
        choice = chance.randrange(6)
        if choice == 0:
            changed[at : at + len(noise)] = noise
        elif choice == 1:
            del changed[at : at + len(part)]
        elif choice == 2:
            changed[at:at] = part * chance.randint(1, 200)
        elif choice == 3:
            changed[at:at] = noise
        elif value := re.compile(rb"[\w.+-]+").search(changed, at):
            changed[value.start() : value.end()] = chance.choice(ODD_VALUES)
    return bytes(changed)


def hostile_run(folder: Path, chance: random.Random) -> Sequence[str]:
    """Mutate a file of a run folder, and return a command that uses the run."""
    kind = chance.choice(list(USES))
    shutil.rmtree(folder / "run")
    shutil.copytree(FROZEN / kind, folder / "run")
    files = [folder / "run" / name for name in RUN_FILES]
    file = chance.choice([file for file in files if file.exists()])
    file.write_bytes(mutated(file.read_bytes(), chance))
    return chance.choice(USES[kind])


def hostile_corpus(folder: Path, chance: random.Random) -> Sequence[str]:
    """Write a mutated corpus, and return a command that reads it."""
    kind = chance.choice(list(CORPORA))
    name, content, options = CORPORA[kind]
    (folder / name).write_bytes(mutated(content, chance))
    is_translation = not any(option.startswith("+recipe=") for option in options)
    if is_translation:
        return "check", f"data={kind}", *options, "steps=0"
    return "train", f"data={kind}", *options, *SMALL


def hostile_line(folder: Path, chance: random.Random) -> Sequence[str]:
    """Return a command line: options that exist, some of them mutated."""
    del folder
    line = [chance.choice(WORDS) for _ in range(chance.randint(1, 5))]
    if chance.random() < 0.5:
        at = chance.randrange(len(line))
        line[at] = os.fsdecode(mutated(line[at].encode(), chance).replace(b"\0", b""))
    return chance.choice(ENDING), *line


def prepare(folder: Path, chance: random.Random) -> None:
    """Write the files that commands are given: a run, a text and an image."""
    shutil.copytree(FROZEN / "translation", folder / "run")
    (folder / "text").write_bytes(mutated(b"wir sehen\tsie sieht\n" * 5, chance))
    from PIL import Image

    Image.new("RGB", (8, 8), (255, 0, 0)).save(folder / "image.png")


def contents(folder: Path) -> dict[Path, bytes]:
    """Return the content of each file below `folder`."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run_command(seed: int, folder: Path) -> str:
    """Run one command on mutated input; return how it breaks the error contract, or nothing."""
    chance = random.Random(seed)
    prepare(folder, chance)
    command, *words = chance.choice((hostile_run, hostile_corpus, hostile_line))(folder, chance)
    before = contents(folder)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", f"seq2seq.{command}", *words],
            cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
            env={**os.environ, "SEQ2SEQ_CACHE": str(folder / "cache"), "HF_HUB_OFFLINE": "1"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"{command} {words}: still running after {SECONDS} seconds"
    errors = ended.stderr.decode("utf-8", "replace")
    return "".join(
        f"{command} {words}: {problem}: {errors[-600:]!r}\n"
        for problem in broken_promises(command, ended.returncode, errors, before)
    )


def broken_promises(command: str, status: int, errors: str, before: dict[Path, bytes]) -> list[str]:
    """Return what in the end of a command breaks the error contract."""
    lines = errors.splitlines()
    is_one_line = len(lines) == 1 and errors.startswith(f"seq2seq.{command}: ")
    is_changed = any(not p.is_file() or p.read_bytes() != data for p, data in before.items())
    problems = {
        "a traceback": "Traceback" in errors,
        f"status {status}": status not in (0, 1),
        "not one line": status == 1 and not is_one_line,
        "control characters": not "".join(lines).replace("\t", "").isprintable(),
        "a file has changed": status == 1 and is_changed,
    }
    return [problem for problem, holds in problems.items() if holds]


def readers() -> dict[str, Callable[[Path], Any]]:
    """Return functions that read the files of a folder, by the name of the file to mutate."""

    def reader(kind: str, options: Sequence[str]) -> Callable[[Path], Any]:
        config = to_schema(compose.compose("train", [f"data={kind}", *options]), TrainConfig)

        def read(folder: Path) -> None:
            del folder  # which is the current one
            corpus: Any = builders.load_data(config.data, object)[0]
            for split in corpus.splits.values():
                for _ in split:
                    pass

        return read

    corpora = {f"{kind}:{file}": reader(kind, o) for kind, (file, _, o) in CORPORA.items()}
    return {
        **corpora,
        "run:config.yaml": lambda folder: RunFolder(folder).read_config(),
        "run:run.json": lambda folder: RunFolder(folder).read_facts(),
        "run:test.jsonl": lambda folder: RunFolder(folder).read_test(),
        "run:tokenizer.model": lambda folder: RunFolder(folder).read_tokenizers(),
    }


def read_file(seed: int, known: dict[str, Callable[[Path], Any]]) -> str:
    """Read one mutated file in the current folder; return what is wrong with its end."""
    chance = random.Random(seed)
    name = chance.choice(list(known))
    kind, _, file = name.partition(":")
    data = (FROZEN / "translation" / file).read_bytes() if kind == "run" else CORPORA[kind][1]
    Path(file).write_bytes(mutated(data, chance))
    start = time.monotonic()
    try:
        known[name](Path())
    except (UserError, OSError) as error:
        if not str(error):
            return f"{name}: an empty message"
    except Exception as error:
        return f"{name}: {error!r}"
    finally:
        if file != "image.png":
            Path(file).unlink(missing_ok=True)
    seconds = time.monotonic() - start
    return f"{name}: {seconds:.0f} seconds" if seconds > READ_SECONDS else ""


def main() -> None:
    """Try random input until the time is over, and print each finding."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    given = os.environ.get("FUZZ_SEED")
    end = time.monotonic() + 60 * minutes
    seed = int(given) if given else random.SystemRandom().randrange(2**31)
    known = readers()
    tries = found = 0
    with tempfile.TemporaryDirectory() as scratch:
        prepare(Path(scratch), random.Random(seed))
        os.chdir(scratch)
        while time.monotonic() < end and not (given and tries):
            problems = []
            with tempfile.TemporaryDirectory() as folder:
                problems.append((seed, run_command(seed, Path(folder))))
            for number in range(seed, seed + (1 if given else READS)):
                problems.append((number, read_file(number, known)))
            tries += len(problems)
            seed += READS
            for number, problem in problems:
                if problem:
                    found += 1
                    print(f"FUZZ_SEED={number}: {problem}", flush=True)
        os.chdir("/")
    print(f"{tries} tries, {found} findings")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
