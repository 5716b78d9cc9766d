"""What drives one optimizer: schedules, position and hooks.

The optimizer's hooks own the binding and the binding does not refer to the optimizer, so that dropping a `Scheduler`
stops nothing and no reference cycle arises. The post-hook only counts. The knobs are written by `step()`, and, while
`step()` has never been called, by the pre-hook, just before the update that uses them.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any, ClassVar

from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from preheat._saved.plan_history import Edit
from preheat._torch.run.group_writer import GroupWriter
from preheat._torch.run.hooks import outside_graphs
from preheat._torch.run.idle import IdleCalls
from preheat._torch.run.knob import Groups
from preheat._torch.run.knob_schedule import KnobSchedule
from preheat._torch.run.misuse import MisuseMonitor
from preheat._torch.run.progress import Clock, Position

__all__ = ["Binding", "Values"]

Values = list[float | None]  # a value for each group; None where one is left alone


class Binding(ABC):
    """The plans of one optimizer's knobs, and where its run stands."""

    not_copied: tuple[str, ...] = ("handles", "idle", "lock", "fast_step")
    outside_graphs: ClassVar[Callable[..., Any]]  # made with the first binding: it imports much of torch

    def __init__(self, schedules: Sequence[KnobSchedule]) -> None:
        Binding.outside_graphs = staticmethod(outside_graphs())
        self.writer = GroupWriter(tuple(schedules))
        self.monitor = MisuseMonitor()
        self.idle = IdleCalls()
        self.fast_step: Any = None  # None until it is made; False where this run has none
        self.handles: list[RemovableHandle] = []
        self.lock = RLock()  # around what two threads must not do at once
        self.closed = ""  # why

    def __getstate__(self) -> dict[str, Any]:
        self.count_pending()
        self.idle.reset()
        return {name: value for name, value in vars(self).items() if name not in self.not_copied}

    def __setstate__(self, state: dict[str, Any]) -> None:
        Binding.outside_graphs = staticmethod(outside_graphs())
        vars(self).update(state, handles=[], idle=IdleCalls(), lock=RLock(), fast_step=None)
        self.rebuild_cache()

    @property
    def schedules(self) -> Sequence[KnobSchedule]:
        """One for each knob."""
        return self.writer.schedules

    @property
    @abstractmethod
    def clock(self) -> Clock:
        """What moves the position."""

    @property
    @abstractmethod
    def position(self) -> Position:
        """Where the run stands."""

    @position.setter
    @abstractmethod
    def position(self, position: Position) -> None: ...

    @abstractmethod
    def moment(self) -> tuple[Position, float] | None:
        """The position and the index whose values the knobs hold; None while another thread changes them."""

    @abstractmethod
    def before(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The pre-hook: prepares the count, writes the knobs unless the caller does, adds new groups."""

    @abstractmethod
    def after(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The post-hook: counts once for each `before`, since a step inside a step has hooks of its own."""

    @abstractmethod
    def reloaded(self, optimizer: Optimizer) -> None:
        """The hook after the optimizer's `load_state_dict`."""

    @abstractmethod
    def count_pending(self) -> None:
        """Count the last update, if it waits for its found_inf."""

    @abstractmethod
    def call(self, groups: Groups) -> bool:
        """Do what `step()` does; returns whether there are warnings, which are left to `monitor.flush`."""

    @abstractmethod
    def rewrite(self, groups: Groups) -> None:
        """Write the values of the position."""

    @abstractmethod
    def move(self, groups: Groups, position: Position, *, sought: bool = False) -> None:
        """Go to a position and write its values and bases, or stay if it has none."""

    @abstractmethod
    def used_now(self, groups: Groups) -> list[Values]:
        """The knobs of the last update, for each schedule; empty before the first."""

    @abstractmethod
    def next_now(self, groups: Groups) -> list[Values]:
        """The knobs of the coming update, if `step()` is called where it is due."""

    def attach(self, optimizer: Optimizer) -> None:
        """Have the optimizer's hooks own this binding."""
        count = optimizer.register_step_post_hook(self.after)
        self.handles = [
            optimizer.register_step_pre_hook(self.before),
            count,
            optimizer.register_load_state_dict_post_hook(self.reloaded),
        ]
        # It runs first, so that a hook of the user's which saves finds the update counted.
        hooks: Any = optimizer._optimizer_step_post_hooks
        hooks.move_to_end(count.id, last=False)

    def close(self, why: str) -> None:
        """Drive no more."""
        self.closed = self.closed or why
        self.invalidate()
        self.idle.reset()
        for handle in self.handles:
            handle.remove()
        self.handles = []

    def ready(self) -> None:
        """Have every update counted.

        Raises:
            RuntimeError: the binding is closed.
        """
        if self.closed:
            raise RuntimeError(f"Scheduler: it is closed: {self.closed}")
        self.count_pending()

    @property
    def edits(self) -> list[Edit]:
        """The edits of each knob, in the order they were made."""
        return [edit for schedule in self.schedules for edit in schedule.history.edits]

    @property
    def index(self) -> float:
        """The index of the coming update."""
        return self.clock.at(self.position)

    def add_new_groups(self, groups: Groups, at: float) -> None:
        """Make a state for each group that is new at an index.

        Raises:
            ValueError: a group is gone, or a new one fits no plan.
        """
        known = len(self.schedules[0].group_states)
        if len(groups) < known:
            raise ValueError(f"Scheduler(): the optimizer must keep its groups, {known} at bind, now {len(groups)}")
        if late := groups[known:]:
            offsets = [_offset(group, at) for group in late]
            group_states = [schedule.new_group_states(groups, offsets) for schedule in self.schedules]
            for schedule, new in zip(self.schedules, group_states, strict=True):
                schedule.group_states += new
            self.rebuild_cache()
            for group in late:
                group.pop("join", None)  # read once, and no option of the optimizer's

    def rebuild_cache(self) -> None:
        """Work out what stays the same from update to update; to be called when plans, states or feedback change."""
        for schedule in self.schedules:
            schedule.rebuild_cache()
        self.invalidate()

    def invalidate(self) -> None:
        """Drop the fast path, until the next call of `step()` makes another: one of the things it rests on changed.

        They are the schedules, the tensors of the groups, the values that the last update used, and being open. Groups,
        values and position it checks itself.
        """
        self.fast_step = None

    def own_tensors(self, groups: Groups, first: int) -> None:
        """Give the groups from `first` on tensors of their own, and note their bases."""
        self.writer.own(groups, first)
        for schedule in self.schedules:
            schedule.note_bases(groups, first)
        self.invalidate()


def _offset(group: dict[str, Any], at: float) -> float:
    """The index at which a late group's own clock begins."""
    join = group.get("join")
    if join not in (None, "from_zero"):
        raise ValueError(f'add_param_group(join={join!r:.60}): join must be "from_zero" or absent')
    return at if join == "from_zero" else 0
