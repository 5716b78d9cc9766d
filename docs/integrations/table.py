"""Writes the table of frameworks into README.md from cells.json, which the tests wrote: `make frameworks`."""

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
COLUMNS = (
    "trains",
    "lr true at every update",
    "accumulation",
    "AMP",
    "resume bit-identical",
    "several processes",
)


def table(cells: dict[str, dict[str, Any]]) -> str:
    """The table, a row for each framework."""
    head = ["framework", *COLUMNS, "run on"]
    rows = [
        [f"[{name}]({row['page']}.md)", *(row["cells"][column]["shown"] for column in COLUMNS), row["version"]]
        for name, row in cells.items()
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def main() -> None:
    """Put the table in the place of the one that is there."""
    page = FOLDER / "README.md"
    made = table(json.loads((FOLDER / "cells.json").read_text("utf-8")))
    there = re.compile(r"^\| framework .*?\n(?=\n)", re.MULTILINE | re.DOTALL)
    page.write_text(there.sub(lambda _: f"{made}\n", page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
