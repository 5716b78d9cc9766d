"""The binding of a run whose position and values are Python's numbers."""

from collections.abc import Sequence
from typing import final

from torch import Tensor
from torch.compiler import is_dynamo_compiling
from torch.optim import Optimizer

from preheat._torch.run.binding import Binding, Position, Values
from preheat._torch.run.fast_step import fast_step_for
from preheat._torch.run.group_values import GroupValues, values_of
from preheat._torch.run.group_writer import ALL, FEW
from preheat._torch.run.hooks import is_fake
from preheat._torch.run.knob import Groups
from preheat._torch.run.knob_schedule import KnobSchedule

__all__ = ["HostBinding"]


@final
class HostBinding(Binding):
    """Counts and writes on the host; what looks odd is seen and said."""

    def __init__(self, tracks: Sequence[KnobSchedule], *, clock: str, auto: bool) -> None:
        super().__init__(tracks, clock=clock, auto=auto)
        self.updates, self.calls, self.amount, self.last = Position()
        self.met = 0  # updates at the last call of `step()`
        self.shown: float = 0  # the index whose values the knobs hold
        self.using: Sequence[GroupValues] = ()  # the knobs of the update that is running
        self.used: Sequence[GroupValues] = ()  # and of the last one applied
        self.suspect = False  # the knobs are known to hold what another hand has put there
        self.doubt: Tensor | bool | None = None  # of the last update, until it is counted: whether it was skipped
        self.writing = False  # position and knobs are between two updates

    @property
    def position(self) -> Position:
        """Where the run stands."""
        return Position(self.updates, self.calls, self.amount, self.last)

    @position.setter
    def position(self, position: Position) -> None:
        self.updates, self.calls, self.amount, self.last = position

    def moment(self) -> tuple[Position, float] | None:
        """The position and the index that is shown; None while another thread changes them."""
        return None if self.writing else (self.position, self.shown)

    def adopt(self, groups: Groups, at: float) -> None:
        """Make states for groups that are new, which took no part in the last update."""
        known = len(self.tracks[0].group_states)
        super().adopt(groups, at)
        if len(groups) > known:
            self.used = [(values_of(row, known), 1.0) for row in self.used]
            self.using = [(values_of(row, known), 1.0) for row in self.using]

    def drives(self) -> bool:
        """Whether the pre-hook writes the knobs."""
        return self.clock == "manual" or (self.clock == "updates" and (self.auto or not self.calls))

    def before(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The pre-hook."""
        del args, kwargs
        if not is_dynamo_compiling() and self.fast_step and self.fast_step.finds(self, optimizer):
            self.armed, self.using = True, self.writer.written
        else:
            self.apart(self._before, optimizer)

    def _before(self, optimizer: Optimizer) -> None:
        self.settle()
        self.armed = not is_fake(optimizer, self.writer)
        if not self.armed:
            self.monitor.empty = True
            return
        if self.idle.calls:
            self.idle.update_seen()
            self.fast_step = None
        groups = optimizer.param_groups
        if self.drives():
            self.show(groups, self.index)
            self.using = self.writer.written
        elif self.stale or len(groups) != self.writer.known or not self.writer.untouched(groups, ALL):
            self._complete(groups)
        else:
            self.using = self.writer.written
        self.monitor.update(self, optimizer)
        self.flush()

    def after(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The post-hook."""
        del args, kwargs
        if not is_dynamo_compiling() and self.armed and getattr(optimizer, "found_inf", None) is None:
            self.armed, self.updates = False, self.updates + 1
            self.last, self.used = self.shown, self.using
        else:
            self.apart(self._after, optimizer)

    def _after(self, optimizer: Optimizer) -> None:
        if self.armed:
            self.armed, self.fast_step = False, None
            found = getattr(optimizer, "found_inf", None)
            self.doubt = False if found is None else found

    def settle(self) -> None:
        """Count the last update of a fused step if it was not skipped; reads one number back from the device."""
        if self.doubt is not None:
            with self.lock:
                doubt, self.doubt = self.doubt, None
                if doubt is not None and not bool(doubt):
                    self.updates, self.last, self.used = self.updates + 1, self.shown, self.using

    def reloaded(self, optimizer: Optimizer) -> None:
        """The hook after the optimizer's `load_state_dict`."""
        self.stale = True
        self.fast_step = None
        self.monitor.reloaded(self.writer, optimizer.param_groups)

    def _notice_load(self, groups: Groups) -> None:
        """A load that calls no hooks, of an optimizer that has its own, still puts new dicts in the groups' place."""
        if not self.stale and self.writer.first is not groups[0]:
            self.stale = True
            self.monitor.reloaded(self.writer, groups)

    def call(self, groups: Groups) -> bool:
        """A call of `step()`; returns whether there is something to say, which is left to `flush`."""
        at = self.calls + 1 if self.clock == "calls" else self.index
        self.writing = True
        try:
            self._take(groups, at, ALL if self.suspect or self.fast_step else FEW)
            self.calls += 1
        finally:
            self.writing = False
        if at >= self.end or (self.clock == "updates" and self.updates != self.met + 1):
            self.monitor.call(self, groups)
        self.met = self.updates
        if self.fast_step is None or (self.fast_step and self.fast_step.stop <= at < self.end):
            self.fast_step = fast_step_for(self, at) or False
        return bool(self.monitor.sentences)

    def move(self, groups: Groups, position: Position, *, sought: bool = False) -> None:
        """Stand elsewhere, with the values and bases of there, or stay if it has none."""
        with self.lock:
            self.doubt = self.fast_step = None
            self.stale = self.stale or not sought  # a load may have come without a hook, and is no other hand
            self.show(groups, self.at(position))
            self.position = position
            for track in self.tracks:
                track.note_bases(groups)
            self.used, self.met = (), position.updates
            self.idle.reset()
            self.monitor.moved(sought=sought)

    def rewrite(self, groups: Groups) -> None:
        """Have the knobs hold the values of the position."""
        self.show(groups, self.index)

    def show(self, groups: Groups, at: float) -> None:
        """Have the knobs hold the values of an index."""
        self.writing = True
        try:
            self._take(groups, at, ALL)
        finally:
            self.writing = False

    def _take(self, groups: Groups, at: float, most: int) -> None:
        """Write the values of an index; look at so many groups at most for another hand's values."""
        if len(groups) != self.writer.known:
            self.adopt(groups, at)
        rows = [track.row(at) for track in self.tracks]
        if self.stale or len(groups) != self.writer.known or not self.writer.untouched(groups, most):
            self._overwrite(groups, rows)
        else:
            self.writer.write(groups, rows)
        self.shown = at

    def _overwrite(self, groups: Groups, rows: list[GroupValues]) -> None:
        """Write rows where not all is as it was left: tensors or groups that are new, values from another hand."""
        self._notice_load(groups)
        if not self.stale and not self.writer.untouched(groups, ALL):
            self.monitor.foreign(self.writer, groups)
            self.writer.refit(groups)
        if self.stale or len(groups) > self.writer.known:
            self.own_tensors(groups, 0 if self.stale else self.writer.known)
        self.writer.write(groups, rows)
        self.stale = self.suspect = False

    def _complete(self, groups: Groups) -> None:
        """Write what is pending while the caller drives; knobs that another hand has written are left as they are."""
        self._notice_load(groups)
        known = self.writer.known
        with self.lock:
            self.adopt(groups, self.index)
            if self.stale:
                self.show(groups, self.shown)
            elif len(groups) > known:
                self.own_tensors(groups, known)
                self.writer.join(groups, [track.row(self.shown) for track in self.tracks], known)
            self.suspect = not self.writer.untouched(groups, ALL)
            self.using = self.writer.holding(groups) if self.suspect else self.writer.written
            self.fast_step = None

    def used_now(self, groups: Groups) -> list[Values]:
        """The knobs of the last update, a row for each track; empty before the first."""
        self.settle()
        return [track.rounded(groups, row) for track, row in zip(self.tracks, self.used, strict=False)]

    def next_now(self, groups: Groups) -> list[Values]:
        """The knobs of the coming update, if `step()` is called where it is due."""
        self.settle()
        due = self.drives() or self.index - self.shown == 1
        if due or self.stale:
            rows = [track.row(self.index if due else self.shown) for track in self.tracks]
        else:
            rows = self.writer.holding(groups)
        return [track.rounded(groups, row) for track, row in zip(self.tracks, rows, strict=True)]
