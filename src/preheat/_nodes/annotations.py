"""A plan as a parameter."""

from typing import Annotated, Any

from preheat._fields import Field, instance_of, number
from preheat._plan import Plan, constant

__all__ = ["Operand", "Part"]

_GOOD = (constant(1, steps=4), constant(0.5, steps=2))
_number = number()


def _plan_or_number(got: Any) -> Any:
    return got if isinstance(got, Plan) else _number(got)


Part = Annotated[Plan, Field("a plan", instance_of(Plan), good=_GOOD, bad=(1, None, "linear", [1]))]
Operand = Annotated[
    Plan | float,
    Field("a plan or a finite number", _plan_or_number, good=(*_GOOD, 0.5),
          bad=("1", None, True, [1], float("nan"), float("inf"))),
]  # fmt: skip
