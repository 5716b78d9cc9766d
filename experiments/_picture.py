"""How the pictures look."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments._runs import Run

__all__ = ["COLOURS", "SIDE", "curves", "panels"]

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c564b")  # told apart by all
SIDE: Final = "outside right center"  # of a figure, for its legend
BLOCK = 4  # points of a kept curve in one of a picture


def panels(title: str, count: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure with so many panels side by side."""
    figure = Figure(figsize=(7.2 if count == 1 else 3.9 * count, 4), dpi=100, layout="constrained")
    figure.suptitle(title, fontsize=10)
    return figure, list(figure.subplots(1, count, squeeze=False)[0])


def curves(runs: Sequence[Run], title: str) -> Figure:
    """The training loss of every run; a colour for each label and peak, seeds alike."""
    figure, (axes,) = panels(title)
    names = [f"{run.label}, {run.lr:g}" for run in runs]
    colours = {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(dict.fromkeys(names))}
    for run, name in zip(runs, names, strict=True):
        losses = np.array(run.curve).reshape(-1, BLOCK).mean(axis=1)
        updates = (np.arange(len(losses)) + 0.5) * run.steps / len(losses)
        first = name not in axes.get_legend_handles_labels()[1]
        axes.plot(updates, losses, color=colours[name], linewidth=1, label=name if first else None)
    axes.axhline(runs[0].trivial, color="grey", linestyle=":", linewidth=1, label="byte frequencies alone")
    axes.set(xlabel="update", ylabel="training loss, nats", ylim=(None, 4.2))
    figure.legend(fontsize=7, loc=SIDE)
    return figure
