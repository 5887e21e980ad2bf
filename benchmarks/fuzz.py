"""Random run folders, corpora and command lines: each ends soundly or in one line.

    python -m benchmarks.fuzz [MINUTES]

Run it by hand before a release; it stops after five minutes by itself. A finding is printed with
the seed that repeats it (FUZZ_SEED=N), and becomes a test.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FROZEN = Path(__file__).resolve().parents[1] / "tests" / "frozen_runs" / "9491cbe"
FILES = ("config.yaml", "run.json", "test.jsonl", "tokenizer.model", "model.safetensors")
COMMANDS = ("translate", "evaluate", "check")
SECONDS = 60
WORDS = (
    "run=run", "run=", "input=text", "input=.", "output=out", "output=", "search=beam",
    "search.beam_size=0", "batch=-1", "data.path=.", "data.train=text", "data.source=en",
    "data.target=de", "steps=0", "data=tsv", "data=jsonl", "hypothesis=text", "reference=text",
    "~run", "+x=1", "--help", "-m", "limits.max_length_ratio=nan", "precision=int8",
)  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return `data` with a few bytes changed, removed, repeated or added."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(changed) + 1)
        part = bytes(changed[at : at + chance.randint(1, 64)])
        noise = bytes(chance.randrange(256) for _ in range(chance.randint(1, 8)))
        choice = chance.randrange(4)
        if choice == 0:
            changed[at : at + len(noise)] = noise
        elif choice == 1:
            del changed[at : at + len(part)]
        elif choice == 2:
            changed[at:at] = part * chance.randint(1, 200)
        else:
            changed[at:at] = noise
    return bytes(changed)


def words(chance: random.Random) -> list[str]:
    """Return a command line: options that exist, some of them changed."""
    line = [chance.choice(WORDS) for _ in range(chance.randint(1, 5))]
    if chance.random() < 0.5:
        at = chance.randrange(len(line))
        text = mutated(line[at].encode(), chance).replace(b"\0", b"")
        line[at] = os.fsdecode(text)
    return line


def attempt(seed: int, folder: Path) -> str:
    """Run one command on random input; return what is wrong with its end, or nothing."""
    chance = random.Random(seed)
    shutil.copytree(FROZEN / "translation", folder / "run")
    (folder / "text").write_bytes(mutated(b"wir sehen\tsie sieht\n" * 5, chance))
    command, line = chance.choice(COMMANDS), words(chance)
    if chance.random() < 0.6:
        file = folder / "run" / chance.choice(FILES)
        file.write_bytes(mutated(file.read_bytes(), chance))
        command, line = chance.choice(COMMANDS[:2]), ["run=run"]
    try:
        ended = subprocess.run(
            [sys.executable, "-m", f"seq2seq.{command}", *line],
            cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"{command} {line}: still running after {SECONDS} seconds"
    errors = ended.stderr.decode("utf-8", "replace")
    if "Traceback" in errors:
        return f"{command} {line}: {errors[-600:]}"
    if ended.returncode not in (0, 1):
        return f"{command} {line}: status {ended.returncode}: {errors[-300:]}"
    return ""


def main() -> None:
    """Try random input until the time is over, and print each finding."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    given = os.environ.get("FUZZ_SEED")
    end = time.monotonic() + 60 * minutes
    seed = int(given) if given else random.SystemRandom().randrange(2**31)
    tried = found = 0
    while time.monotonic() < end and not (given and tried):
        with tempfile.TemporaryDirectory() as folder:
            problem = attempt(seed + tried, Path(folder))
        if problem:
            found += 1
            print(f"FUZZ_SEED={seed + tried}: {problem}\n", flush=True)
        tried += 1
    print(f"{tried} tries, {found} findings")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
