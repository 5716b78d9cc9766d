"""A plan backwards, and a plan with noise."""

from typing import Any, final

from preheat._fields import LAST, Seed, Share, require
from preheat._math import floor, maximum, minimum, uniform, where
from preheat._nodes.annotations import Part
from preheat._plan import Call, Formula, Plan, plan_function

__all__ = ["Noise", "Reverse", "noise", "reverse"]


@final
class Reverse(Plan):
    """A plan run backwards: at `t` it has the value of `steps - t`."""

    __slots__ = ("plan",)
    plan: Plan
    steps: int

    def __init__(self, plan: Plan) -> None:
        self._freeze([plan], plan=plan, steps=plan.steps)

    def _make_formula(self, shift: float) -> Formula:
        return Formula(_backwards, self.steps, self.plan._make_formula(1 - shift), self.plan._make_formula(0))

    def _call(self) -> Call:
        return reverse, (self.plan,), {}


def _backwards(i: Any, steps: int, plan: Formula, start: Formula) -> Any:
    return where(i >= steps, start(0.0 * i), plan(maximum(steps - 1 - i, 0.0)))


@plan_function
def reverse(plan: Part) -> Plan:
    """A plan run backwards, from its end to its start, which the last update has exactly.

    `reverse(a >> b)` agrees with `reverse(b) >> reverse(a)`, and backwards twice is the plan itself.

    >>> from preheat import linear
    >>> reverse(linear(0, 1, steps=4)).values()
    [0.75, 0.5, 0.25, 0.0]

    Raises:
        TypeError: `plan` is not a plan.
        ValueError: it is endless.
    """
    require(plan.steps is not None, "plan must end, for it to begin there")
    return plan.plan if isinstance(plan, Reverse) else Reverse(plan)


@final
class Noise(Plan):
    """A plan whose every update is multiplied by a number that looks random."""

    __slots__ = ("amount", "plan", "seed")
    plan: Plan
    amount: float
    seed: int

    def __init__(self, plan: Plan, amount: float, seed: int) -> None:
        self._freeze([plan], plan=plan, amount=amount, seed=seed, steps=plan.steps)

    def _make_formula(self, shift: float) -> Formula:
        last = LAST if self.steps is None else max(self.steps - 1, 0)
        return Formula(_noisy, last, self.amount, self.seed, self.plan._make_formula(shift))

    def _call(self) -> Call:
        return noise, (self.plan, self.amount), {"seed": self.seed}


def _noisy(i: Any, last: int, amount: float, seed: int, plan: Formula) -> Any:
    factor = 1 + amount * (2 * uniform(minimum(floor(i), last), seed) - 1)
    return plan(i) * factor


@plan_function
def noise(plan: Part, amount: Share, *, seed: Seed) -> Plan:
    """A plan with noise: each update's value times a number drawn evenly between `1 - amount` and `1 + amount`.

    What is drawn depends on the seed and on the index of the update within the plan, on nothing else: it is the same
    on every machine and device, and after a resume.

    >>> from preheat import constant
    >>> [round(v, 3) for v in noise(constant(1), 0.5, seed=0).values(4)]
    [1.181, 1.222, 1.345, 0.642]

    Source: timm, `timm/scheduler/scheduler.py`, its `noise_pct` and `noise_seed`, where the type is not "normal"; its
    generator is torch's, so the numbers differ.

    Raises:
        TypeError: `plan` is not a plan, `amount` not a number or `seed` not a whole number.
        ValueError: `amount` is not between 0 and 1, or `seed` negative.
    """
    return Noise(plan, amount, seed)
