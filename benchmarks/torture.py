"""Put schedulers through what ruins runs, ours and their peers side by side: right, loud or silently wrong.

    python -m benchmarks.torture            every row; the table, and results/torture.json
    python -m benchmarks.torture --only 3   one row, with every schedule in it

Each library that is installed takes part, driven as its own docs say.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable, Iterator
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from benchmarks._torture import cuts, rows, wishes
from benchmarks._torture.libraries import cases, versions
from benchmarks._torture.setting import INNOCENT, LOUD, NONE, RIGHT, SILENT, Case, Run, Verdict, Wish, judge

RESULTS = Path(__file__).parent / "results" / "torture.json"
EXACT, ROUNDED = 1e-9, 1e-6  # of the peak: floats, and lrs held in float32
WORST = (SILENT, LOUD, RIGHT, NONE)


class Row(NamedTuple):
    """What a user does: for every schedule, or only where a library has the thing at all."""

    number: int
    title: str
    every: Callable[[Case], Run | None] | None = None
    some: Callable[[], Iterator[Wish]] | None = None
    tolerance: float = EXACT
    order_counts: bool = False  # torch's warnings about the order of calls are true here, and count


ROWS = [
    Row(0, "resume as documented: build, load the optimizer, load the schedule", rows.as_documented),
    Row(1, "the schedule's state is not in the checkpoint", rows.forgotten_state),
    Row(2, "continue a finished run with a fresh optimizer", rows.finished),
    Row(3, "load the optimizer, then build, then load the schedule", rows.loaded_first),
    Row(4, "resume into a plan twice as long", rows.longer),
    Row(5, "resume with a new peak", rows.new_peak),
    Row(6, "fine-tune: an old optimizer's state, a new lr", rows.fine_tuned),
    Row(7, "lrs in tensors", rows.in_tensors, tolerance=ROUNDED),
    Row(8, "lrs in tensors, resumed as documented", rows.tensors_resumed, tolerance=ROUNDED),
    Row(9, "several groups made of one tensor", some=cuts.one_tensor, tolerance=ROUNDED),
    Row(10, "step the schedule for each of four micro-batches", rows.micro_batches),
    Row(11, "train past the end", rows.past_the_end),
    Row(12, "two wishes on one optimizer", some=wishes.two_wishes),
    Row(13, "add a group during the run", rows.late_group),
    Row(14, "freeze a group by lr = 0 during the run", rows.frozen),
    Row(15, "build twice on one optimizer", rows.built_twice),
    Row(16, "deepcopy the schedule and step the copy", rows.copied),
    Row(17, "give step() the index of the update", some=wishes.an_index),
    Row(18, "a negative metric on a plateau", some=cuts.negative_metric),
    Row(19, "Accelerate with accumulation x4", some=wishes.accumulated),
    Row(20, "start at update k without the schedule's state", rows.rebuilt),
    Row(21, "a warm-up before restarts, two groups", some=wishes.warmed_restarts),
    Row(22, "GradScaler skips 5 of 45 updates", rows.skipped),
    Row(23, "fast-forward a fresh schedule by 30 calls of step()", rows.fast_forwarded),
    Row(24, "make the optimizer anew after the schedule", rows.made_anew, order_counts=True),
    Row(25, "an optimizer that holds another, with groups of its own", rows.held_inside, order_counts=True),
]


def verdicts(row: Row, of: list[Case]) -> list[Verdict]:
    """What comes out of a row, for each schedule that it concerns."""
    if row.every is not None:
        innocent = () if row.order_counts else INNOCENT
        return [judge(case, row.every, row.tolerance, innocent) for case in of]
    there = {case.library for case in of}
    assert row.some is not None  # noqa: S101  # a row is for every schedule or for some
    wished = [wish for wish in row.some() if wish[0] in there]
    made = [(Case(library, name, lambda *_: None), run) for library, name, run in wished]  # type: ignore[arg-type]
    return [judge(case, lambda _, run=run: run(), row.tolerance) for case, run in made]


def cell(found: list[Verdict]) -> str:
    """The worst of a library's schedules, how many of them, and by how much."""
    asked = [one for one in found if one.verdict != NONE]
    if not asked:
        return NONE
    worst = next(word for word in WORST if any(one.verdict == word for one in asked))
    such = [one for one in asked if one.verdict == worst]
    far = max(one.off_by for one in such)
    return f"{worst} {len(such)}/{len(asked)}" + f" {far:.3g}x".replace("infx", "inf") * (worst == SILENT)


def table(results: dict[int, list[Verdict]], libraries: list[str]) -> str:
    """The rows under the libraries' names."""
    titles = {row.number: row.title for row in ROWS}
    lines = [["", *libraries]]
    for number, found in results.items():
        cells = [cell([one for one in found if one.library == library]) for library in libraries]
        lines.append([f"{number:2} {titles[number]}", *cells])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def details(found: list[Verdict]) -> str:
    """Every schedule of a row."""
    lines = (
        f"  {one.library:18} {one.name:44} {one.verdict:6} {one.off_by:9.3g}x  {'; '.join(one.said)[:160]}"
        for one in found
    )
    return "\n".join(line.rstrip() for line in lines)


def plain(one: Verdict) -> dict[str, object]:
    """A verdict for JSON, which has no infinity."""
    return {**vars(one), "off_by": one.off_by if isfinite(one.off_by) else str(one.off_by)}


def kept(results: dict[int, list[Verdict]]) -> dict[str, object]:
    """All of it, for the file."""
    titles = {row.number: row.title for row in ROWS}
    found = [
        {"row": number, "title": titles[number], "schedules": [plain(one) for one in verdicts]}
        for number, verdicts in results.items()
    ]
    return {"python": platform.python_version(), "versions": versions(), "rows": found}


def main() -> None:
    """Run, print, keep."""
    parser = argparse.ArgumentParser(description="Schedulers under torture.")
    numbers = [row.number for row in ROWS]
    parser.add_argument("--only", type=int, metavar="ROW", choices=numbers, help="one row, every schedule shown")
    only = parser.parse_args().only
    of, results = cases(), {}
    chosen = [row for row in ROWS if only in (None, row.number)]
    for done, row in enumerate(chosen, 1):
        print(f"\r{done:2} of {len(chosen)}: {row.title:68}", end="", file=sys.stderr, flush=True)
        results[row.number] = verdicts(row, of)
    print(file=sys.stderr)
    print(table(results, list(versions())))
    if only is not None:
        print(details(results[only]))
        return
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(kept(results), indent=1, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
