"""What the peers' schedules are pieced together from: a linear warm-up, and cycles that need not be whole updates."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from math import ceil
from typing import Annotated, Any, NamedTuple, NoReturn

from preheat._fields import LAST, TINY, Field, number, require
from preheat._nodes import Curve, table, zero_based
from preheat._nodes.repeat_and_stretch import MOST
from preheat._plan import Plan, constant, joined
from preheat.shapes.ramps import linear

__all__ = ["Cycle", "Rate", "cycles", "in_turn", "listed", "no_plan", "restarted", "warmed_up"]

Rate = Annotated[
    float, Field("a number from 0 up", number(-TINY), good=(0.0, 0.5),
                 bad=("1", None, True, [1], 1j, float("nan"), float("inf"), -1.0)),
]  # fmt: skip
LISTED = 2**18  # values in a table: it has to be read as text again


def in_turn(*pieces: Plan) -> Plan:
    """Plans one after the other, those left out that own no update; the last says what is held."""
    return joined(">>", *(piece for piece in pieces[:-1] if piece.steps != 0), pieces[-1])


def warmed_up(rest: Plan, *, steps: int, start: float = 0, peak: float = 1) -> Plan:
    """A straight line from `start`, which the first update has, that reaches `peak` as `rest` begins."""
    return zero_based(in_turn(linear(start, peak, steps=steps), rest))


class Cycle(NamedTuple):
    """One of several cycles, and the whole updates that are in it."""

    k: int
    steps: int
    length: float  # the real one, in updates
    shift: float  # how far into the cycle its first update is

    @property
    def whole(self) -> bool:
        """Whether it begins and ends with an update."""
        return self.shift == 0 and self.steps == self.length

    @property
    def first(self) -> float:
        """The share of the cycle that is gone at its first update."""
        return self.shift / self.length

    @property
    def last(self) -> float:
        """The share that would be gone at the update after its last."""
        return (self.shift + self.steps) / self.length


def cycles(starts: Sequence[float], lengths: Iterable[float], cycle_at: Callable[[int], int]) -> list[Cycle]:
    """The cycles between real numbers of updates, each with the updates that the peer counts in it.

    Args:
        starts: where each begins, and where the last one ends (unit: updates).
        lengths: how long each is; not their differences, which are rounded.
        cycle_at: the cycle of an update in the peer's own arithmetic, whose rounding may put a restart one update late.
    """
    require(len(starts) <= MOST, f"the cycles must be at most {MOST}")
    firsts = [0]
    for k, start in enumerate(starts[1:], start=1):
        earliest = max(firsts[-1], ceil(start) - 1)
        firsts.append(earliest + bisect_left(range(earliest, LAST), k, key=cycle_at))
    found = [
        Cycle(k, after - first, length, max(first - start, 0.0))
        for k, (first, after, start, length) in enumerate(zip(firsts, firsts[1:], starts, lengths, strict=False))
    ]
    return [cycle for cycle in found if cycle.steps]


def restarted(found: Sequence[Cycle], piece: Callable[[Cycle], Plan], floor: float) -> Plan:
    """A piece for each cycle, and then `floor`."""
    pieces = [piece(cycle) for cycle in found]
    last = pieces[-1]
    landed = isinstance(last, Curve) and "end" in last.shape.parameters.fields
    return joined(">>", *pieces, *([] if landed else [constant(floor, steps=0)]))


def listed(make: Any, cycle: Cycle, *ends: float, **bends: float) -> Plan:
    """The values that a shape has at the updates of a cycle, one by one: a shape itself is a whole number long."""
    require(cycle.steps <= LISTED, f"a cycle that is no whole number of updates must be at most {LISTED} of them long")
    times = (min(cycle.shift + update, cycle.length) for update in range(cycle.steps))
    return table(tuple([make.shape.formula(t, *ends, **bends, steps=cycle.length) for t in times]))


def no_plan(who: str) -> NoReturn:
    """Refuse what is no plan.

    Raises:
        TypeError: always.
    """
    raise TypeError(f"{who}(): it must be a plan, and this follows a metric; use preheat.torch.Plateau")
