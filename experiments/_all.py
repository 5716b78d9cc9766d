"""Which experiments there are, and what each of them must have."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Protocol, cast

from matplotlib.figure import Figure

from experiments._report import Report
from experiments._runs import RESULTS, Run, Training, kept

__all__ = ["NAMES", "Experiment", "experiment", "made"]

NAMES = (
    "untuned_warmups", "last_iterate_bound", "longer_horizon", "refined_schedule", "post_ln", "higher_peak",
    "decay_shapes", "multi_power_law",
)  # fmt: skip


class Experiment(Protocol):
    """A module of this folder: one subject, from its runs to its picture.

    One that looks at the runs of another experiment names it as RUNS_OF.
    """

    QUESTION: str
    SOURCE: str
    QUICK: bool  # under 10 s

    def runs(self, train: Training) -> list[Run]:
        """The runs it needs; none if it only computes."""

    def report(self, found: Sequence[Run]) -> Report:
        """What they come to."""

    def draw(self, found: Sequence[Run]) -> Figure:
        """What they look like."""


def experiment(name: str) -> Experiment:
    """The module of that name."""
    return cast("Experiment", import_module(f"experiments.{name}"))


def made(name: str, folder: Path = RESULTS) -> Report:
    """Run what is missing, then keep report and picture; runs of other settings are dropped from the file."""
    what, file, began = experiment(name), kept(name, folder), perf_counter()
    source = getattr(what, "RUNS_OF", name)
    if source == name:
        runs = file.runs = what.runs(file.train)
    else:
        runs = what.runs(kept(source, folder).train)
    report = what.report(runs)
    seconds = sum(run.seconds for run in file.runs) or perf_counter() - began
    file.report = report.plain() | {
        "place": NAMES.index(name), "question": what.QUESTION, "source": what.SOURCE,
        "command": f"python -m experiments {name}", "seconds": seconds,
    }  # fmt: skip
    file.write()
    what.draw(runs).savefig(folder / f"{name}.png")
    return report
