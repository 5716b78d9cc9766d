"""The runs as a table."""

from collections.abc import Sequence

from preheat.demo.train import Run

__all__ = ["table", "verdict"]

NEAR = 0.2  # nats per byte


def verdict(run: Run, entropy: float) -> str:
    """The final loss in words.

    >>> verdict(Run("", "", losses=[5.6], final_loss=3.2), entropy=3.1)
    'no better than byte frequencies'
    """
    if run.final_loss is None:
        return f"interrupted after {len(run.losses)} updates"
    if not run.final_loss <= run.losses[0]:  # NaN too
        return "diverged"
    return "learned" if run.final_loss < entropy - NEAR else "no better than byte frequencies"


def table(runs: Sequence[Run], entropy: float) -> str:
    """Two lines for each plan, its expression on the second; at most 80 columns."""
    lines = [f"{'plan':<17}{'peak lr':>10}{'last lr':>10}{'loss':>8}  verdict"]
    for run in runs:
        peak, last = (f"{max(run.lrs):.2g}", f"{run.lrs[-1]:.2g}") if run.lrs else ("", "")
        loss = "" if run.final_loss is None else f"{run.final_loss:.3f}"
        lines.append(f"{run.name:<17}{peak:>10}{last:>10}{loss:>8}  {verdict(run, entropy)}")
        lines.append(f"  {run.expression}")
    lines.append("")
    lines.append("Loss: nats per byte, on files that no run trained on. A model that knows")
    lines.append(f"how often each byte occurs and nothing else has {entropy:.3f}.")
    lines.append(f"learned: more than {NEAR} below that; diverged: above the run's own first loss.")
    return "\n".join(lines)
