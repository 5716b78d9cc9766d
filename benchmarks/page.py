"""Writes docs/performance.md and its pictures from what was measured."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.costs import FLOAT, LOOP_BARE, TENSOR
from benchmarks.keeping import MADE
from benchmarks.peers import OURS
from benchmarks.table import Row, amount, by_subject

__all__ = ["write"]

DOCS = Path(__file__).parents[1] / "docs"
PICTURES = {FLOAT: "performance-float.svg", TENSOR: "performance-tensor.svg"}
ORANGE, GREY = "#d55e00", "0.6"

HEAD = """# Performance

<!-- `make bench` writes this page; change benchmarks/page.py, not this file. -->

A schedule's two microseconds are not why to choose one: an update of a real model takes a thousand times as long.
Choose by what happens when a run is resumed, extended or changed ([three answers](three-answers.md)). This page is here
because it is fair to ask, and so that a change which makes something slower is seen.

{where}

Each number is the quietest of many short repeats, taken in turn with what stands beside it. Read the ratios, in
brackets, preheat's number in units of the other's: below 1 preheat takes less. Absolute times differ between
processors, and from hour to hour on one. [How to read it](../benchmarks/README.md) says what each row does.
"""
WHERE = "Everything was measured in one run of `make bench` on {cpu}, Python {python}, with {versions}."
NOTES = {
    TENSOR: "pytorch_optimizer puts a float in the place of each tensor.",
    MADE: "Ours looks at every value that the run will use, and refuses one that the optimizer cannot take.",
}
LOST = """
## Where others take less

Each with the ratio.

{lines}
"""
NOTHING_LOST = "Nowhere in this run."


def write(kept: dict[str, Any]) -> None:
    """The page and its pictures."""
    rows = [Row(**row) for row in kept["rows"]]
    versions = ", ".join(f"{package} {number}" for package, number in kept["versions"].items())
    where = WHERE.format(cpu=kept["cpu"], python=kept["python"], versions=versions)
    parts = [HEAD.format(where=fill(where, 120, break_on_hyphens=False))]
    for subject, together, names in by_subject(rows):
        picture = PICTURES.get(subject)
        if picture:
            draw(DOCS / "img" / picture, subject, together, names)
        parts.append(section(subject, together, names, picture))
    parts.append(LOST.format(lines="\n".join(lost(rows)) or NOTHING_LOST))
    (DOCS / "performance.md").write_text("".join(parts), "utf-8")


def section(subject: str, rows: list[Row], names: list[str], picture: str | None) -> str:
    """A heading, perhaps a picture, and a table."""
    lines = [f"\n## {subject}\n"]
    if picture:
        lines.append(f"![{subject}, by the number of parameter groups](img/{picture})\n")
    lines += [f"{NOTES[subject]}\n"] if subject in NOTES else []
    lines += [" | ".join(("| ", OURS, *names)) + " |", "|---" + "|---:" * (1 + len(names)) + "|"]
    lines += [f"| {row.what} | {amount(row.ours)} {row.unit} | {' | '.join(cells(row, names))} |" for row in rows]
    return "\n".join(lines) + "\n"


def cells(row: Row, names: list[str]) -> list[str]:
    """What stands beside ours, and the ratio."""
    return [f"{amount(row.beside[name])} ({row.ratio(name):.2g})" if name in row.beside else "" for name in names]


def lost(rows: list[Row]) -> Iterator[str]:
    """What takes less than ours, and how many times ours takes as much."""
    for row in rows:
        less = [f"{name} {row.ratio(name):.3g}" for name in row.beside if row.ratio(name) > 1]
        if less:
            yield f"- {row.subject}, {row.what}: {', '.join(less)}."


def draw(path: Path, subject: str, rows: list[Row], names: list[str]) -> None:
    """Cost by the number of groups, ours in colour."""
    rows = [row for row in rows if "own" not in row.what]
    counts = [int(row.what.split()[0]) for row in rows]
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    axes = figure.subplots()
    for name in names:
        style = "--" if name == LOOP_BARE else "-"
        axes.plot(counts, [row.beside[name] for row in rows], style, color=GREY, linewidth=1.2)
    axes.plot(counts, [row.ours for row in rows], color=ORANGE, linewidth=3)
    axes.set(xscale="log", yscale="log", xlabel="parameter groups", ylabel="µs for each step of the schedule")
    axes.set_title(subject, loc="left")
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.minorticks_off()
    axes.set_xlim(counts[0], counts[-1] * 6)
    apart(axes, [row.ours for row in rows[-1:]] + [rows[-1].beside[name] for name in names], [OURS, *names])
    axes.spines[["top", "right"]].set_visible(False)
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": subject}):
        figure.savefig(path, metadata={"Date": None})


def apart(axes: Axes, ends: list[float], names: list[str]) -> None:
    """The names at the ends of their lines, pushed apart where they would meet."""
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * 6)
    least = (high / low) ** (1 / 22)
    last = 0.0
    for end, name in sorted(zip(ends, names, strict=True)):
        place = max(end, last * least)
        axes.annotate(name, (1000, place), (8, 0), textcoords="offset points", va="center", fontsize=9,
                      color=ORANGE if name == OURS else "0.25", annotation_clip=False)  # fmt: skip
        last = place
