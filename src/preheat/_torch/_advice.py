"""What is said at bind: values that a knob cannot take, a multiplier and a learning rate confused."""

from collections.abc import Iterator, Sequence
from typing import NoReturn

import torch

from preheat._plan import Plan
from preheat._torch._say import say
from preheat._torch._track import Track, asks

__all__ = ["examine"]

FAR = 100_000  # updates looked at of a plan without an end
CHUNK = 2**17  # updates looked at in one go
MOST = 10_000_000  # of a longer plan a million updates are looked at, evenly spread


def examine(tracks: Sequence[Track], *, advise: bool = True) -> None:
    """Look at the plans of a knob along their whole length; a user's function is not asked ahead of its update.

    Raises:
        ValueError: a plan takes the knob where the optimizer cannot use it; the message names the update.
    """
    for key, plan in tracks[0].plans.items():
        bases = [cell.base for track in tracks for cell in track.cells if cell is not None and cell.key == key]
        if plan is None or asks(plan) or not bases:
            continue
        ends = [torch.stack(torch.aminmax(values)) for _, values in _values(plan)]
        low, high = float(torch.stack(ends).min()), float(torch.stack(ends).max())
        factors = {min(bases), max(bases)} if tracks[0].scaled else {1.0}
        if not all(tracks[0].knob.allows(factor * value) for factor in factors for value in (low, high)):
            _refuse(tracks[0], plan, factors)
        if advise and tracks[0].knob.path == "lr":
            _advise(tracks[0], [base for base in bases if base], high)


def _values(plan: Plan) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Indices of updates, and the values there, in chunks."""
    n = FAR if plan.steps is None else max(plan.steps, 1)
    if n > MOST:
        chunks = torch.linspace(0, n - 1, MOST // 10, dtype=torch.float64).floor().split(CHUNK)
    else:
        chunks = tuple(torch.arange(i, min(i + CHUNK, n), dtype=torch.float64) for i in range(0, n, CHUNK))
    return ((chunk, plan(chunk)) for chunk in chunks)


def _refuse(track: Track, plan: Plan, factors: set[float]) -> NoReturn:
    """Name the first update whose value the knob cannot take."""
    chunks = ((at, torch.stack([factor * values for factor in factors])) for at, values in _values(plan))
    at, reached = next((at, reached) for at, reached in chunks if not track.knob.allows(reached).all())
    first = int((~track.knob.allows(reached)).any(dim=0).nonzero()[0])
    got = next(float(value) for value in reached[:, first] if not track.knob.allows(value))
    track.refuse(got, int(at[first]))


def _advise(track: Track, bases: Sequence[float], highest: float) -> None:
    """Say it when a plan of multipliers and a plan of learning rates look confused; `bases` are not 0."""
    base = max(bases, default=0.0)
    if track.scaled and 0 < base <= 0.1 and 0 < highest <= 0.02:  # noqa: PLR2004  # see the page on torch
        say(
            f"Scheduler({track.given_text}): multiplies lr={base:g}, so the lr never exceeds "
            f"{base * highest:.1g}; a plan of learning rates goes in lr="
        )
    if not track.scaled and base and highest >= 0.5 and highest >= 20 * base:  # noqa: PLR2004  # likewise
        say(
            f"Scheduler({track.given_text}): sets the lr itself, which reaches {highest:g} where the "
            f"optimizer has lr={base:g}; a plan of multipliers goes in plan="
        )
