"""A plan in another number of updates, and a plan again and again."""

from collections.abc import Sequence
from typing import Any, final

from preheat._fields import LAST, Count, Factor, Positive, Steps, require
from preheat._math import floor, maximum, minimum
from preheat._nodes.annotations import Part
from preheat._nodes.curves import Curve
from preheat._nodes.extremes import Extreme
from preheat._nodes.reverse_and_noise import Noise, Reverse
from preheat._nodes.tables import Table, table
from preheat._nodes.zero_basing import ZeroBased
from preheat._plan import Call, Chain, Constant, Formula, Plan, Then, constant, joined, plan_function

__all__ = ["MOST", "Repeat", "Stretch", "grown", "repeat", "rounded", "stretch"]

MOST = 100_000  # pieces that one call may write out
FEW = 1_000  # pieces of a repetition, and entries of a stretched table, that are still written out
TOO_LONG = "the cycles together must be shorter than 2**53 updates"


@final
class Stretch(Plan):
    """A plan without a length of its own to change, run faster or more slowly."""

    __slots__ = ("plan",)
    plan: Plan

    def __init__(self, plan: Plan, steps: int) -> None:
        self._freeze([plan], plan=plan, steps=steps)

    def _make_formula(self, shift: float) -> Formula:
        old, new = self.plan.steps or 0, self.steps or 0
        if not new:
            return Formula(_always_at, old, self.plan._make_formula(0))
        # The shift is stretched too: only shapes add it, and their time is real.
        return Formula(_stretched_over, old, new, self.plan._make_formula(shift * old / new))

    def _call(self) -> Call:
        return stretch, (self.plan,), {"steps": self.steps}


def _always_at(i: Any, update: int, plan: Formula) -> Any:
    return plan(i * 0.0 + update)


def _stretched_over(i: Any, old: int, new: int, plan: Formula) -> Any:
    return plan(minimum(i, float(new)) * old / new)


@plan_function
def stretch(plan: Part, *, steps: Steps) -> Plan:
    """The same plan in another number of updates, each piece keeping its share.

    Lengths are whole updates, by largest remainder, so that they add up to `steps`. Endless plans cannot be stretched.
    A table is written out anew up to 1,000 entries; for more it stays as it is, inside `stretch`.

    >>> from preheat import cosine, warmup
    >>> stretch(warmup(10) >> cosine(1, 0, steps=90), steps=1_000)
    linear(0, 1, steps=100) >> cosine(1, 0, steps=900)

    Raises:
        TypeError: `plan` is not a plan, or `steps` not a whole number.
        ValueError: `plan` is endless or has no update, or `steps` is negative.
    """
    require(plan.steps is not None, "plan must end, for its pieces to have shares of it")
    require(bool(plan.steps) or not steps, "plan must have 1 update or more, for its pieces to have shares of it")
    return _stretched(plan, steps)


def _stretched(plan: Plan, steps: int) -> Plan:
    """The plan in that number of updates; pieces with a length of their own are given another."""
    if plan.steps == steps:
        return plan
    if isinstance(plan, Then):
        lengths = shares([part.steps or 0 for part in plan.plans], steps)
        return joined(">>", *map(_stretched, plan.plans, lengths))
    if isinstance(plan, Chain):
        numbers = () if plan.number == plan.neutral else (plan.number,)
        return joined(plan.operator, *numbers, *(_beside(part, plan, steps) for part in plan.plans))
    if isinstance(plan, Extreme):
        make, parts, _ = plan._call()
        return make(*(_beside(part, plan, steps) if isinstance(part, Plan) else part for part in parts))
    if isinstance(plan, ZeroBased | Reverse | Noise):
        make, (inner, *rest), options = plan._call()
        return make(_stretched(inner, steps), *rest, **options)
    return _leaf(plan, steps)


def _leaf(plan: Plan, steps: int) -> Plan:
    if isinstance(plan, Constant):
        return constant(plan.value, steps=steps)
    if isinstance(plan, Table) and 0 < steps <= FEW:
        return table(tuple(plan.entries[k * len(plan.entries) // steps] for k in range(steps)))
    if isinstance(plan, Curve) and (steps or "end" in plan.shape.parameters.fields):
        return plan.shape.make(*plan.args, **{**plan.kwargs, "steps": steps})
    if isinstance(plan, Repeat) and plan.times:
        return _stretched_cycles(plan, plan.times, steps)
    return _stretched(plan.plan, steps) if isinstance(plan, Stretch) else Stretch(plan, steps)


def _stretched_cycles(plan: "Repeat", times: int, steps: int) -> Plan:
    """A repetition, written out if its cycles no longer have one length."""
    each, left = divmod(steps, times)
    if each and not left:
        return Repeat(_stretched(plan.plan, each), times, plan.decay)
    return _stretched(_written_out(plan.plan, [plan.plan.steps or 0] * times, plan.decay), steps)


def _beside(part: Plan, whole: Plan, steps: int) -> Plan:
    """A part of plans side by side, stretched by the same factor as the whole."""
    length, old = part.steps or 0, whole.steps or 0
    return _stretched(part, (2 * length * steps + old) // (2 * old)) if old else part


def shares(parts: list[int], total: int) -> list[int]:
    """Whole numbers in the proportion of `parts` that add up to `total`, by largest remainder.

    >>> shares([1, 1, 1], 10)
    [4, 3, 3]
    """
    old = sum(parts)
    return rounded([divmod(part * total, old) for part in parts], total)


def rounded(quotas: Sequence[tuple[int, Any]], total: int) -> list[int]:
    """Whole numbers that add up to `total`, from the whole part and the remainder of each."""
    lengths = [number for number, _ in quotas]
    for k in sorted(range(len(quotas)), key=lambda k: -quotas[k][1])[: total - sum(lengths)]:
        lengths[k] += 1
    return lengths


@final
class Repeat(Plan):
    """A plan again and again, each time lower by the same factor; endless without `times`."""

    __slots__ = ("decay", "plan", "times")
    plan: Plan
    times: int | None
    decay: float

    def __init__(self, plan: Plan, times: int | None, decay: float) -> None:
        steps = None if times is None else times * (plan.steps or 0)
        self._freeze([plan], plan=plan, times=times, decay=decay, steps=steps)

    def _make_formula(self, shift: float) -> Formula:
        last = float(LAST if self.times is None else self.times - 1)
        return Formula(_again, self.plan.steps, last, self.decay, self.plan._make_formula(shift))

    def _call(self) -> Call:
        times = () if self.times is None else (self.times,)
        return repeat, (self.plan, *times), {} if self.decay == 1 else {"decay": self.decay}


def _again(i: Any, length: int, last: float, decay: float, plan: Formula) -> Any:
    cycle = minimum(floor(i / length), last)
    value = plan(maximum(i - cycle * length, 0.0))
    return value if decay == 1 else value * decay**cycle


@plan_function
def repeat(plan: Part, times: Count | None = None, *, growth: Positive = 1, decay: Factor = 1) -> Plan:
    """A plan again and again: `times` times, or for as long as training goes on.

    `growth` multiplies the length from one time to the next, each rounded to a whole update, and `decay` the values.
    The pieces are written out up to 1,000 of them, and up to 100,000 where the length grows.

    >>> from preheat import linear
    >>> saw = linear(1, 0, steps=2)
    >>> repeat(saw).values(5)
    [0.5, 0.0, 0.5, 0.0, 0.5]
    >>> repeat(saw, 3, growth=2, decay=0.5)
    linear(1, 0, steps=2) >> 0.5 * linear(1, 0, steps=4) >> 0.25 * linear(1, 0, steps=8)

    Raises:
        TypeError: `plan` is not a plan or `times` not a whole number.
        ValueError: `plan` is endless or has no update, a number is outside its bounds, or the cycles grow without end.
    """
    length: int = plan.steps or 0
    require(length > 0, "plan must end, after 1 update or more, before it can begin again")
    require(times is not None or growth == 1, "times must be given where the length grows or shrinks")
    if times is None:
        return Repeat(plan, None, decay)
    pieces = len(plan.plans) if isinstance(plan, Then) else 1
    require(times * pieces <= MOST, f"its pieces must be at most {MOST}; without times they have no end")
    if growth == 1 and times * plan.size > FEW:
        require(times * length < LAST, TOO_LONG)
        return Repeat(plan, times, decay)
    require(times * plan.size <= MOST, f"its pieces and table entries must be at most {MOST}, all times together")
    return _written_out(plan, grown(length, times, growth), decay)


def _written_out(plan: Plan, lengths: Sequence[int], decay: float) -> Plan:
    return joined(">>", *(decay**k * _stretched(plan, n) for k, n in enumerate(lengths)))


def grown(length: int, times: int, growth: float) -> list[int]:
    """The lengths of cycles that grow by the same factor, each rounded to a whole update."""
    try:
        lengths = [round(length * growth**k) for k in range(times)]
    except OverflowError:
        lengths = [LAST]
    require(sum(lengths) < LAST, TOO_LONG)
    require(min(lengths) > 0, "the last cycle must be 1 update or more")
    return lengths
