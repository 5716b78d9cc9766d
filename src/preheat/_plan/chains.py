"""Plans joined by an operator: `>>`, one after the other, or `*` and `+`, side by side."""

from collections.abc import Callable
from functools import reduce
from itertools import accumulate
from math import isfinite
from operator import add, mul
from typing import Any, ClassVar, final

from preheat._fields import short_repr
from preheat._plan.base import OPERATORS, Call, Plan, as_operand, to_source
from preheat._plan.formula import Formula, side_by_side
from preheat._plan.piecewise import PiecewiseFormula
from preheat._plan.unresolved import unresolved_error


def joined(operator: str, *operands: Any) -> Plan:
    """Plans, and perhaps a number before them, joined by `>>`, `*` or `+`."""
    plan: Plan = reduce(OPERATORS[operator], operands)
    return plan


class Chain(Plan):
    """Plans joined by one operator in a flat tuple, and the product or sum of the numbers among them.

    Joining is lazy: a chain keeps what was joined, and flattens it on first use. So n joins cost O(n), not O(n**2).
    """

    __slots__ = ("_joined", "_steps", "number", "unresolved")
    number: float
    unresolved: bool
    _steps: int | None
    _joined: tuple[Plan, ...] | list[Plan]  # a list: not flat yet

    operator: ClassVar[str]
    binding: ClassVar[int]
    neutral: ClassVar[float]

    def __init__(self, number: float, plans: list[Plan], steps: int | None) -> None:
        depth = 1 + max(plan.depth - isinstance(plan, type(self)) for plan in plans)
        unresolved = any(plan.unresolved for plan in plans)
        self._freeze(plans, depth=depth, number=number, _joined=plans, unresolved=unresolved, _steps=steps)

    @property
    def steps(self) -> int | None:  # type: ignore[override]  # not to be written
        """The number of updates it owns; None when it has no end.

        Raises:
            ValueError: it is not known yet; the message says which arguments `resolve` needs.
        """
        if self.unresolved:
            raise unresolved_error(self)
        return self._steps

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The joined plans, none of them a chain of the same kind."""
        plans = self._joined
        if isinstance(plans, list):
            plans = self._flat()
            object.__setattr__(self, "_joined", plans)
        return plans

    def _flat(self) -> tuple[Plan, ...]:
        flat: list[Plan] = []
        pending: list[Plan] = [self]
        while pending:
            plan = pending.pop()
            if not isinstance(plan, type(self)):
                flat.append(plan)
            elif isinstance(plan._joined, list):
                pending.extend(reversed(plan._joined))
            else:
                flat.extend(plan._joined)
        return tuple(flat)

    def _call(self) -> Call:
        numbers = () if self.number == self.neutral else (self.number,)
        return joined, (self.operator, *numbers, *self.plans), {}

    def _to_source(self) -> tuple[str, int]:
        parts = [] if self.number == self.neutral else [to_source(self.number)]
        for plan in self.plans:
            text, binding = plan._to_source()
            parts.append(text if binding > self.binding else f"({text})")
        return f" {self.operator} ".join(parts), self.binding


@final
class Then(Chain):
    """One plan after the other; the index of the update alone decides which one gives the value."""

    __slots__ = ("_starts",)
    _starts: tuple[int, ...]
    operator, binding, neutral = ">>", 0, 0.0

    @classmethod
    def join(cls, first: object, second: object) -> Plan:
        """`first >> second`.

        Raises:
            TypeError: one of them is not a plan.
            ValueError: `first` is endless.
        """
        if not isinstance(first, Plan) or not isinstance(second, Plan):
            raise TypeError(
                f"{short_repr(first)} >> {short_repr(second)}: both sides must be plans; constant(value) holds a number"
            )
        if first.unresolved:
            return cls(cls.neutral, [first, second], None)
        if first.steps is None:
            last = first.plans[-1] if isinstance(first, Then) else first
            raise ValueError(f"plan >> plan: {last!r:.200} must end before another plan can follow; give it steps")
        after = None if second.unresolved else second.steps
        return cls(cls.neutral, [first, second], None if after is None else first.steps + after)

    @property
    def starts(self) -> tuple[int, ...]:
        """The index of the update at which each plan begins."""
        try:
            return self._starts
        except AttributeError:
            if self.unresolved:
                raise unresolved_error(self) from None
            lengths = (plan.steps or 0 for plan in self.plans[:-1])
            object.__setattr__(self, "_starts", tuple(accumulate(lengths, initial=0)))
            return self._starts

    def _make_formula(self, shift: float) -> Formula:
        return PiecewiseFormula(self.plans, self.starts, shift)


class SideBySide(Chain):
    """Plans at the same index; as long as the longest of them, endless if any is."""

    __slots__ = ()
    combine: ClassVar[Callable[[Any, Any], Any]]  # the operator on numbers

    @classmethod
    def join(cls, left: object, right: object) -> Plan:
        """Two plans side by side, or a plan and a number.

        Raises:
            TypeError: neither is a plan, or one is neither a plan nor a number.
            ValueError: the numbers of both together are not finite.
        """
        plans = [operand for operand in (left, right) if isinstance(operand, Plan)]
        if not plans:
            raise TypeError(f"{short_repr(left)} {cls.operator} {short_repr(right)}: one side must be a plan")
        number = cls.combine(cls._number_of(left), cls._number_of(right)) + 0.0
        if not isfinite(number):
            raise ValueError(
                f"{short_repr(left)} {cls.operator} {short_repr(right)}: the numbers together must be finite"
            )
        if number == cls.neutral and len(plans) == 1:
            inner = plans[0].plans if isinstance(plans[0], cls) else plans
            if len(inner) == 1:
                return inner[0]  # 1 * a is a
        lengths = [plan.steps for plan in plans if not plan.unresolved and plan.steps is not None]
        return cls(number, plans, max(lengths) if len(lengths) == len(plans) else None)

    @classmethod
    def _number_of(cls, operand: object) -> float:
        if isinstance(operand, Plan):
            return operand.number if isinstance(operand, cls) else cls.neutral
        return as_operand(cls.operator, operand)

    def _make_formula(self, shift: float) -> Formula:
        return Formula(side_by_side, self.combine, self.number, tuple(plan._make_formula(shift) for plan in self.plans))


@final
class Times(SideBySide):
    """Plans multiplied, and a number."""

    __slots__ = ()
    operator, binding, neutral = "*", 2, 1.0
    combine = mul


@final
class Plus(SideBySide):
    """Plans added, and a number."""

    __slots__ = ()
    operator, binding, neutral = "+", 1, 0.0
    combine = add


OPERATORS.update({">>": Then.join, "*": Times.join, "+": Plus.join})
