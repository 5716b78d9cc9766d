"""Where two plans differ, and by how much."""

from itertools import pairwise
from math import fsum
from typing import NamedTuple

from preheat._analysis.sampling import argmax, display_length, first_where, samples
from preheat._fields import Count, field_of
from preheat._plan import Plan, plan_in

__all__ = ["Difference", "diff"]

SAME = 2.0**-46  # of the higher of two values, or of both plans' highest over `FINE`: what rounding may do
FINE = 2.0**6


class Difference(NamedTuple):
    """Where two plans differ.

    Attributes:
        updates: how many were compared, from 0.
        first: the first update with two values; None if there is none.
        largest: the largest distance of two values.
        at: the update of the largest distance; None as `first`.
        values: both plans' values there; at the last update where they do not differ.
        areas: the sum of the values of each plan over the updates compared (updates times value).
        verdict: all this in one line.
    """

    updates: int
    first: int | None
    largest: float
    at: int | None
    values: tuple[float, float]
    areas: tuple[float, float]
    verdict: str

    @property
    def equal(self) -> bool:
        """Whether no two values differ by more than rounding."""
        return self.first is None

    def __str__(self) -> str:
        if self.at is None:
            return self.verdict
        one, other = self.values
        return "\n".join(
            (
                self.verdict,
                f"largest difference: {self.largest:.4g} at update {self.at}, {one:.4g} and {other:.4g}",
                f"areas over {self.updates} updates: {self.areas[0]:.5g} and {self.areas[1]:.5g}",
            )
        )


def diff(a: Plan, b: Plan, n: int | None = None) -> Difference:
    """Where two plans differ first and most, over the updates of the longer one.

    Of endless plans as many are compared as show the last seam of both and what follows. Plans of more than 2048
    updates are compared at their seams and at samples between these.

    >>> from preheat import cosine, linear, warmup, warmup_cosine
    >>> diff(warmup(4) >> cosine(1, 0, steps=4), warmup_cosine(4, total_steps=8)).verdict
    'the same plan'
    >>> diff(2 * linear(0, 1, steps=4), linear(0, 2, steps=4)).verdict
    'equal in value over 4 updates, in different words'
    >>> print(diff(warmup(4) >> cosine(1, 0, steps=4), warmup(4) >> linear(1, 0, steps=4)))
    differ first at update 4, by 0.1036 at most
    largest difference: 0.1036 at update 4, 0.8536 and 0.75
    areas over 8 updates: 4 and 4

    Args:
        a: a plan.
        b: another.
        n: how many updates to compare, from 0.

    Raises:
        TypeError: one of them is not a plan, or `n` not a whole number.
        ValueError: `n` is not 1 or more.
    """
    a, b = plan_in("diff", a), plan_in("diff", b)
    n = max(display_length(a), display_length(b)) if n is None else int(field_of(Count).check("diff", "n", n))
    looked = sorted({*samples(a, n), *samples(b, n)})
    height = max(abs(plan(i)) for plan in (a, b) for i in looked)

    def apart(i: int) -> bool:
        x, y = a(i), b(i)
        return abs(x - y) > SAME * max(abs(x), abs(y), height / FINE)

    first = first_where(apart, looked)
    at = None if first is None else argmax(lambda i: abs(a(i) - b(i)), sorted({*looked, first}))
    there = n - 1 if at is None else at
    values = a(there), b(there)
    largest = 0.0 if at is None else abs(values[0] - values[1])
    return Difference(n, first, largest, at, values, (_area(a, n), _area(b, n)), _verdict(a, b, n, first, largest))


def _verdict(a: Plan, b: Plan, n: int, first: int | None, largest: float) -> str:
    if a == b:
        return "the same plan"
    if first is not None:
        return f"differ first at update {first}, by {largest:.4g} at most{_lengths(a, b)}"
    return f"equal in value over {n} updates, in different words{_lengths(a, b)}"


def _lengths(a: Plan, b: Plan) -> str:
    if a.steps == b.steps:
        return ""
    said = ["no end" if plan.steps is None else f"{plan.steps} updates" for plan in (a, b)]
    return f"; the first has {said[0]}, the second {said[1]}"


def _area(plan: Plan, n: int) -> float:
    """The sum of all values; of a long plan, that of straight lines between the updates looked at."""
    read = [(i, plan(i)) for i in samples(plan, n)]
    between = ((j - i - 1) * (x + y) / 2 for (i, x), (j, y) in pairwise(read))
    return fsum((*between, *(value for _, value in read)))
