"""Torch's `ChainedScheduler`: each member changes the lr that the member before it has left."""

from collections.abc import Iterator, Sequence
from itertools import islice
from math import cos, inf, pi, prod

from preheat._fields import require
from preheat._nodes import Curve, Repeat, Table, ZeroBased, after, table, zero_based
from preheat._nodes.repeat_and_stretch import MOST
from preheat._plan import Constant, Plan, Then, Times, joined
from preheat.shapes.ramps import cosine

__all__ = ["chained"]


def chained(plans: Sequence[Plan]) -> Plan:
    """The product of the plans; if one has a floor, torch's recursion, written out as far as it has no formula.

    Raises:
        BrokenRuleError: a plan belongs to a scheduler that sets the lr, or too many updates would be written out.
    """
    for plan in plans:
        require(
            _multiplies(plan),
            f"each must be the plan of a scheduler that multiplies the lr it finds, and {plan!r:.200} is none; "
            "torch's others set it anew, which undoes those before them",
        )
    floored = [plan for plan in plans if _floor(plan)]
    first = min(floored, key=lambda plan: plan.steps or 0, default=None)
    return _with_floor(plans, first) if first else joined("*", *plans)


def _multiplies(plan: Plan) -> bool:
    """Whether torch's scheduler with this plan multiplies the lr that it finds."""
    if isinstance(plan, ZeroBased):
        return isinstance(plan.plan, Curve | Times)
    inner = plan.plan if isinstance(plan, Repeat) else plan
    parts = inner.plans if isinstance(inner, Then) else (inner,)
    return isinstance(plan, Table) or all(isinstance(part, Constant) for part in parts)


def _floor(plan: Plan) -> float:
    """The `eta_min` of a cosine, towards which torch's pulls whatever lr it finds; 0 for any other plan."""
    inner = plan.plan if isinstance(plan, ZeroBased) else plan
    is_cosine = isinstance(inner, Curve) and inner.shape.make is cosine
    return float(inner._parameter("end")) if is_cosine else 0.0  # type: ignore[attr-defined]  # a curve


def _with_floor(plans: Sequence[Plan], floored: Plan) -> Plan:
    """The values until all other plans are level, then a cosine; else the values to the end of the cosine."""
    end, others = floored.steps or 0, list(plans)
    others.remove(floored)
    written = int(min(max(map(_level_from, others), default=0), end))
    require(
        written <= MOST, f"at most {MOST} updates must be written out, and until the others are level it takes more"
    )
    values = list(islice(_recursion(plans), written + 1))
    if written == end:
        return table(values)  # type: ignore[arg-type]  # a list is taken as a tuple
    floor, wave = _floor(floored), zero_based(cosine(1, 0, steps=end))
    fall = floor + (values[written] - floor) / wave(written) * wave
    return table(values[:written]) >> after(fall, written) if written else fall  # type: ignore[arg-type]  # likewise


def _level_from(plan: Plan) -> float:
    """The update from which a plan is level; infinite if there is none."""
    if isinstance(plan, Then) and isinstance(plan.plans[-1], Constant):
        return plan.starts[-1]
    level = isinstance(plan, Constant)
    return 0 if level else inf if plan.steps is None or _floor(plan) else plan.steps


def _recursion(plans: Sequence[Plan]) -> Iterator[float]:
    """The lr of each update for a base of 1: each member in turn scales the part of the lr that is above its floor.

    A member that has arrived at 0 no longer changes the lr.
    """
    lr = prod(plan(0) for plan in plans)
    before = [_scale(plan, 0) for plan in plans]
    i = 0
    while True:
        yield lr
        i += 1
        now = [_scale(plan, i) for plan in plans]
        for plan, old, new in zip(plans, before, now, strict=True):
            lr = (lr - _floor(plan)) * (new / old if old else 1.0) + _floor(plan)
        before = now


def _scale(plan: Plan, i: int) -> float:
    """The value whose ratios scale the lr; of a cosine with a floor the part above it, rounded as torch does."""
    return 1 + cos(pi * i / (plan.steps or 1)) if _floor(plan) else plan(i)
