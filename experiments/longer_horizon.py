"""How to extend a run whose learning rate was right for its first length: factors read off the bound alone.

The first run is WSD with a cooldown of 20 % at the scale that is best for its length. Extended, it keeps that learning
rate up to the cooldown it would have had; then the factor, or the longer cooldown, is the one for which the same scale
is the best scale of the whole.
"""

from collections.abc import Callable, Sequence

from matplotlib.figure import Figure

from experiments._picture import COLOURS, panels
from experiments._report import Claim, Report, Row
from experiments._runs import Run, Training
from preheat import Plan, constant, linear
from preheat.theory import bound

QUESTION = "By how much must the learning rate fall when a run is made two or four times as long?"
SOURCE = (
    "Schaipp et al. 2025 (arXiv:2501.18965), section 5; fabian-sp/lr-scheduling 8ace3a3, scripts/horizon_transfer.py"
)
QUICK = True

STEPS, COOLDOWN = 1_000, 0.2  # of the first run; 4000 gives the same
FACTORS = [0.2 + 0.025 * k for k in range(33)]  # the grids of the source
SHARES = [0.1 + 0.9 / 32 * k for k in range(33)]
EXPECTED = {"factor, twice as long": 0.525, "factor, four times": 0.375, "cooldown, twice as long": 0.63}
LOSSES = {  # published final losses of real runs: the same cooldown of 20 %, two stages, a cooldown of 60 %
    "124M, 50k to 100k updates": (2.9037, 2.8975, 2.8878), "124M, 50k to 200k": (2.8608, 2.8552, None),
    "24 layers, 50k to 100k": (2.7935, 2.7843, 2.7718), "24 layers, 50k to 200k": (2.7461, 2.7347, None),
}  # fmt: skip


def wsd_of(steps: int, share: float) -> Plan:
    """Level, then linear to zero for that share."""
    down = round(share * steps)
    return constant(1, steps=steps - down) >> linear(1, 0, steps=down)


def two_stages(steps: int, factor: float) -> Plan:
    """Level as in the first run up to its cooldown, then lower, then linear to zero."""
    first, down = round((1 - COOLDOWN) * STEPS), round(COOLDOWN * steps)
    return constant(1, steps=first) >> constant(factor, steps=steps - first - down) >> linear(factor, 0, steps=down)


def nearest(plan_of: Callable[[float], Plan], grid: Sequence[float], steps: int) -> float:
    """Of the grid, the number for which the best scale is nearest to that of the first run."""
    scale = bound(wsd_of(STEPS, COOLDOWN), STEPS).scale
    return min(grid, key=lambda at: abs(bound(plan_of(at), steps).scale - scale))


def runs(_train: Training) -> list[Run]:
    """None: it computes."""
    return []


def report(_found: Sequence[Run]) -> Report:
    """The two factors and the share."""
    twice, four = 2 * STEPS, 4 * STEPS
    ours = (
        nearest(lambda at: two_stages(twice, at), FACTORS, twice),
        nearest(lambda at: two_stages(four, at), FACTORS, four),
        nearest(lambda at: wsd_of(twice, at), SHARES, twice),
    )
    off = [abs(mine - published) for mine, published in zip(ours, EXPECTED.values(), strict=True)]
    gains = [same - staged for same, staged, _ in LOSSES.values()]
    return Report(
        "of the first learning rate, of the run",
        [Row(name, published, [mine]) for (name, published), mine in zip(EXPECTED.items(), ours, strict=True)],
        [
            Claim("both factors are the published ones", f"{max(off[:2]):.3g} off", max(off[:2]) <= 0.025),
            Claim("the cooldown is the expected one, within a step of the grid", f"{off[2]:.3g} off", off[2] <= 0.028),
            Claim("in the published runs two stages beat the same cooldown",
                  ", ".join(f"{gain:.4f}" for gain in gains), min(gains) > 0),
        ],
    )  # fmt: skip


def draw(_found: Sequence[Run]) -> Figure:
    """The first run, and the three ways to extend it."""
    figure, (axes,) = panels(QUESTION)
    plans = {
        "first run": wsd_of(STEPS, COOLDOWN), "twice, 0.525": two_stages(2 * STEPS, 0.525),
        "twice, cooldown of 63 %": wsd_of(2 * STEPS, 0.63), "four times, 0.375": two_stages(4 * STEPS, 0.375),
    }  # fmt: skip
    for (name, plan), colour in zip(plans.items(), COLOURS, strict=False):
        axes.plot(plan.values(), color=colour, label=name, linewidth=1.2)
    axes.set(xlabel="update", ylabel="multiplier", ylim=(0, 1.3))
    axes.legend(fontsize=7, loc="upper right")
    return figure
