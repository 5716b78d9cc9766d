"""The knobs in an optimizer's groups: writes them, and checks whether someone else has written them since."""

from collections.abc import Sequence
from operator import itemgetter
from sys import maxsize
from typing import Any, ClassVar

import torch
from torch import Tensor

from preheat._torch.run.dtensor import around, local
from preheat._torch.run.group_values import GroupValues, value_in, values_of
from preheat._torch.run.knob import Groups, Knob
from preheat._torch.run.knob_schedule import KnobSchedule

__all__ = ["ALL", "FEW", "GroupWriter"]

FEW, ALL = 4, maxsize  # groups with numbers that are looked at; where there are more, in turn

Place = tuple[int, int]  # the number of a schedule, and the index of a group


class Buffer:
    """The memory of all knobs that are tensors of one device and dtype, so that one operation writes them.

    A knob that is a `DTensor` is made anew around its place in the memory, which is this process's own: to write it
    asks no other process.
    """

    def __init__(self, places: Sequence[Place], held: Sequence[Tensor]) -> None:
        self.places = places
        own = [local(one).detach() for one in held]
        self.memory = torch.stack([one.reshape(()) for one in own])
        views = [self.memory[k].view(one.shape) for k, one in enumerate(own)]
        self.views = [around(view, one) for view, one in zip(views, held, strict=True)]
        self.wrappers = [one for one, view in zip(self.views, views, strict=True) if one is not view]
        self.version = self.writes()

    def writes(self) -> int:
        """How often anyone has written; a write through a `DTensor` counts on that tensor only."""
        version = self.memory._version
        return version + sum(one._version for one in self.wrappers) if self.wrappers else version

    def write(self, rows: Sequence[GroupValues]) -> None:
        """Put the values of rows into the tensors, each rounded once."""
        if len(rows) == 1 and not isinstance(rows[0], tuple):
            self.fill(rows[0])
            return
        values = [value_in(rows[number], index) for number, index in self.places]
        self.memory.copy_(torch.tensor(values, dtype=torch.float64), non_blocking=True)
        self.version = self.writes()

    def fill(self, value: float) -> None:
        """Put one value into all the tensors."""
        self.memory.fill_(value)
        self.version = self.writes()


class FloatWriter:
    """A knob that is a number by itself in every group that is driven."""

    __slots__ = ("key", "latest")
    views: ClassVar[Sequence[tuple[int, Tensor]]] = ()

    def __init__(self, key: str) -> None:
        self.key = key
        self.latest: float | None = None  # the number put into the first of the groups, where they differ

    def write(self, groups: Groups, row: GroupValues) -> None:
        """Put the values of a row into the groups."""
        key = self.key
        if not isinstance(row, tuple):
            for group in groups:
                group[key] = row
        else:
            bases, factor = row
            for group, base in zip(groups, bases, strict=True):
                if base is not None:
                    group[key] = base * factor
            driven = (group[key] for group, base in zip(groups, bases, strict=True) if base is not None)
            self.latest = next(driven, None)

    def keeps_any(self, groups: Groups, row: GroupValues | None) -> bool:
        """Whether a group holds the very number that was put there."""
        given = self.latest if isinstance(row, tuple) else row
        return any(group[self.key] is given for group in groups)

    def untouched(self, groups: Groups, row: GroupValues, most: int, start: int) -> bool:
        """Whether each of the groups checked, at most so many from `start` on, holds its value as it was written."""
        key = self.key
        checked = slice(start, start + most) if len(groups) > most else slice(None)
        if not isinstance(row, tuple):
            for group in groups[checked]:
                if group[key] is not row:
                    return False
        else:
            bases, factor = row
            for group, base in zip(groups[checked], bases[checked], strict=False):  # a late group may be there already
                if base is not None and (group[key] != base * factor or group[key].__class__ is not float):
                    return False
        return True


class MixedWriter:
    """A knob that is a tensor in some groups or in all, or that lies inside of a tuple."""

    def __init__(self, knob: Knob, views: dict[int, Tensor], bases: Sequence[float | None]) -> None:
        self.knob = knob
        self.held = itemgetter(knob.key) if knob.index is None else knob.held
        self.views = list(views.items())  # each with the index of its group
        self.loose = [index for index, base in enumerate(bases) if base is not None and index not in views]

    def write(self, groups: Groups, row: GroupValues) -> None:
        """Put the values of a row into the groups without tensors, which are written together."""
        for index in self.loose:
            self.knob.put(groups[index], value_in(row, index))

    def keeps_any(self, groups: Groups, row: GroupValues | None) -> bool:  # noqa: ARG002  # its tensors are written in place
        """Whether a group holds its own tensor."""
        return any(self.held(groups[index]) is view for index, view in self.views)

    def untouched(self, groups: Groups, row: GroupValues, most: int, start: int) -> bool:  # noqa: ARG002  # it checks all
        """Whether each group holds its own tensor, or its value as it was written."""
        held = self.held
        for index, view in self.views:
            if held(groups[index]) is not view:
                return False
        return all(_same(held(groups[index]), value_in(row, index)) for index in self.loose)


class GroupWriter:
    """Writes the knobs of an optimizer, one for each schedule, and knows what it wrote last."""

    def __init__(self, schedules: Sequence[KnobSchedule]) -> None:
        self.schedules = schedules
        self.written: Sequence[GroupValues] = ()
        self.buffers: list[Buffer] = []
        self.knob_writers: list[FloatWriter | MixedWriter] = []  # one for each schedule
        self.known = 0  # groups that have their own tensors; of 0, all knobs have to be written
        self.first: object = None  # of these groups

    def __getstate__(self) -> dict[str, Any]:
        return {"schedules": self.schedules, "written": self.written}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(vars(GroupWriter(state["schedules"])), written=state["written"])

    def forget(self) -> None:
        """Give all groups tensors of their own at the next write, for those that they hold are others."""
        self.known = 0

    def own(self, groups: Groups, first: int = 0) -> None:
        """Give the groups from one on tensors of their own; torch gives one to several groups and to `defaults`."""
        self.buffers = self.buffers if first else []
        views: list[dict[int, Tensor]] = [
            dict(self.knob_writers[number].views) if first else {} for number in range(len(self.schedules))
        ]
        kinds: dict[Any, list[tuple[Place, Tensor]]] = {}
        for number, schedule in enumerate(self.schedules):
            for index, held in schedule.tensors(groups, first):
                kinds.setdefault((held.device, held.dtype), []).append(((number, index), held))
        for members in kinds.values():
            buffer = Buffer(*zip(*members, strict=True))
            self.buffers.append(buffer)
            for (number, index), view in zip(buffer.places, buffer.views, strict=True):
                views[number][index] = view
                self.schedules[number].knob.put(groups[index], view)
        self.knob_writers = [_knob_writer(*pair) for pair in zip(self.schedules, views, strict=True)]
        self.known, self.first = len(groups), groups[0]

    def ended(self, at: float) -> bool:
        """Whether an index is past the end of a plan."""
        for schedule in self.schedules:
            for shared_plan in schedule.shared_plans:
                if at >= shared_plan.end:
                    return True
        return False

    def keeps_lr(self, groups: Groups) -> bool:
        """Whether an lr is the very object that was put there, and not another of the same value."""
        for number, knob_writer in enumerate(self.knob_writers):
            if self.schedules[number].knob.path == "lr":
                return knob_writer.keeps_any(groups, self.written[number] if self.written else None)
        return False

    def restore(self, groups: Groups) -> None:
        """Put the groups' own tensors back where others have taken their place."""
        for schedule, knob_writer in zip(self.schedules, self.knob_writers, strict=True):
            for index, view in knob_writer.views:
                if schedule.knob.held(groups[index]) is not view:
                    schedule.knob.put(groups[index], view)

    def promote(self, groups: Groups, device: torch.device, first: int = 0) -> None:
        """Have the knobs of the groups from one on be tensors on a device; a number becomes one of float32."""
        for schedule in self.schedules:
            for group, group_state in zip(groups[first:], schedule.group_states[first:], strict=True):
                if group_state is not None:
                    held = schedule.knob.held(group)
                    dtype = held.dtype if isinstance(held, Tensor) else torch.float32
                    schedule.knob.put(group, torch.as_tensor(held, dtype=dtype, device=device))

    def is_replaced(self, groups: Groups) -> bool:
        """Whether groups hold other tensors than their own, or numbers instead of tensors, or the reverse."""
        for schedule, knob_writer in zip(self.schedules, self.knob_writers, strict=True):
            views = dict(knob_writer.views)
            found = dict(schedule.tensors(groups, 0))
            if found.keys() != views.keys() or any(found[index] is not view for index, view in views.items()):
                return True
        return False

    def write(self, groups: Groups, rows: Sequence[GroupValues]) -> None:
        """Put a row for each schedule into the knobs."""
        for number, knob_writer in enumerate(self.knob_writers):
            knob_writer.write(groups, rows[number])
        for buffer in self.buffers:
            buffer.write(rows)
        self.written = rows

    def join(self, groups: Groups, rows: Sequence[GroupValues], first: int) -> None:
        """Put rows into the knobs of the groups from one on, which have just been owned; the others are left alone."""
        for number, row in enumerate(rows):
            for index in range(first, len(groups)):
                if (value := value_in(row, index)) is not None:
                    self.schedules[number].knob.write(groups[index], value)
        for buffer in self.buffers:
            if buffer.places[0][1] >= first:
                buffer.version = buffer.writes()
        self.written = rows

    def untouched(self, groups: Groups, most: int, calls: int = 0) -> bool:
        """Whether the knobs that are checked hold what was written; from call to call, other groups are checked."""
        start = calls * most % self.known if most < self.known else 0
        for number, knob_writer in enumerate(self.knob_writers):
            if not knob_writer.untouched(groups, self.written[number], most, start):
                return False
        return all(buffer.writes() == buffer.version for buffer in self.buffers)  # asks no device

    def foreign(self, groups: Groups, number: int) -> list[int]:
        """The groups whose knob was set to another value outside this Scheduler; reads the devices."""
        if self.untouched(groups, ALL):
            return []
        knob = self.schedules[number].knob
        pairs = enumerate(zip(groups, values_of(self.written[number], self.known), strict=False))
        return [k for k, (group, v) in pairs if v is not None and knob.read(group) != knob.rounded(group, v)]

    def holding(self, groups: Groups) -> list[GroupValues]:
        """The values that the knobs hold, whoever set them; reads the devices."""
        rows: list[GroupValues] = []
        for number, row in enumerate(self.written):
            values = values_of(row, self.known)
            for index in self.foreign(groups, number):
                values[index] = self.schedules[number].knob.read(groups[index])
            rows.append((values, 1.0))
        return rows


def _knob_writer(schedule: KnobSchedule, views: dict[int, Tensor]) -> FloatWriter | MixedWriter:
    if schedule.knob.index is None and not views:
        return FloatWriter(schedule.knob.key)
    return MixedWriter(schedule.knob, views, schedule.bases)


def _same(held: object, value: float | None) -> bool:
    return held.__class__ is float and held == value
