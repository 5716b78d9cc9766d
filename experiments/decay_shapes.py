"""Which way down, and how far: cosine, linear and WSD, to zero and to a tenth, each at its own best learning rate.

A pre-LN byte model of 44 000 weights, 1200 updates of 1024 bytes: 28 bytes for each weight. Each run warms up for
100 updates. Equal learning rates would be unfair: the bound of the last iterate says that the best ones differ by two.
What is expected of a difference is what runs of 124 million weights have shown. Linear and cosine are still best at the
highest of these rates here, so that their own best may be higher; and a run so short favours what ends above zero.
"""

from collections.abc import Sequence
from itertools import product
from statistics import fmean

from matplotlib.figure import Figure

from experiments._models import text
from experiments._picture import COLOURS, SIDE, panels
from experiments._report import Claim, Report, Row, final
from experiments._runs import Run, Setting, Training
from preheat import Plan, constant, cosine, linear, one_minus_sqrt, warmup

QUESTION = "Which decay ends lowest, and should it end at zero or at a tenth?"
SOURCE = "Hägele et al. 2024 (arXiv:2405.18392), WSD; Bergsma et al. 2025 (arXiv:2502.15938), linear to zero"
QUICK = False

STEPS, WARMUP, SEEDS = 1_200, 100, (0,)
RATES = (4e-3, 8e-3, 16e-3, 32e-3)
REST, DOWN = STEPS - WARMUP, STEPS // 5
LEVEL = constant(1, steps=REST - DOWN)
SHAPES: dict[str, Plan] = {
    "WSD 20 %, 1-sqrt": LEVEL >> one_minus_sqrt(1, 0, steps=DOWN),
    "WSD 20 %, linear": LEVEL >> linear(1, 0, steps=DOWN),
    "linear to 0": linear(1, 0, steps=REST),
    "linear to 10 %": linear(1, 0.1, steps=REST),
    "cosine to 0": cosine(1, 0, steps=REST),
    "cosine to 10 %": cosine(1, 0.1, steps=REST),
    "constant": constant(1, steps=REST),
}
EXPECTED = {  # an earlier study of ours: 4000 updates, the best of the first three learning rates, one seed
    "WSD 20 %, 1-sqrt": 1.6105, "WSD 20 %, linear": 1.6115, "linear to 0": 1.6145, "linear to 10 %": 1.6253,
    "cosine to 0": 1.6351, "cosine to 10 %": 1.6251, "constant": None,
}  # fmt: skip

PUBLISHED = {  # 124M weights, 50 000 updates, each at its better learning rate: fabian-sp/lr-scheduling 8ace3a3, data/
    "WSD 20 %, 1-sqrt": 2.9599, "WSD 20 %, linear": 2.9660, "cosine to 0": 2.9534, "cosine to 10 %": 2.9819,
}  # fmt: skip
PAIRS = (
    ("WSD 20 %, 1-sqrt", "WSD 20 %, linear"),
    ("WSD 20 %, 1-sqrt", "cosine to 0"),
    ("cosine to 10 %", "cosine to 0"),
)


def runs(train: Training) -> list[Run]:
    """Every shape at every learning rate with every seed."""
    task = text("pre", layers=2, width=32, batch=16)
    return train([
        Setting(name, task, warmup(WARMUP) >> shape, lr, STEPS, seed)
        for seed, lr, (name, shape) in product(SEEDS, RATES, SHAPES.items())
    ])  # fmt: skip


def at_best(found: Sequence[Run], name: str) -> tuple[float, list[float]]:
    """The learning rate with the least mean loss, and the losses there."""
    lr = min(RATES, key=lambda lr: fmean(final(found, name, lr)))
    return lr, final(found, name, lr)


def report(found: Sequence[Run]) -> Report:
    """Held-out losses at the best learning rate; the difference that the last tenth makes at each of them."""
    best = {name: at_best(found, name) for name in SHAPES}
    gains = [_gain(found, lr) for lr in RATES]
    rows = [Row(f"{name}, best at {lr:g}", EXPECTED[name], losses) for name, (lr, losses) in best.items()]
    rows += [
        Row(f"linear to 10 % less linear to 0, at {lr:g}", None, gain) for lr, gain in zip(RATES, gains, strict=True)
    ]
    wsd, line = (best[name][0] for name in ("WSD 20 %, linear", "linear to 0"))
    twice = Claim(
        "linear is best at twice the rate of WSD or more; the bound says twice", f"{line:g}, {wsd:g}", line >= 2 * wsd
    )
    mean = {name: fmean(losses) for name, (_, losses) in best.items()}
    rows += [Row(f"{a} less {b}", round(PUBLISHED[a] - PUBLISHED[b], 4), [mean[a] - mean[b]]) for a, b in PAIRS]
    claims = [twice, *_of_shapes(mean), *_of_ends(mean, [fmean(gain) for gain in gains])]
    return Report("held-out loss, nats", rows, claims)


def _of_shapes(mean: dict[str, float]) -> list[Claim]:
    last = max(loss for name, loss in mean.items() if name != "constant")
    wsd, line, cosine_ = (mean[name] for name in ("WSD 20 %, 1-sqrt", "WSD 20 %, linear", "cosine to 0"))
    return [
        Claim("every decay beats none", f"by {mean['constant'] - last:.4f} or more", mean["constant"] > last),
        Claim("WSD with 1-sqrt is no worse than with a linear cooldown", f"{wsd - line:+.4f}", wsd <= line),
        Claim("WSD with 1-sqrt ends within 0.5 % of cosine to zero, or below", f"{wsd / cosine_ - 1:+.2%}",
              wsd <= 1.005 * cosine_),
    ]  # fmt: skip


def _of_ends(mean: dict[str, float], gains: Sequence[float]) -> list[Claim]:
    line, wave = (mean[f"{shape} to 10 %"] - mean[f"{shape} to 0"] for shape in ("linear", "cosine"))
    shown = ", ".join(f"{gain:+.4f}" for gain in gains)
    return [
        Claim("at its best learning rate linear to zero beats linear to a tenth", f"by {line:+.4f}", line > 0),
        Claim("at its best learning rate cosine to zero beats cosine to a tenth", f"by {wave:+.4f}", wave > 0),
        Claim("the higher the peak, the more the last tenth brings", shown, list(gains) == sorted(gains)),
    ]


def _gain(found: Sequence[Run], lr: float) -> list[float]:
    tenth, zero = final(found, "linear to 10 %", lr), final(found, "linear to 0", lr)
    return [a - b for a, b in zip(tenth, zero, strict=True)]


def draw(found: Sequence[Run]) -> Figure:
    """The loss against the learning rate, a line for each shape."""
    figure, (axes,) = panels(QUESTION)
    for name, colour in zip(SHAPES, COLOURS, strict=False):
        ends = [final(found, name, lr) for lr in RATES]
        axes.plot(RATES, [fmean(end) for end in ends], color=colour, marker="o", markersize=4, label=name)
        for lr, end in zip(RATES, ends, strict=True):
            axes.plot([lr] * len(end), end, "_", color=colour)
    axes.set(xscale="log", xlabel="peak learning rate", ylabel="held-out loss, nats", xticks=RATES)
    axes.set_xticks(RATES, [f"{lr:g}" for lr in RATES], minor=False)
    axes.minorticks_off()
    figure.legend(fontsize=7, loc=SIDE)
    return figure
