"""What is said at bind: a multiplier and a learning rate confused."""

import warnings
from typing import Any

import torch

from preheat._fields import PreheatWarning
from preheat._nodes import Function
from preheat._plan import Plan
from preheat._torch._binding import Track

__all__ = ["advise", "say"]

FAR = 100_000  # updates looked at of a plan without an end
FEW = 2**17  # of a long plan, at most so many, evenly spread


def say(sentence: str) -> None:
    """Warn, pointing at the line outside of torch and this package that led here."""
    warnings.warn(sentence, PreheatWarning, stacklevel=3)


def advise(track: Track) -> None:
    """Say it when a plan of multipliers and a plan of learning rates look confused."""
    highest = _highest(track.plan)
    bases = [cell.base for cell in track.cells if cell.base]
    if highest is None or not bases:
        return
    base = max(bases)
    if track.scaled and base <= 0.1 and highest <= 0.02:
        say(
            f"Scheduler(plan={_short(track.plan)}): multiplies lr={base:g}, so the lr never exceeds "
            f"{base * highest:.1g}; a plan of learning rates goes in lr="
        )
    if not track.scaled and highest >= 0.5 and all(highest >= 20 * base for base in bases):
        say(
            f"Scheduler(lr={_short(track.plan)}): sets the lr itself, which reaches {highest:g} where the optimizer "
            f"has lr={base:g}; a plan of multipliers goes in plan="
        )


def _short(plan: Plan) -> str:
    text = repr(plan)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _highest(plan: Plan) -> float | None:
    """The largest value of a plan, or None where a user's function would have to be asked ahead of its update."""
    if _asks(plan):
        return None
    n = FAR if plan.steps is None else max(plan.steps, 1)
    at = torch.arange(n, dtype=torch.float64) if n <= FEW else torch.linspace(0, n - 1, FEW, dtype=torch.float64)
    return float(plan(at).max())


def _asks(value: Any) -> bool:
    """Whether there is a user's function in a plan."""
    if not isinstance(value, Plan):
        return False
    return isinstance(value, Function) or any(map(_asks, value._call()[1]))
