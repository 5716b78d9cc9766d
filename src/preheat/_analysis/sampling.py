"""Where to look at a plan: at its seams, and at enough updates between them, rather than at every one.

Between two seams a plan is one formula, which samples show well; `noise` and a user's function are not, and what they
do between the samples is not seen. Up to `EVERY` updates nothing is left to chance.
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
    "argmax",
    "boundaries",
    "contains",
    "contains_function",
    "display_length",
    "first_where",
    "pieces",
    "samples",
]

EVERY = 2_048  # a plan of so many updates is looked at at each
SAMPLES = 3_000  # of a longer one, shared out between its seams
MOST = 3_000  # seams; of more, as many evenly spread
SAME = 2.0**-40  # of a value, what rounding may do
FAR = 2**20  # how far an endless law is followed to find where it turns


def contains(plan: Any, *kinds: type) -> bool:
    """Whether there is a plan of one of these kinds inside a plan."""
    return isinstance(plan, Plan) and (
        isinstance(plan, kinds) or any(contains(part, *kinds) for part in plan._call()[1])
    )


def contains_function(plan: object) -> bool:
    """Whether there is a user's function in a plan, which is not called where it need not be."""
    return contains(plan, Function)


def boundaries(plan: Plan, n: int) -> list[int]:
    """The updates below `n` at which a piece begins, 0 first; at most about `MOST` of them."""
    found = sorted({0, *(seam for seam in _inside(plan, n) if 0 < seam < n)})
    return found[:: -(-len(found) // MOST)]


def _inside(plan: Plan, n: int) -> Iterator[int]:
    """Where pieces begin and end inside a plan, in its own updates, in no order and some more than once."""
    if isinstance(plan, Then):
        for start, part in zip(plan.starts[: bisect_left(plan.starts, n)], plan.plans, strict=False):
            yield from (start + seam for seam in _inside(part, n - start))
    elif isinstance(plan, Repeat):
        length = plan.plan.steps or 1
        n = min(n, plan.steps or n)
        cycles = range(0, n, length * -(-n // (length * MOST)))
        yield from (start + seam for start in cycles for seam in _inside(plan.plan, length))
    elif isinstance(plan, Reverse):
        yield from (plan.steps - seam for seam in _inside(plan.plan, plan.steps))
    elif isinstance(plan, Stretch):
        old, new = plan.plan.steps or 0, plan.steps or 0
        yield from (-(-seam * new // old) for seam in _inside(plan.plan, old))
    elif isinstance(plan, After):
        yield from (seam - plan.n for seam in _inside(plan.plan, plan.n + n))
    else:
        yield from (seam for part in plan._call()[1] if isinstance(part, Plan) for seam in _inside(part, n))
    if plan.steps is not None:
        yield plan.steps
    yield 0


def samples(plan: Plan, n: int) -> list[int]:
    """The updates below `n` to look at, rising: all if they are few, else each seam, those beside it and samples."""
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


def argmax(read: Callable[[int], float], looked: list[int]) -> int:
    """The first update at which `read` is highest: of those looked at, and between its neighbours there."""
    values = [read(i) for i in looked]
    highest = max(values)
    margin = SAME * min(abs(highest), MOST)  # not infinite
    k = next(k for k, value in enumerate(values) if value >= highest - margin)
    low, high = looked[max(k - 1, 0)], looked[min(k + 1, len(looked) - 1)]
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if read(middle + 1) > read(middle) else (low, middle)
    return low if read(low) > values[k] else looked[k]


def first_where(holds: Callable[[int], bool], looked: list[int]) -> int | None:
    """The first update at which something holds, that once it does goes on to the next update looked at; or None."""
    k = next((k for k, i in enumerate(looked) if holds(i)), None)
    if not k:
        return None if k is None else looked[0]
    return bisect_left(range(looked[k]), 1, looked[k - 1] + 1, key=holds)


def display_length(plan: Plan) -> int:
    """How many updates show a plan: its own, or of an endless one enough to see what becomes of it."""
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
    """The update at which an endless law turns, or else has gone half of its way."""
    looked = samples(law, FAR)
    top = argmax(law, looked)
    if top > 0 and law(top) > law(FAR - 1):
        return top
    first, last = law(0), law(FAR - 1)
    return first_where(lambda i: abs(law(i) - first) >= abs(last - law(i)), looked) or 1


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
