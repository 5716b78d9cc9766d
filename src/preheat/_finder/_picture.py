"""Pictures of what was tried."""

from typing import TYPE_CHECKING, Any

from preheat._finder._bench import Loss

if TYPE_CHECKING:
    from preheat._finder.lr import FoundLR
    from preheat._finder.warmup import FoundWarmup

__all__ = ["sweeps_on", "trials_on"]

POINTS = 200  # of a drawn line


def trials_on(axes: Any, found: "FoundWarmup") -> Any:
    """Draw the loss of every trial, each point a mean over a stretch of updates; the one found is thick."""
    axes = axes or _axes()
    for trial in found.trials:
        chosen = trial.warmup_steps == found.warmup_steps
        label = f"{trial.warmup_steps}: {trial.verdict}"
        axes.plot(*_means(trial.losses), label=label, linewidth=2.5 if chosen else 1)
    axes.set_xlabel("update")
    axes.set_ylabel("loss")
    axes.set_title(found.reason, fontsize="medium", wrap=True)
    axes.legend(title="warm-up")
    return axes


def _means(losses: tuple[Loss, ...]) -> tuple[list[int], list[float]]:
    width = -(-len(losses) // POINTS)
    stretches = [losses[at : at + width] for at in range(0, len(losses), width)]
    return [one[-1].update for one in stretches], [sum(loss for _, loss in one) / len(one) for one in stretches]


def sweeps_on(axes: Any, found: "FoundLR") -> Any:
    """Draw the smoothed losses over the learning rate, and the ranges suggested as bands."""
    axes = axes or _axes()
    for sweep in found.sweeps:
        axes.plot(*found.seen(sweep), color="C0", alpha=0.7)
    for name, color, (low, high) in (
        ("steepest", "C1", found.steepest),
        ("a tenth of the minimum's", "C2", found.minimum),
    ):
        axes.axvspan(low, high, color=color, alpha=0.3)
        axes.axvline((low * high) ** 0.5, color=color, label=f"{name}: {low:.1e} to {high:.1e}")
    axes.set_xscale("log")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("smoothed loss")
    axes.legend()
    return axes


def _axes() -> Any:
    from matplotlib.figure import Figure  # noqa: PLC0415  # an extra, and slow to import

    return Figure(figsize=(7, 4.5), layout="constrained").subplots()
