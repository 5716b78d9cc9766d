"""What a plan shows by itself, and beside the length of a run."""

from collections.abc import Iterator
from functools import cached_property

from preheat._analysis.sampling import argmax, boundaries, contains, contains_function, display_length, samples
from preheat._lint.codes import Finding, number
from preheat._nodes import Reverse, Stretch, zero_based
from preheat._plan import Plan

__all__ = ["findings", "warmup_of"]

CLOSE = 0.02  # of the height of a plan: what is nearer than this counts as met
MANY = 20  # times as many updates as planned look like epochs
EPOCHS = 1_000  # more than this are not


def findings(plan: Plan, total_steps: int | None = None, *, rate: bool = True) -> Iterator[Finding]:
    """What a plan by itself shows; where it is no learning rate, only what its lengths show."""
    view = _View(plan, total_steps)
    lost = list(_peak(view)) if rate else []
    yield from lost
    yield from _jump(view)
    if rate:
        yield from _start(view)
    if total_steps is not None and not lost:
        yield from _length(view, total_steps)
    if not lost and plan.steps and (total_steps is None or total_steps == plan.steps):
        yield from _end(view, rate=rate)


def warmup_of(plan: Plan) -> int:
    """The updates in which a plan rises, from its first to its highest value; 0 of one that does not begin so."""
    looked = samples(plan, display_length(plan))
    top = argmax(plan, looked)
    values = [plan(i) for i in looked if i <= top]
    return top + 1 if top and values == sorted(values) else 0


class _View:
    """A plan, and what a run of it sees."""

    def __init__(self, plan: Plan, total_steps: int | None) -> None:
        self.plan = plan
        self.total_steps = total_steps

    @cached_property
    def blind(self) -> bool:
        """A user's function is asked at its own updates only, and of whole ones."""
        return contains_function(self.plan)

    @cached_property
    def between(self) -> bool:
        """Whether what its pieces come to can be read between two updates; backwards or stretched it cannot."""
        return not self.blind and not contains(self.plan, Reverse, Stretch)

    @cached_property
    def far(self) -> int:
        """The updates of the whole plan; one more shows what it holds after its end."""
        ends = 0 if self.plan.steps is None or self.blind else 1
        whole = display_length(self.plan) + ends
        return whole if self.total_steps is None else max(whole * (not self.blind), self.total_steps)

    @cached_property
    def run(self) -> int:
        """The updates of the run; of one of unknown length, all."""
        return self.total_steps or self.far

    @cached_property
    def looked(self) -> list[int]:
        return samples(self.plan, self.run)

    @cached_property
    def top(self) -> int:
        """The first update of the run that uses its highest value."""
        return argmax(self.plan, self.looked)

    @cached_property
    def peak(self) -> int:
        """The first update of the plan that uses its highest value."""
        return argmax(self.plan, samples(self.plan, self.far))

    @cached_property
    def rises(self) -> bool:
        """Whether no update of the run uses less than the one before."""
        values = list(map(self.plan, self.looked))
        return values == sorted(values)

    @cached_property
    def height(self) -> float:
        """From the lowest to the highest value of the plan."""
        low = min(map(self.plan, samples(self.plan, self.far)))
        return self.plan(self.peak) - low

    def near(self, x: float, y: float) -> bool:
        return abs(x - y) <= CLOSE * self.height


def _peak(view: _View) -> Iterator[Finding]:
    """The highest value: behind the end of the run, or between two updates."""
    plan, run, top = view.plan, view.run, view.top
    highest, used = plan(view.peak), plan(top)
    if not view.near(highest, used) and not _nearing(view):
        yield _behind(view, highest, used)
        return
    ends = [(_before(plan, seam), seam) for seam in boundaries(plan, run) if seam and view.between]
    end, seam = max(ends, default=(used, 0))
    if end > used and not view.near(end, used):
        yield Finding(
            "peak-unreached",
            f"no update uses {number(end)}, at which the piece before update {seam} ends; the highest used is "
            f"{number(used)}, by update {top}",
            "begin the next piece there, or leave out zero_based",
        )


def _behind(view: _View, highest: float, used: float) -> Finding:
    """The highest value is that of an update which the run does not have."""
    if view.rises:
        return Finding(
            "long-warmup",
            f"its warm-up takes {view.peak + 1} updates and the run has {view.run}, so it reaches {number(used)} of "
            f"{number(highest)}",
            "shorten it",
        )
    return Finding(
        "peak-unreached",
        f"its highest value, {number(highest)}, is that of update {view.peak}, and the run has {view.run}; the "
        f"highest used is {number(used)}",
        "give it fewer steps",
    )


def _nearing(view: _View) -> bool:
    """Whether a law without an end rises to a limit, and so has no peak to be missed."""
    return view.plan.steps is None and view.peak > max(boundaries(view.plan, view.far)) and _still_rises(view)


def _still_rises(view: _View) -> bool:
    return view.plan(2 * view.far) >= view.plan(view.peak)


def _before(plan: Plan, seam: int) -> float:
    """What the piece before a seam comes to, whether or not an update uses it."""
    return zero_based(plan)(seam - min(1e-6, seam * 2**-30))


def _jump(view: _View) -> Iterator[Finding]:
    """The largest of the jumps, with the number of the others."""
    jumps = [seam for seam in boundaries(view.plan, min(view.run, view.plan.steps or view.run)) if _jumps(view, seam)]
    if not jumps:
        return
    plan = view.plan
    seam = max(jumps, key=lambda seam: abs(plan(seam) - plan(seam - 1)))
    others = f", the largest of {len(jumps)} jumps" if len(jumps) > 1 else ""
    yield Finding(
        "jump",
        f"it jumps at update {seam} from {number(plan(seam - 1))} to {number(plan(seam))}{others}",
        "if it is not meant, begin the next piece where the one before it ends",
    )


def _jumps(view: _View, seam: int) -> bool:
    """Whether both what pieces come to and what updates use differ there by more than beside it."""
    plan = view.plan
    if seam == 0:
        return False
    gap = abs(plan(seam) - plan(seam - 1))
    beside = max(abs(plan(max(seam - 2, 0)) - plan(seam - 1)), abs(plan(seam + 1) - plan(seam)))
    if gap <= (2 if view.between else 3) * beside or gap <= CLOSE * view.height:
        return False
    return not view.between or not view.near(zero_based(plan)(seam), _before(plan, seam))


def _start(view: _View) -> Iterator[Finding]:
    if view.plan(0) == 0 and view.height:
        yield Finding(
            "zero-start",
            "its first value is 0, so as a learning rate update 0 changes nothing",
            "leave out zero_based, or start above 0",
        )


def _length(view: _View, total_steps: int) -> Iterator[Finding]:
    """The planned updates beside those of the run."""
    plan, steps = view.plan, view.plan.steps
    if steps is None or steps == total_steps:
        return
    if steps > total_steps:
        yield Finding(
            "end-unreached",
            f"it has {steps} updates and the run {total_steps}, so it stops at {number(plan(total_steps - 1))} and "
            f"not at {number(plan(steps))}",
            f"write stretch(plan, steps={total_steps})",
        )
        return
    held = number(plan(steps))
    what = f"it ends after {steps} of {total_steps} updates, and the others use {held}"
    if 0 < steps <= EPOCHS and total_steps >= MANY * steps and _has_come_down(view, steps):
        yield Finding(
            "epochs",
            what,
            f'if its lengths are epochs, write stretch(plan, steps={total_steps}) or pass clock="calls"; if it is to '
            f"stay there, end it with >> constant({held})",
        )
    else:
        remedy = f"write stretch(plan, steps={total_steps}), or end it with >> constant({held})"
        yield Finding("ends-early", what, remedy)


def _has_come_down(view: _View, steps: int) -> bool:
    """Whether a plan is over, and not only its warm-up."""
    return view.height > 0 and view.plan(view.peak) - view.plan(steps) >= 3 / 4 * view.height


def _end(view: _View, *, rate: bool) -> Iterator[Finding]:
    """A zero-based reading leaves the end to the update after the last, a warm-up of the whole run to none at all."""
    plan, steps = view.plan, view.plan.steps or 0
    if view.blind or view.near(plan(steps - 1), plan(steps)):
        return
    used, end = plan(steps - 1), plan(steps)
    if rate and view.rises and plan(0) < used > end:
        yield Finding(
            "long-warmup",
            f"its warm-up takes all of the {steps} updates, so none is left to come to its end, {number(end)}",
            "shorten it",
        )
        return
    yield Finding(
        "end-unreached",
        f"its last update uses {number(used)}, and its end, {number(end)}, comes after it",
        "leave out zero_based, or give the run one update more",
    )
