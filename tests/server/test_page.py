"""The page, in a browser: what a person does, with mouse and keyboard, in three widths."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seq2seq.evaluation.calibration import Calibration
from seq2seq.evaluation.confidence_fit import ConfidenceFit
from seq2seq.server.pages import PAGE_FOLDER, page_files
from tests.server.client import RUN, Client, config_of, served

LINE = "Today Omar opens the door."
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
# The script of axe-core, which finds what people with assistive technology cannot use.
AXE = os.environ.get("AXE_CORE", "")
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def test_the_page_names_no_other_host_and_every_file_that_it_names_is_there() -> None:
    files = page_files()

    for name, file in files.items():
        text = file.data.decode().replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text, name
        assert "https:" not in text, name
        assert "innerHTML" not in text, name
    html = files["index.html"].data.decode()
    named = [part.split('"')[0].removeprefix("page/") for part in html.split('="page/')[1:]]
    assert set(named) <= set(files)
    assert {path.name for path in PAGE_FOLDER.iterdir()} == set(files)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of a hostile run that has a fit of confidence."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    shutil.copytree(RUN, folder)
    ConfidenceFit(Calibration((1.0, 0.5), 0.1), Calibration((1.2,), -0.2)).save(
        folder / "confidence.json"
    )
    facts = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**facts, "name": HOSTILE, "scores": [HOSTILE]}))
    (folder / "README.md").write_text(f"# {HOSTILE}\n")
    (folder / "test.jsonl").write_text(json.dumps({"source": HOSTILE, "target": HOSTILE}) + "\n")
    with served(config_of(folder)) as server:
        yield server.client.address


def test_the_page_is_served_with_headers_that_let_nothing_else_in(address: str) -> None:
    client = Client(address)

    page, script = client.get("/"), client.get("/page/main.js")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "default-src 'none'; script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert client.get("/page/..%2fapp.py").status == 404


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    if BROWSER is None:
        pytest.skip("there is no chromium")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    opened.on("dialog", lambda dialog: errors.append(dialog.message))
    opened.goto(address)
    yield opened
    context.close()
    assert errors == []


def wait_for(page: Any, expression: str) -> None:
    """Wait until an expression is true; the page itself evaluates no texts."""
    for _ in range(200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"{expression} is not true within 10 seconds")


def type_text(page: Any, text: str) -> str:
    """Type a text, and return its translation."""
    before = page.evaluate("document.querySelector('#status').textContent = ''")
    assert before == ""
    page.fill("#text", text)
    wait_for(page, "document.querySelector('#status').textContent === 'Translated'")
    return str(page.inner_text("#translation"))


def require_accessible(page: Any) -> None:
    """Require that axe-core finds nothing, where there is one."""
    if AXE:
        page.evaluate(Path(AXE).read_text(encoding="utf-8"))
        found = page.evaluate("axe.run()")
        assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []


@pytest.mark.browser
@pytest.mark.slow
class TestPage:
    def test_a_text_is_translated_as_it_is_typed(self, page: Any, address: str) -> None:
        assert type_text(page, LINE) == Client(address).translate(LINE)
        assert "Confidence" in page.inner_text("#confidence")
        page.select_option("#source", "auto")
        wait_for(page, "document.querySelector('#detected').textContent")
        assert "Detected: English" in page.inner_text("#detected")

    def test_a_word_lights_up_the_words_that_it_comes_from(self, page: Any) -> None:
        type_text(page, LINE)

        page.hover("#translation .word >> nth=1")

        lit = page.locator("#backdrop mark").all_inner_texts()
        assert lit
        assert all(word in LINE.split() for word in lit)

    def test_another_word_is_chosen_by_keyboard_and_the_rest_follows_it(self, page: Any) -> None:
        before = type_text(page, LINE)
        page.focus("#translation .word >> nth=0")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.wait_for_selector("#menu:not([hidden])")
        chosen = page.inner_text('#menu [aria-selected="true"] b')

        page.keyboard.press("Enter")
        wait_for(page, f"document.querySelector('#translation').innerText != {before!r}")

        first, second = page.inner_text("#translation").split()[:2]
        assert (first, second) == (before.split()[0], chosen)

    def test_terms_copy_history_and_clear(self, page: Any) -> None:
        translation = type_text(page, LINE)
        page.click("#copy")
        wait_for(page, "document.querySelector('#status').textContent === 'Copied'")
        assert page.evaluate("navigator.clipboard.readText()") == translation
        page.wait_for_selector("#history li", state="attached")

        page.reload()
        page.click("#history-box summary")
        page.click("#history button")
        wait_for(page, "document.querySelector('#translation').innerText")
        assert page.input_value("#text") == LINE
        page.click("#clear")
        assert page.inner_text("#translation") == ""
        page.click("#forget")
        assert page.locator("#history li").count() == 0

    def test_a_document_comes_back(self, page: Any, address: str) -> None:
        data = json.dumps({"k": LINE}).encode()
        page.set_input_files(
            "#file", {"name": "a.json", "mimeType": "application/json", "buffer": data}
        )
        page.wait_for_selector("#document-link:not([hidden])")
        assert "1 translated" in page.inner_text("#document-status")
        with page.expect_download() as download:
            page.click("#document-link")
        assert json.loads(download.value.path().read_text()) == {
            "k": Client(address).translate(LINE)
        }

    def test_a_hostile_run_is_text(self, page: Any) -> None:
        type_text(page, LINE)
        page.focus("#tab-translate")
        page.keyboard.press("ArrowRight")
        page.wait_for_selector("#samples tr")

        assert HOSTILE in page.inner_text("#facts")
        assert HOSTILE in page.inner_text("#card")
        assert page.locator("#samples td").first.inner_text() == HOSTILE
        assert page.locator("#panel-run img").count() == 0
        assert page.locator("#attention tbody tr").count() > 1
        assert page.locator("#curves svg").count() >= 1

    @pytest.mark.parametrize(
        ("width", "scheme"), [(360, "dark"), (768, "light"), (1280, "light"), (1280, "dark")]
    )
    def test_the_page_fits_and_everybody_can_use_it(
        self, width: int, scheme: str, page: Any, tmp_path: Path
    ) -> None:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        type_text(page, f"{LINE}\n\n{LINE.upper()}")
        for box in page.locator("summary").all():
            box.click()
        page.click("#translation .word >> nth=1")
        page.wait_for_selector("#menu:not([hidden])")
        require_accessible(page)
        page.keyboard.press("Escape")
        folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
        for tab, ready in (("translate", ".word"), ("run", "#samples tr")):
            page.click(f"#tab-{tab}")
            page.wait_for_selector(ready)
            page.screenshot(path=folder / f"{tab}-{width}-{scheme}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            require_accessible(page)
