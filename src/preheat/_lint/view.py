"""A plan as the rules of `lint` see it, alone or over the updates of a run."""

from functools import cached_property

from preheat._analysis.sampling import argmax, boundaries, contains, contains_function, display_length, samples
from preheat._nodes import Reverse, Stretch, is_callable_here, zero_based
from preheat._plan import Plan

__all__ = ["View"]

CLOSE = 0.02  # of the height of a plan: values nearer than this count as equal
MANY = 20  # a run of so many times the planned updates looks as if these were epochs
EPOCHS = 1_000  # more than this are not


class View:
    """A plan, and the part of it that a run uses; each property is computed once, when a rule asks for it."""

    def __init__(self, plan: Plan, total_steps: int | None, *, rate: bool) -> None:
        self.plan = plan
        self.steps = plan.steps
        self.total_steps = total_steps
        self.rate = rate  # whether it is a learning rate, which has a warm-up and a peak

    @cached_property
    def has_values(self) -> bool:
        """Whether every function inside may be called."""
        return is_callable_here(self.plan)

    @cached_property
    def blind(self) -> bool:
        """Whether there is a user's function inside, which is called for whole updates of its own only."""
        return contains_function(self.plan)

    @cached_property
    def between(self) -> bool:
        """Whether the value that a piece comes to can be computed between two updates; not backwards or stretched."""
        return not self.blind and not contains(self.plan, Reverse, Stretch)

    @cached_property
    def far(self) -> int:
        """The updates of the whole plan, and one more to see the value that it holds after its end."""
        ends = 0 if self.steps is None or self.blind else 1
        all_updates = display_length(self.plan) + ends
        return all_updates if self.total_steps is None else max(all_updates * (not self.blind), self.total_steps)

    @cached_property
    def run(self) -> int:
        """The updates of the run; all if its length is unknown."""
        return self.total_steps or self.far

    @cached_property
    def samples(self) -> list[int]:
        """Updates of the run that show the plan."""
        return samples(self.plan, self.run)

    @cached_property
    def top(self) -> int:
        """The first update of the run that uses its highest value."""
        return argmax(self.plan, self.samples)

    @cached_property
    def peak(self) -> int:
        """The first update of the plan that uses its highest value."""
        return argmax(self.plan, samples(self.plan, self.far))

    @cached_property
    def rises(self) -> bool:
        """Whether no update of the run uses less than the one before."""
        values = list(map(self.plan, self.samples))
        return values == sorted(values)

    @cached_property
    def height(self) -> float:
        """From the lowest to the highest value of the plan."""
        low = min(map(self.plan, samples(self.plan, self.far)))
        return self.plan(self.peak) - low

    def near(self, x: float, y: float) -> bool:
        """Whether two values count as equal."""
        return abs(x - y) <= CLOSE * self.height

    def before(self, boundary: int) -> float:
        """The value that the piece before a boundary comes to, whether or not an update uses it."""
        return zero_based(self.plan)(boundary - min(1e-6, boundary * 2**-30))

    @cached_property
    def peak_after_run(self) -> bool:
        """Whether the highest value is used after the end of the run."""
        missed = self.rate and not self.near(self.plan(self.peak), self.plan(self.top))
        return missed and not self._nears_a_limit()

    def _nears_a_limit(self) -> bool:
        """Whether an endless law rises to a limit, and so has no peak to miss."""
        rises_last = self.steps is None and self.peak > max(boundaries(self.plan, self.far))
        return rises_last and self.plan(2 * self.far) >= self.plan(self.peak)

    @cached_property
    def skipped_peak(self) -> tuple[float, int] | None:
        """A value higher than any used that a piece comes to between two updates, and the boundary after it."""
        if not self.rate or self.peak_after_run or not self.between:
            return None
        used = self.plan(self.top)
        ends = [(self.before(boundary), boundary) for boundary in boundaries(self.plan, self.run) if boundary]
        end, boundary = max(ends, default=(used, 0))
        return (end, boundary) if end > used and not self.near(end, used) else None

    @cached_property
    def misses_peak(self) -> bool:
        """Whether the run does not use the highest value; its length is not judged then."""
        return self.peak_after_run or self.skipped_peak is not None

    @cached_property
    def ends_early(self) -> bool:
        """Whether the plan ends before the run."""
        judged = self.steps is not None and self.total_steps is not None and self.steps < self.total_steps
        return judged and not self.misses_peak

    @cached_property
    def looks_like_epochs(self) -> bool:
        """Whether the plan has come down long before the run ends."""
        steps, total = self.steps or 0, self.total_steps or 0
        few = self.ends_early and 0 < steps <= EPOCHS and total >= MANY * steps
        return few and self.height > 0 and self.plan(self.peak) - self.plan(steps) >= 3 / 4 * self.height

    @cached_property
    def end_after_run(self) -> bool:
        """Whether the plan comes to its end after the last update: a zero-based one, or a warm-up of the whole run."""
        if not self.steps or self.total_steps not in (None, self.steps) or self.misses_peak or self.blind:
            return False
        return not self.near(self.plan(self.steps - 1), self.plan(self.steps))

    @cached_property
    def only_rises(self) -> bool:
        """Whether the plan is a warm-up of the whole run, which comes down after it."""
        if not self.end_after_run or not self.rate or not self.rises:
            return False
        steps = self.steps or 0
        return self.plan(0) < self.plan(steps - 1) > self.plan(steps)
