"""Where a run stands, and the clocks that count it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from preheat._torch.run.group_values import GroupValues

__all__ = ["CLOCKS", "Clock", "Position", "Progress"]


class Position(NamedTuple):
    """The part of a run's progress that a checkpoint holds."""

    updates: int = 0  # applied by the optimizer
    calls: int = 0  # of `step()`
    amount: float = 0  # in the plan's own unit, moved by `advance` alone
    last: float = -1  # the index whose values the last update used


class Clock(NamedTuple):
    """What makes the position move, and who writes the values."""

    name: str
    reads: str  # the field of `Position` that is the index of the coming update
    writer: (
        str  # "hook": the optimizer's step writes; "caller": `step()` does; "first caller": the hook, until `step()`
    )
    unit: str  # of the position, in what a user reads
    fractional: bool = False  # `advance` moves the position, by any number
    on_device: bool = True  # the position can be kept in a tensor

    @property
    def counts_updates(self) -> bool:
        """Whether the optimizer's hooks move the position, so that it compares with the updates of a run."""
        return self.reads == "updates"

    @property
    def counts_calls(self) -> bool:
        """Whether `step()` moves the position, so that no hooks are needed."""
        return self.reads == "calls"

    def at(self, position: Position) -> float:
        """The index of the coming update."""
        return getattr(position, self.reads)  # type: ignore[no-any-return]  # a number

    def position_at(self, index: float) -> dict[str, Any]:
        """The field of `Position` to set for an index of the coming update."""
        return {self.reads: index}


CLOCKS = {
    clock.name: clock
    for clock in (
        Clock("updates", reads="updates", writer="first caller", unit="updates"),
        Clock("calls", reads="calls", writer="caller", unit="calls"),
        Clock("manual", reads="amount", writer="hook", unit="units", fractional=True, on_device=False),
    )
}


class Progress:
    """Everything about a run on the host that changes from update to update, but for what the knobs hold."""

    __slots__ = (
        "amount",
        "calls",
        "clock",
        "last_index",
        "pending_update",
        "updates",
        "updates_at_last_call",
        "used",
        "using",
        "writing",
        "written_index",
    )

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.updates, self.calls, self.amount, self.last_index = Position()
        self.updates_at_last_call = 0  # tells `step()` that several updates went by
        self.written_index: float = 0  # the index whose values the knobs hold
        self.writing = False  # knobs and position are between two updates, which another thread must not read
        self.using: Sequence[GroupValues] | None = None  # the values of an update while it runs
        self.used: Sequence[GroupValues] = ()  # the values of the last update applied
        self.pending_update: tuple[Any, Sequence[GroupValues]] | None = None  # its found_inf, not yet read, and values

    @property
    def position(self) -> Position:
        """What a checkpoint holds of it."""
        return Position(self.updates, self.calls, self.amount, self.last_index)

    @position.setter
    def position(self, position: Position) -> None:
        self.updates, self.calls, self.amount, self.last_index = position

    @property
    def index(self) -> float:
        """The index of the coming update."""
        return getattr(self, self.clock.reads)  # type: ignore[no-any-return]  # a number

    def hook_writes(self) -> bool:
        """Whether the optimizer's step writes the values, and not `step()`."""
        writer = self.clock.writer
        return writer == "hook" or (writer == "first caller" and not self.calls)

    def count(self, values: Sequence[GroupValues]) -> None:
        """Count an update that used these values."""
        self.updates += 1
        self.last_index, self.used = self.written_index, values
