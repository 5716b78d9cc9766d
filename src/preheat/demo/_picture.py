"""The picture: the learning rate and the loss of every run, one above the other."""

from collections.abc import Sequence
from statistics import fmean as mean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from preheat.demo._record import Run

Look = dict[str, Any]

# Told apart by colour-blind readers, and where one lies on another.
LOOKS: tuple[Look, ...] = (
    {"color": "#d55e00"},
    {"color": "#56b4e9", "linewidth": 3},
    {"color": "#00694d", "linestyle": (0, (4, 2))},
)
SMOOTH = 10  # updates


def picture(runs: Sequence[Run], entropy: float) -> Figure:
    """Draw every run, and the entropy as a line."""
    figure = Figure(figsize=(8, 7.5), layout="constrained")
    rates, losses = figure.subplots(2, 1, sharex=True, height_ratios=(2, 3))
    for name, look in zip(dict.fromkeys(run.plan for run in runs), LOOKS, strict=False):
        for run in (run for run in runs if run.plan == name):
            _lines(run, rates, losses, look)
    label = f"unigram entropy of the text: {entropy:.3f} nats per byte"
    losses.axhline(entropy, color="black", linestyle=":", label=label)
    _words(figure, rates, losses)
    return figure


def _lines(run: Run, rates: Axes, losses: Axes, look: Look) -> None:
    label = f"{run.plan}: {run.expression}"
    if label in rates.get_legend_handles_labels()[1]:
        label = "_another seed"  # matplotlib leaves it out of the legend
    rates.plot(run.lrs, label=label, **look)
    losses.plot(run.losses, color=look["color"], linewidth=0.6, alpha=0.3)
    means = [mean(run.losses[max(0, i - SMOOTH) : i]) for i in range(1, len(run.losses) + 1)]
    losses.plot(means, **look)


def _words(figure: Figure, rates: Axes, losses: Axes) -> None:
    figure.suptitle("The same Transformer, the same batches, three plans for the learning rate")
    figure.legend(loc="outside lower left", frameon=False)
    rates.set_ylabel("learning rate (per update)")
    rates.set_ylim(bottom=0)
    losses.set_ylabel(f"training loss (nats per byte)\nthick: mean of the last {SMOOTH}")
    losses.set_xlabel("update (index, from 0)")
    for axes in (rates, losses):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
