"""Pieces of the peers' schedules: a linear warm-up, and cycles that may begin and end between two updates."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from math import ceil
from typing import Annotated, Any, NamedTuple, NoReturn

from preheat._fields import LAST, TINY, Field, number, require
from preheat._nodes import Curve, table, zero_based
from preheat._nodes.cuts import until
from preheat._nodes.repeat_and_stretch import MOST
from preheat._plan import Plan, constant, joined
from preheat.shapes.ramps import linear

__all__ = ["Cycle", "Rate", "cycles", "in_turn", "listed", "no_plan", "restarted", "sequence", "warmed_up"]

Rate = Annotated[
    float, Field("a number from 0 up", number(-TINY), good=(0.0, 0.5),
                 bad=("1", None, True, [1], 1j, float("nan"), float("inf"), -1.0)),
]  # fmt: skip
LISTED = 2**18  # values in a table, whose text must stay readable


def in_turn(*pieces: Plan) -> Plan:
    """Plans one after the other, without those of no updates; the last one says which value is held."""
    return joined(">>", *(piece for piece in pieces[:-1] if piece.steps != 0), pieces[-1])


def sequence(plans: Sequence[Plan], starts: Sequence[int], *, names: tuple[str, str]) -> Plan:
    """Each plan until the next one starts; a plan is left out if the next one starts with it.

    Args:
        plans: each counts from its own beginning.
        starts: of all but the first; in updates.
        names: of the two parameters, for the messages.

    Raises:
        BrokenRuleError: there are more starts or fewer, or they fall.
    """
    several, points = names
    require(len(starts) == len(plans) - 1, f"{points} must be one fewer than {several}")
    lengths = [after - before for before, after in pairwise((0, *starts))]
    require(min(lengths, default=0) >= 0, f"{points} must not fall")
    return in_turn(*(until(plan, steps) for plan, steps in zip(plans, lengths, strict=False)), plans[-1])


def warmed_up(rest: Plan, *, steps: int, start: float = 0, peak: float = 1) -> Plan:
    """A straight line from `start` at the first update towards `peak`, which `rest` begins with."""
    return zero_based(in_turn(linear(start, peak, steps=steps), rest))


class Cycle(NamedTuple):
    """One of several cycles, and the updates in it."""

    k: int
    steps: int
    length: float  # in updates, not rounded
    shift: float  # how far into the cycle its first update is

    @property
    def whole(self) -> bool:
        """Whether it begins and ends at an update."""
        return self.shift == 0 and self.steps == self.length

    @property
    def first(self) -> float:
        """How far through the cycle its first update is, from 0 to 1."""
        return self.shift / self.length

    @property
    def last(self) -> float:
        """How far through it the update after its last would be."""
        return (self.shift + self.steps) / self.length


def cycles(starts: Sequence[float], lengths: Iterable[float], cycle_at: Callable[[int], int]) -> list[Cycle]:
    """The cycles between real numbers of updates, each with the updates that the peer counts in it.

    Args:
        starts: where each begins, and where the last one ends; in updates.
        lengths: in updates; differences of `starts` would be rounded.
        cycle_at: the cycle of an update in the peer's arithmetic, whose rounding may delay a restart by an update.
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
    """A piece for each cycle; from the end on `floor`."""
    pieces = [piece(cycle) for cycle in found]
    last = pieces[-1]
    landed = isinstance(last, Curve) and "end" in last.shape.parameters.fields
    return joined(">>", *pieces, *([] if landed else [constant(floor, steps=0)]))


def listed(make: Any, cycle: Cycle, *ends: float, **bends: float) -> Plan:
    """A shape's values at the updates of a cycle, as a table: a shape has a whole number of updates."""
    require(cycle.steps <= LISTED, f"a cycle that is no whole number of updates must be at most {LISTED} of them long")
    times = (min(cycle.shift + update, cycle.length) for update in range(cycle.steps))
    return table(tuple([make.shape.formula(t, *ends, **bends, steps=cycle.length) for t in times]))


def no_plan(who: str) -> NoReturn:
    """Refuse a scheduler that follows a metric.

    Raises:
        TypeError: always.
    """
    raise TypeError(f"{who}(): it must be a plan, and this follows a metric; use preheat.torch.Plateau")
