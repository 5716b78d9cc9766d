"""Torch's cycles: triangles, and the one cycle, whose boundaries need not be whole updates."""

from collections.abc import Sequence
from math import ceil, isfinite
from typing import Annotated, NamedTuple

from preheat._fields import Count, Factor, Flag, Number, Positive, Share, checked, require
from preheat._nodes import zero_based
from preheat._plan import Plan, constant, joined
from preheat.like._asked import one_of
from preheat.recipes.cycles import exp_range, triangular, triangular2
from preheat.shapes.bends import cosine_wave
from preheat.shapes.ramps import cosine, linear

__all__ = ["LONGEST", "CyclicLR", "CyclicLR_momentum", "OneCycleLR", "OneCycleLR_momentum", "Strategy"]

LONGEST = 10**9  # updates of a run: cycles that grow are written out as far

Mode = Annotated[str, one_of("triangular", "triangular2", "exp_range")]
Strategy = Annotated[str, one_of("cos", "linear")]


class Phase(NamedTuple):
    """A way from one value to another, and when it is gone."""

    end: float  # in updates from the first
    start_value: float
    end_value: float


@checked
def CyclicLR(  # noqa: PLR0913, PLR0917  # theirs
    base_lr: Number, max_lr: Number, step_size_up: Count = 2000, step_size_down: Count | None = None,
    mode: Mode = "triangular", gamma: Factor = 1.0,
) -> Plan:  # fmt: skip
    """Straight lines up and down between two learning rates, for `lr=`; its momentum is `CyclicLR_momentum`.

    >>> [round(lr, 2) for lr in CyclicLR(0.1, 0.5, step_size_up=2, mode="triangular2").values(8)]
    [0.1, 0.3, 0.5, 0.3, 0.1, 0.2, 0.3, 0.2]

    Same values as `torch.optim.lr_scheduler.CyclicLR`; for its `scale_fn`, multiply by a `function`.
    """
    return base_lr + (max_lr - base_lr) * _triangles(step_size_up, step_size_down, mode, gamma)


@checked
def CyclicLR_momentum(  # noqa: PLR0913, PLR0917  # theirs
    step_size_up: Count = 2000, step_size_down: Count | None = None, mode: Mode = "triangular", gamma: Factor = 1.0,
    base_momentum: Number = 0.8, max_momentum: Number = 0.9,
) -> Plan:  # fmt: skip
    """The momentum beside a `CyclicLR`, or the first beta: for `values={"momentum": ...}`.

    >>> [round(momentum, 3) for momentum in CyclicLR_momentum(step_size_up=2).values(5)]
    [0.9, 0.85, 0.8, 0.85, 0.9]

    Same values as `torch.optim.lr_scheduler.CyclicLR` with `cycle_momentum`.
    """
    return max_momentum - (max_momentum - base_momentum) * _triangles(step_size_up, step_size_down, mode, gamma)


def _triangles(up: int, down: int | None, mode: str, gamma: float) -> Plan:
    """Between 0 and 1."""
    if mode == "exp_range":
        return zero_based(exp_range(up, down or up, gamma=gamma))
    return zero_based((triangular if mode == "triangular" else triangular2)(up, down or up))


@checked
def OneCycleLR(  # noqa: PLR0913, PLR0917  # theirs
    max_lr: Number, total_steps: Count | None = None, epochs: Count | None = None,
    steps_per_epoch: Count | None = None, pct_start: Share = 0.3, anneal_strategy: Strategy = "cos",
    div_factor: Positive = 25.0, final_div_factor: Positive = 1e4, three_phase: Flag = False,  # noqa: FBT002  # theirs
) -> Plan:  # fmt: skip
    """Up to a learning rate and down to nearly nothing, for `lr=`; its momentum is `OneCycleLR_momentum`.

    Its peak may lie between two updates; then a phase is the part of its curve that the updates see.

    >>> OneCycleLR(1, total_steps=20, pct_start=0.25)
    zero_based(cosine(0.04, 1, steps=4) >> cosine(1, 4e-06, steps=15) >> constant(4e-06, steps=1))
    >>> [round(lr, 2) for lr in OneCycleLR(1, total_steps=6, pct_start=0.25, anneal_strategy="linear").values()]
    [0.04, 0.89, 0.67, 0.44, 0.22, 0.0]

    Same values as `torch.optim.lr_scheduler.OneCycleLR` in all of its updates; one `step()` later theirs has overshot.
    """
    low = max_lr / div_factor
    last = low / final_div_factor
    require(isfinite(low) and isfinite(last), "div_factor and final_div_factor must be moderate")
    values = (low, max_lr, low, last) if three_phase else (low, max_lr, last)
    return phased(_ways(values, _total(total_steps, epochs, steps_per_epoch), pct_start), anneal_strategy)


@checked
def OneCycleLR_momentum(  # noqa: PLR0913, PLR0917  # theirs
    total_steps: Count | None = None, epochs: Count | None = None, steps_per_epoch: Count | None = None,
    pct_start: Share = 0.3, anneal_strategy: Strategy = "cos", base_momentum: Number = 0.85,
    max_momentum: Number = 0.95, three_phase: Flag = False,  # noqa: FBT002  # theirs
) -> Plan:  # fmt: skip
    """The momentum beside a `OneCycleLR`, or the first beta: for `values={"momentum": ...}`.

    >>> OneCycleLR_momentum(total_steps=20, pct_start=0.25)
    zero_based(cosine(0.95, 0.85, steps=4) >> cosine(0.85, 0.95, steps=15) >> constant(0.95, steps=1))

    Same values as `torch.optim.lr_scheduler.OneCycleLR` with `cycle_momentum`.
    """
    values = (max_momentum, base_momentum, max_momentum, max_momentum)[: 3 + three_phase]
    return phased(_ways(values, _total(total_steps, epochs, steps_per_epoch), pct_start), anneal_strategy)


def _total(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    known = total_steps or (epochs or 0) * (steps_per_epoch or 0)
    require(known > 0, "total_steps must be given, or epochs and steps_per_epoch")
    return known


def _ways(values: tuple[float, ...], total: int, pct_start: float) -> list[Phase]:
    """From each value to the next: torch's phases and the updates, whole or not, at which they end."""
    peak = float(pct_start * total) - 1
    require(peak != 0, "pct_start must be away from 1 / total_steps, where torch's divides by zero")
    ends = (peak, float(2 * pct_start * total) - 2, total - 1) if len(values) > 3 else (peak, total - 1)  # noqa: PLR2004
    return [Phase(*way) for way in zip(ends, values, values[1:], strict=False)]


def phased(phases: Sequence[Phase], anneal_strategy: str) -> Plan:
    """The phases as pieces of whole updates, up to the one at which the last phase ends.

    A phase that begins or ends between two updates becomes the part of its curve that the updates see.
    """
    last = int(phases[-1].end)
    pieces, begin, done, final = [], 0.0, 0, phases[-1].end_value
    for phase in phases:
        stop = min(max(ceil(phase.end), done), last + 1)
        if stop > done:
            pieces.append(_piece(phase, begin, done, stop, anneal_strategy))
            final = phase.end_value
        begin, done = phase.end, stop
    if done == last:
        pieces.append(constant(final, steps=1))
    return zero_based(joined(">>", *pieces))


def _piece(phase: Phase, begin: float, done: int, stop: int, anneal_strategy: str) -> Plan:
    """The updates from `done` to `stop` of a phase that begins at `begin`."""
    a, b, length = phase.start_value, phase.end_value, phase.end - begin
    first, last = (done - begin) / length, (stop - begin) / length
    if anneal_strategy == "linear":
        return linear(a + (b - a) * first, a + (b - a) * last, steps=stop - done)
    if (first, last) == (0, 1):
        return cosine(a, b, steps=stop - done)
    return cosine_wave(a, b, first=first, last=last, steps=stop - done)
