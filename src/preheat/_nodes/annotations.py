"""A plan as a parameter."""

from typing import Annotated, Any

from preheat._fields import Field
from preheat._plan import Plan, constant, plan_in

__all__ = ["Operand", "Part"]

_GOOD = (constant(1, steps=4), constant(0.5, steps=2))


class Plans(Field):
    """A kind of parameter that is a plan."""

    def check(self, who: str, name: str, got: object) -> Any:  # noqa: ARG002  # it is always called plan
        """`got`, a plan.

        Raises:
            TypeError: it is none.
        """
        return plan_in(who, got)


class Operands(Field):
    """A kind of parameter that is a plan or a number."""

    def check(self, who: str, name: str, got: object) -> Any:
        """`got`, a plan or a plain float.

        Raises:
            TypeError: it is neither.
            ValueError: it is not finite.
        """
        return got if isinstance(got, Plan) else super().check(who, name, got)


Part = Annotated[Plan, Plans("a plan", whole=False, good=_GOOD, bad=(1, None, "linear", [1]))]
Operand = Annotated[
    Plan | float,
    Operands("a plan or a finite number", whole=False, good=(*_GOOD, 0.5),
             bad=("1", None, True, [1], float("nan"), float("inf"))),
]  # fmt: skip
