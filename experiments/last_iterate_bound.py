"""How the convex bound of the last iterate ranks schedules, and what it says of their best learning rates."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from experiments._picture import COLOURS, SIDE, panels
from experiments._report import Claim, Report, Row
from experiments._runs import Run, Training
from preheat import Plan, constant, cosine, linear, noam, one_minus_sqrt
from preheat.theory import bound, rank

QUESTION = "Which shape has the smallest bound on the last iterate, and at which scale?"
SOURCE = "Defazio et al. 2023 (arXiv:2310.07831), Theorem 10; Schaipp et al. 2025 (arXiv:2501.18965), Theorem 1"
QUICK = True

STEPS = 4_000


def stable(share: float, shape: Plan) -> Plan:
    """Level, then that shape for the last share of the run."""
    return constant(1, steps=round((1 - share) * STEPS)) >> shape


def last(share: float) -> int:
    """The updates of the last share of the run."""
    return round(share * STEPS)


PLANS = {
    "constant": constant(1),
    "1 / sqrt(t)": noam(1, 1),
    "WSD, last 10 % linear": stable(0.1, linear(1, 0, steps=last(0.1))),
    "linear to 10 %": linear(1, 0.1, steps=STEPS),
    "WSD, last 20 % linear": stable(0.2, linear(1, 0, steps=last(0.2))),
    "WSD, last 20 % 1-sqrt": stable(0.2, one_minus_sqrt(1, 0, steps=last(0.2))),
    "cosine": cosine(1, 0, steps=STEPS),
    "WSD, last 60 % linear": stable(0.6, linear(1, 0, steps=last(0.6))),
    "linear to zero": linear(1, 0, steps=STEPS),
}
EXPECTED = (3.142, 2.754, 2.288, 2.182, 2.164, 2.129, 2.061, 2.019, 2.002)
SCALES = {"constant": 0.318, "WSD, last 20 % linear": 0.513, "linear to zero": 0.999}


def runs(_train: Training) -> list[Run]:
    """None: it computes."""
    return []


def report(_found: Sequence[Run]) -> Report:
    """Bounds and best scales, both times the square root of the length."""
    found = {name: [x * STEPS**0.5 for x in bound(plan, STEPS)] for name, plan in PLANS.items()}
    rows = [Row(name, expected, [found[name][0]]) for name, expected in zip(PLANS, EXPECTED, strict=True)]
    rows += [Row(f"best scale, {name}", expected, [found[name][1]]) for name, expected in SCALES.items()]
    off = max(abs(row.ours[0] - row.expected) for row in rows if row.expected is not None)
    ratio = found["linear to zero"][1] / found["WSD, last 20 % linear"][1]
    best = rank(PLANS.values(), STEPS)[0].plan
    return Report(
        f"bound x sqrt({STEPS}), D = G = 1",
        rows,
        [
            Claim("every figure is the expected one to a thousandth", f"{off:.5f} off at most", off <= 0.001),
            Claim("linear to zero is first", repr(best), best == PLANS["linear to zero"]),
            Claim("its best learning rate is about twice that of WSD with 20 %", f"{ratio:.3f}", 1.8 < ratio < 2.2),
        ],
    )  # fmt: skip


def draw(_found: Sequence[Run]) -> Figure:
    """The bound at every scale."""
    figure, (axes,) = panels(QUESTION)
    scales = [0.1 * 1.08**k for k in range(75)]  # times 1 / sqrt(steps)
    for (name, plan), colour in zip(PLANS.items(), (*COLOURS, "#999999"), strict=True):
        value, scale = (x * STEPS**0.5 for x in bound(plan, STEPS))
        axes.plot(scales, [value / 2 * (scale / at + at / scale) for at in scales], color=colour, label=name)
        axes.plot([scale], [value], "o", color=colour, markersize=4)
    axes.set(xscale="log", ylim=(1.8, 5), xlabel="scale x sqrt(steps)", ylabel="bound x sqrt(steps)")
    figure.legend(fontsize=7, loc=SIDE)
    return figure
