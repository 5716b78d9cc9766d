"""Draws the pictures of these pages into docs/img: `python docs/pictures.py`, with preheat and matplotlib installed."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from preheat import (
    Plan,
    after,
    clip,
    constant,
    cosine,
    linear,
    maximum,
    noise,
    plot,
    repeat,
    reverse,
    stretch,
    until,
    warmup,
    zero_based,
)

FOLDER = Path(__file__).parent / "img"
ORANGE, BLUE, GREY = "#d55e00", "#0072b2", "0.45"  # told apart by colour-blind readers


def draw_plan() -> None:
    """The README's plan, each piece in the colour of its words."""
    plan = warmup(2_000) >> cosine(1, 0.1, steps=18_000)
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    axes = figure.subplots()
    axes.plot(range(2_000), plan.values(2_000), color=ORANGE, linewidth=3)
    axes.plot(range(1_999, 20_000), plan.values()[1_999:], color=BLUE, linewidth=3)
    for i, offset, side in ((0, (10, 4), "left"), (1_999, (10, 3), "left"), (19_999, (0, -15), "right")):
        axes.plot(i, plan(i), "o", color="black", markersize=5, clip_on=False, zorder=3)
        words = f"plan({i:_}) = {plan(i):g}"
        axes.annotate(words, (i, plan(i)), offset, textcoords="offset points", family="monospace", fontsize=9, ha=side)
    axes.set_xlabel("update of the optimizer (index, from 0)")
    axes.set_ylabel("multiplies the learning rate")
    axes.set_ylim(0, 1.1)
    axes.set_xlim(-200, 20_400)
    _tidy(axes)
    words = {"plan = ": "black", "warmup(2_000)": ORANGE, " >> ": "black", "cosine(1, 0.1, steps=18_000)": BLUE}
    _write(axes, words)
    figure.savefig(FOLDER / "plan.png", dpi=140)


def _write(axes: Axes, words: dict[str, str]) -> None:
    """Coloured words in one line above the axes."""
    place, at = (0.0, 1.04), axes.transAxes
    for word, colour in words.items():
        look = {"color": colour, "family": "monospace", "fontsize": 13, "va": "bottom"}
        at = axes.annotate(word, place, xycoords=at, annotation_clip=False, **look)
        place = (1.0, 0.0)


def draw_time() -> None:
    """The value that each update uses, in the two readings of one plan."""
    plan = linear(0, 1, steps=4) >> linear(1, 0, steps=4)
    figure = Figure(figsize=(8, 5.2), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    _bars(above, plan, side=1, said="Default: the value at the end of each update. A warm-up does not begin at 0.")
    _bars(below, zero_based(plan), side=0, said="Zero-based: the value at its beginning; the end comes after the last.")
    below.set_xlabel("update (its index, from 0)")
    figure.savefig(FOLDER / "time.png", dpi=120)


def _bars(axes: Axes, plan: Plan, *, side: int, said: str) -> None:
    updates = range(10)
    values = [plan(i) for i in updates]
    axes.plot([0, 4, 8, 10], [0, 1, 0, 0], color=GREY, linewidth=1.5, zorder=3)
    axes.bar(updates, values, width=0.94, align="center", color=[ORANGE] * 4 + [BLUE] * 4 + [GREY] * 2, alpha=0.5)
    for bar in axes.patches:
        bar.set_x(bar.get_x() + 0.5)  # type: ignore[attr-defined]  # a bar is a rectangle: update i is from i to i + 1
    for i, value in zip(updates, values, strict=True):
        axes.plot(i + side, value, "o", color="black", markersize=5, clip_on=False, zorder=4)
        axes.text(i + 0.5, 0.03, f"{value:g}", ha="center", bbox={"color": "white", "alpha": 0.8, "pad": 1}, zorder=4)
    axes.set_title(f"{plan!r}\n", family="monospace", fontsize=10.5, loc="left")
    axes.text(0, 1.03, said, transform=axes.transAxes)
    axes.set_xticks([i + 0.5 for i in updates], [str(i) for i in updates])
    axes.set_ylabel("value used")
    axes.set_ylim(0, 1.22)
    axes.set_xlim(-0.1, 10.1)
    _tidy(axes)


def draw_plot() -> None:
    """What `plot` makes of a plan."""
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    plot(warmup(2_000) >> cosine(1, 0.1, steps=8_000), ax=figure.subplots())
    figure.savefig(FOLDER / "plot.png", dpi=120)


UP, DOWN = linear(0, 1, steps=20), cosine(1, 0.1, steps=60)
OPERATORS = {
    "a": UP,
    "b": DOWN,
    "a >> b": UP >> DOWN,
    "a * b": UP * DOWN,
    "a + b": UP + DOWN,
    "1 - b": 1 - DOWN,
    "maximum(b, 0.5)": maximum(DOWN, 0.5),
    "clip(b, 0.3, 0.8)": clip(DOWN, 0.3, 0.8),
    "repeat(a, 4)": repeat(UP, 4),
    "reverse(b)": reverse(DOWN),
    "stretch(a >> b, steps=40)": stretch(UP >> DOWN, steps=40),
    "noise(b, 0.2, seed=0)": noise(DOWN, 0.2, seed=0),
}
LAWS = {
    "(a >> b) >> c  ==  a >> (b >> c)": (
        (UP >> DOWN) >> constant(0.5, steps=20),
        UP >> (DOWN >> constant(0.5, steps=20)),
    ),
    "a * b  agrees with  b * a": (UP * DOWN, DOWN * UP),
    "until(b, 30) >> after(b, 30)  agrees with  b": (until(DOWN, 30) >> after(DOWN, 30), DOWN),
    "zero_based(a >> b)  agrees with  zero_based(a) >> zero_based(b)": (
        zero_based(UP >> DOWN),
        zero_based(UP) >> zero_based(DOWN),
    ),
}


def draw_operators() -> None:
    """What each operator makes of two plans."""
    figure = Figure(figsize=(9, 5.6), layout="constrained")
    for axes, (words, plan) in zip(
        figure.subplots(3, 4, sharex=True, sharey=True).flat, OPERATORS.items(), strict=True
    ):
        axes.plot(range(1, 101), plan.values(100), color=BLUE if len(words) > 1 else ORANGE, linewidth=2)
        axes.set_title(words, family="monospace", fontsize=8.5, loc="left")
        axes.axvline(plan.steps, color=GREY, linewidth=0.8, linestyle=":")
        axes.set_ylim(0, 2)
        _tidy(axes)
    figure.savefig(FOLDER / "operators.png", dpi=110)


def draw_laws() -> None:
    """Both sides of a law, one on the other."""
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    for axes, (words, (left, right)) in zip(figure.subplots(2, 2, sharey=True).flat, LAWS.items(), strict=True):
        if left.values(120) != right.values(120):
            message = f"{words}: the two sides must agree"
            raise ValueError(message)
        axes.plot(range(1, 121), left.values(120), color=ORANGE, linewidth=6, alpha=0.5)
        axes.plot(range(1, 121), right.values(120), color=BLUE, linewidth=1.5, linestyle="--")
        axes.set_title(words, family="monospace", fontsize=8, loc="left")
        axes.set_ylim(0, 1.1)
        _tidy(axes)
    figure.savefig(FOLDER / "laws.png", dpi=110)


def _tidy(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)


if __name__ == "__main__":
    draw_plan()
    draw_time()
    draw_plot()
    draw_operators()
    draw_laws()
