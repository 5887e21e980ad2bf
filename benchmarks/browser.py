"""The page of `export format=web` in Debian's chromium: equality with Python, and speed.

python -m benchmarks.browser RUN FILE ...

(1) 10,000 lines, as many from the beginning of each FILE, are normalised and cut into pieces by the
page and by Python. (2) The first 500 sources of the test text of RUN are translated by the
page and by ONNX Runtime in Python, 8 together; no line is cut into sentences. One thread
each, in milliseconds of the clock; the fastest of 3 rounds counts. It needs playwright. The rows
are written into benchmarks/output/browser.json.
"""

import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any

import torch

import seq2seq
from benchmarks import results
from seq2seq import LineHandling
from seq2seq.inference.loading import load_translation
from seq2seq.inference.onnx.decoding import DecodingEngine
from seq2seq.run_folder import RunFolder
from seq2seq.search.beam import Beam
from seq2seq.text.lines import read_lines
from seq2seq.text.normalization import normalize
from seq2seq.web.runtime import read_runtime
from seq2seq.web.site import write_site

LINES, SENTENCES, ROUNDS, BATCH = 10_000, 500, 3, 8
PRECISIONS = ("fp32", "int8")
SEARCHES = {"greedy": None, "beam": Beam(5, 1.0, 1)}
COLUMNS = (
    "precision", "search", "MB of graphs", "s until ready", "ms a sentence, page",
    "ms a sentence, Python", "lines equal to Python's",
)  # fmt: skip
CUT = """async (lines) => {
  const { openTokenizer } = await import("./tokenizer.js");
  const { normalize } = await import("./normalization.js");
  const settings = await (await fetch("model/model.json")).json();
  const described = await (await fetch(`model/${settings.tokenizers.source}`)).json();
  const tokenizer = openTokenizer(described);
  return lines.map((line) => tokenizer.encode(normalize(line)));
}"""


class Files(SimpleHTTPRequestHandler):
    """A server of files that logs nothing."""

    def log_message(self, *about: Any) -> None:
        """Log nothing."""
        del about


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder, and yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def equal_pieces(page: Any, run: Path, files: Sequence[str]) -> str:
    """Return how many of the lines of files the page cuts as Python does."""
    lines = [x for file in files for x in islice(read_lines(Path(file)), LINES // len(files))]
    source, _ = RunFolder(run).read_tokenizers()
    ours = source.encode([normalize(line) for line in lines])
    equal = sum(a == b for a, b in zip(page.evaluate(CUT, lines), ours, strict=True))
    return f"{equal:,} of {len(lines):,} lines of {len(files)} files have equal pieces"


def open_page(browser: Any, address: str, precision: str) -> tuple[Any, float]:
    """Return the page with a precision loaded, and the seconds until then."""
    page = browser.new_page(bypass_csp=True)  # playwright waits by `eval`
    page.goto(address)
    page.wait_for_function("document.querySelector('#status').textContent.startsWith('Ready')")
    if page.input_value("#precision") == precision:
        start = page.evaluate("performance.now()")
        return page, start / 1000
    started = time.perf_counter()
    page.select_option("#precision", precision)
    page.wait_for_function("document.querySelector('#status').textContent.startsWith('Ready')")
    return page, time.perf_counter() - started


def page_translations(page: Any, search: str, lines: Sequence[str]) -> tuple[list[str], float]:
    """Return translations of lines by the page, and the milliseconds of each that it shows."""
    page.fill("#text", "")
    page.select_option("#search", search)
    page.dispatch_event("#precision", "change")  # it forgets the translations of the last round
    page.wait_for_function("document.querySelector('#status').textContent.startsWith('Ready')")
    page.evaluate("document.querySelector('#status').textContent = ''")
    page.fill("#text", "\n".join(lines))
    page.wait_for_function(
        "/sentences, .* each/.test(document.querySelector('#status').textContent)", timeout=300_000
    )
    shown = page.inner_text("#status").split(", ")[1].split(" ")[0]
    return page.locator("#translation p").all_text_contents(), float(shown)


def python_translations(
    run: Path, lines: Sequence[str], precision: str, search: str
) -> tuple[list[str], float]:
    """Return translations of lines by Python, and the milliseconds of each."""
    handling = LineHandling(split="off")
    engine = DecodingEngine(precision, "onnx")
    translator = seq2seq.load(run, SEARCHES[search], batch=BATCH, precision=engine, lines=handling)
    translator.translate(lines[:20])
    fastest = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        translations = translator.translate(lines)
        fastest = min(fastest, time.perf_counter() - start)
    return translations, 1000 * fastest / len(lines)


def measured_rows(run: Path, files: Sequence[str]) -> tuple[str, list[list[object]]]:
    """Return a line about pieces, and the rows of the table."""
    from playwright.sync_api import sync_playwright  # an extra of no installation

    tests = [pair.source for pair in RunFolder(run).read_test()]
    lines = [normalize(line) for line in tests[:SENTENCES]]
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        network = load_translation(run, "cpu", ())
        sizes = write_site(Path(folder), network, PRECISIONS, read_runtime(None))
        settings = Path(folder) / "model" / "model.json"
        whole = {**json.loads(settings.read_text("utf-8")), "typical_length": 10**6}
        settings.write_text(json.dumps(whole), "utf-8")
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with served(Path(folder)) as address:
            for precision in PRECISIONS:
                page, seconds = open_page(browser, address, precision)
                for search in SEARCHES:
                    rounds = [page_translations(page, search, lines) for _ in range(ROUNDS)]
                    ours, each = rounds[0][0], min(seconds for _, seconds in rounds)
                    theirs, python = python_translations(run, lines, precision, search)
                    equal = sum(a == b for a, b in zip(ours, theirs, strict=True))
                    rows.append([
                        precision, search, round(sizes[precision] / 1e6, 1), round(seconds, 1),
                        round(each, 1), round(python, 1), f"{equal} of {len(lines)}",
                    ])  # fmt: skip
            pieces = equal_pieces(page, run, files)
        browser.close()
    return pieces, rows


def main(arguments: Sequence[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    torch.set_num_threads(1)
    pieces, rows = measured_rows(Path(arguments[0]), arguments[1:])
    print(pieces)
    results.table(COLUMNS, rows)
    results.FOLDER.mkdir(exist_ok=True)
    title = f"The page in a browser beside Python, {SENTENCES} lines of the test text; {pieces}"
    command = "python -m benchmarks.browser RUN FILE ..."
    results.write_result(
        results.FOLDER / "browser.json", (title, command), COLUMNS, rows, cores="two cores"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
