"""What drives one optimizer: tracks, position and hooks.

The optimizer's hooks own the binding and the binding does not refer to the optimizer, so that dropping a `Scheduler`
stops nothing and no reference cycle arises. The post-hook only counts. The knobs are written by `step()`, and, while
`step()` has never been called, by the pre-hook, just before the update that uses them.
"""

from collections.abc import Sequence
from math import inf
from threading import RLock
from typing import Any, NamedTuple

from torch import Tensor
from torch.compiler import is_dynamo_compiling
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from preheat._torch._hooks import apart, is_fake
from preheat._torch._knob import Groups
from preheat._torch._panel import ALL, FEW, Panel
from preheat._torch._row import Row
from preheat._torch._say import say
from preheat._torch._stride import looked, usual_of
from preheat._torch._track import Edit, Track
from preheat._torch._watch import Watch

__all__ = ["CLOCKS", "Binding", "Position"]

CLOCKS = {"updates": "updates", "calls": "calls", "manual": "amount"}  # each with what it reads of a position


_OWN = ("apart", "handles", "lock", "usual")  # no part of a copy


class Position(NamedTuple):
    """Where a run stands."""

    updates: int = 0  # applied by the optimizer
    calls: int = 0  # of `step()`
    amount: float = 0  # in the plan's own unit, moved by `advance` alone
    last: float = -1  # the index whose values the last update used


class Binding:
    """The plans of one optimizer's knobs, and where its run stands."""

    def __init__(self, tracks: Sequence[Track], *, clock: str, auto: bool) -> None:
        self.tracks = tuple(tracks)
        self.panel = Panel(self.tracks)
        self.clock = clock
        self.auto = auto
        self.updates, self.calls, self.amount, self.last = Position()
        self.met = 0  # updates at the last call of `step()`
        self.shown: float = 0  # the index whose values the knobs hold
        self.end: float = inf  # the index at which the first plan ends
        self.using: Sequence[Row] = ()  # the knobs of the update that is running
        self.used: Sequence[Row] = ()  # and of the last one applied
        self.armed = False  # between the optimizer's pre-hook and its first post-hook
        self.suspect = False  # the knobs are known to hold what another hand has put there
        self.stale = True  # the knobs' tensors are not our own: just bound, or the optimizer's state was loaded
        self.doubt: Tensor | None = None  # `found_inf` of a fused step that may have skipped its update
        self.closed = ""  # why
        self.edits: list[Edit] = []  # in the order they were made
        self.watch = Watch()
        self.apart = apart()
        self.handles: list[RemovableHandle] = []
        self.usual: tuple[Any, ...] | None = None  # what makes the usual case fast, where this is one
        self.writing = False  # position and knobs are between two updates
        self.lock = RLock()  # around what two threads must not do at once

    def __getstate__(self) -> dict[str, Any]:
        self.settle()
        return {name: held for name, held in vars(self).items() if name not in _OWN}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, usual=None, apart=apart(), handles=[], lock=RLock())

    @property
    def position(self) -> Position:
        """Where the run stands."""
        return Position(self.updates, self.calls, self.amount, self.last)

    @position.setter
    def position(self, position: Position) -> None:
        self.updates, self.calls, self.amount, self.last = position

    def attach(self, optimizer: Optimizer) -> None:
        """Have the optimizer's hooks own this binding."""
        self.handles = [
            optimizer.register_step_pre_hook(self.before),
            optimizer.register_step_post_hook(self.after),
            optimizer.register_load_state_dict_post_hook(self.reloaded),
        ]

    def close(self, why: str) -> None:
        """Drive no more."""
        self.closed = self.closed or why
        self.usual = None
        for handle in self.handles:
            handle.remove()
        self.handles = []

    @property
    def index(self) -> float:
        """The position on the clock: the index of the coming update."""
        return getattr(self, CLOCKS[self.clock])  # type: ignore[no-any-return]  # a number

    @property
    def drives(self) -> bool:
        """Whether the pre-hook writes the knobs, not the caller, who does from the first call of `step()` on."""
        return self.clock == "manual" or (self.clock == "updates" and (self.auto or not self.calls))

    def before(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The pre-hook: arms the count, writes the knobs unless the caller does, completes what is pending."""
        del args, kwargs
        if not is_dynamo_compiling() and looked(self, optimizer):
            self.armed, self.using = True, self.panel.written
        else:
            self.apart(self._before, optimizer)

    def _before(self, optimizer: Optimizer) -> None:
        self.settle()
        self.armed = not is_fake(optimizer)
        if not self.armed:
            self.watch.empty = True
            return
        groups = optimizer.param_groups
        if self.drives:
            self.show(groups, self.index)
            self.using = self.panel.written
        elif self.stale or len(groups) != self.panel.known or not self.panel.untouched(groups, ALL):
            self._complete(groups)
        else:
            self.using = self.panel.written
        self.watch.update(self, optimizer)
        self.flush()

    def after(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The post-hook: counts, once for each arming, since a step inside a step has hooks of its own."""
        if is_dynamo_compiling():
            self.apart(self.after, optimizer, args, kwargs)
        elif self.armed:
            self.armed = False
            doubt = getattr(optimizer, "found_inf", None)
            if doubt is None:
                self._count()
            else:
                self.doubt, self.usual = doubt, None

    def settle(self) -> None:
        """Count the last update of a fused step if it was not skipped; reads one number back from the device."""
        with self.lock:
            doubt, self.doubt = self.doubt, None
            if doubt is not None and not bool(doubt):
                self._count()

    def _count(self) -> None:
        self.updates += 1
        self.last = self.shown
        self.used = self.using

    def reloaded(self, optimizer: Optimizer) -> None:
        """The hook after the optimizer's `load_state_dict`."""
        self.stale = True
        self.usual = None
        self.watch.reloaded(self.panel, optimizer.param_groups)

    def ready(self) -> None:
        """Have every update counted.

        Raises:
            RuntimeError: the binding is closed.
        """
        if self.closed:
            message = f"Scheduler: it is closed: {self.closed}"
            raise RuntimeError(message)
        self.settle()

    def call(self, groups: Groups) -> bool:
        """A call of `step()`; returns whether there is something to say, which is left to `flush`."""
        if self.closed or self.doubt is not None:
            self.ready()
        at = self.calls + 1 if self.clock == "calls" else self.index
        self.writing = True
        try:
            self._take(groups, at, ALL if self.suspect or self.usual else FEW)
            self.calls += 1
        finally:
            self.writing = False
        if at >= self.end or (self.clock == "updates" and self.updates != self.met + 1):
            self.watch.call(self, groups)
        self.met = self.updates
        if self.usual is None:
            self.usual = usual_of(self)
        return bool(self.watch.sentences)

    def move(self, groups: Groups, position: Position, *, sought: bool = False) -> None:
        """Stand elsewhere, with the values and bases of there, or stay if it has none."""
        with self.lock:
            self.doubt = None
            self.show(groups, getattr(position, CLOCKS[self.clock]))
            self.position = position
            for track in self.tracks:
                track.note_bases(groups)
            self.used, self.met = (), position.updates
            self.watch.moved(sought=sought)

    def show(self, groups: Groups, at: float) -> None:
        """Have the knobs hold the values of an index."""
        self.writing = True
        try:
            self._take(groups, at, ALL)
        finally:
            self.writing = False

    def _take(self, groups: Groups, at: float, most: int) -> None:
        """Write the values of an index; look at so many groups at most for another hand's values."""
        if len(groups) != self.panel.known:
            self.adopt(groups, at)
        rows = [track.row(at) for track in self.tracks]
        if self.stale or len(groups) != self.panel.known or not self.panel.untouched(groups, most):
            self._overwrite(groups, rows)
        else:
            self.panel.write(groups, rows)
        self.shown = at

    def _overwrite(self, groups: Groups, rows: list[Row]) -> None:
        """Write rows where not all is as it was left: tensors or groups that are new, values from another hand."""
        if not self.stale and not self.panel.untouched(groups, ALL):
            self.watch.foreign(self.panel, groups)
            self.panel.refit(groups)
        if self.stale or len(groups) > self.panel.known:
            self._own(groups, 0 if self.stale else self.panel.known)
        self.panel.write(groups, rows)
        self.stale = self.suspect = False

    def _own(self, groups: Groups, first: int) -> None:
        self.panel.own(groups, first)
        for track in self.tracks:
            track.note_bases(groups, first)

    def _complete(self, groups: Groups) -> None:
        """Write what is pending while the caller drives; knobs that another hand has written are left as they are."""
        known = self.panel.known
        with self.lock:
            self.adopt(groups, self.index)
            if self.stale:
                self.show(groups, self.shown)
            elif len(groups) > known:
                self._own(groups, known)
                self.panel.join(groups, [track.row(self.shown) for track in self.tracks], known)
            self.suspect = not self.panel.untouched(groups, ALL)
            self.using = self.panel.holding(groups) if self.suspect else self.panel.written
            self.usual = None

    def adopt(self, groups: Groups, at: float) -> None:
        """Make cells for groups that are new at an index.

        Raises:
            ValueError: a group is gone, or a new one fits no plan.
        """
        known = len(self.tracks[0].cells)
        if len(groups) < known:
            message = f"Scheduler(): the optimizer must keep its groups, {known} at bind, now {len(groups)}"
            raise ValueError(message)
        if late := groups[known:]:
            joined = [_joined(group, at) for group in late]
            cells = [track.cells_of(groups, joined) for track in self.tracks]
            for track, new in zip(self.tracks, cells, strict=True):
                track.cells += new
            self.lay()
            for group in late:
                group.pop("join", None)  # ours, and read once

    def lay(self) -> None:
        """Work out what stays the same from update to update; to be called when plans, cells or feedback change."""
        for track in self.tracks:
            track.lay()
        self.end = min(track.end for track in self.tracks)
        self.usual = None

    def used_now(self, groups: Groups) -> list[list[float | None]]:
        """The knobs of the last update, a row for each track; empty before the first."""
        self.settle()
        return [track.rounded(groups, row) for track, row in zip(self.tracks, self.used, strict=False)]

    def next_now(self, groups: Groups) -> list[list[float | None]]:
        """The knobs of the coming update, if `step()` is called where it is due."""
        self.settle()
        due = self.drives or self.index - self.shown == 1
        if due or self.stale:
            rows = [track.row(self.index if due else self.shown) for track in self.tracks]
        else:
            rows = self.panel.holding(groups)
        return [track.rounded(groups, row) for track, row in zip(self.tracks, rows, strict=True)]

    def flush(self) -> None:
        """Say what there is to say, after all is counted and written: a warning may be an error."""
        while self.watch.sentences:
            say(self.watch.sentences.pop(0))


def _joined(group: dict[str, Any], at: float) -> float:
    """Where a late group's own clock begins."""
    join = group.get("join")
    if join not in (None, "from_zero"):
        message = f'add_param_group(join={join!r:.60}): join must be "from_zero" or absent'
        raise ValueError(message)
    return at if join == "from_zero" else 0
