"""The binding of a run whose position and values are Python's numbers."""

from collections.abc import Sequence
from typing import Any, final

from torch.compiler import is_dynamo_compiling
from torch.optim import Optimizer

from preheat._torch.run.binding import Binding, Values
from preheat._torch.run.fast_step import fast_step_for
from preheat._torch.run.group_values import GroupValues, values_of
from preheat._torch.run.group_writer import ALL, FEW
from preheat._torch.run.hooks import is_fake
from preheat._torch.run.knob import Groups
from preheat._torch.run.knob_schedule import KnobSchedule
from preheat._torch.run.misuse import FAKE, RESUMED, SOUGHT
from preheat._torch.run.progress import Clock, Position, Progress

__all__ = ["HostBinding"]


@final
class HostBinding(Binding):
    """Counts and writes on the host, and warns of likely mistakes."""

    def __init__(self, schedules: Sequence[KnobSchedule], clock: Clock) -> None:
        super().__init__(schedules)
        self.progress = Progress(clock)

    @property
    def clock(self) -> Clock:
        """What moves the position."""
        return self.progress.clock

    @property
    def position(self) -> Position:
        """Where the run stands."""
        return self.progress.position

    @position.setter
    def position(self, position: Position) -> None:
        self.progress.position = position

    def moment(self) -> tuple[Position, float] | None:
        """The position and the index whose values the knobs hold; None while another thread changes them."""
        return None if self.progress.writing else (self.position, self.progress.written_index)

    def add_new_groups(self, groups: Groups, at: float) -> None:
        """Make states for groups that are new, which took no part in the last update."""
        known, progress = len(self.schedules[0].group_states), self.progress
        super().add_new_groups(groups, at)
        if len(groups) > known:
            progress.used = [(values_of(row, known), 1.0) for row in progress.used]
            if progress.using is not None:
                progress.using = [(values_of(row, known), 1.0) for row in progress.using]

    def before(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The pre-hook."""
        del args, kwargs
        if not is_dynamo_compiling() and self.fast_step and self.fast_step.nothing_to_do(optimizer):
            self.progress.using = self.writer.written
        else:
            self.outside_graphs(self._before, optimizer)

    def _before(self, optimizer: Optimizer) -> None:
        self.count_pending()
        if is_fake(optimizer, self.writer):
            self.progress.using = None
            self.monitor.note(FAKE)
            return
        if self.idle.calls:
            self.idle.update_seen()
            self.invalidate()
        groups, writer = optimizer.param_groups, self.writer
        if self.progress.hook_writes():
            self.rewrite(groups)
            self.progress.using = writer.written
        elif len(groups) != writer.known or not writer.untouched(groups, ALL):
            self._complete(groups)
        else:
            self.progress.using = writer.written
        self.monitor.before_update(self.progress, writer, optimizer)
        self.monitor.flush()

    def after(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The post-hook."""
        del args, kwargs
        progress = self.progress
        if is_dynamo_compiling() or progress.using is None or getattr(optimizer, "found_inf", None) is not None:
            self.outside_graphs(self._after, optimizer)
            return
        progress.updates += 1
        progress.last_index, progress.used, progress.using = progress.written_index, progress.using, None

    def _after(self, optimizer: Optimizer) -> None:
        progress = self.progress
        if progress.using is not None:
            progress.pending_update = (getattr(optimizer, "found_inf", None), progress.using)
            progress.using = None

    def count_pending(self) -> None:
        """Count the last update of a fused step if it was not skipped; reads one number back from the device."""
        if self.progress.pending_update is not None:
            with self.lock:
                pending, self.progress.pending_update = self.progress.pending_update, None
                if pending is not None and not (pending[0] is not None and bool(pending[0])):
                    self.progress.count(pending[1])

    def reloaded(self, optimizer: Optimizer) -> None:
        """The hook after the optimizer's `load_state_dict`: its groups hold other numbers and other tensors."""
        self.monitor.optimizer_loaded(self.writer, optimizer.param_groups)
        self.writer.forget()
        self.invalidate()

    def _notice_load(self, groups: Groups) -> None:
        """See a load that called no hooks, of an optimizer with a method of its own: the groups are new dicts."""
        if self.writer.known and self.writer.first is not groups[0]:
            self.monitor.optimizer_loaded(self.writer, groups)
            self.writer.forget()

    def call(self, groups: Groups) -> bool:
        """Do what `step()` does; returns whether there are warnings, which are left to `monitor.flush`."""
        progress, writer = self.progress, self.writer
        at = progress.calls + 1 if progress.clock.counts_calls else progress.index
        as_expected = progress.used is writer.written and not self.fast_step
        progress.writing = True
        try:
            self._write(groups, at, FEW if as_expected else ALL)
            progress.calls += 1
        finally:
            progress.writing = False
        if progress.updates == progress.updates_at_last_call and progress.clock.writer == "first caller":
            self.idle.few(progress.updates, progress.calls - 1)
        ended = writer.ended(at)
        if ended or (progress.clock.counts_updates and progress.updates != progress.updates_at_last_call + 1):
            self.monitor.after_call(progress, writer, groups)
        progress.updates_at_last_call = progress.updates
        if not ended and self.monitor.origin == RESUMED:
            self._renew_fast_step(at)
        return self.monitor.waiting

    def _renew_fast_step(self, at: float) -> None:
        """Make the fast path anew where it was dropped, or where its piece of the plan does not answer."""
        fast_step = self.fast_step
        if fast_step is None or (fast_step and not fast_step.start <= at < fast_step.stop):
            self.fast_step = fast_step_for(self.progress, self.writer, self.idle, at) or False

    def move(self, groups: Groups, position: Position, *, sought: bool = False) -> None:
        """Go to a position and write its values and bases, or stay if it has none."""
        progress = self.progress
        with self.lock:
            progress.pending_update = None
            if not sought:
                self.writer.forget()  # a load may have come without a hook: what the groups hold is no foreign write
            self.show(groups, self.clock.at(position))
            progress.position = position
            for schedule in self.schedules:
                schedule.note_bases(groups)
            progress.used, progress.updates_at_last_call = (), position.updates
            self.idle.reset()
            self.monitor.note(SOUGHT if sought else RESUMED)

    def rewrite(self, groups: Groups) -> None:
        """Write the values of the position."""
        self.show(groups, self.progress.index)

    def show(self, groups: Groups, at: float) -> None:
        """Write the values of an index."""
        self.progress.writing = True
        try:
            self._write(groups, at, ALL)
        finally:
            self.progress.writing = False

    def _write(self, groups: Groups, at: float, most: int) -> None:
        """Write the values of an index; check at most so many groups for values set outside this Scheduler."""
        writer = self.writer
        if len(groups) != writer.known:
            self.add_new_groups(groups, at)
        rows = [schedule.row(at) for schedule in writer.schedules]
        if len(groups) == writer.known and writer.untouched(groups, most, self.progress.calls):
            writer.write(groups, rows)
        else:
            self._overwrite(groups, rows)
        self.progress.written_index = at

    def _overwrite(self, groups: Groups, rows: list[GroupValues]) -> None:
        """Write rows where groups or tensors are new, or values were set outside this Scheduler."""
        writer = self.writer
        self._notice_load(groups)
        if writer.known and not writer.untouched(groups, ALL):
            self.monitor.before_overwriting(writer, groups)
            if writer.is_replaced(groups):
                self.own_tensors(groups, 0)
        if len(groups) > writer.known:
            self.own_tensors(groups, writer.known)
        writer.write(groups, rows)

    def _complete(self, groups: Groups) -> None:
        """Write groups that are new or reloaded just before an update, and note the values that it uses.

        Values that were set outside this Scheduler stay for this update.
        """
        progress, writer = self.progress, self.writer
        self._notice_load(groups)
        known = writer.known
        with self.lock:
            self.add_new_groups(groups, progress.index)
            if not known:
                self.show(groups, progress.written_index)
            elif len(groups) > known:
                self.own_tensors(groups, known)
                writer.join(groups, [schedule.row(progress.written_index) for schedule in self.schedules], known)
            progress.using = writer.written if writer.untouched(groups, ALL) else writer.holding(groups)
            self.invalidate()

    def used_now(self, groups: Groups) -> list[Values]:
        """The knobs of the last update, for each schedule; empty before the first."""
        self.count_pending()
        return [
            schedule.rounded(groups, row) for schedule, row in zip(self.schedules, self.progress.used, strict=False)
        ]

    def next_now(self, groups: Groups) -> list[Values]:
        """The knobs of the coming update, if `step()` is called where it is due."""
        self.count_pending()
        progress, writer = self.progress, self.writer
        due = progress.hook_writes() or progress.index - progress.written_index == 1
        if due or not writer.known:
            rows: Any = [schedule.row(progress.index if due else progress.written_index) for schedule in self.schedules]
        else:
            rows = writer.holding(groups)
        return [schedule.rounded(groups, row) for schedule, row in zip(self.schedules, rows, strict=True)]
