"""Three warm-ups read off beta2 do the same work: how many updates each of them takes away from a run."""

from collections.abc import Sequence
from math import fsum

from matplotlib.figure import Figure

from experiments._picture import COLOURS, panels
from experiments._report import Claim, Report, Row
from experiments._runs import Run, Training
from preheat import Plan, constant, exponential_warmup, gi_adam, radam, untuned_linear

QUESTION = "How much warm-up do RAdam, the untuned rules and GI-Adam amount to?"
SOURCE = "Ma and Yarats 2019 (arXiv:1910.04209), section 5: the effective warm-up period, the sum of 1 - multiplier"
QUICK = True

BETAS = (0.999, 0.99, 0.98)
LASTS = 60  # times 1 / (1 - beta2); what comes later is below 1e-20


def exponential(beta2: float) -> Plan:
    """The untuned exponential warm-up by its formula, without an end."""
    return exponential_warmup(1 / (1 - beta2))


def rectified(beta2: float) -> Plan:
    """RAdam's factor, 0 in the four updates in which it is not defined."""
    return constant(0, steps=4) >> radam(beta2)


RULES = {"RAdam": rectified, "untuned exponential": exponential, "untuned linear": untuned_linear, "GI-Adam": gi_adam}
EXPECTED = {  # of the first three, for each of the betas: the sums of the published formulas
    0.999: (1033.3, 999.5, 999.5, 613.0), 0.99: (106.9, 99.5, 99.5, None), 0.98: (55.3, 49.5, 49.5, None),
}  # fmt: skip


def effective(plan: Plan, beta2: float) -> float:
    """How many updates at full learning rate the warm-up takes away."""
    return fsum(1 - value for value in plan.values(round(LASTS / (1 - beta2))))


def runs(_train: Training) -> list[Run]:
    """None: it computes."""
    return []


def report(_found: Sequence[Run]) -> Report:
    """The effective periods, and their ratios."""
    ours = {(beta2, name): effective(rule(beta2), beta2) for beta2 in BETAS for name, rule in RULES.items()}
    rows = [
        Row(f"{name}, beta2 {beta2}", expected, [ours[beta2, name]])
        for beta2 in BETAS
        for name, expected in zip(RULES, EXPECTED[beta2], strict=True)
    ]
    off = max(abs(row.ours[0] - row.expected) for row in rows if row.expected is not None)
    ratios = [ours[beta2, "RAdam"] / ours[beta2, "untuned linear"] for beta2 in BETAS]
    return Report(
        "updates taken away",
        rows,
        [
            Claim("every sum is the expected one, to a digit after the point", f"{off:.2f} off at most", off < 0.1),
            Claim("RAdam takes 3 % more than linear at 0.999, 12 % more at 0.98",
                  ", ".join(f"{ratio:.3f}" for ratio in ratios),
                  [round(ratio, 2) for ratio in (ratios[0], ratios[-1])] == [1.03, 1.12]),
            Claim("GI-Adam takes away three fifths of what the others do",
                  f"{ours[0.999, 'GI-Adam'] / ours[0.999, 'untuned linear']:.3f}",
                  0.55 < ours[0.999, "GI-Adam"] / ours[0.999, "untuned linear"] < 0.65),
        ],
    )  # fmt: skip


def draw(_found: Sequence[Run]) -> Figure:
    """The four curves at the usual beta2."""
    figure, (axes,) = panels(QUESTION)
    for (name, rule), colour in zip(RULES.items(), COLOURS, strict=False):
        axes.plot(rule(0.999).values(4_000), color=colour, label=name)
    axes.set(xlabel="update", ylabel="multiplier, beta2 = 0.999")
    axes.legend()
    return figure
