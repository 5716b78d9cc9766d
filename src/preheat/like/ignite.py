"""The parameter schedulers of `ignite.handlers`: plans of values, for `lr=` or `values=`; one event is one update."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import isfinite

from preheat._fields import LAST, Count, Flag, Number, Positive, Updates, checked, require
from preheat._nodes import repeat, zero_based
from preheat._nodes.repeat_and_stretch import MOST
from preheat._plan import Plan, constant, joined
from preheat.like._parameters import Counts, Indices, Points, Schedule, Schedules
from preheat.like._torch_cycles import LONGEST
from preheat.like.torch import ExponentialLR, MultiStepLR, SequentialLR, StepLR
from preheat.shapes.ramps import cosine, linear

__all__ = [
    "ConcatScheduler", "CosineAnnealingScheduler", "ExpStateScheduler", "LinearCyclicalScheduler",
    "MultiStepStateScheduler", "PiecewiseLinear", "StepStateScheduler", "create_lr_scheduler_with_warmup",
]  # fmt: skip


@checked
def LinearCyclicalScheduler(  # noqa: PLR0913, PLR0917  # the peer's own
    start_value: Number, end_value: Number, cycle_size: Count, cycle_mult: Positive = 1, start_value_mult: Number = 1,
    end_value_mult: Number = 1, warmup_duration: Updates = 0, monotonic: Flag = False,  # noqa: FBT002  # the peer's own
    *, cycles: Count | None = None,
) -> Plan:  # fmt: skip
    """In each cycle a straight line to the end and back; if `monotonic`, only to the end, where it jumps back.

    Cycles that change are written out: `cycles` of them, or, if they grow, enough for 10**9 updates.

    >>> LinearCyclicalScheduler(0, 1, 4)
    zero_based(repeat(linear(0, 1, steps=2) >> linear(1, 0, steps=2)))
    >>> [round(v, 3) for v in LinearCyclicalScheduler(0, 1, 5).values(5)]
    [0.0, 0.4, 0.8, 0.8, 0.4]

    Same values as `ignite.handlers.LinearCyclicalScheduler`, for that many cycles.
    """
    require(monotonic or not warmup_duration, "warmup_duration must be 0 where it is not monotonic")
    all_cycles = _Cycles(_line if monotonic else _there_and_back, cycle_mult, start_value_mult, end_value_mult)
    return all_cycles.plan(start_value, end_value, cycle_size, warmup_duration, cycles)


@checked
def CosineAnnealingScheduler(  # noqa: PLR0913, PLR0917  # the peer's own
    start_value: Number, end_value: Number, cycle_size: Count, cycle_mult: Positive = 1, start_value_mult: Number = 1,
    end_value_mult: Number = 1, warmup_duration: Updates = 0, *, cycles: Count | None = None,
) -> Plan:  # fmt: skip
    """In each cycle half a cosine wave, and a straight line back in the `warmup_duration` updates after it.

    Cycles that change are written out: `cycles` of them, or, if they grow, enough for 10**9 updates.

    >>> CosineAnnealingScheduler(1, 0, 4)
    zero_based(repeat(cosine(1, 0, steps=4)))
    >>> CosineAnnealingScheduler(1, 0, 4, start_value_mult=0.5, warmup_duration=2, cycles=1)
    zero_based(cosine(1, 0, steps=4) >> linear(0, 0.5, steps=2))

    Same values as `ignite.handlers.CosineAnnealingScheduler`, for that many cycles.
    """
    all_cycles = _Cycles(_wave, cycle_mult, start_value_mult, end_value_mult)
    return all_cycles.plan(start_value, end_value, cycle_size, warmup_duration, cycles)


def _line(start: float, end: float, steps: int) -> Plan:
    return linear(start, end, steps=steps)


def _wave(start: float, end: float, steps: int) -> Plan:
    return cosine(start, end, steps=steps)


def _there_and_back(start: float, end: float, steps: int) -> Plan:
    """Straight to the end and back; if the turn lies between two updates, each line goes on to the later one."""
    first = (steps + 1) // 2
    gone = 2 * first / steps  # the share of the way there; what is above 1 is a share of the way back
    there = linear(start, start * (1 - gone) + end * gone, steps=first)
    return there >> linear(end * (2 - gone) + start * (gone - 1), start, steps=steps - first)


@dataclass(frozen=True)
class _Cycles:
    """Cycle after cycle: length and values of each are those of the one before, multiplied."""

    shape: Callable[[float, float, int], Plan]
    cycle_mult: float
    start_mult: float
    end_mult: float

    def plan(self, start: float, end: float, size: int, warmup: int, cycles: int | None) -> Plan:
        """The cycles as a repetition if they only fall, else written out.

        Raises:
            BrokenRuleError: a cycle is too short, or `cycles` is missing.
        """
        require(size > 1, "cycle_size must be 2 or more")
        if cycles is None and self.cycle_mult == 1:
            return zero_based(self._repeated(start, end, size, warmup))
        return zero_based(joined(">>", *self._written_out(start, end, size, warmup, cycles)))

    def _repeated(self, start: float, end: float, size: int, warmup: int) -> Plan:
        """Endless cycles: one repetition if both values fall by the same factor, else the sum of one for each."""
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
        written: list[Plan] = []
        begun = 0
        while size > 0 and (begun < LONGEST if cycles is None else len(written) < cycles):
            require(begun + size + warmup < LAST, "the cycles together must be shorter than 2**53 updates")
            require(isfinite(start) and isfinite(end), "the values of all cycles must be finite")
            written.append(self._one(start, end, size, warmup))
            begun += size + warmup
            start, end = start * self.start_mult, end * self.end_mult
            size, warmup = self._longer(size), self._longer(warmup)
        return written

    def _longer(self, steps: int) -> int:
        return int(min(steps * self.cycle_mult, LAST))

    def _one(self, start: float, end: float, size: int, warmup: int) -> Plan:
        cycle = self.shape(start, end, size)
        return cycle >> linear(end, start * self.start_mult, steps=warmup) if warmup else cycle


@checked
def PiecewiseLinear(milestones_values: Points) -> Plan:
    """Straight lines through the points, level before and after; two points at one milestone make a jump.

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
    """A straight line to `warmup_end_value` at the last of `warmup_duration` updates, then a plan of learning rates.

    `warmup_end_value` is the plan's first value by default, the group's lr in ignite. If it is the plan's first value,
    the two share an update: the plan begins one update sooner.

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
def ExpStateScheduler(initial_value: Number, gamma: Positive) -> Plan:
    """A value that is multiplied by `gamma` at every event.

    >>> ExpStateScheduler(8, 0.5).values(3)
    [8.0, 4.0, 2.0]

    Same values as `ignite.handlers.ExpStateScheduler`, whose first event is number 1.
    """
    return initial_value * ExponentialLR(gamma)


@checked
def StepStateScheduler(initial_value: Number, gamma: Positive, step_size: Count) -> Plan:
    """A value that is multiplied by `gamma` after every `step_size` events.

    >>> StepStateScheduler(8, 0.5, step_size=2).values(4)
    [8.0, 8.0, 4.0, 4.0]

    Same values as `ignite.handlers.StepStateScheduler`, whose first event is number 1.
    """
    return initial_value * StepLR(step_size, gamma)


@checked
def MultiStepStateScheduler(initial_value: Number, gamma: Number, milestones: Indices) -> Plan:
    """A value that is multiplied by `gamma` at each milestone, as often as it is given.

    >>> MultiStepStateScheduler(8, 0.5, milestones=[1, 3]).values(4)
    [8.0, 4.0, 4.0, 2.0]

    Same values as `ignite.handlers.MultiStepStateScheduler`, whose first event is number 1.
    """
    return initial_value * MultiStepLR(milestones, gamma)
