"""The picture: the learning rate and the loss of every run, one above the other."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from matplotlib.figure import Figure

from preheat.demo.train import Run

__all__ = ["picture"]

# Colour-blind readers can tell them apart, also where one lies on another.
STYLES: tuple[dict[str, Any], ...] = (
    {"color": "#d55e00"},
    {"color": "#56b4e9", "linewidth": 3},
    {"color": "#00694d", "linestyle": (0, (4, 2))},
)
SMOOTH = 10  # updates


def picture(runs: Sequence[Run], entropy: float) -> Figure:
    """Draw every run, and the entropy of the text as a line."""
    figure = Figure(figsize=(8, 7.5), layout="constrained")
    rates, losses = figure.subplots(2, 1, sharex=True, height_ratios=(2, 3))
    for run, style in zip(runs, STYLES, strict=False):
        rates.plot(run.lrs, label=f"{run.name}: {run.expression}", **style)
        losses.plot(run.losses, color=style["color"], linewidth=0.6, alpha=0.3)
        losses.plot([fmean(run.losses[max(0, i - SMOOTH) : i]) for i in range(1, len(run.losses) + 1)], **style)
    label = f"byte frequencies alone: {entropy:.3f} nats per byte"
    losses.axhline(entropy, color="black", linestyle=":", label=label)
    figure.suptitle("The same Transformer, the same batches, three plans for the learning rate")
    figure.legend(loc="outside lower left", frameon=False)
    rates.set_ylabel("learning rate (per update)")
    rates.set_ylim(bottom=0)
    losses.set_ylabel(f"training loss (nats per byte)\nthick: mean of the last {SMOOTH}")
    losses.set_xlabel("update (index, from 0)")
    for axes in (rates, losses):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    return figure
