"""Torch's `ChainedScheduler`: each member changes the lr that the one before it has left."""

from collections.abc import Iterator
from itertools import islice

from preheat._cut import after
from preheat._fields import require
from preheat._nodes import Curve, Repeat, Table, ZeroBased, table, zero_based
from preheat._nodes.lengths import MOST
from preheat._plan import Constant, Plan, Then, joined
from preheat.shapes.ramps import cosine

__all__ = ["chained"]


def chained(plans: tuple[Plan, ...]) -> Plan:
    """The product of the plans; where one has a floor, the values of torch's recursion, written out as far as needed.

    Raises:
        BrokenRuleError: one of the plans is not of a scheduler that multiplies, or too much would be written out.
    """
    for plan in plans:
        require(
            _multiplies(plan),
            f"each must be the plan of a scheduler that multiplies the lr it finds, and {plan!r:.200} is none; "
            "torch's others set it anew, which undoes those before them",
        )
    floored = [plan for plan in plans if _floor(plan)]
    return _with_floor(plans, floored[0]) if floored else joined("*", *plans)


def _multiplies(plan: Plan) -> bool:
    """Whether torch has the plan as a recursion on the lr."""
    if isinstance(plan, ZeroBased):
        return isinstance(plan.plan, Curve)
    inner = plan.plan if isinstance(plan, Repeat) else plan
    parts = inner.plans if isinstance(inner, Then) else (inner,)
    return isinstance(plan, Table) or all(isinstance(part, Constant) for part in parts)


def _floor(plan: Plan) -> float:
    """The floor towards which a cosine of torch's pulls the lr, whatever it finds; 0 for any other."""
    inner = plan.plan if isinstance(plan, ZeroBased) else plan
    is_cosine = isinstance(inner, Curve) and inner.shape.make is cosine
    return float(inner._parameter("end")) if is_cosine else 0.0  # type: ignore[attr-defined]  # a curve


def _with_floor(plans: tuple[Plan, ...], floored: Plan) -> Plan:
    """Written out until the other plans have settled, or else to the end of the cosine; from there a cosine."""
    end = floored.steps or 0
    settled = max((_settled(plan) for plan in plans if plan is not floored), default=0)
    count = int(min(settled, end))
    require(count <= MOST, f"at most {MOST} updates must be written out, and until the others are level it takes more")
    values = list(islice(_recursion(plans), count + 1))
    if count == end:
        return table(values)  # type: ignore[arg-type]  # a list is taken as a tuple
    floor, wave = _floor(floored), zero_based(cosine(1, 0, steps=end))
    fall = floor + (values[count] - floor) / wave(count) * wave
    return table(values[:count]) >> after(fall, count) if count else fall  # type: ignore[arg-type]  # likewise


def _settled(plan: Plan) -> float:
    """From which update on a plan stays level."""
    if isinstance(plan, Then) and isinstance(plan.plans[-1], Constant):
        return plan.starts[-1]
    level = isinstance(plan, Constant)
    return 0 if level else float("inf") if plan.steps is None or _floor(plan) else plan.steps


def _recursion(plans: tuple[Plan, ...]) -> Iterator[float]:
    """The lr that each update finds, where the base is 1: each member in turn scales what is above its floor."""
    now = [plan(0) for plan in plans]
    floors = [_floor(plan) for plan in plans]
    lr = 1.0
    for value in now:
        lr *= value
    i = 0
    while True:
        yield lr
        i += 1
        before, now = now, [plan(i) for plan in plans]
        for old, new, floor in zip(before, now, floors, strict=True):
            lr = floor + (lr - floor) * ((new - floor) / (old - floor) if old != floor else 0.0)
