"""How the pictures look."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments._runs import Run

__all__ = ["COLOURS", "curves", "panels"]

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c564b")  # told apart by all


def panels(title: str, count: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure with so many panels side by side."""
    figure = Figure(figsize=(4.2 + 3.6 * (count - 1) + 3.0 * (count == 1), 4), dpi=110, layout="constrained")
    figure.suptitle(title, fontsize=10)
    return figure, list(figure.subplots(1, count, squeeze=False)[0])


def curves(runs: Sequence[Run], title: str) -> Figure:
    """The training loss of every run; a colour for each label and peak, the seeds thin beside each other."""
    figure, (axes,) = panels(title)
    names = [f"{run.label}, {run.lr:g}" for run in runs]
    colours = {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(dict.fromkeys(names))}
    for run, name in zip(runs, names, strict=True):
        updates = [(k + 1) * run.steps / len(run.curve) for k in range(len(run.curve))]
        first = name not in axes.get_legend_handles_labels()[1]
        axes.plot(updates, run.curve, color=colours[name], linewidth=0.9, label=name if first else None)
    axes.axhline(runs[0].trivial, color="grey", linestyle=":", linewidth=1, label="byte frequencies alone")
    axes.set(xlabel="update", ylabel="training loss, nats", ylim=(None, 4.2))
    figure.legend(fontsize=7, loc="outside right upper")
    return figure
