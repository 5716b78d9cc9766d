"""The larger or the smaller value of two plans."""

from collections.abc import Callable
from typing import Any, final

from preheat._fields import Number, require
from preheat._math import filled
from preheat._math import maximum as larger
from preheat._math import minimum as smaller
from preheat._nodes.annotations import Operand, Part
from preheat._plan import Call, Formula, Plan, plan_function

__all__ = ["Extreme", "clip", "maximum", "minimum"]


@final
class Extreme(Plan):
    """Two plans, or a plan and a number, at the same index: the larger or the smaller value counts."""

    __slots__ = ("first", "make", "second")
    make: Callable[..., Plan]  # `maximum` or `minimum`
    first: Plan | float
    second: Plan | float

    def __init__(self, make: Callable[..., Plan], first: Plan | float, second: Plan | float) -> None:
        plans = [operand for operand in (first, second) if isinstance(operand, Plan)]
        require(bool(plans), "one of the two must be a plan")
        lengths = [plan.steps for plan in plans if plan.steps is not None]
        steps = max(lengths) if len(lengths) == len(plans) else None
        self._freeze(plans, make=make, first=first, second=second, steps=steps)

    def _make_formula(self, shift: float) -> Formula:
        operands = (self.first, self.second)
        formulas = [x._make_formula(shift) if isinstance(x, Plan) else Formula(filled, x) for x in operands]
        return Formula(_larger if self.make is maximum else _smaller, *formulas)

    def _call(self) -> Call:
        return self.make, (self.first, self.second), {}


def _larger(i: Any, first: Formula, second: Formula) -> Any:
    return larger(first(i), second(i))


def _smaller(i: Any, first: Formula, second: Formula) -> Any:
    return smaller(first(i), second(i))


@plan_function
def maximum(first: Operand, second: Operand) -> Plan:
    """At every update the larger value of two plans, or of a plan and a number; as long as the longer plan.

    >>> from preheat import linear
    >>> maximum(linear(1, 0, steps=4), 0.4).values()
    [0.75, 0.5, 0.4, 0.4]

    Raises:
        TypeError: one of the two is neither a plan nor a number.
        ValueError: neither is a plan, or the number is not finite.
    """
    return Extreme(maximum, first, second)


@plan_function
def minimum(first: Operand, second: Operand) -> Plan:
    """At every update the smaller value of two plans, or of a plan and a number; as long as the longer plan.

    >>> from preheat import linear
    >>> minimum(linear(1, 0, steps=4), 0.6).values()
    [0.6, 0.5, 0.25, 0.0]

    Raises:
        TypeError: one of the two is neither a plan nor a number.
        ValueError: neither is a plan, or the number is not finite.
    """
    return Extreme(minimum, first, second)


@plan_function
def clip(plan: Part, low: Number, high: Number) -> Plan:
    """A plan kept between two numbers.

    >>> from preheat import linear
    >>> clip(linear(1, 0, steps=4), 0.3, 0.6)
    minimum(maximum(linear(1, 0, steps=4), 0.3), 0.6)

    Raises:
        TypeError: `plan` is not a plan, or one of the others not a number.
        ValueError: `low` is above `high`, or one of them not finite.
    """
    require(low <= high, "low must be at most high")
    return minimum(maximum(plan, low), high)
