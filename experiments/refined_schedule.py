"""The refined schedule: what the gradient norms of one run say of the schedule of the next.

Where gradients are large the learning rate should be small: each update has the weight 1 / norm (the L1 norm, as the
method has it for Adam; a median over a tenth of the run), and its learning rate is the weight times the sum of those
that come later. Norms that fall at first make a warm-up, norms that rise make the decay steeper. Both schedules are run
at the same peak; the refined one has less area under it, so that its own best peak may be higher.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from experiments._models import text
from experiments._picture import COLOURS, panels
from experiments._report import Claim, Report, Row, final
from experiments._runs import Run, Setting, Training
from experiments.decay_shapes import SHAPES, STEPS, WARMUP
from preheat import Plan, piecewise_linear, warmup

QUESTION = "Do the gradient norms of a run call for a warm-up, and is the schedule they call for better?"
SOURCE = "Defazio et al. 2023 (arXiv:2310.07831), section 4; facebookresearch/adaptive_scheduling 37a8a9b, visual.py"
QUICK = False

LR, SEEDS = 16e-3, (0, 1)
BASE, REFINED = "warm-up, linear to 0", "refined from its norms"
KNOTS = 24  # of the refined plan, evenly spaced
POINTS, WIDTH = 10_000, 1_001  # as the authors filter: points, and of them in a median

# The authors' norms are theirs (CC BY-NC 4.0) and not in this repository. Put their folder beside the results of this
# one, as data/norm_sequences_l1, and the peaks are computed anew; without it, these are what it gave.
NORMS = Path(__file__).parent / "data" / "norm_sequences_l1"
FILES = {"RoBERTa": "roberta_l1", "ImageNet": "imagenet_gnorm", "RCNN": "rcnn_gnorm", "ViT": "vit_l1"}
EXPECTED = {
    "RoBERTa": 45.0,
    "ImageNet": 1.0,
    "RCNN": 0.0,
    "ViT": 7.0,
}  # where the authors end the warm-up drawn over it
RECORDED = {"RoBERTa": 44.84, "ImageNet": 0.38, "RCNN": 0.0, "ViT": 3.23}
Numbers = NDArray[np.float64]


def smoothed(norms: Numbers, width: int) -> Numbers:
    """The running median; what lies behind the end is the run reflected."""
    padded = np.pad(norms, (0, 2 * width), mode="reflect")
    return np.asarray(median_filter(padded, size=width, mode="nearest")[: len(norms)])


def refined(norms: Numbers) -> Numbers:
    """The schedule for smoothed norms, its peak at 1, its last value 0."""
    weights = 1 / norms
    later = np.append(np.cumsum(weights[::-1])[::-1][1:], 0)
    return np.asarray(weights * later / (weights * later).max())


def peak(values: Numbers) -> float:
    """Where the peak is, in per cent of the run."""
    return 100 * float(values.argmax()) / (len(values) - 1)


def theirs(file: Path) -> float:
    """The peak of the schedule for norms that the authors have kept, prepared as they do it."""
    with file.open(encoding="utf-8") as rows:
        norms = np.array([float(row[1]) for row in list(csv.reader(rows))[1:]])
    norms = norms[~np.isinf(norms)][2:-2]
    grid = np.linspace(0, 1, max(POINTS, len(norms)))
    norms = smoothed(np.interp(grid, np.linspace(0, 1, len(norms)), norms), WIDTH)
    return peak(refined(np.interp(np.linspace(0, 1, POINTS), grid, norms)))


def of_run(run: Run) -> Numbers:
    """The refined schedule of a run, a value for each update."""
    return refined(smoothed(np.array(run.norms), run.steps // 10 | 1))


def plan_of(run: Run) -> Plan:
    """The refined schedule of a run, as a plan of straight pieces."""
    values = of_run(run)
    ends = [round(k * run.steps / KNOTS) for k in range(KNOTS + 1)]
    knots = [round(float(values[max(0, end - 1)]), 4) for end in ends]
    return piecewise_linear(tuple(knots), milestones=tuple(ends))


def runs(train: Training) -> list[Run]:
    """One that records its norms, then one with the schedule that they call for; each with every seed."""
    task = text("pre", layers=2, width=32, batch=16)
    plan = warmup(WARMUP) >> SHAPES["linear to 0"]
    first = train([Setting(BASE, task, plan, LR, STEPS, seed, norms=True) for seed in SEEDS])
    second = [Setting(REFINED, task, plan_of(run), LR, STEPS, run.seed) for run in first]
    return first + train(second)


def report(found: Sequence[Run]) -> Report:
    """The peaks, theirs and ours, and what the refined schedule ends at."""
    peaks = {name: theirs(NORMS / f"{file}.csv") if NORMS.exists() else RECORDED[name] for name, file in FILES.items()}
    ours = [peak(of_run(run)) for run in found if run.norms]
    ends = {name: final(found, name) for name in (BASE, REFINED)}
    gain = fmean(ends[BASE]) - fmean(ends[REFINED])
    return Report(
        "per cent, or nats",
        [
            *(Row(f"peak, % of the run, {name}, the authors' norms", EXPECTED[name], [peaks[name]]) for name in peaks),
            Row("peak, % of the run, our norms", None, ours),
            *(Row(f"held-out loss, nats, {name}", None, losses) for name, losses in ends.items()),
        ],
        [
            Claim("the norms of RoBERTa call for a warm-up of 45 % of the run, those of RCNN for none",
                  f"{peaks['RoBERTa']:.1f} %, {peaks['RCNN']:.1f} %",
                  abs(peaks["RoBERTa"] - EXPECTED["RoBERTa"]) < 1 and peaks["RCNN"] < 1),
            Claim("the norms of our run call for a warm-up", ", ".join(f"{at:.1f} %" for at in ours), min(ours) > 1),
            Claim("the refined schedule ends no higher than warm-up and linear to 0", f"{gain:+.4f}", gain >= 0),
        ],
    )  # fmt: skip


def draw(found: Sequence[Run]) -> Figure:
    """The norms of the first runs, and the schedules that they call for."""
    figure, (left, right) = panels(QUESTION, 2)
    for run, colour in zip((run for run in found if run.norms), COLOURS, strict=False):
        left.plot(run.norms, color=colour, alpha=0.3, linewidth=0.5)
        left.plot(smoothed(np.array(run.norms), STEPS // 10 | 1), color=colour, label=f"seed {run.seed}")
        right.plot(plan_of(run).values(STEPS), color=colour, label=f"refined, seed {run.seed}")
    right.plot((warmup(WARMUP) >> SHAPES["linear to 0"]).values(), color="grey", linestyle="--", label=BASE)
    left.set(xlabel="update", ylabel="L1 norm of the gradient", yscale="log")
    right.set(xlabel="update", ylabel="multiplier")
    left.legend(fontsize=7)
    right.legend(fontsize=7)
    return figure
