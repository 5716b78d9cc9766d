"""The parameter schedulers of `ignite.handlers`: plans of values, for `lr=` or `values=`; an event is an update."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import isfinite

from preheat._fields import LAST, Count, Factor, Flag, Number, Positive, Updates, checked, require
from preheat._nodes import repeat, zero_based
from preheat._nodes.repeat_and_stretch import MOST
from preheat._plan import Plan, constant, joined
from preheat.like._asked import Counts, Indices, Points, Schedule, Schedules
from preheat.like._cycles import LONGEST
from preheat.like.torch import ExponentialLR, MultiStepLR, SequentialLR, StepLR
from preheat.shapes.ramps import cosine, linear

__all__ = [
    "ConcatScheduler", "CosineAnnealingScheduler", "ExpStateScheduler", "LinearCyclicalScheduler",
    "MultiStepStateScheduler", "PiecewiseLinear", "StepStateScheduler", "create_lr_scheduler_with_warmup",
]  # fmt: skip


@checked
def LinearCyclicalScheduler(  # noqa: PLR0913, PLR0917  # theirs
    start_value: Number, end_value: Number, cycle_size: Count, cycle_mult: Positive = 1, start_value_mult: Number = 1,
    end_value_mult: Number = 1, warmup_duration: Updates = 0, monotonic: Flag = False,  # noqa: FBT002  # theirs
    *, cycles: Count | None = None,
) -> Plan:  # fmt: skip
    """A straight line to the end and back again in each cycle; `monotonic`, one to the end, and there it jumps.

    Cycles that change are written out: `cycles` of them, or, where they grow, as many as 10**9 updates ask for.

    >>> LinearCyclicalScheduler(0, 1, 4)
    zero_based(repeat(linear(0, 1, steps=2) >> linear(1, 0, steps=2)))
    >>> [round(v, 3) for v in LinearCyclicalScheduler(0, 1, 5).values(5)]
    [0.0, 0.4, 0.8, 0.8, 0.4]

    Same values as `ignite.handlers.LinearCyclicalScheduler`, as far as the cycles go.
    """
    require(monotonic or not warmup_duration, "warmup_duration must be 0 where it is not monotonic")
    ways = _Cycles(_line if monotonic else _there_and_back, cycle_mult, start_value_mult, end_value_mult)
    return ways.plan(start_value, end_value, cycle_size, warmup_duration, cycles)


@checked
def CosineAnnealingScheduler(  # noqa: PLR0913, PLR0917  # theirs
    start_value: Number, end_value: Number, cycle_size: Count, cycle_mult: Positive = 1, start_value_mult: Number = 1,
    end_value_mult: Number = 1, warmup_duration: Updates = 0, *, cycles: Count | None = None,
) -> Plan:  # fmt: skip
    """Half a cosine wave in each cycle, and a straight line back in the `warmup_duration` updates after it.

    Cycles that change are written out: `cycles` of them, or, where they grow, as many as 10**9 updates ask for.

    >>> CosineAnnealingScheduler(1, 0, 4)
    zero_based(repeat(cosine(1, 0, steps=4)))
    >>> CosineAnnealingScheduler(1, 0, 4, start_value_mult=0.5, warmup_duration=2, cycles=1)
    zero_based(cosine(1, 0, steps=4) >> linear(0, 0.5, steps=2))

    Same values as `ignite.handlers.CosineAnnealingScheduler`, as far as the cycles go.
    """
    ways = _Cycles(_wave, cycle_mult, start_value_mult, end_value_mult)
    return ways.plan(start_value, end_value, cycle_size, warmup_duration, cycles)


def _line(start: float, end: float, steps: int) -> Plan:
    return linear(start, end, steps=steps)


def _wave(start: float, end: float, steps: int) -> Plan:
    return cosine(start, end, steps=steps)


def _there_and_back(start: float, end: float, steps: int) -> Plan:
    """Straight to the end and back; where it turns between two updates, each line is drawn on to the next of them."""
    first = (steps + 1) // 2
    gone = 2 * first / steps  # of the way there; above 1, that much of the way back
    there = linear(start, start * (1 - gone) + end * gone, steps=first)
    return there >> linear(end * (2 - gone) + start * (gone - 1), start, steps=steps - first)


@dataclass(frozen=True)
class _Cycles:
    """Cycle after cycle, each with the last one's length and values multiplied."""

    way: Callable[[float, float, int], Plan]
    cycle_mult: float
    start_mult: float
    end_mult: float

    def plan(self, start: float, end: float, size: int, warmup: int, cycles: int | None) -> Plan:
        """Written as a repetition where it can be, else one after the other.

        Raises:
            BrokenRuleError: a cycle is too short, or nothing says how many there are.
        """
        require(size > 1, "cycle_size must be 2 or more")
        if cycles is None and self.cycle_mult == 1:
            return zero_based(self._repeated(start, end, size, warmup))
        return zero_based(joined(">>", *self._written_out(start, end, size, warmup, cycles)))

    def _repeated(self, start: float, end: float, size: int, warmup: int) -> Plan:
        """All the same but for a factor: one of the whole, or one of what starts and one of what ends."""
        falling = 0 < self.start_mult <= 1 and 0 < self.end_mult <= 1
        require(falling, "cycles must be given where a value grows or changes its sign; theirs go on for ever")
        if self.start_mult == self.end_mult:
            return repeat(self._one(start, end, size, warmup), decay=self.end_mult)
        starts = repeat(self._one(start, 0, size, warmup), decay=self.start_mult)
        return starts + repeat(self._one(0, end, size, warmup), decay=self.end_mult)

    def _written_out(self, start: float, end: float, size: int, warmup: int, cycles: int | None) -> list[Plan]:
        changes = cycles is not None or self._longer(size) != size
        require(changes, "cycles must be given where cycle_mult, the product rounded down, leaves cycle_size as it is")
        require((cycles or 0) <= MOST, f"cycles must be at most {MOST}")
        several: list[Plan] = []
        begun = 0
        while size > 0 and (begun < LONGEST if cycles is None else len(several) < cycles):
            require(begun + size + warmup < LAST, "the cycles together must be shorter than 2**53 updates")
            require(isfinite(start) and isfinite(end), "the values of all cycles must be finite")
            several.append(self._one(start, end, size, warmup))
            begun += size + warmup
            start, end = start * self.start_mult, end * self.end_mult
            size, warmup = self._longer(size), self._longer(warmup)
        return several

    def _longer(self, steps: int) -> int:
        return int(min(steps * self.cycle_mult, LAST))

    def _one(self, start: float, end: float, size: int, warmup: int) -> Plan:
        way = self.way(start, end, size)
        return way >> linear(end, start * self.start_mult, steps=warmup) if warmup else way


@checked
def PiecewiseLinear(milestones_values: Points) -> Plan:
    """Straight lines through the points, level before and after; where two have one milestone, a jump to the second.

    >>> PiecewiseLinear([(2, 1.0), (4, 0.5), (4, 0.2), (6, 0.0)]).values(7)
    [1.0, 1.0, 1.0, 0.75, 0.2, 0.1, 0.0]

    Same values as `ignite.handlers.PiecewiseLinear`.
    """
    require(all(a <= b for (a, _), (b, _) in pairwise(milestones_values)), "milestones must not fall")
    (first, value), (_, last) = milestones_values[0], milestones_values[-1]
    lines = [linear(v, w, steps=b - a) for (a, v), (b, w) in pairwise(milestones_values) if a < b]
    before = [constant(value, steps=first)] if first else []
    return zero_based(joined(">>", *before, *lines, constant(last)))


@checked
def ConcatScheduler(schedulers: Schedules, durations: Counts) -> Plan:
    """Plans one after the other, each from its own beginning; the last has no duration.

    >>> ConcatScheduler([LinearCyclicalScheduler(0, 1, 4, cycles=1), PiecewiseLinear([(0, 0.5)])], durations=[2])
    zero_based(linear(0, 1, steps=2)) >> zero_based(constant(0.5))

    Same values as `ignite.handlers.ConcatScheduler`.
    """
    require(len(durations) == len(schedulers) - 1, "durations must be one fewer than schedulers")
    return SequentialLR(schedulers, tuple(accumulate(durations)))


@checked
def create_lr_scheduler_with_warmup(
    lr_scheduler: Schedule, warmup_start_value: Number, warmup_duration: Count, warmup_end_value: Number | None = None
) -> Plan:
    """A straight line to `warmup_end_value`, met at the last of `warmup_duration` updates, then a plan of rates.

    Where the plan begins with that very value, the two share the update: the plan begins one update sooner. The value
    is the plan's first, unless it is given; theirs is the lr of the group.

    >>> create_lr_scheduler_with_warmup(CosineAnnealingScheduler(1, 0, 4), 0, 3)
    zero_based(linear(0, 1, steps=2)) >> zero_based(repeat(cosine(1, 0, steps=4)))
    >>> create_lr_scheduler_with_warmup(CosineAnnealingScheduler(1, 0, 4), 0, 3, warmup_end_value=2).values(5)
    [0.0, 1.0, 2.0, 1.0, 0.8535533905932737]

    Same values as `ignite.handlers.create_lr_scheduler_with_warmup`.
    """
    require(warmup_duration > 1, "warmup_duration must be 2 or more")
    first = lr_scheduler(0)
    top = first if warmup_end_value is None else warmup_end_value
    rise = zero_based(linear(warmup_start_value, top, steps=warmup_duration - 1))
    return (rise if top == first else rise >> constant(top, steps=1)) >> lr_scheduler


@checked
def ExpStateScheduler(initial_value: Number, gamma: Factor) -> Plan:
    """A value that falls by the factor `gamma` at every event.

    >>> ExpStateScheduler(8, 0.5).values(3)
    [8.0, 4.0, 2.0]

    Same values as `ignite.handlers.ExpStateScheduler`, whose first event is number 1.
    """
    return initial_value * ExponentialLR(gamma)


@checked
def StepStateScheduler(initial_value: Number, gamma: Factor, step_size: Count) -> Plan:
    """A value that falls by the factor `gamma` after every `step_size` events.

    >>> StepStateScheduler(8, 0.5, step_size=2).values(4)
    [8.0, 8.0, 4.0, 4.0]

    Same values as `ignite.handlers.StepStateScheduler`, whose first event is number 1.
    """
    return initial_value * StepLR(step_size, gamma)


@checked
def MultiStepStateScheduler(initial_value: Number, gamma: Number, milestones: Indices) -> Plan:
    """A value that is multiplied by `gamma` at each milestone.

    >>> MultiStepStateScheduler(8, 0.5, milestones=[1, 3]).values(4)
    [8.0, 4.0, 4.0, 2.0]

    Same values as `ignite.handlers.MultiStepStateScheduler`, whose first event is number 1.
    """
    return initial_value * MultiStepLR(milestones, gamma)
