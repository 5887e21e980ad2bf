"""Tables of the documents, generated from `benchmarks/results/*.json`, and the page of options.

`python -m benchmarks.tables` rewrites the documents; with `--check` it writes nothing, and ends
with status 1 where a table is out of date. A document shows a result by the two comment lines
`<!-- result: NAME -->` and `<!-- end of result -->`; the lines between them are generated.
"""

import json
import re
import sys
import textwrap
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.option_table import option_page
from benchmarks.results import show_help

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
OPTIONS = ROOT / "docs" / "options.md"
MAX_LINE, WIDTH = 250, 120  # characters: a longer line below a table is broken into lines
UNKNOWN = "not recorded"  # the machine, commit or date of some results from before they were data
REGION = re.compile(r"(<!-- result: ([\w-]+) -->\n).*?(<!-- end of result -->)", re.DOTALL)


def documents() -> list[Path]:
    """Return the documents that may hold tables."""
    folders = (ROOT, ROOT / "docs", ROOT / "recipes", ROOT / "benchmarks")
    return sorted(page for folder in folders for page in folder.glob("*.md"))


def read_result(name: str) -> dict[str, Any]:
    """Read a result; decimals keep the digits that they were written with."""
    text = (RESULTS / f"{name}.json").read_text(encoding="utf-8")
    result: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return result


def render_cell(value: Any) -> str:
    """Return a cell: a number, a range as [low, high], scores as a mapping, or text."""
    if value is None:
        return ""
    if isinstance(value, list):
        return " to ".join(render_cell(end) for end in value)
    if isinstance(value, dict):
        return " / ".join(render_cell(score) for score in value.values())
    return f"{value:,}" if isinstance(value, int | Decimal) else str(value)


def render_result(result: dict[str, Any]) -> str:
    """Return a result as a Markdown table, followed by its command, machine, commit and date."""
    columns = result["columns"]
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    lines += [f"| {' | '.join(render_cell(cell) for cell in row)} |" for row in result["rows"]]
    facts = [f"`{result['command']}`"]
    for key in ("machine", "commit", "date"):
        value = result[key] or UNKNOWN
        facts.append(f"{key} {UNKNOWN}" if value == UNKNOWN else value)
    about = f"{result['title']}: {'; '.join(facts)}."
    if len(about) > MAX_LINE:
        about = textwrap.fill(about, WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join([*lines, "", about])


def render_document(text: str) -> str:
    """Return a document with all its tables generated anew."""
    return REGION.sub(lambda m: f"{m[1]}\n{render_result(read_result(m[2]))}\n\n{m[3]}", text)


def current_documents() -> dict[Path, str]:
    """Return the generated text of every document."""
    current = {page: render_document(page.read_text(encoding="utf-8")) for page in documents()}
    current[OPTIONS] = option_page()
    return current


def main() -> None:
    """Write the documents that are out of date, or with --check name them."""
    show_help(sys.argv[1:], __doc__)
    check = "--check" in sys.argv[1:]
    stale = []
    for page, text in current_documents().items():
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            stale.append(page)
            if not check:
                page.write_text(text, encoding="utf-8")
    for page in stale:
        print(f"{page.relative_to(ROOT)} {'is out of date' if check else 'was written'}")
    sys.exit(1 if check and stale else 0)


if __name__ == "__main__":
    main()
