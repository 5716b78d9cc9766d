"""The first updates of a plan, and the rest: what edits of a running plan are made of."""

from collections.abc import Callable
from typing import Any, final

from preheat._fields import Steps, field_of
from preheat._math import minimum
from preheat._nodes.extremes import Extreme
from preheat._nodes.functions import Function, function
from preheat._nodes.tables import Table, table
from preheat._nodes.zero_basing import ZeroBased, zero_based
from preheat._plan import Call, Chain, Constant, Formula, Plan, Then, constant, deferred, joined, plan_in, register

__all__ = ["After", "Until", "after", "until"]

_COUNT = field_of(Steps)


@final
class Until(Plan):
    """The first updates of a plan that cannot be cut inside."""

    __slots__ = ("plan",)
    plan: Plan
    steps: int

    def __init__(self, plan: Plan, n: int) -> None:
        self._freeze([plan], plan=plan, steps=n)

    def _make_formula(self, shift: float) -> Formula:
        last, shift = (self.steps - shift, shift) if self.steps else (0, 0)
        return Formula(_up_to, last, self.plan._make_formula(shift))

    def _call(self) -> Call:
        return until, (self.plan, self.steps), {}


@final
class After(Plan):
    """A plan that cannot be cut inside, from an update on."""

    __slots__ = ("n", "plan")
    plan: Plan
    n: int

    def __init__(self, plan: Plan, n: int) -> None:
        steps = None if plan.steps is None else max(plan.steps - n, 0)
        self._freeze([plan], plan=plan, n=n, steps=steps)

    def _make_formula(self, shift: float) -> Formula:
        return Formula(_from, self.n, self.plan._make_formula(shift))

    def _call(self) -> Call:
        return after, (self.plan, self.n), {}


def _up_to(i: Any, last: float, plan: Formula) -> Any:
    return plan(minimum(i, float(last)))


def _from(i: Any, n: int, plan: Formula) -> Any:
    return plan(i + n)


@register
def until(plan: Plan, n: Steps) -> Plan:
    """The first `n` updates of a plan; past its end it holds.

    `until(p, n) >> after(p, n)` agrees with `p`. Both distribute over every operator, so a chain stays flat.

    >>> from preheat import cosine, warmup
    >>> until(warmup(2) >> cosine(1, 0, steps=8), 4)
    linear(0, 1, steps=2) >> until(cosine(1, 0, steps=8), 2)

    Raises:
        TypeError: `plan` is not a plan or `n` not a whole number.
        ValueError: `n` is negative.
    """
    plan, n = plan_in("until", plan), _COUNT.check("until", "n", n)
    return deferred(until, (plan, n), {}) or _until(plan, n)


def _until(plan: Plan, n: int) -> Plan:
    if plan.steps == n:
        return plan
    if isinstance(plan, Then):
        whole, cut, left = _split(plan, n)
        return joined(">>", *whole, *([until(cut, left)] if left or not whole else []))
    if isinstance(plan, Until) and n < plan.steps:
        return until(plan.plan, n)
    if isinstance(plan, Constant):
        return constant(plan.value, steps=n)
    if isinstance(plan, Function | Table) and 0 < n < (plan.steps or n + 1):
        return function(plan.given, steps=n) if isinstance(plan, Function) else table(plan.entries[:n])
    return _inside(plan, lambda part: until(part, n)) or Until(plan, n)


@register
def after(plan: Plan, n: Steps) -> Plan:
    """A plan from update `n` on.

    >>> from preheat import cosine, warmup
    >>> after(warmup(2) >> cosine(1, 0, steps=8), 4)
    after(cosine(1, 0, steps=8), 2)

    Raises:
        TypeError: `plan` is not a plan or `n` not a whole number.
        ValueError: `n` is negative.
    """
    plan, n = plan_in("after", plan), _COUNT.check("after", "n", n)
    return deferred(after, (plan, n), {}) or _after(plan, n)


def _after(plan: Plan, n: int) -> Plan:
    if n == 0:
        return plan
    if isinstance(plan, Then):
        whole, cut, left = _split(plan, n)
        return joined(">>", after(cut, left), *plan.plans[len(whole) + 1 :])
    if isinstance(plan, Until) and n < plan.steps:
        return until(after(plan.plan, n), plan.steps - n)
    if isinstance(plan, After):
        return after(plan.plan, plan.n + n)
    if isinstance(plan, Constant):
        return plan if plan.steps is None else constant(plan.value, steps=max(plan.steps - n, 0))
    return _inside(plan, lambda part: after(part, n)) or After(plan, n)


def _split(plan: Then, n: int) -> tuple[tuple[Plan, ...], Plan, int]:
    """The pieces that end by update `n`, the piece that is cut there, and how far into it."""
    pieces = plan.plans
    last = next((k for k, start in enumerate(plan.starts[1:]) if n < start), len(pieces) - 1)
    return pieces[:last], pieces[last], n - plan.starts[last]


def _inside(plan: Plan, cut: Callable[[Plan], Plan]) -> Plan | None:
    """A plan side by side or zero-based, its parts cut; None for a plan without parts."""
    if isinstance(plan, ZeroBased):
        return zero_based(cut(plan.plan))
    if isinstance(plan, Chain):
        numbers = () if plan.number == plan.neutral else (plan.number,)
        return joined(plan.operator, *numbers, *map(cut, plan.plans))
    if isinstance(plan, Extreme):
        make, operands, _ = plan._call()
        return make(*(cut(operand) if isinstance(operand, Plan) else operand for operand in operands))
    return None
