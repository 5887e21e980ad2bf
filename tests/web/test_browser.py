"""The exported page in a browser, from a server of files: what a person does, in three widths."""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import seq2seq
from seq2seq import LineHandling
from seq2seq.commands.export import export
from seq2seq.config.exporting import ExportConfig
from seq2seq.errors import UserError
from seq2seq.inference.loading import load_translation
from seq2seq.inference.onnx.decoding import DecodingEngine
from seq2seq.search.beam import Beam
from seq2seq.web.runtime import read_runtime
from seq2seq.web.site import write_site
from tests.web.page_functions import call_page, mark_modules

RUN = Path(__file__).parents[1] / "frozen_runs" / "9491cbe" / "translation_attention"
CORPUS = Path(__file__).parents[1] / "frozen_runs" / "corpus"
LINES = ["Today Omar opens the door.", "", "  THE OLD MAN SEES ANNA.", "Anna\u00a0sells a lamp."]
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
# The script of axe-core, which finds what people with assistive technology cannot use.
AXE = os.environ.get("AXE_CORE", "")
pytestmark = [pytest.mark.slow, pytest.mark.network]  # npm fetches ONNX Runtime Web, once


class Files(SimpleHTTPRequestHandler):
    """A server of files that logs nothing."""

    def log_message(self, *about: Any) -> None:
        del about


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the command writes; it is fetched anew only if the cache is empty."""
    folder = tmp_path_factory.mktemp("exports") / "site"
    try:
        read_runtime(None)
    except UserError as error:
        pytest.skip(str(error))
    export(ExportConfig(run=str(RUN), output=str(folder), format="web"), folder)
    return folder


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def python_translations(
    lines: list[str], precision: str, run: Path = RUN, search: Beam | None = None
) -> list[str]:
    """Translations of the same search, greedy if none, by ONNX Runtime in Python."""
    handling = LineHandling(split="off", protect=False)
    engine = DecodingEngine(precision, "onnx")
    return seq2seq.load(run, search, precision=engine, lines=handling).translate(lines)


def test_translations_in_fp32_are_those_of_python(site: Path, tmp_path: Path) -> None:
    lines = [
        line
        for name in ("test", "validation", "train")
        for line in (CORPUS / f"{name}.en").read_text("utf-8").splitlines()
    ][:300]
    lines += [line.upper() for line in lines[:20]]
    lines += [f"{first} {second}" for first, second in pairwise(lines[:20])]
    page = Path(shutil.copytree(site, tmp_path / "site"))
    mark_modules(page)
    mark_modules(page / "runtime")

    request = {"folder": str(page), "precision": "fp32"}
    greedy, beam = call_page(
        page,
        [
            ("translate", {**request, "lines": lines}),
            ("translate", {**request, "lines": lines[::5], "search": "beam"}),
        ],
    )

    assert greedy == python_translations(lines, "fp32")
    assert beam == python_translations(lines[::5], "fp32", search=Beam(5, 1.0, 1))


def test_a_network_without_attention_translates_too(tmp_path: Path, site: Path) -> None:
    folder, run = tmp_path / "site", RUN.with_name("translation_summary")
    folder.mkdir()
    write_site(folder, load_translation(run, "cpu", ()), ["fp32"], {})
    shutil.copytree(site / "runtime", folder / "runtime", dirs_exist_ok=True)
    mark_modules(folder)
    mark_modules(folder / "runtime")

    (found,) = call_page(
        folder, [("translate", {"folder": str(folder), "lines": LINES, "precision": "fp32"})]
    )

    assert found == python_translations(LINES, "fp32", run)


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Any]:
    """The page with the model loaded; it has asked no other host for anything."""
    api = pytest.importorskip("playwright.sync_api")
    if BROWSER is None:
        pytest.skip("there is no chromium")
    errors: list[str] = []
    asked: list[str] = []
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
        opened = context.new_page()
        opened.on("request", lambda request: asked.append(request.url))
        opened.on("pageerror", lambda error: errors.append(str(error)))
        opened.on(
            "console", lambda line: errors.append(line.text) if line.type == "error" else None
        )
        opened.goto(address)
        wait_for_status(opened, "Ready: ")
        yield opened
        browser.close()
    assert errors == []
    assert [url for url in asked if not url.startswith(address)] == []


def wait_for_status(page: Any, text: str) -> str:
    """Wait until the status has a text, and return it."""
    for _ in range(600):
        status = str(page.inner_text("#status"))
        if text in status:
            return status
        page.wait_for_timeout(50)
    pytest.fail(f"{status!r} does not become {text!r} within 30 seconds")


def type_text(page: Any, text: str) -> str:
    """Type a text, and return its translation."""
    page.evaluate("document.querySelector('#status').textContent = ''")
    page.fill("#text", text)
    wait_for_status(page, "sentence")  # in "3 sentences, 9 ms each" and "3 sentences, as before"
    return "\n".join(page.locator("#translation p").all_text_contents())


@pytest.mark.browser
class TestPage:
    def test_what_is_typed_is_translated_as_in_python(self, page: Any) -> None:
        page.select_option("#precision", "fp32")
        wait_for_status(page, "Ready: ")

        assert type_text(page, "\n".join(LINES)).split("\n") == python_translations(LINES, "fp32")
        assert wait_for_status(page, " ms").startswith("3 sentences, ")
        page.evaluate("document.querySelector('#status').textContent = ''")
        page.select_option("#search", "beam")
        wait_for_status(page, " ms")
        ours = page.locator("#translation p").all_text_contents()
        assert ours == python_translations(LINES, "fp32", search=Beam(5, 1.0, 1))
        page.select_option("#search", "greedy")
        page.select_option("#precision", "int8")
        wait_for_status(page, " ms")

    def test_a_sentence_has_its_time_and_is_translated_once(self, page: Any) -> None:
        type_text(page, "Omar sees Anna.")
        assert page.inner_text("#status").startswith("1 sentence in ")

        first = type_text(page, "Omar sees Anna.\nAnna sees the door.")
        assert page.inner_text("#status").startswith("2 sentences, of which 1 new, ")
        assert type_text(page, "Omar sees Anna.\nAnna sees the door.") == first
        assert page.inner_text("#status") == "2 sentences, as before"

    def test_a_long_text_is_cut_into_sentences(self, page: Any) -> None:
        translation = type_text(page, f"{LINES[0]} {LINES[3]} " * 3)

        assert page.inner_text("#status").startswith("6 sentences, ")
        assert translation.count(".") == 6

    def test_keys_are_enough(self, page: Any) -> None:
        translation = type_text(page, LINES[0])
        page.focus("#text")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "clear"
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        wait_for_status(page, "Copied")
        assert page.evaluate("navigator.clipboard.readText()") == translation
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        assert page.inner_text("#translation") == ""
        assert page.evaluate("document.activeElement.id") == "text"

    @pytest.mark.parametrize("width", [360, 768, 1280])
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_the_page_fits_and_everybody_can_use_it(
        self, width: int, scheme: str, page: Any, tmp_path: Path
    ) -> None:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        type_text(page, "\n".join(LINES))
        page.evaluate("document.querySelector('details').open = true")

        folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
        page.screenshot(path=folder / f"web-{width}-{scheme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if AXE:
            page.evaluate(Path(AXE).read_text(encoding="utf-8"))
            found = page.evaluate("axe.run()")
            assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []

    def test_a_file_that_is_missing_is_named(self, page: Any, site: Path) -> None:
        file = site / "model" / "step.fp32.onnx"
        moved = file.rename(site / "moved.onnx")
        errors = page.locator("#error")
        try:
            page.select_option("#precision", "fp32")
            errors.filter(has_text="step.fp32.onnx cannot be loaded: 404").wait_for()
        finally:
            moved.rename(file)

        assert not page.is_visible("#loading")
        assert page.input_value("#text")  # nothing is lost
        page.select_option("#precision", "int8")
        wait_for_status(page, " ms")

    def test_a_hostile_model_is_text(self, page: Any, site: Path, address: str) -> None:
        file = site / "model" / "model.json"
        before = file.read_text("utf-8")
        hostile = "<img src=x onerror=alert(1)>"
        settings = {**json.loads(before), "name": hostile, "licence": hostile, "scores": [hostile]}
        file.write_text(json.dumps(settings), "utf-8")
        try:
            page.goto(address)
            wait_for_status(page, "Ready: ")
        finally:
            file.write_text(before, "utf-8")

        assert page.inner_text("h1") == hostile
        assert hostile in page.text_content("#about")
        assert page.locator("main img").count() == 0
