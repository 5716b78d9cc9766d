"""Writes docs/peers.md: for every schedule of the field, a plan that is equal to it and the largest difference.

The rows come from docs/peers.toml, the numbers from docs/peers.json. `make peers-table` measures the numbers: it runs
the comparisons of tests/peers, which note what they find in a file, and gives that file to this script.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np

from preheat import parse
from preheat._plan import Then

__all__ = ["entries", "measured", "page", "rows", "updates_of"]

HERE = Path(__file__).parent
NUMBERS = HERE / "peers.json"
PACKAGES = ("torch", "transformers", "timm", "pytorch-ignite", "optax", "fvcore", "pytorch-warmup", "pytorch-optimizer",
            "schedulefree")  # fmt: skip
LONGEST = 130  # characters of a plan in a table
LONG = 1_000  # updates

TITLES = {
    "shape": "In the libraries",
    "framework": "In the frameworks for training",
    "read": "Read, not run",
    "inside": "Inside optimizers",
    "nobody": "What no library has",
    "none": "What is no plan",
}
HEAD = """# Every schedule of the field

Each line names a schedule of another library, a plan that is equal to it, and the largest difference found, as a
share of the largest value: along whole runs, most of 10,000 updates and more, with every parameter that changes the
curve. A difference of 1e-16 is the last digit. The numbers in a plan are those of a test. Most of these schedules are
in `preheat.like`, with their own names and parameters.

Installed libraries ran in the test ({versions}). Frameworks are compared with values that their own code computed, at
both ends and at every boundary: [From another library](migrating.md) names the commits. Schedules under "Read, not run"
are compared with the arithmetic in their public source, written anew in the test. Formulas of papers are computed in 80
digits.

`LinearScheduler` and `CosineScheduler` of pytorch_optimizer have these values only if you step them before the first
update. Stepped after each update, like torch's schedulers, they use `min_lr` first and the rest one update later.

This page is written by `make peers-table`.
"""


def rows() -> dict[str, list[dict[str, Any]]]:
    """The rows of each table, by their names."""
    with (HERE / "peers.toml").open("rb") as file:
        return tomllib.load(file)


def entries() -> list[str]:
    """Every schedule with a plan, once."""
    return list(
        dict.fromkeys(
            entry for kind, of_kind in rows().items() if kind != "none" for row in of_kind for entry in row["of"]
        )
    )


def page() -> str:
    """The page, from the numbers in docs/peers.json."""
    numbers = json.loads(NUMBERS.read_text("utf-8"))
    versions = ", ".join(f"{name} {number}" for name, number in numbers["versions"].items())
    paragraphs = HEAD.format(versions=versions).split("\n\n")
    parts = ["\n\n".join(fill(paragraph, 120, break_on_hyphens=False) for paragraph in paragraphs) + "\n"]
    for kind, title in TITLES.items():
        table = _answers(rows()[kind]) if kind == "none" else _table(rows()[kind], numbers["entries"])
        parts.append("\n".join([f"## {title}\n", *table, ""]))
    return "\n".join(parts)


def _table(of_kind: Iterable[dict[str, Any]], found: dict[str, tuple[str, float]]) -> Iterator[str]:
    yield "| shape | schedule | a plan equal to it | largest difference |"
    yield "|---|---|---|---|"
    for row in of_kind:
        for k, entry in enumerate(row["of"]):
            plan, difference = found[entry]
            schedule = "its formula" if entry.startswith("formula: ") else f"`{entry.partition(': ')[0]}`"
            yield f"| {'' if k else row['name']} | {schedule} | `{plan}` | {f'{difference:.0e}' if difference else 0} |"


def _answers(of_kind: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield "| what | where | what answers it |"
    yield "|---|---|---|"
    for row in of_kind:
        yield f"| {row['name']} | {', '.join(f'`{schedule}`' for schedule in row['of'])} | {row['answer']} |"


def measured(lines: Iterable[str]) -> dict[str, Any]:
    """The numbers of the page, from the comparisons' notes, the stored values of frameworks and the formulas."""
    noted = [json.loads(line) for line in lines] + list(_frameworks())
    found: dict[str, tuple[str, float]] = {}
    largest: dict[str, float] = {}
    for entry in entries():
        found[entry] = _formula(entry) if entry.startswith("formula: ") else _of(entry, noted)
    for row in noted:
        largest[row["schedule"]] = max(row["difference"], largest.get(row["schedule"], 0.0))
    versions = {name: number for name in PACKAGES if (number := _version(name))}
    return {"versions": versions, "entries": found, "largest": dict(sorted(largest.items()))}


def _version(package: str) -> str:
    try:
        return version(package).partition("+")[0]
    except PackageNotFoundError:
        return ""


def _of(entry: str, noted: Iterable[dict[str, Any]]) -> tuple[str, float]:
    """The shortest plan and the largest difference among the notes on an entry."""
    schedule, _, word = entry.partition(": ")
    matching = [row for row in noted if row["schedule"] == schedule and word in row["plan"]]
    if not matching:
        message = f"{entry}: no comparison has noted it"
        raise LookupError(message)
    plans = [row["plan"] for row in matching]
    plan = min((text for text in plans if updates_of(text) >= LONG), key=len, default=min(plans, key=len))
    short = plan if len(plan) <= LONGEST else f"{plan[:LONGEST]}..."
    return short, float(f"{max(row['difference'] for row in matching):.1e}")


def updates_of(plan: str) -> int:
    """The sum of all lengths in the text of a plan."""
    return sum(map(int, re.findall(r"steps=(\d+)", plan)))


def _frameworks() -> Iterator[dict[str, Any]]:
    """The rows of docs/migrating.md, compared with the stored values of the frameworks' own code."""
    migrating = (HERE / "migrating.md").read_text("utf-8")
    for library, kept in json.loads((HERE.parent / "tests" / "migrating.json").read_text("utf-8")).items():
        for theirs, row in kept["rows"].items():
            text = re.findall(rf"^\| {re.escape(theirs)} \| `([^`]+)` \|$", migrating, re.MULTILINE)[0]
            name, values = re.findall(r"`(?:decay_method: )?([^`(]+)", theirs)[0], row["values"]
            far = max(abs(parse(text)(int(i)) - value) for i, value in values.items()) / max(map(abs, values.values()))
            yield {"schedule": f"{library}.{name}", "plan": text, "difference": far}


def _formula(entry: str) -> tuple[str, float]:
    """A plan of shapes and constants, compared with the formulas of its shapes piece by piece."""
    from benchmarks.exact import ULP, errors, exact  # noqa: PLC0415  # mpmath is needed to measure only

    text = entry.partition(": ")[2]
    plan = parse(text)
    worst = 0.0
    for piece in plan.plans if isinstance(plan, Then) else [plan]:
        if hasattr(piece, "shape"):
            last = piece.steps or 100_000
            times = np.unique(np.linspace(1, last, 2_000).astype(int)).tolist()
            values = np.array([piece(t - 1) for t in times])
            worst = max(worst, float(errors(values, exact(piece, times), abs(values).max()).max() * ULP))
    return text, float(f"{worst:.1e}")


def main() -> None:
    """Measure if a file of notes is given, then write the page."""
    if notes := sys.argv[1:]:
        lines = Path(notes[0]).read_text("utf-8").splitlines()
        NUMBERS.write_text(json.dumps(measured(lines), indent=1) + "\n", "utf-8")
    (HERE / "peers.md").write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
