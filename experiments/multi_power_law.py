"""The Multi-Power Law: a loss curve from the learning rates alone, with seven constants.

First with the published constants on the published curves; then with constants fitted to three runs of `decay_shapes`
and judged by the runs that the fit has not seen. The warm-up ramp is part of the sum: there the learning rate rises, so
its terms have the other sign. Without it the published constants do not fit.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.optimize import least_squares

from experiments import decay_shapes
from experiments._picture import COLOURS, panels
from experiments._report import Claim, Report, Row
from experiments._runs import Run, Training
from preheat import Plan, parse

QUESTION = "Do learning rates alone predict the loss curve of a schedule that was never run?"
SOURCE = "Luo et al. 2025 (arXiv:2503.12811), equation 1; thu-yao-01-luo/MultiPowerLaw 8da9f19"
QUICK = False
RUNS_OF = "decay_shapes"

DATA = Path(__file__).parent / "data" / "multi_power_law.json"
PEAK = 16e-3  # which of the runs of `decay_shapes`
FITTED = ("constant", "cosine to 0", "WSD 20 %, linear")
HELD_OUT = ("WSD 20 %, 1-sqrt", "linear to 0", "linear to 10 %", "cosine to 10 %")
BLOCK = 4  # points of a kept curve in one of these
HUBER = 1e-3  # of the logarithm of the loss, as published
START = (1.5, 0.5, 0.5, 30.0, 2.0, 0.5, 0.5)
Numbers = NDArray[np.float64]


class Constants(NamedTuple):
    """Of the law; the names are those of the paper."""

    L0: float
    A: float
    alpha: float
    B: float
    C: float
    beta: float
    gamma: float


class Curve(NamedTuple):
    """Losses after updates counted from 0, and the learning rates that led there."""

    name: str
    rates: Numbers
    updates: NDArray[np.int64]
    losses: Numbers


def law(k: Constants, rates: Numbers, updates: NDArray[np.int64], ramp: int = 0) -> Numbers:
    """The loss after these updates: a power of the sum of learning rates, less what each fall of theirs has brought.

    Args:
        k: the constants.
        rates: the learning rate of every update.
        updates: after which, counted from 0; no learning rate up to there is 0, but for the first.
        ramp: how many updates of the warm-up to leave out of the second sum; the law has all of them in.
    """
    sums, steps = np.cumsum(rates), np.diff(rates)
    at = ramp + np.flatnonzero(steps[ramp:])  # where it rises or falls
    brought = [
        steps[now] @ (1 - (1 + k.C * rates[now + 1] ** -k.gamma * (sums[last] - sums[now])) ** -k.beta)
        for last in updates
        for now in [at[: np.searchsorted(at, last)]]
    ]
    return k.L0 + k.A * sums[updates] ** -k.alpha + k.B * np.array(brought)


@cache
def published() -> dict[str, Any]:
    """What the authors have printed and kept."""
    return dict(json.loads(DATA.read_text(encoding="utf-8")))


def curve(name: str, plan: Plan, peak: float, updates: Sequence[int], losses: Sequence[float]) -> Curve:
    """With the learning rates up to the last of these updates."""
    rates = np.array(plan.values(updates[-1] + 1)) * peak
    return Curve(name, rates, np.array(updates), np.array(losses))


def of_theirs() -> list[Curve]:
    """The curves of the model of 25 million weights that the authors held out."""
    kept = published()
    return [
        curve(one["name"], parse(one["plan"]), kept["peak"], one["updates"], one["losses"]) for one in kept["held_out"]
    ]


def of_ours(found: Sequence[Run], label: str) -> Curve:
    """The training loss of a run, the mean over its seeds, from the end of the warm-up on."""
    chosen = [run for run in found if run.label == label and run.lr == PEAK]
    means = np.mean([run.curve for run in chosen], axis=0).reshape(-1, BLOCK).mean(axis=1)
    size = chosen[0].steps // len(means)
    updates = [size * block + size // 2 for block in range(len(means))]
    after = sum(update < decay_shapes.WARMUP for update in updates)
    return curve(label, parse(chosen[0].plan), PEAK, updates[after:], list(means[after:]))


def missed(k: Constants, curves: Sequence[Curve], ramp: int = 0) -> list[Numbers]:
    """The law less the real loss, at every point of every curve."""
    return [law(k, one.rates, one.updates, ramp) - one.losses for one in curves]


def mae(errors: Sequence[Numbers]) -> float:
    """The mean absolute error, the mean of it over the curves."""
    return fmean(float(np.abs(error).mean()) for error in errors)


def r2(errors: Sequence[Numbers], curves: Sequence[Curve]) -> float:
    """How much of the variance is explained, the mean over the curves."""
    shares = (np.square(error).mean() / one.losses.var() for error, one in zip(errors, curves, strict=True))
    return 1 - fmean(map(float, shares))


def fitted(curves: Sequence[Curve], start: Sequence[float] = START, *, decay: bool = True) -> Constants:
    """The constants with the least Huber loss of the logarithms; without `decay`, only those of the first power."""
    free = slice(None) if decay else slice(3)

    def constants(logs: Numbers) -> Constants:
        values = np.array([*start[:3], start[3] * decay, *start[4:]])
        values[free] = np.exp(logs)
        return Constants(*map(float, values))

    def errors(logs: Numbers) -> Numbers:
        k = constants(logs)
        off = [np.log(law(k, one.rates, one.updates)) - np.log(one.losses) for one in curves]
        return np.asarray(np.nan_to_num(np.concatenate(off), nan=1.0), dtype=np.float64)

    best = least_squares(errors, np.log(start[free]), loss="huber", f_scale=HUBER, max_nfev=400)
    return constants(np.asarray(best.x))


def runs(train: Training) -> list[Run]:
    """Those of `decay_shapes`."""
    return decay_shapes.runs(train)


def report(found: Sequence[Run]) -> Report:
    """Errors with the published constants, then with ours."""
    theirs, ours = _with_their_constants(), _with_ours(found)
    return Report("nats, or as said", [*theirs.rows, *ours.rows], [*theirs.claims, *ours.claims])


def _with_their_constants() -> Report:
    kept, curves, ramp = published(), of_theirs(), 2_160
    k = Constants(*kept["constants"]["25M"])
    errors = missed(k, curves)
    explained, off, without = r2(errors, curves), mae(errors), r2(missed(k, curves, ramp), curves)
    return Report(
        "",
        [
            Row("published curves and constants, R2", kept["of_25M"]["R2"], [explained]),
            Row("... mean absolute error", kept["of_25M"]["MAE"], [off]),
            Row("... R2 without the terms of the warm-up ramp", None, [without]),
        ],
        [
            Claim("the published constants give the published errors, to every digit",
                  f"{explained:.4f}, {off:.5f}", (f"{explained:.4f}", f"{off:.5f}") == ("0.9988", "0.00376")),
            Claim("without the warm-up ramp in the sum they do not", f"R2 {without:.2f}", without < 0.9),
        ],
    )  # fmt: skip


def _with_ours(found: Sequence[Run]) -> Report:
    seen, unseen = [of_ours(found, name) for name in FITTED], [of_ours(found, name) for name in HELD_OUT]
    k = fitted(seen)
    errors = missed(k, unseen)
    held_out, power = mae(errors), mae(missed(fitted(seen, decay=False), unseen))
    real = {one.name: float(one.losses[-1]) for one in unseen}
    ends = {name: real[name] + float(error[-1]) for name, error in zip(real, errors, strict=True)}
    lowest, said = (min(losses, key=losses.__getitem__) for losses in (real, ends))
    return Report(
        "",
        [
            Row("our fit, mean absolute error on the three runs fitted", None, [mae(missed(k, seen))]),
            *(Row(f"... held out: {name}", None, [mae([error])]) for name, error in zip(real, errors, strict=True)),
            *(Row(f"... last point less the real one: {name}", None, [ends[name] - real[name]]) for name in ends),
            Row("a power of the sum alone, held out", None, [power]),
            *(Row(f"our constant {name}", None, [value]) for name, value in k._asdict().items()),
        ],
        [
            Claim("fitted to three of our runs, the law predicts four others within 0.02 nats on average",
                  f"{held_out:.4f}", held_out < 0.02),
            Claim("it does so better than a power of the sum alone", f"{held_out:.4f} against {power:.4f}",
                  held_out < power),
            Claim("it names the shape that ends lowest of the four", f"{said}; in truth {lowest}", said == lowest),
        ],
    )  # fmt: skip


def draw(found: Sequence[Run]) -> Figure:
    """Predictions over what was run: on the left the runs fitted, on the right those held out."""
    figure, sides = panels(QUESTION, 2)
    ours = fitted([of_ours(found, name) for name in FITTED])
    for axes, names, title in zip(sides, (FITTED, HELD_OUT), ("fitted", "held out"), strict=True):
        for name, colour in zip(names, COLOURS, strict=False):
            one = of_ours(found, name)
            axes.plot(one.updates, one.losses, ".", color=colour, markersize=4)
            axes.plot(one.updates, law(ours, one.rates, one.updates), color=colour, label=name, linewidth=1)
        axes.set(xlabel="update", title=title)
        axes.legend(fontsize=7)
    sides[0].set_ylabel("training loss, nats (dots), and the law (lines)")
    return figure
