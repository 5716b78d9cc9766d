"""What theory says of a plan before it is run: the last-iterate bound of convex optimization.

No training run is convex, and none is without noise. Still real runs, each at its best learning rate, agree with the
bound on clear gaps, such as that a constant rate comes last, and its best scales say how those learning rates compare.
"""

from collections.abc import Iterable
from itertools import accumulate
from math import fsum, sqrt
from typing import NamedTuple

from preheat._fields import Count, field_of, short_repr
from preheat._language.parser import parse
from preheat._plan import Plan, plan_in

__all__ = ["CAVEAT", "Bound", "Ranked", "Ranking", "bound", "rank"]

CAVEAT = (
    "Smaller is better, each plan at its own best scale; the bound knows convex functions without noise, so trust a "
    "clear gap and not the last digit, and nothing that it says of warm-up, which it sees as lost time only."
)
_COUNT = field_of(Count)


class Bound(NamedTuple):
    """How far the last iterate can be from the optimum, and the scale of the plan at which that is least."""

    value: float  # of f(last) - f(optimum); unit: largest gradient norm x distance from the start to the optimum
    scale: float  # what the plan is best multiplied by; unit: distance / gradient norm


class Ranked(NamedTuple):
    """A plan with its bound."""

    plan: Plan
    value: float
    scale: float


class Ranking(tuple[Ranked, ...]):
    """Plans, the smallest bound first; printed with what the bound does not know."""

    __slots__ = ()

    def __str__(self) -> str:  # noqa: D105  # as the class says
        rows = (f"{row.value:.4g}  at scale {row.scale:.4g}  {row.plan!r}" for row in self)
        return "\n".join([*rows, CAVEAT])


def bound(plan: Plan, steps: int) -> Bound:
    """The last-iterate convex bound of subgradient steps of sizes `scale * plan(i)`, at the best scale.

    With learning rates h_1 ... h_T, gradients of norm at most G and a distance D to the optimum, f(last) - f(optimum)
    is at most `D^2 / 2S + G^2 Q / 2S + G^2 / 2 * sum over k < T of h_k / S_(k+1) * Q_k / S_k`, where S_k and Q_k are
    the sums of h and of h^2 from k on, S and Q those of all. Updates at the end that use exactly 0 move nothing and
    are left out, since the formula would divide by their sum.

    >>> from preheat import constant, linear
    >>> [round(x * 4_000**0.5, 3) for x in bound(constant(1), 4_000)]
    [3.142, 0.318]
    >>> [round(x * 4_000**0.5, 3) for x in bound(linear(1, 0, steps=4_000), 4_000)]
    [2.002, 0.999]

    Args:
        plan: the learning rates, in any unit; none below 0.
        steps: the length of the run, in updates.

    Returns:
        The bound and its best scale, for D = G = 1; the bound grows as D * G, the scale as D / G. O(steps) in time.

    Raises:
        ValueError: the plan has a value below 0, or none above 0, in these updates.
        TypeError: `steps` is not a whole number.

    Source: Defazio et al. 2023 (arXiv:2310.07831), Theorem 10; Schaipp et al. 2025 (arXiv:2501.18965), Theorem 1.
    """
    rates = _moving(plan_in("bound", plan), int(_COUNT.check("bound", "steps", steps)))
    rates.reverse()  # so that sums from an update on are running sums
    sums = list(accumulate(rates))
    squares = list(accumulate(rate * rate for rate in rates))
    later = fsum(
        rate / after * square / total
        for rate, after, total, square in zip(rates[1:], sums, sums[1:], squares[1:], strict=False)
    )
    first, second = 1 / (2 * sums[-1]), squares[-1] / (2 * sums[-1]) + later / 2
    return Bound(2 * sqrt(first * second), sqrt(first / second))


def _moving(plan: Plan, steps: int) -> list[float]:
    """The plan's values up to the last one that moves anything."""
    rates = plan.values(steps)
    lowest = min(rates)
    if lowest < 0:
        at = rates.index(lowest)
        raise ValueError(
            f"bound(plan={short_repr(plan)}): plan must have no value below 0; update {at} uses {lowest:g}"
        )
    while rates and not rates[-1]:
        rates.pop()
    if not rates:
        raise ValueError(f"bound(plan={short_repr(plan)}): plan must have a value above 0 in its first {steps} updates")
    return rates


def rank(plans: Iterable[Plan | str], steps: int) -> Ranking:
    """Plans ordered by their bound, each at its own best scale.

    >>> for plan, value, scale in rank(["constant(1)", "linear(1, 0, steps=100)"], 100):
    ...     print(f"{value:.4f}  {scale:.4f}  {plan}")
    0.2047  0.0987  linear(1, 0, steps=100)
    0.2485  0.0402  constant(1)

    Args:
        plans: plans, or their texts.
        steps: the length of the run, in updates.

    Raises:
        ValueError: a plan has a value below 0, or none above 0, in these updates; a text is no plan.
        TypeError: `steps` is not a whole number, or one of `plans` is neither plan nor text.
    """
    read = [parse(plan) if isinstance(plan, str) else plan for plan in plans]
    rows = [Ranked(plan, *bound(plan, steps)) for plan in read]
    return Ranking(sorted(rows, key=lambda row: row.value))
