"""Several runs of `benchmarks.hard_lines` as one result: a column each.

`python -m benchmarks.hard_lines_table RESULT NAME=FILE ...` writes RESULT, a file of
`benchmarks/results`, from the files that `hard_lines --out FILE` wrote.
"""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.results import show_help, write_result

SKIPPED = "lines per second"  # it depends on what else the machine does


def main() -> None:
    """Write the result."""
    show_help(sys.argv[1:], __doc__)
    result, *named = sys.argv[1:]
    files = dict(argument.split("=", 1) for argument in named)
    tables = {name: rows_of(Path(file)) for name, file in files.items()}
    first = next(iter(tables.values()))
    conditions = {key: row["condition"] for table in tables.values() for key, row in table.items()}
    rows = [
        [*key, *(value_of(table.get(key)) for table in tables.values()), conditions[key]]
        for key in first
        if key[1] != SKIPPED
    ]
    about = (
        "Lines as people have them, `+recipe=en-de`, 4,000 steps each",
        "python -m benchmarks.hard_lines RUN",
    )
    columns = ["lines", "measured", *tables, "condition"]
    write_result(Path(result), about, columns, rows)


def rows_of(path: Path) -> dict[tuple[str, str], Any]:
    """Return the rows of a file by their lines and metric."""
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return {(row["lines"], row["metric"]): row for row in rows}


def value_of(row: Any) -> str:
    """Return the figure of a row with one decimal, and of plain text beside it where it has one."""
    if row is None:
        return ""
    plain = f" ({row['plain']:.1f})" if row["plain"] is not None else ""
    return f"{row['value']:.1f}{plain}"


if __name__ == "__main__":
    main()
