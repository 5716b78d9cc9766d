"""Plans side by side, of which the larger or the smaller value counts."""

from abc import abstractmethod
from typing import Any, final

from preheat._fields import Number, require
from preheat._math import filled
from preheat._math import maximum as larger
from preheat._math import minimum as smaller
from preheat._nodes.annotations import Operand, Part
from preheat._plan import Call, Formula, Plan, plan_function

__all__ = ["Extreme", "clip", "maximum", "minimum"]


class Extreme(Plan):
    """Two plans, or a plan and a number, read at the same index; one of the two values counts."""

    __slots__ = ("first", "second")
    first: Plan | float
    second: Plan | float

    def __init__(self, first: Plan | float, second: Plan | float) -> None:
        plans = [operand for operand in (first, second) if isinstance(operand, Plan)]
        require(bool(plans), "one of the two must be a plan")
        lengths = [plan.steps for plan in plans if plan.steps is not None]
        steps = max(lengths) if len(lengths) == len(plans) else None
        self._freeze(plans, first=first, second=second, steps=steps)

    def _make_formula(self, shift: float) -> Formula:
        operands = (self.first, self.second)
        readings = [x._make_formula(shift) if isinstance(x, Plan) else Formula(filled, x) for x in operands]
        return Formula(self.chosen, *readings)

    @staticmethod
    @abstractmethod
    def chosen(i: Any, first: Formula, second: Formula) -> Any:
        """The value that counts."""


@final
class Maximum(Extreme):
    """The larger of two."""

    __slots__ = ()

    @staticmethod
    def chosen(i: Any, first: Formula, second: Formula) -> Any:
        """The larger."""
        return larger(first(i), second(i))

    def _call(self) -> Call:
        return maximum, (self.first, self.second), {}


@final
class Minimum(Extreme):
    """The smaller of two."""

    __slots__ = ()

    @staticmethod
    def chosen(i: Any, first: Formula, second: Formula) -> Any:
        """The smaller."""
        return smaller(first(i), second(i))

    def _call(self) -> Call:
        return minimum, (self.first, self.second), {}


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
    return Maximum(first, second)


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
    return Minimum(first, second)


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
