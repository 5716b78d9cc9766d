"""What drives one optimizer: plans, bases, position and hooks.

The optimizer's hooks own the binding and the binding does not refer to the optimizer, so that dropping a `Scheduler`
stops nothing and no reference cycle arises. Hooks count applied updates; who writes the knobs is said at `before`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from preheat._plan import Plan
from preheat._torch._knob import read, unshare, write

__all__ = ["Binding", "Cell", "Position", "Track"]

Groups = list[dict[str, Any]]


class Position(NamedTuple):
    """Where a run stands, replaced as a whole, so that a reader in another thread never sees half of it."""

    updates: int = 0  # applied by the optimizer
    calls: int = 0  # of `step()`


class Cell:
    """One knob of one group: the plan it follows, its base, and what was found at bind."""

    __slots__ = ("base", "found", "initial", "plan")

    def __init__(self, plan: Plan, group: dict[str, Any], knob: str) -> None:
        self.plan = plan
        self.base = self.found = read(group, knob)
        initial = group.get("initial_lr") if knob == "lr" else None
        self.initial = None if initial is None else float(initial)


class Track:
    """One knob, and a cell for each group."""

    def __init__(self, knob: str, plan: Plan, *, scaled: bool) -> None:
        self.knob = knob
        self.plan = plan
        self.scaled = scaled
        self.cells: list[Cell] = []

    def adopt(self, groups: Groups) -> None:
        """Make cells for the groups that have none yet."""
        for group in groups[len(self.cells) :]:
            self.cells.append(Cell(self.plan, group, self.knob))
            unshare(group, self.knob)

    def values(self, at: float) -> list[float]:
        """The value of each group's knob at an index; each plan asked once."""
        known: dict[int, float] = {}
        values = []
        for cell in self.cells:
            value = known.get(id(cell.plan))
            if value is None:
                value = known[id(cell.plan)] = cell.plan(at)
            values.append(cell.base * value if self.scaled else value)
        return values


class Binding:
    """The plans of one optimizer's knobs, and where its run stands."""

    def __init__(self, tracks: Sequence[Track], *, clock: str, auto: bool) -> None:
        self.tracks = tuple(tracks)
        self.clock = clock
        self.auto = auto
        self.position = Position()
        self.shown: float = 0  # the index whose values the knobs hold
        self.called = False  # by `step()`, ever: from then on the caller drives
        self.armed = False  # between the optimizer's pre-hook and its first post-hook
        self.stale = False  # the optimizer's state was loaded: the knobs hold what was saved
        self.closed = ""  # why
        self.handles: list[RemovableHandle] = []

    def attach(self, optimizer: Optimizer) -> None:
        """Have the optimizer's hooks own this binding."""
        self.handles = [
            optimizer.register_step_pre_hook(self.before),
            optimizer.register_step_post_hook(self.after),
            optimizer.register_load_state_dict_post_hook(self.reloaded),
        ]

    def close(self, why: str) -> None:
        """Drive no more."""
        self.closed = why
        for handle in self.handles:
            handle.remove()
        self.handles = []

    @property
    def index(self) -> float:
        """The position on the clock: the index of the coming update."""
        return self.position.calls if self.clock == "calls" else self.position.updates

    def before(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The pre-hook: arms the count, writes the knobs unless the caller does, completes what is pending."""
        del args, kwargs
        self.armed = True
        if self.clock == "updates" and (self.auto or not self.called):
            self.show(optimizer.param_groups, self.index)
        elif self.stale or len(optimizer.param_groups) != len(self.tracks[0].cells):
            self.show(optimizer.param_groups, self.shown)

    def after(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The post-hook: counts, once for each arming, since a step inside a step has hooks of its own."""
        del optimizer, args, kwargs
        if self.armed:
            self.armed = False
            self.position = self.position._replace(updates=self.position.updates + 1)

    def reloaded(self, optimizer: Optimizer) -> None:
        """The hook after the optimizer's `load_state_dict`."""
        del optimizer
        self.stale = True

    def call(self, groups: Groups) -> None:
        """A call of `step()`."""
        self.called = True
        self.position = self.position._replace(calls=self.position.calls + 1)
        self.show(groups, self.index)

    def seek(self, groups: Groups, i: int) -> None:
        """Move both counts to `i`."""
        self.position = Position(updates=i, calls=i)
        self.show(groups, i)

    def show(self, groups: Groups, at: float) -> None:
        """Write the values of an index into the knobs, first taking in groups that are new."""
        for track in self.tracks:
            if self.stale:
                for group in groups:
                    unshare(group, track.knob)
            track.adopt(groups)
            if len(groups) < len(track.cells):
                message = f"Scheduler(): the optimizer must keep its groups, {len(track.cells)} at bind, now {len(groups)}"
                raise ValueError(message)
            for group, cell, value in zip(groups, track.cells, track.values(at), strict=True):
                write(group, track.knob, value)
                if track.knob == "lr":
                    group["initial_lr"] = cell.base
        self.shown = at
        self.stale = False
