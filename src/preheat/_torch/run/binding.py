"""What drives one optimizer: tracks, position and hooks.

The optimizer's hooks own the binding and the binding does not refer to the optimizer, so that dropping a `Scheduler`
stops nothing and no reference cycle arises. The post-hook only counts. The knobs are written by `step()`, and, while
`step()` has never been called, by the pre-hook, just before the update that uses them.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import inf
from threading import RLock
from typing import Any, NamedTuple

from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from preheat._saved.plan_history import Edit
from preheat._torch.run.group_writer import GroupWriter
from preheat._torch.run.hooks import apart
from preheat._torch.run.idle import IdleCalls
from preheat._torch.run.knob import Groups
from preheat._torch.run.knob_schedule import KnobSchedule
from preheat._torch.run.misuse import MisuseMonitor
from preheat._torch.run.warnings import warn

__all__ = ["CLOCKS", "Binding", "Position", "Values"]

CLOCKS = {"updates": "updates", "calls": "calls", "manual": "amount"}  # each with what it reads of a position
Values = list[float | None]  # a value for each group; None where one is left alone


class Position(NamedTuple):
    """Where a run stands."""

    updates: int = 0  # applied by the optimizer
    calls: int = 0  # of `step()`
    amount: float = 0  # in the plan's own unit, moved by `advance` alone
    last: float = -1  # the index whose values the last update used


class Binding(ABC):
    """The plans of one optimizer's knobs, and where its run stands."""

    own: tuple[str, ...] = ("apart", "handles", "idle", "lock", "fast_step")  # no part of a copy

    def __init__(self, tracks: Sequence[KnobSchedule], *, clock: str, auto: bool) -> None:
        self.tracks = tuple(tracks)
        self.writer = GroupWriter(self.tracks)
        self.clock = clock
        self.auto = auto
        self.end: float = inf  # the index at which the first plan ends
        self.armed = False  # between the optimizer's pre-hook and its first post-hook
        self.stale = True  # the knobs' tensors are not our own: just bound, or the optimizer's state was loaded
        self.closed = ""  # why
        self.fast_step: Any = None  # worked out from plans, groups and knobs, until they change; false where nothing is
        self.monitor = MisuseMonitor()
        self.idle = IdleCalls()
        self.apart = apart()
        self.handles: list[RemovableHandle] = []
        self.lock = RLock()  # around what two threads must not do at once

    def __getstate__(self) -> dict[str, Any]:
        self.settle()
        self.idle.reset()
        return {name: held for name, held in vars(self).items() if name not in self.own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, apart=apart(), handles=[], idle=IdleCalls(), lock=RLock())
        self.lay()

    @property
    @abstractmethod
    def position(self) -> Position:
        """Where the run stands."""

    @position.setter
    @abstractmethod
    def position(self, position: Position) -> None: ...

    @abstractmethod
    def moment(self) -> tuple[Position, float] | None:
        """The position and the index that is shown; None while another thread changes them."""

    @abstractmethod
    def before(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The pre-hook: arms the count, writes the knobs unless the caller does, completes what is pending."""

    @abstractmethod
    def after(self, optimizer: Optimizer, args: object, kwargs: object) -> None:
        """The post-hook: counts, once for each arming, since a step inside a step has hooks of its own."""

    @abstractmethod
    def reloaded(self, optimizer: Optimizer) -> None:
        """The hook after the optimizer's `load_state_dict`."""

    @abstractmethod
    def settle(self) -> None:
        """Count the last update, where that was put off."""

    @abstractmethod
    def call(self, groups: Groups) -> bool:
        """A call of `step()`; returns whether there is something to say, which is left to `flush`."""

    @abstractmethod
    def rewrite(self, groups: Groups) -> None:
        """Have the knobs hold the values of the position."""

    @abstractmethod
    def move(self, groups: Groups, position: Position, *, sought: bool = False) -> None:
        """Stand elsewhere, with the values and bases of there, or stay if it has none."""

    @abstractmethod
    def used_now(self, groups: Groups) -> list[Values]:
        """The knobs of the last update, for each track; empty before the first."""

    @abstractmethod
    def next_now(self, groups: Groups) -> list[Values]:
        """The knobs of the coming update, if `step()` is called where it is due."""

    @abstractmethod
    def drives(self) -> bool:
        """Whether the pre-hook writes the knobs, not the caller, who does from the first call of `step()` on."""

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
        self.closed, self.fast_step = self.closed or why, None
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
        self.settle()

    @property
    def edits(self) -> list[Edit]:
        """The edits of each knob, in the order they were made."""
        return [edit for track in self.tracks for edit in track.history.edits]

    @property
    def index(self) -> float:
        """The position on the clock: the index of the coming update."""
        return self.at(self.position)

    def at(self, position: Position) -> float:
        """What the clock reads of a position."""
        return getattr(position, CLOCKS[self.clock])  # type: ignore[no-any-return]  # a number

    def adopt(self, groups: Groups, at: float) -> None:
        """Make group_states for groups that are new at an index.

        Raises:
            ValueError: a group is gone, or a new one fits no plan.
        """
        known = len(self.tracks[0].group_states)
        if len(groups) < known:
            raise ValueError(f"Scheduler(): the optimizer must keep its groups, {known} at bind, now {len(groups)}")
        if late := groups[known:]:
            joined = [_joined(group, at) for group in late]
            group_states = [track.new_group_states(groups, joined) for track in self.tracks]
            for track, new in zip(self.tracks, group_states, strict=True):
                track.group_states += new
            self.lay()
            for group in late:
                group.pop("join", None)  # ours, and read once

    def lay(self) -> None:
        """Work out what stays the same from update to update; to be called when plans, states or feedback change."""
        for track in self.tracks:
            track.lay()
        self.end = min(track.end for track in self.tracks)
        self.fast_step = None

    def own_tensors(self, groups: Groups, first: int) -> None:
        """Give the groups from one on tensors of their own, and note their bases."""
        self.writer.own(groups, first)
        for track in self.tracks:
            track.note_bases(groups, first)

    def flush(self) -> None:
        """Say what there is to say, after all is counted and written: a warning may be an error."""
        while self.monitor.sentences:
            warn(self.monitor.sentences.pop(0))


def _joined(group: dict[str, Any], at: float) -> float:
    """Where a late group's own clock begins."""
    join = group.get("join")
    if join not in (None, "from_zero"):
        raise ValueError(f'add_param_group(join={join!r:.60}): join must be "from_zero" or absent')
    return at if join == "from_zero" else 0
