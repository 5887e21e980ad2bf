"""What documents cost beside their text as lines, in CPU seconds.

python -m benchmarks.documents RUN [--messages N] [--repeats N] [--texts FILE] [--table FILE]

Texts of the run's own test text, or lines of FILE, are translated as lines, as a .po file and as
XLIFF, in turns and in one process. The last column is reading and writing alone, with a translator
that copies.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

from benchmarks import results
from seq2seq.documents.document import SegmentTranslation
from seq2seq.documents.registry import parse_document
from seq2seq.documents.translating import translate_documents

COLUMNS = ["texts", "as", "CPU seconds", "times lines", "CPU seconds of the document alone"]


def catalogue(texts: list[str]) -> bytes:
    """Return a catalogue of gettext with a message for each text."""
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    entries = (
        f'#: app.c:{number}\nmsgid "{text.translate({34: chr(92) + chr(34), 92: chr(92) * 2})}"\n'
        'msgstr ""\n'
        for number, text in enumerate(texts)
    )
    return "\n".join([header, *entries]).encode()


def xliff(texts: list[str]) -> bytes:
    """Return XLIFF 1.2 with a unit for each text."""
    units = (
        f'<trans-unit id="{number}">\n<source>{escape(text)}</source>\n</trans-unit>\n'
        for number, text in enumerate(texts)
    )
    return f'<xliff version="1.2"><file><body>\n{"".join(units)}</body></file></xliff>'.encode()


def cpu_seconds(call: Callable[[], object]) -> float:
    """Return the CPU seconds of a call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def alone(data: bytes, name: str) -> float:
    """Return the CPU seconds of reading and writing a document whose translations are copies."""

    def work() -> None:
        document = parse_document(data, name)
        (made,), _ = translate_documents(
            [document], lambda lines: [SegmentTranslation(line) for line in lines]
        )
        document.write(made)

    return cpu_seconds(work)


def read_texts(run: Path, file: Path | None) -> list[str]:
    """Return different texts with letters: lines of a file, or else of a run's test text."""
    from seq2seq.run_folder import RunFolder

    if file is None:
        found = [pair.source for pair in RunFolder(run).read_test()]
    else:
        found = file.read_text(encoding="utf-8").splitlines()
    return [text for text in dict.fromkeys(found) if any(map(str.isalpha, text))]


def measure(run: Path, texts: list[str], repeats: int) -> list[list[object]]:
    """Return the rows of the table."""
    import seq2seq

    translator = seq2seq.load(run)
    documents = {"po": catalogue(texts), "xliff": xliff(texts)}
    seconds: dict[str, list[float]] = {name: [] for name in ("lines", *documents)}
    with TemporaryDirectory() as folder:
        for name, data in documents.items():
            Path(folder, f"in.{name}").write_bytes(data)

        def translate(name: str) -> object:
            source, target = Path(folder, f"in.{name}"), Path(folder, f"out.{name}")
            return seq2seq.translate_document(translator, source, target, name)

        translator.translate(texts[:50])  # what the first call alone does
        for _ in range(repeats):
            seconds["lines"].append(cpu_seconds(lambda: translator.translate(texts)))
            for name in documents:
                seconds[name].append(cpu_seconds(lambda name=name: translate(name)))  # type: ignore[misc]
    base = median(seconds["lines"])
    return [
        [
            len(texts),
            name,
            round(median(values), 2),
            round(median(values) / base, 2),
            round(alone(documents[name], name), 2) if name in documents else None,
        ]
        for name, values in seconds.items()
    ]


def main() -> None:
    """Measure, print and perhaps write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    texts = read_texts(options.run, options.texts)[: options.messages]
    rows = measure(options.run, texts, options.repeats)
    results.table(COLUMNS, rows)
    if options.table:
        chosen = f" --messages {options.messages} --texts FILE" if options.texts else ""
        about = (
            "Documents beside their text as lines",
            f"python -m benchmarks.documents RUN{chosen}",
        )
        results.write_result(options.table, about, COLUMNS, rows)


if __name__ == "__main__":
    main()
