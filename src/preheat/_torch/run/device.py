"""The binding of a run on the device: position and values are tensors there, and a step reads nothing back.

`last_epoch`, `used()` and checkpoints read the position when you ask for them. Knobs are not checked for values set
outside the Scheduler, and there are no warnings.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, final

import torch
from torch import Tensor
from torch.compiler import is_dynamo_compiling
from torch.optim import Optimizer

from preheat._plan import Plan
from preheat._torch.run.binding import Binding, Values
from preheat._torch.run.group_writer import Buffer
from preheat._torch.run.hooks import is_fake, require_hooks
from preheat._torch.run.knob import Groups
from preheat._torch.run.knob_schedule import KnobSchedule, SharedPlan
from preheat._torch.run.progress import Clock, Position

__all__ = ["DeviceBinding"]


class Output(NamedTuple):
    """The memory of knobs, and what its values follow from."""

    memory: Tensor
    plans: tuple[tuple[Plan, int], ...]  # each with the index at which its clock began
    bases: Tensor  # of each knob
    which: Tensor  # of the plans each knob follows


@final
class DeviceBinding(Binding):
    """Counts and writes on the device, with operations of torch alone: eager, compiled or captured."""

    not_copied = (*Binding.not_copied, "outputs", "require_hooks")

    def __init__(self, schedules: Sequence[KnobSchedule], clock: Clock, device: torch.device) -> None:
        super().__init__(schedules)
        self.own_clock = clock
        self.now = torch.zeros((), dtype=torch.int64, device=device)  # the index of the coming update
        self.outputs: tuple[Output, ...] = ()  # made anew when it is empty
        self.require_hooks = require_hooks()
        self.armed = False  # between the optimizer's pre-hook and its first post-hook
        self.hooked = False  # a hook of the optimizer's has been called
        self.grown = (0.0, 0)  # the index at which groups were last taken in, and how many there were before
        self.called = False  # `step()` has been
        self.calls = 0  # of it outside of graphs

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.require_hooks = require_hooks()
        super().__setstate__(state)

    @property
    def clock(self) -> Clock:
        """What moves the position."""
        return self.own_clock

    @property
    def position(self) -> Position:
        """Where the run stands, read from the device."""
        now = int(self.now)
        return Position(last=now - 1)._replace(**self.clock.position_at(now))

    @position.setter
    def position(self, position: Position) -> None:
        self.now.fill_(int(self.clock.at(position)))

    def moment(self) -> tuple[Position, float] | None:
        """The position, twice."""
        position = self.position
        return position, self.clock.at(position)

    def add_new_groups(self, groups: Groups, at: float) -> None:
        """Make states for groups that are new, which took no part in the last update."""
        known = len(self.schedules[0].group_states)
        super().add_new_groups(groups, at)
        if len(groups) > known and at != self.grown[0]:
            self.grown = (at, known)

    def hook_writes(self) -> bool:
        """Whether the optimizer's step writes the values, and not `step()`."""
        writer = self.clock.writer
        return writer == "hook" or (writer == "first caller" and not self.called)

    def count_pending(self) -> None:
        """Do nothing: found_inf is read on the device."""

    def invalidate(self) -> None:
        """Have the tensors that the values follow from made anew."""
        super().invalidate()
        self.outputs = ()

    def before(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The pre-hook."""
        del args, kwargs
        self.outside_graphs(self._before, optimizer)

    def _before(self, optimizer: Optimizer) -> None:
        groups = optimizer.param_groups
        self.armed = self.writer.keeps_lr(groups) or not is_fake(optimizer, self.writer)
        if self.armed:
            self.hooked = True
            self.idle.update_seen()
            if self.renew(groups) or self.hook_writes():
                self.write()

    def after(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The post-hook."""
        del args, kwargs
        self.outside_graphs(self._after, optimizer)

    def _after(self, optimizer: Optimizer) -> None:
        if self.armed:
            self.armed = False
            if self.clock.counts_updates:
                found_inf = getattr(optimizer, "found_inf", None)
                self.now.add_(1 if found_inf is None else (found_inf.reshape(()) == 0).to(self.now))

    def reloaded(self, optimizer: Optimizer) -> None:
        """The hook after the optimizer's `load_state_dict`: its groups are others, and get the tensors they had."""
        self.rewrite(optimizer.param_groups)

    def step(self, optimizer: Optimizer) -> None:
        """A call of `step()`: in a graph its operations, else apart from all graphs."""
        self.go() if is_dynamo_compiling() else self.outside_graphs(self.call, optimizer.param_groups)

    def call(self, groups: Groups) -> bool:
        """A call of `step()` outside of graphs."""
        self.ready()
        self.renew(groups, ahead=self.clock.counts_calls)
        self.go()
        if self.clock.counts_updates and self.clock.writer != "hook":
            self.idle.few(0, self.calls)
            self.calls += 1
        return False

    def go(self) -> None:
        """Count, if that is what the clock counts, and write; it may be traced.

        Raises:
            RuntimeError: it is traced, and the hooks that count the updates have not been called.
        """
        if self.clock.counts_calls:
            self.now.add_(1)
        else:
            self.require_hooks(is_dynamo_compiling(), self.hooked)
        self.called = True
        self.write()

    def write(self) -> None:
        """Have the knobs hold the values of the position, each rounded once."""
        for memory, plans, bases, which in self.outputs:
            factors = [plan((self.now - offset).clamp(min=0) if offset else self.now) for plan, offset in plans]
            factor = factors[0] if len(factors) == 1 else torch.stack(factors)[which]
            memory.copy_(bases * factor)

    def renew(self, groups: Groups, *, ahead: bool = False) -> bool:
        """Take in groups that are new, and give the others their own tensors again; returns whether any is new.

        Args:
            groups: of the optimizer.
            ahead: a call is about to be counted, and the clock of new groups begins with the next index.
        """
        if len(groups) != len(self.schedules[0].group_states):
            self.add_new_groups(groups, self.index + ahead)
        first = self.writer.known
        new = len(groups) > first
        if new:
            self.writer.promote(groups, self.now.device, first)
            self.own_tensors(groups, first)
        self.writer.restore(groups)
        if not self.outputs:
            self.outputs = tuple(map(self._output, self.writer.buffers))
        return new

    def _output(self, buffer: Buffer) -> Output:
        shared_plans: dict[tuple[int, int], SharedPlan] = {}
        bases, which = [], []
        for number, index in buffer.places:
            schedule = self.schedules[number]
            bases.append(schedule.bases[index])
            place = next(k for k, one in enumerate(schedule.shared_plans) if index in one.indices)
            shared_plans[number, place] = schedule.shared_plans[place]
            which.append(list(shared_plans).index((number, place)))
        device = self.now.device
        real = torch.float32 if device.type == "mps" else torch.float64  # that device has no float64
        return Output(
            buffer.memory,
            tuple((shared_plan.plan, int(shared_plan.offset)) for shared_plan in shared_plans.values()),
            torch.tensor(bases, dtype=real, device=device),
            torch.tensor(which, device=device),
        )

    def rewrite(self, groups: Groups) -> None:
        """Have the knobs hold the values of the position."""
        self.renew(groups)
        self.write()

    def move(self, groups: Groups, position: Position, *, sought: bool = False) -> None:
        """Stand elsewhere, with the values and bases of there."""
        del sought
        self.idle.reset()
        self.position, self.grown = position, (0.0, 0)
        self.rewrite(groups)
        for schedule in self.schedules:
            schedule.note_bases(groups)

    def used_now(self, groups: Groups) -> list[Values]:
        """The knobs of the last update, as its plans have them."""
        last, (at, known) = self.position.last, self.grown
        if last < 0:
            return []
        return [values[:known] if last < at else values for values in self._values(groups, last)]

    def next_now(self, groups: Groups) -> list[Values]:
        """The knobs of the coming update, as its plans have them."""
        return self._values(groups, self.index)

    def _values(self, groups: Groups, at: float) -> list[Values]:
        return [schedule.rounded(groups, schedule.row(at)) for schedule in self.schedules]
