"""The fast path of `Scheduler.step()` and of the pre-hook: one plan, on `lr`, and nothing changed since the last call.

Its methods take an optimizer and not its groups: `torch.compile` looks into every function that is called with tensors,
or with lists that may hold some, and passes over the others.
"""

from collections.abc import Iterable, Sequence
from sys import maxsize
from typing import Any

from torch.optim import Optimizer

from preheat._torch.run.group_writer import FEW, Buffer, GroupWriter
from preheat._torch.run.idle import IdleCalls
from preheat._torch.run.progress import Progress

__all__ = ["FastStep", "fast_step_for"]


class FastStep:
    """Writes the values of one piece of the plan, as long as plans, groups and tensors stay the same.

    It is never changed. It re-checks its assumptions and returns False when one fails; the general path then runs. It
    refers to no binding, so that a binding that holds it is freed at once.
    """

    __slots__ = (
        "bases",
        "buffer",
        "count_updates",
        "group_count",
        "high",
        "idle",
        "largest_base",
        "low",
        "offset",
        "progress",
        "start",
        "stop",
        "value",
        "writer",
    )

    def __init__(self, progress: Progress, writer: GroupWriter, idle: IdleCalls, at: float) -> None:
        schedule = writer.schedules[0]
        shared_plan = schedule.shared_plans[0]
        self.progress, self.writer, self.idle = progress, writer, idle
        self.offset, stop, self.value = shared_plan.piece_at(at)  # `value` counts from the start of its piece
        self.start = max(int(self.offset), 1)  # the general path looks at what came before update 0
        self.stop = int(min(stop, schedule.end, maxsize))  # an int: Python compares like with like faster
        self.bases: Sequence[Any] | None = schedule.bases if schedule.base is None else None  # where they differ
        self.largest_base = shared_plan.most
        self.low, self.high = float(schedule.knob.low), float(schedule.knob.high)
        self.group_count = writer.known
        self.count_updates = progress.clock.counts_updates
        self.buffer: Buffer | None = writer.buffers[0] if writer.buffers else None

    def step(self, optimizer: Optimizer) -> bool:
        """Do what `HostBinding.call` does, or nothing where an assumption fails; returns which."""
        groups, count, buffer, progress = optimizer.param_groups, self.group_count, self.buffer, self.progress
        updates = progress.updates
        at = updates if self.count_updates else progress.calls + 1
        unusual = updates != progress.updates_at_last_call + 1 and self._is_worth_a_look(updates)
        if unusual or not self.start <= at < self.stop or len(groups) != count or progress.pending_update is not None:
            return False
        if self.bases is not None:
            return self._step_each(optimizer, at)
        if buffer is None:
            written = self.writer.written[0]
            for group in groups if count <= FEW else (groups[0], groups[at % count]):
                if group["lr"] is not written:
                    return False
        elif not _untouched(optimizer, buffer):
            return False
        new = self.largest_base * self.value(at - self.offset)
        if not self.low <= new < self.high:
            return False
        progress.writing = True
        if buffer is None:
            for group in groups:
                group["lr"] = new
        else:
            buffer.fill(new)
        self.writer.written = (new,)
        progress.written_index, progress.updates_at_last_call = at, updates
        progress.calls += 1
        progress.writing = False
        return True

    def _is_worth_a_look(self, updates: int) -> bool:
        """Whether a call that did not find one new update found several, or none like many calls before it."""
        if updates != self.progress.updates_at_last_call:
            return True
        return self.count_updates and not self.idle.few(updates, self.progress.calls)

    def _step_each(self, optimizer: Optimizer, at: int) -> bool:
        """The same for groups of floats that have bases of their own."""
        count, progress, writer = self.group_count, self.progress, self.writer
        if not self._hold(optimizer, range(count) if count <= FEW else (0, at % count)):
            return False
        factor, bases = self.value(at - self.offset), self.bases or ()
        if not self.low <= self.largest_base * factor < self.high:  # no base is below 0
            return False
        progress.writing = True
        for group, base in zip(optimizer.param_groups, bases, strict=True):
            group["lr"] = base * factor
        knob_writer: Any = writer.knob_writers[0]  # of floats, as there is no tensor
        knob_writer.latest = optimizer.param_groups[0]["lr"]
        writer.written = ((bases, factor),)
        progress.written_index, progress.updates_at_last_call = at, progress.updates
        progress.calls += 1
        progress.writing = False
        return True

    def _hold(self, optimizer: Optimizer, indices: Iterable[int]) -> bool:
        """Whether these groups hold the floats that their own bases gave."""
        groups, bases = optimizer.param_groups, self.bases or ()
        row: Any = self.writer.written[0]
        factor = row[1]
        for index in indices:
            lr = groups[index]["lr"]
            if lr != bases[index] * factor or lr.__class__ is not float:
                return False
        return True

    def nothing_to_do(self, optimizer: Optimizer) -> bool:
        """Whether an update that is about to run finds all groups as written, and calls for no warning."""
        groups, progress = optimizer.param_groups, self.progress
        if (
            not progress.updates - 1 <= progress.written_index < self.stop
            or len(groups) != self.group_count
            or progress.pending_update is not None
        ):
            return False
        if self.bases is not None:
            return self._hold(optimizer, range(self.group_count))
        if self.buffer is not None:
            return _untouched(optimizer, self.buffer)
        written = self.writer.written[0]
        for group in groups:  # noqa: SIM110  # all() would take twice the time
            if group["lr"] is not written:
                return False
        return True


def fast_step_for(progress: Progress, writer: GroupWriter, idle: IdleCalls, at: float) -> FastStep | None:
    """The fast path from an index on; None where several knobs, plans or kinds of tensors need the general one."""
    schedule = writer.schedules[0]
    one_plan = (
        len(writer.schedules) == 1 and schedule.knob.path == "lr" and schedule.one_plan and None not in schedule.bases
    )
    one_buffer = [len(buffer.places) for buffer in writer.buffers] == [writer.known] and schedule.base is not None
    if not one_plan or not (one_buffer or not writer.buffers) or progress.clock.writer == "hook" or idle.watch:
        return None
    return FastStep(progress, writer, idle, at)


def _untouched(optimizer: Optimizer, buffer: Buffer) -> bool:
    """Whether all groups hold their views of a buffer that only `fill` has written."""
    if buffer.writes() != buffer.version:
        return False
    for group, view in zip(optimizer.param_groups, buffer.views, strict=True):  # noqa: SIM110  # likewise
        if group["lr"] is not view:
            return False
    return True
