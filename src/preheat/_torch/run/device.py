"""The binding of a run on the device: its position is a tensor, its values follow from that, nothing is read back.

What is asked of the host, as `last_epoch` and checkpoints are, reads the position when it is asked. Nobody looks for
what other hands have written, and nothing is said.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, final

import torch
from torch import Tensor
from torch.compiler import is_dynamo_compiling
from torch.optim import Optimizer

from preheat._plan import Plan
from preheat._torch.run.binding import CLOCKS, Binding, Position, Values
from preheat._torch.run.group_writer import Buffer
from preheat._torch.run.hooks import is_fake, require_hooks
from preheat._torch.run.knob import Groups
from preheat._torch.run.knob_schedule import KnobSchedule

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

    own = (*Binding.own, "outputs", "require_hooks")

    def __init__(self, tracks: Sequence[KnobSchedule], *, clock: str, auto: bool, device: torch.device) -> None:
        super().__init__(tracks, clock=clock, auto=auto)
        self.now = torch.zeros((), dtype=torch.int64, device=device)  # the index of the coming update
        self.outputs: tuple[Output, ...] = ()
        self.require_hooks = require_hooks()
        self.hooked = False  # a hook of the optimizer's has been called
        self.grown = (0.0, 0)  # the index at which groups were last taken in, and how many there were before
        self.called = False  # `step()` has been
        self.calls = 0  # of it outside of graphs

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.outputs, self.require_hooks = (), require_hooks()

    @property
    def position(self) -> Position:
        """Where the run stands, read from the device."""
        now = int(self.now)
        return Position(last=now - 1)._replace(**{CLOCKS[self.clock]: now})

    @position.setter
    def position(self, position: Position) -> None:
        self.now.fill_(int(self.at(position)))

    def moment(self) -> tuple[Position, float] | None:
        """The position, twice."""
        position = self.position
        return position, self.at(position)

    def adopt(self, groups: Groups, at: float) -> None:
        """Make states for groups that are new, which took no part in the last update."""
        known = len(self.tracks[0].group_states)
        super().adopt(groups, at)
        if len(groups) > known and at != self.grown[0]:
            self.grown = (at, known)

    def drives(self) -> bool:
        """Whether the pre-hook writes the knobs."""
        return self.clock == "updates" and (self.auto or not self.called)

    def settle(self) -> None:
        """Nothing is put off."""

    def before(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The pre-hook."""
        del args, kwargs
        self.apart(self._before, optimizer)

    def _before(self, optimizer: Optimizer) -> None:
        groups = optimizer.param_groups
        self.armed = self.writer.keeps_lr(groups) or not is_fake(optimizer, self.writer)
        if self.armed:
            self.hooked = True
            self.idle.update_seen()
            if self.renew(groups) or self.drives():
                self.write()

    def after(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The post-hook."""
        del args, kwargs
        self.apart(self._after, optimizer)

    def _after(self, optimizer: Optimizer) -> None:
        if self.armed:
            self.armed = False
            if self.clock == "updates":
                found_inf = getattr(optimizer, "found_inf", None)
                self.now.add_(1 if found_inf is None else (found_inf.reshape(()) == 0).to(self.now))

    def reloaded(self, optimizer: Optimizer) -> None:
        """The hook after the optimizer's `load_state_dict`: its groups are others, and get the tensors they had."""
        self.rewrite(optimizer.param_groups)

    def step(self, optimizer: Optimizer) -> None:
        """A call of `step()`: in a graph its operations, else apart from all graphs."""
        self.go() if is_dynamo_compiling() else self.apart(self.call, optimizer.param_groups)

    def call(self, groups: Groups) -> bool:
        """A call of `step()` outside of graphs."""
        self.ready()
        self.renew(groups, ahead=self.clock == "calls")
        self.go()
        if self.clock == "updates" and not self.auto:
            self.idle.few(0, self.calls)
            self.calls += 1
        return False

    def go(self) -> None:
        """Count, if that is what the clock counts, and write; it may be traced.

        Raises:
            RuntimeError: it is traced, and the hooks that count the updates have not been called.
        """
        if self.clock == "calls":
            self.now.add_(1)
        else:
            self.require_hooks(is_dynamo_compiling(), self.hooked)
        self.called = True
        self.write()

    def write(self) -> None:
        """Have the knobs hold the values of the position, each rounded once."""
        for memory, plans, bases, which in self.outputs:
            factors = [plan((self.now - joined).clamp(min=0) if joined else self.now) for plan, joined in plans]
            factor = factors[0] if len(factors) == 1 else torch.stack(factors)[which]
            memory.copy_(bases * factor)

    def renew(self, groups: Groups, *, ahead: bool = False) -> bool:
        """Take in groups that are new, and give the others their own tensors again; returns whether any is new.

        Args:
            groups: of the optimizer.
            ahead: a call is about to be counted, and the clock of new groups begins with the next index.
        """
        if len(groups) != len(self.tracks[0].group_states):
            self.adopt(groups, self.index + ahead)
        first = 0 if self.stale else self.writer.known
        new = len(groups) > first
        if new:
            self.writer.promote(groups, self.now.device, first)
            self.own_tensors(groups, first)
            self.stale = False
        self.writer.restore(groups)
        if self.fast_step is None:
            self.outputs, self.fast_step = tuple(map(self._output, self.writer.buffers)), False
        return new

    def _output(self, buffer: Buffer) -> Output:
        plans: dict[tuple[int, int], int] = {}
        bases, which = [], []
        for number, index in buffer.places:
            track = self.tracks[number]
            bases.append(track.bases[index])
            which.append(plans.setdefault((number, track.shared_plan_of[index] or 0), len(plans)))
        shared_plans = [self.tracks[number].shared_plans[place] for number, place in plans]
        device = self.now.device
        real = torch.float32 if device.type == "mps" else torch.float64  # that device has no float64
        return Output(
            buffer.memory,
            tuple((shared_plan.plan, int(shared_plan.joined)) for shared_plan in shared_plans),
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
        for track in self.tracks:
            track.note_bases(groups)

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
        return [track.rounded(groups, track.row(at)) for track in self.tracks]
