"""The same value at every update."""

from typing import final

from preheat._fields import Number, Steps
from preheat._math import filled
from preheat._plan.base import Call, Plan
from preheat._plan.formula import Formula
from preheat._plan.unresolved import plan_function


@final
class Constant(Plan):
    """The same value at every update."""

    __slots__ = ("value",)
    value: float

    def __init__(self, value: float, steps: int | None) -> None:
        self._freeze(value=value, steps=steps)

    def _make_formula(self, shift: float) -> Formula:  # noqa: ARG002  # a constant has no time
        return Formula(filled, self.value)

    def _call(self) -> Call:
        return constant, (self.value,), {} if self.steps is None else {"steps": self.steps}


@plan_function
def constant(value: Number, *, steps: Steps | None = None) -> Plan:
    """The same value at every update; endless without `steps`.

    >>> constant(0.5, steps=3).values()
    [0.5, 0.5, 0.5]
    """
    return Constant(value, steps)
