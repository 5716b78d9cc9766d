"""Which updates show a plan: its boundaries, and enough updates between them, rather than every one.

Between two boundaries a plan is one formula, which samples show well. `noise` and a user's function are not, so their
values between the samples go unseen. A plan of at most `EVERY` updates is sampled at each.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any

from preheat._nodes import (
    After,
    Extreme,
    Function,
    Noise,
    Repeat,
    Reverse,
    Stretch,
    ZeroBased,
    after,
    until,
    zero_based,
)
from preheat._plan import Chain, Constant, Plan, Then

__all__ = [
    "argmax", "boundaries", "contains", "contains_function", "display_length", "first_where", "pieces", "samples",
]  # fmt: skip

EVERY = 2_048  # updates up to which a plan is sampled at each
SAMPLES = 3_000  # of a longer plan, shared out between its boundaries
MOST = 3_000  # boundaries; of more, as many evenly spread
SAME = 2.0**-40  # of a value: a difference that may be rounding
FAR = 2**20  # updates of an endless law that are searched for its peak


def contains(plan: Any, *kinds: type) -> bool:
    """Whether there is a plan of one of these kinds inside a plan."""
    return isinstance(plan, Plan) and (
        isinstance(plan, kinds) or any(contains(part, *kinds) for part in plan._call()[1])
    )


def contains_function(plan: object) -> bool:
    """Whether there is a user's function in a plan; it may be slow or have effects, so it is called sparingly."""
    return contains(plan, Function)


def boundaries(plan: Plan, n: int) -> list[int]:
    """The updates below `n` at which a piece begins, 0 first; at most about `MOST` of them."""
    found = sorted({0, *(k for k in _inside(plan, n) if 0 < k < n)})
    return found[:: -(-len(found) // MOST)]


def _inside(plan: Plan, n: int) -> Iterator[int]:
    """Where pieces begin and end inside a plan, in its own updates, in no order and some more than once."""
    if isinstance(plan, Then):
        for start, part in zip(plan.starts[: bisect_left(plan.starts, n)], plan.plans, strict=False):
            yield from (start + k for k in _inside(part, n - start))
    elif isinstance(plan, Repeat):
        length = plan.plan.steps or 1
        n = min(n, plan.steps or n)
        cycles = range(0, n, length * -(-n // (length * MOST)))
        yield from (start + k for start in cycles for k in _inside(plan.plan, length))
    elif isinstance(plan, Reverse):
        yield from (plan.steps - k for k in _inside(plan.plan, plan.steps))
    elif isinstance(plan, Stretch):
        old, new = plan.plan.steps or 0, plan.steps or 0
        yield from (-(-k * new // old) for k in _inside(plan.plan, old))
    elif isinstance(plan, After):
        yield from (k - plan.n for k in _inside(plan.plan, plan.n + n))
    else:
        yield from (k for part in plan._call()[1] if isinstance(part, Plan) for k in _inside(part, n))
    if plan.steps is not None:
        yield plan.steps
    yield 0


def samples(plan: Plan, n: int) -> list[int]:
    """Updates below `n` that show the plan, in order: all if they are few, else the boundaries and samples between."""
    if n <= EVERY:
        return list(range(n))
    starts = boundaries(plan, n)
    each = min(max(SAMPLES // (3 * len(starts)), 1), 100)
    return sorted({i for a, b in zip(starts, [*starts[1:], n], strict=True) for i in _between(a, b - 1, each)})


def _between(a: int, b: int, count: int) -> Iterator[int]:
    """Whole numbers from `a` to `b`, both among them: evenly spread, and denser towards both ends."""
    yield a
    yield b
    for k in range(1, count):
        yield a + (b - a) * k // count
        near = round(((b - a) / 2) ** (k / count))
        yield from (min(a + near, b), max(b - near, a))


def argmax(value: Callable[[int], float], updates: list[int]) -> int:
    """The first update at which `value` is highest: of these, and between the neighbours of the highest."""
    values = [value(i) for i in updates]
    highest = max(values)
    margin = SAME * min(abs(highest), MOST)  # not infinite
    k = next(k for k, at in enumerate(values) if at >= highest - margin)
    low, high = updates[max(k - 1, 0)], updates[min(k + 1, len(updates) - 1)]
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if value(middle + 1) > value(middle) else (low, middle)
    return low if value(low) > values[k] else updates[k]


def first_where(condition: Callable[[int], bool], updates: list[int]) -> int | None:
    """The first update where `condition` holds, or None.

    Assumes it turns true at most once between two of `updates`, so bisection is exact.
    """
    k = next((k for k, i in enumerate(updates) if condition(i)), None)
    if not k:
        return None if k is None else updates[0]
    return bisect_left(range(updates[k]), 1, updates[k - 1] + 1, key=condition)


def display_length(plan: Plan) -> int:
    """How many updates show a plan: its own, or enough of an endless one to see where it goes."""
    if plan.steps is not None:
        return max(plan.steps, 1)
    if isinstance(plan, Noise):
        return display_length(plan.plan)
    last, cycle = _settled(plan), _cycle(plan)
    if cycle:
        return last + 4 * cycle
    if contains_function(plan):
        return max(2 * last, 1_000)
    tail = after(plan, last)
    if isinstance(tail, Constant):
        return last + max(last // 4, 10)
    return max(last + 5 * _timescale(tail), 5 * last, 10)


def _settled(plan: Plan) -> int:
    """The update from which on a plan holds, is one law, or begins again and again."""
    if plan.steps is not None:
        return plan.steps
    if isinstance(plan, Then):
        return plan.starts[-1] + _settled(plan.plans[-1])
    if isinstance(plan, After):
        return max(_settled(plan.plan) - plan.n, 0)
    parts = [] if isinstance(plan, Repeat) else [part for part in plan._call()[1] if isinstance(part, Plan)]
    return max(map(_settled, parts), default=0)


def _cycle(plan: object) -> int:
    """The updates of the longest cycle that begins again without end, 0 if there is none."""
    if not isinstance(plan, Plan):
        return 0
    own = plan.plan.steps or 0 if isinstance(plan, Repeat) and plan.times is None else 0
    return max([own, *map(_cycle, plan._call()[1])])


def _timescale(law: Plan) -> int:
    """The update at which an endless law peaks, or else has gone half of its way."""
    updates = samples(law, FAR)
    top = argmax(law, updates)
    if top > 0 and law(top) > law(FAR - 1):
        return top
    first, last = law(0), law(FAR - 1)
    return first_where(lambda i: abs(law(i) - first) >= abs(last - law(i)), updates) or 1


def pieces(plan: Plan) -> list[tuple[int, Plan]]:
    """The pieces of a plan that follow one another, each with the update at which it begins; none without updates.

    >>> from preheat import cosine, warmup
    >>> pieces(0.5 * (warmup(4) >> cosine(1, 0, steps=8)))
    [(0, 0.5 * linear(0, 1, steps=4)), (4, 0.5 * cosine(1, 0, steps=8))]
    """
    if isinstance(plan, Then):
        return [(start, part) for start, part in zip(plan.starts, plan.plans, strict=True) if part.steps != 0]
    if isinstance(plan, ZeroBased):
        return [(start, zero_based(part)) for start, part in pieces(plan.plan)]
    if isinstance(plan, Chain | Extreme):
        parts = [part for part in plan._call()[1] if isinstance(part, Plan)]
        starts = sorted({start for part in parts for start, _ in pieces(part)})
        if 1 < len(starts) <= EVERY:
            return [(a, _cut(plan, a, b)) for a, b in zip(starts, [*starts[1:], plan.steps], strict=True)]
    return [(0, plan)]


def _cut(plan: Plan, a: int, b: int | None) -> Plan:
    rest = after(plan, a)
    return rest if b is None else until(rest, b - a)
