"""What drives one optimizer: tracks, position and hooks.

The optimizer's hooks own the binding and the binding does not refer to the optimizer, so that dropping a `Scheduler`
stops nothing and no reference cycle arises. The post-hook only counts. The knobs are written by `step()`, and, while
`step()` has never been called, by the pre-hook, just before the update that uses them.
"""

from collections.abc import Sequence
from threading import RLock
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from preheat._torch._knob import Groups
from preheat._torch._say import say
from preheat._torch._track import Edit, Row, Track
from preheat._torch._watch import Watch

__all__ = ["CLOCKS", "Binding", "Position"]

CLOCKS = {"updates": "updates", "calls": "calls", "manual": "amount"}  # each with what it reads of a position


class Position(NamedTuple):
    """Where a run stands, replaced as a whole, so that a reader in another thread never sees half of it."""

    updates: int = 0  # applied by the optimizer
    calls: int = 0  # of `step()`
    amount: float = 0  # in the plan's own unit, moved by `advance` alone
    last: float = -1  # the index whose values the last update used


class Binding:
    """The plans of one optimizer's knobs, and where its run stands."""

    def __init__(self, tracks: Sequence[Track], *, clock: str, auto: bool) -> None:
        self.tracks = tuple(tracks)
        self.clock = clock
        self.auto = auto
        self.position = Position()
        self.shown: float = 0  # the index whose values the knobs hold
        self.using: list[Row] = []  # the knobs of the update that is running
        self.used: list[Row] = []  # and of the last one applied
        self.armed = False  # between the optimizer's pre-hook and its first post-hook
        self.stale = True  # the knobs' tensors are not our own: just bound, or the optimizer's state was loaded
        self.doubt: Tensor | None = None  # `found_inf` of a fused step that may have skipped its update
        self.closed = ""  # why
        self.edits: list[Edit] = []  # in the order they were made
        self.watch = Watch()
        self.handles: list[RemovableHandle] = []
        self.lock = RLock()  # around position and knobs, so that no reader sees one without the other

    def __getstate__(self) -> dict[str, Any]:
        self.settle()
        return {name: held for name, held in vars(self).items() if name not in ("handles", "lock")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, handles=[], lock=RLock())

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
        for handle in self.handles:
            handle.remove()
        self.handles = []

    @property
    def index(self) -> float:
        """The position on the clock: the index of the coming update."""
        return getattr(self.position, CLOCKS[self.clock])  # type: ignore[no-any-return]  # its fields are numbers

    @property
    def drives(self) -> bool:
        """Whether the pre-hook writes the knobs, not the caller, who does from the first call of `step()` on."""
        return self.clock == "manual" or (self.clock == "updates" and (self.auto or not self.position.calls))

    @torch.compiler.disable  # type: ignore[untyped-decorator]  # torch's own has no types
    def before(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The pre-hook: arms the count, writes the knobs unless the caller does, completes what is pending."""
        del args, kwargs
        groups = optimizer.param_groups
        self.settle()
        self.armed = not _is_fake(optimizer)
        if not self.armed:
            self.watch.empty = True
            return
        if self.drives:
            self.show(groups, self.index)
        else:
            self._complete(groups)
        self.using = [track.written if self.drives else track.holds(groups) for track in self.tracks]
        self.watch.update(self, optimizer)
        self.flush()

    @torch.compiler.disable  # type: ignore[untyped-decorator]  # torch's own has no types
    def after(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The post-hook: counts, once for each arming, since a step inside a step has hooks of its own."""
        del args, kwargs
        if not self.armed:
            return
        self.armed = False
        self.doubt = getattr(optimizer, "found_inf", None)
        if self.doubt is None:
            self._count()

    def settle(self) -> None:
        """Count the last update of a fused step if it was not skipped; reads one number back from the device."""
        with self.lock:
            doubt, self.doubt = self.doubt, None
            if doubt is not None and not bool(doubt):
                self._count()

    def _count(self) -> None:
        with self.lock:
            updates, calls, amount, _ = self.position
            self.position = Position(updates + 1, calls, amount, self.shown)
            self.used = self.using

    def reloaded(self, optimizer: Optimizer) -> None:
        """The hook after the optimizer's `load_state_dict`."""
        self.stale = True
        self.watch.reloaded(self.tracks, optimizer.param_groups)

    def call(self, groups: Groups) -> None:
        """A call of `step()`; what it has to say is left to `flush`."""
        self.settle()
        updates, calls, *rest = self.position
        self._stand(groups, Position(updates, calls + 1, *rest))
        self.watch.call(self, groups)

    def move(self, groups: Groups, position: Position, *, sought: bool = False) -> None:
        """Stand elsewhere, with the values and bases of there."""
        with self.lock:
            self.doubt = None
            self._stand(groups, position)
            for track in self.tracks:
                track.note_bases(groups)
            self.used = []
            self.watch.moved(position.updates, sought=sought)

    def _stand(self, groups: Groups, position: Position) -> None:
        """Take a position with its values, or none if it has none."""
        with self.lock:
            self.show(groups, getattr(position, CLOCKS[self.clock]))
            self.position = position

    def show(self, groups: Groups, at: float) -> None:
        """Write the values of an index into the knobs, first taking in groups that are new."""
        with self.lock:
            self.adopt(groups, at)
            rows = [track.values(at) for track in self.tracks]
            if not self.stale:
                self.watch.foreign(self.tracks, groups)
            self._write(groups, rows, owned=0 if self.stale else len(self.tracks[0].written))
            self.shown, self.stale = at, False

    def _complete(self, groups: Groups) -> None:
        """Write what is pending while the caller drives; the other knobs are left as they are."""
        known = len(self.tracks[0].written)
        if self.stale or len(groups) != known:
            with self.lock:
                self.adopt(groups, self.index)
                if self.stale:
                    self.show(groups, self.shown)
                else:
                    self._write(groups, [track.values(self.shown) for track in self.tracks], owned=known, first=known)

    def _write(self, groups: Groups, rows: Sequence[Row], *, owned: int, first: int = 0) -> None:
        for track, row in zip(self.tracks, rows, strict=True):
            if owned < len(groups):
                track.own(groups, owned)
            track.write(groups, row, first)

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
            for group in late:
                group.pop("join", None)  # ours, and read once

    def used_now(self, groups: Groups) -> list[Row]:
        """The knobs of the last update, a row for each track; empty before the first."""
        self.settle()
        return [track.rounded(groups, row) for track, row in zip(self.tracks, self.used, strict=False)]

    def next_now(self, groups: Groups) -> list[Row]:
        """The knobs of the coming update, if `step()` is called where it is due."""
        self.settle()
        due = self.drives or self.index - self.shown == 1
        if due or self.stale:
            rows = [track.values(self.index if due else self.shown) for track in self.tracks]
        else:
            rows = [track.holds(groups) for track in self.tracks]
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


def _is_fake(optimizer: Optimizer) -> bool:
    """Whether this step only makes the state exist, as torch does while saving: no state, every lr and gradient 0."""
    if optimizer.state:
        return False
    for group in optimizer.param_groups:
        lr = group.get("lr", 1.0)
        if (isinstance(lr, Tensor) and not lr.is_cpu) or float(lr):  # torch's zero is a float or on the CPU
            return False
    gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    return bool(gradients) and not any(bool(gradient.any()) for gradient in gradients)
