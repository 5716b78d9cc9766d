"""Torch's `CyclicLR` and `OneCycleLR`; a phase of the latter may begin and end between two updates."""

from collections.abc import Sequence
from math import ceil, isfinite
from typing import Annotated, NamedTuple

from preheat._fields import Count, Flag, Number, Positive, Share, checked, require
from preheat._nodes import zero_based
from preheat._plan import Plan, constant, joined
from preheat.like._growth import growing
from preheat.like._parameters import one_of
from preheat.recipes.cycles import exp_range, triangular, triangular2
from preheat.shapes.bends import cosine_wave
from preheat.shapes.ramps import cosine, linear

__all__ = ["LONGEST", "CyclicLR", "CyclicLR_momentum", "OneCycleLR", "OneCycleLR_momentum", "Strategy"]

LONGEST = 10**9  # updates: cycles that grow are written out until they cover a run of this length

Mode = Annotated[str, one_of("triangular", "triangular2", "exp_range")]
Strategy = Annotated[str, one_of("cos", "linear")]


class Phase(NamedTuple):
    """One of torch's phases: it follows the one before it, and reaches `end_value` at update `end`."""

    end: float  # may lie between two updates, before the first or past the last
    start_value: float
    end_value: float


@checked
def CyclicLR(  # noqa: PLR0913, PLR0917  # the peer's own
    base_lr: Number, max_lr: Number, step_size_up: Count = 2000, step_size_down: Count | None = None,
    mode: Mode = "triangular", gamma: Positive = 1.0,
) -> Plan:  # fmt: skip
    """Straight lines up and down between two learning rates, for `lr=`; its momentum is `CyclicLR_momentum`.

    >>> [round(lr, 2) for lr in CyclicLR(0.1, 0.5, step_size_up=2, mode="triangular2").values(8)]
    [0.1, 0.3, 0.5, 0.3, 0.1, 0.2, 0.3, 0.2]

    Same values as `torch.optim.lr_scheduler.CyclicLR`; for its `scale_fn`, multiply by a `function`.
    """
    return base_lr + (max_lr - base_lr) * _triangles(step_size_up, step_size_down, mode, gamma)


@checked
def CyclicLR_momentum(  # noqa: PLR0913, PLR0917  # the peer's own
    step_size_up: Count = 2000, step_size_down: Count | None = None, mode: Mode = "triangular", gamma: Positive = 1.0,
    base_momentum: Number = 0.8, max_momentum: Number = 0.9,
) -> Plan:  # fmt: skip
    """The momentum that `CyclicLR` cycles against the lr; for `values={"momentum": ...}` or `{"betas[0]": ...}`.

    >>> [round(momentum, 3) for momentum in CyclicLR_momentum(step_size_up=2).values(5)]
    [0.9, 0.85, 0.8, 0.85, 0.9]

    Same values as `torch.optim.lr_scheduler.CyclicLR` with `cycle_momentum`.
    """
    return max_momentum - (max_momentum - base_momentum) * _triangles(step_size_up, step_size_down, mode, gamma)


def _triangles(up: int, down: int | None, mode: str, gamma: float) -> Plan:
    """The triangles from 0 to 1 and back."""
    if mode == "exp_range" and gamma > 1:
        return zero_based(triangular(up, down or up) * growing(gamma))
    if mode == "exp_range":
        return zero_based(exp_range(up, down or up, gamma=gamma))
    return zero_based((triangular if mode == "triangular" else triangular2)(up, down or up))


@checked
def OneCycleLR(  # noqa: PLR0913, PLR0917  # the peer's own
    max_lr: Number, total_steps: Count | None = None, epochs: Count | None = None,
    steps_per_epoch: Count | None = None, pct_start: Share = 0.3, anneal_strategy: Strategy = "cos",
    div_factor: Positive = 25.0, final_div_factor: Positive = 1e4, three_phase: Flag = False,  # noqa: FBT002  # the peer's own
) -> Plan:  # fmt: skip
    """Up to `max_lr` and down to almost nothing, for `lr=`; its momentum is `OneCycleLR_momentum`.

    Where the peak lies between two updates, each piece of the plan is the part of the curve that whole updates see.

    >>> OneCycleLR(1, total_steps=20, pct_start=0.25)
    zero_based(cosine(0.04, 1, steps=4) >> cosine(1, 4e-06, steps=15) >> constant(4e-06, steps=1))
    >>> [round(lr, 2) for lr in OneCycleLR(1, total_steps=6, pct_start=0.25, anneal_strategy="linear").values()]
    [0.04, 0.89, 0.67, 0.44, 0.22, 0.0]

    Same values as `torch.optim.lr_scheduler.OneCycleLR` in all of its updates; one `step()` later torch's overshoots.
    """
    low = max_lr / div_factor
    last = low / final_div_factor
    require(isfinite(low) and isfinite(last), "div_factor and final_div_factor must be moderate")
    values = (low, max_lr, low, last) if three_phase else (low, max_lr, last)
    return _in_phases(_phases(values, _total(total_steps, epochs, steps_per_epoch), pct_start), anneal_strategy)


@checked
def OneCycleLR_momentum(  # noqa: PLR0913, PLR0917  # the peer's own
    total_steps: Count | None = None, epochs: Count | None = None, steps_per_epoch: Count | None = None,
    pct_start: Share = 0.3, anneal_strategy: Strategy = "cos", base_momentum: Number = 0.85,
    max_momentum: Number = 0.95, three_phase: Flag = False,  # noqa: FBT002  # the peer's own
) -> Plan:  # fmt: skip
    """The momentum that `OneCycleLR` cycles against the lr; for `values={"momentum": ...}` or `{"betas[0]": ...}`.

    >>> OneCycleLR_momentum(total_steps=20, pct_start=0.25)
    zero_based(cosine(0.95, 0.85, steps=4) >> cosine(0.85, 0.95, steps=15) >> constant(0.95, steps=1))

    Same values as `torch.optim.lr_scheduler.OneCycleLR` with `cycle_momentum`.
    """
    values = (max_momentum, base_momentum, max_momentum, max_momentum)[: 3 + three_phase]
    return _in_phases(_phases(values, _total(total_steps, epochs, steps_per_epoch), pct_start), anneal_strategy)


def _total(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    known = total_steps or (epochs or 0) * (steps_per_epoch or 0)
    require(known > 0, "total_steps must be given, or epochs and steps_per_epoch")
    return known


def _phases(values: tuple[float, ...], total: int, pct_start: float) -> list[Phase]:
    """Torch's phases from each value to the next, their ends in torch's own arithmetic."""
    peak = float(pct_start * total) - 1
    require(peak != 0, "pct_start must be away from 1 / total_steps, where torch's divides by zero")
    ends = (peak, float(2 * pct_start * total) - 2, total - 1) if len(values) > 3 else (peak, total - 1)  # noqa: PLR2004
    return [Phase(*phase) for phase in zip(ends, values, values[1:], strict=False)]


def _in_phases(phases: Sequence[Phase], anneal_strategy: str) -> Plan:
    """The plan of all updates up to the end of the last phase, itself an update.

    As in torch, an update belongs to the first phase that ends at it or later. The last phase may so have no update
    but its end, and none at all where the one before it ends later.
    """
    last = int(phases[-1].end)
    pieces, start, begin = [], 0.0, 0
    for phase in phases:
        end = min(max(ceil(phase.end), begin), last + 1)
        if end > begin:
            pieces.append(_piece(phase, start, range(begin, end), anneal_strategy))
        start, begin = phase.end, end
    if begin == last:
        pieces.append(constant(next(phase.end_value for phase in phases if phase.end >= last), steps=1))
    return zero_based(joined(">>", *pieces))


def _piece(phase: Phase, start: float, updates: range, anneal_strategy: str) -> Plan:
    """The part that these updates see of a phase that begins at `start`."""
    a, b, length = phase.start_value, phase.end_value, phase.end - start
    first, last = (updates.start - start) / length, (updates.stop - start) / length
    if anneal_strategy == "linear":
        return linear(a + (b - a) * first, a + (b - a) * last, steps=len(updates))
    if (first, last) == (0, 1):
        return cosine(a, b, steps=len(updates))
    return cosine_wave(a, b, first=first, last=last, steps=len(updates))
