"""A plan read in another way."""

from typing import final

from preheat._plan import Call, Formula, Plan, deferred, plan_in, register


@final
class ZeroBased(Plan):
    """A plan whose every piece is read at `t = i_local`."""

    __slots__ = ("plan",)
    plan: Plan

    def __init__(self, plan: Plan) -> None:
        self._freeze([plan], plan=plan, steps=plan.steps)

    def _make_formula(self, shift: float) -> Formula:  # noqa: ARG002  # the shift is what it takes away
        return self.plan._make_formula(0)

    def _call(self) -> Call:
        return zero_based, (self.plan,), {}


@register
def zero_based(plan: Plan) -> Plan:
    """The same pieces, each read from 0: the start at its first update, one short of the end at its last.

    It is the convention of torch, transformers, optax, timm and Megatron, whose first update has a warm-up's start.

    >>> from preheat import linear
    >>> zero_based(linear(0, 1, steps=4)).values()
    [0.0, 0.25, 0.5, 0.75]

    Raises:
        TypeError: `plan` is not a plan.
    """
    if isinstance(plan, ZeroBased):
        return plan
    return deferred(zero_based, (plan_in("zero_based", plan),), {}) or ZeroBased(plan)
