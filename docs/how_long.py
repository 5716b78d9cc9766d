"""Writes docs/how-long.md and its picture, from what `python -m experiments.find_warmup` has kept.

The prose is in docs/how-long.txt, with names in braces where figures stand.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, inf
from pathlib import Path
from statistics import fmean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["PAGE", "page"]

HERE = Path(__file__).parent
KEPT = HERE.parent / "experiments" / "results" / "find_warmup.json"
PAGE, PROSE, PICTURE = HERE / "how-long.md", HERE / "how-long.txt", HERE / "img" / "how-long.png"
CLEAR = 0.03  # nats; a regret above it is told
COLOURS = ("#0072b2", "#d55e00", "#009e73")  # of three peaks, told apart by colour-blind readers


@dataclass(frozen=True)
class Seed:
    """A search, and the held-out loss that a whole run ends with for every warm-up of the grid."""

    chosen: int | None
    updates: int
    losses: dict[int, float]

    @property
    def least(self) -> float:
        """The best of the grid."""
        return min(self.losses.values())

    def regret(self, warmup_steps: int | None) -> float:
        """How much worse a run with that warm-up ends than the best; infinite where there is none to run with."""
        return inf if warmup_steps is None else self.losses[warmup_steps] - self.least


@dataclass(frozen=True)
class Case:
    """A model and a peak, with all seeds."""

    task: str
    peak: float
    seeds: tuple[Seed, ...]

    def mean(self, loss: Callable[[Seed], float]) -> float:
        """Over the seeds."""
        return fmean(map(loss, self.seeds))

    def regrets(self, rule: "Rule") -> list[float]:
        """Those of a rule, one for each seed."""
        return [seed.regret(rule(seed)) for seed in self.seeds]


Rule = Callable[[Seed], int | None]  # the warm-up that somebody chooses


def kept() -> dict[str, Any]:
    """The file."""
    held: dict[str, Any] = json.loads(KEPT.read_text("utf-8"))
    return held


def cases(held: dict[str, Any]) -> list[Case]:
    """Those that are complete, models in the order of the file, peaks from the lowest."""
    found: dict[tuple[str, float], dict[int, list[dict[str, Any]]]] = {}
    for one in held["results"]:
        found.setdefault((one["task"], one["peak"]), {}).setdefault(one["seed"], []).append(one)
    made = [Case(*key, tuple(map(_seed, seeds.values()))) for key, seeds in found.items() if _whole(seeds, held)]
    order = list(dict.fromkeys(case.task for case in made))
    return sorted(made, key=lambda case: (order.index(case.task), case.peak))


def _whole(seeds: dict[int, list[dict[str, Any]]], held: dict[str, Any]) -> bool:
    return len(seeds) == len(held["seeds"]) and all(len(rows) == len(held["grid"]) + 1 for rows in seeds.values())


def _seed(rows: Sequence[dict[str, Any]]) -> Seed:
    (search,) = [row for row in rows if "run" not in row]
    return Seed(search["warmup_steps"], search["updates"], {row["run"]: row["loss"] for row in rows if "run" in row})


def missing(held: dict[str, Any]) -> str:
    """What is still to be run, in a sentence."""
    there = [(case.task, case.peak) for case in cases(held)]
    left = [f"{task} at {peak:g}" for task, peak in map(tuple, held["cases"]) if (task, peak) not in there]
    return f"Not run, or not by all seeds: {', '.join(left)}." if left else "All that was planned has been run."


def regrets_table(found: Sequence[Case], asked: int) -> Iterator[str]:
    """What was chosen, and the regrets: mean and, in brackets, the greatest."""
    yield f"| model | peak | chosen, by seed | loss with it | best | regret | regret of {asked} | regret of none |"
    yield "|---|---|---|---|---|---|---|---|"
    for case in found:
        chosen = ", ".join("nothing works" if seed.chosen is None else str(seed.chosen) for seed in case.seeds)
        cells = [
            case.task, f"{case.peak:g}", chosen, _loss(case.mean(lambda seed: seed.regret(seed.chosen) + seed.least)),
            _loss(case.mean(lambda seed: seed.least)), _regret(case.regrets(lambda seed: seed.chosen)),
            _regret(case.regrets(lambda _: asked)), _regret(case.regrets(lambda _: 0)),
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def grid_table(found: Sequence[Case], grid: Sequence[int]) -> Iterator[str]:
    """The mean loss for every warm-up."""
    yield f"| model | peak | {' | '.join(map(str, grid))} | updates of trials |"
    yield "|---" * (len(grid) + 3) + "|"
    for case in found:
        losses = [_loss(fmean(seed.losses[length] for seed in case.seeds)) for length in grid]
        cost = f"{case.mean(lambda seed: seed.updates):.0f}"
        yield f"| {' | '.join([case.task, f'{case.peak:g}', *losses, cost])} |"


def failures(found: Sequence[Case]) -> Iterator[str]:
    """Where the search chose clearly worse than the best, or nothing."""
    for case in found:
        seed = max(case.seeds, key=lambda seed: seed.regret(seed.chosen))
        worst, who = seed.regret(seed.chosen), f"- **{case.task} at {case.peak:g}**"
        best = min(seed.losses, key=lambda length: seed.losses[length])
        if worst == inf:
            nothing = sum(seed.chosen is None for seed in case.seeds)
            yield f"{who}: nothing works, it found on {nothing} of {len(case.seeds)} seeds."
        elif worst > CLEAR:
            yield f"{who}: it chose {seed.chosen}, and the run with {best} ended {worst:.3f} nats lower."


def figures(held: dict[str, Any]) -> dict[str, Any]:
    """What stands in the prose."""
    found, (none, asked, *_) = cases(held), held["grid"]
    hard, mild = ([case for case in found if case.task.startswith("post") == is_hard] for is_hard in (True, False))
    every = [seed for case in found for seed in case.seeds]
    rules: dict[str, Rule] = {
        "chosen": lambda seed: seed.chosen, "asked": lambda _: asked, "none": lambda _: none,
        "long": lambda _: held["grid"][-2], "longest": lambda _: held["grid"][-1],
        "both": lambda seed: None if seed.chosen is None else max(seed.chosen, asked),
    }  # fmt: skip
    return {
        "regrets": "\n".join(regrets_table(found, asked)),
        "whole_grid": "\n".join(grid_table(found, held["grid"])),
        "missing": missing(held),
        "failures": "\n".join(failures(found)),
        "lengths": f"{', '.join(map(str, held['grid'][:-1]))} and {held['grid'][-1]}", "length": asked,
        "four": held["grid"][-2], "longest": held["grid"][-1],
        "run": held["updates"], "beta2": held["beta2"], "seeds": len(held["seeds"]), "searches": len(every),
        "clear": CLEAR, "minutes": round(sum(one["seconds"] for one in held["results"]) / 60),
        "close": {name: sum(seed.regret(rule(seed)) <= CLEAR for seed in every) for name, rule in rules.items()},
        "hard": {name: _worst(hard, rule) for name, rule in rules.items()},
        "mild": {name: _worst(mild, rule) for name, rule in rules.items()},
    }  # fmt: skip


def _worst(some: Sequence[Case], rule: Rule) -> str:
    """The greatest regret of a rule, where it has an answer, rounded up: what none is above."""
    greatest = max(regret for case in some for regret in case.regrets(rule) if regret < inf)
    return f"{ceil(100 * greatest) / 100:.2f}"


def page() -> str:
    """The page."""
    return PROSE.read_text("utf-8").format(**figures(kept()))


def _loss(nats: float) -> str:
    return "" if nats == inf else f"{nats:.3f}"


def _regret(regrets: Sequence[float]) -> str:
    return "" if max(regrets) == inf else f"{fmean(regrets):.3f} ({max(regrets):.3f})"


def draw(held: dict[str, Any]) -> Figure:
    """A panel for each model: how much worse than its best each warm-up is, and what was chosen."""
    found = cases(held)
    tasks = list(dict.fromkeys(case.task for case in found))
    figure = Figure(figsize=(3.1 * len(tasks), 3.4), layout="constrained")
    for axes, task in zip(figure.subplots(1, len(tasks), squeeze=False)[0], tasks, strict=True):
        _panel(axes, [case for case in found if case.task == task], held["grid"])
        axes.set_title(task, fontsize=10)
    figure.axes[0].set_ylabel("held-out loss above the seed's best, nats")
    return figure


def _panel(axes: Axes, found: Sequence[Case], grid: Sequence[int]) -> None:
    places = range(len(grid))
    for case, colour in zip(found, COLOURS, strict=False):
        for seed in case.seeds:
            axes.plot(places, [seed.regret(length) for length in grid], color=colour, linewidth=0.9, alpha=0.7)
            if seed.chosen is not None:
                axes.plot(grid.index(seed.chosen), seed.regret(seed.chosen), "o", color=colour, markersize=6)
        axes.plot([], [], color=colour, label=f"peak {case.peak:g}")
    axes.plot([], [], "o", color="0.4", label="chosen")
    axes.set_yscale("symlog", linthresh=0.05)
    axes.set_ylim(-0.005, 1)
    axes.set_yticks([0, 0.02, 0.05, 0.1, 0.2, 0.5, 1], ["0", "0.02", "0.05", "0.1", "0.2", "0.5", "1"])
    axes.minorticks_off()
    axes.set_xticks(places, list(map(str, grid)))
    axes.set_xlabel("updates of warm-up")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.legend(fontsize=8, frameon=False, loc="upper right")


def main() -> None:
    """Write both."""
    PAGE.write_text(page(), "utf-8")
    draw(kept()).savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()
