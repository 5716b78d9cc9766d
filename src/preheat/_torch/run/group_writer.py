"""The knobs of an optimizer as they lie in its groups: written, and looked at, for another hand may write them too."""

from collections.abc import Sequence
from operator import itemgetter
from sys import maxsize
from typing import Any

import torch
from torch import Tensor

from preheat._torch.run.dtensor import around, local
from preheat._torch.run.group_values import GroupValues, value_in, values_of
from preheat._torch.run.knob import Groups, Knob
from preheat._torch.run.knob_schedule import KnobSchedule

__all__ = ["ALL", "FEW", "GroupWriter"]

FEW, ALL = 4, maxsize  # groups with numbers that are looked at; where there are more, in turn

Place = tuple[int, int]  # the number of a track, and the index of a group


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
        """How often anyone has written; what is written through a `DTensor` only that one counts."""
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

    def untouched(self, groups: Groups, row: GroupValues, most: int, turn: int) -> bool:
        """Whether each group looked at, from one on, holds its value, as it was written."""
        key = self.key
        looked = slice(turn, turn + most) if len(groups) > most else slice(None)
        if not isinstance(row, tuple):
            for group in groups[looked]:
                if group[key] is not row:
                    return False
        else:
            bases, factor = row
            for group, base in zip(groups[looked], bases[looked], strict=False):  # a late group may be there already
                if base is not None and (group[key] != base * factor or group[key].__class__ is not float):
                    return False
        return True


class MixedWriter:
    """A knob that is a tensor in some groups or in all, or that lies inside of a tuple."""

    def __init__(self, knob: Knob, views: Sequence[Tensor | None], bases: Sequence[float | None]) -> None:
        self.knob = knob
        self.held = itemgetter(knob.key) if knob.index is None else knob.held
        self.views = [(index, view) for index, view in enumerate(views) if view is not None]
        self.loose = [k for k, view in enumerate(views) if view is None and bases[k] is not None]

    def write(self, groups: Groups, row: GroupValues) -> None:
        """Put the values of a row into the groups without tensors, which are written together."""
        for index in self.loose:
            self.knob.put(groups[index], value_in(row, index))

    def keeps_any(self, groups: Groups, row: GroupValues | None) -> bool:  # noqa: ARG002  # its tensors are written in place
        """Whether a group holds its own tensor."""
        return any(self.held(groups[index]) is view for index, view in self.views)

    def untouched(self, groups: Groups, row: GroupValues, most: int, turn: int) -> bool:  # noqa: ARG002  # it looks at all
        """Whether each group holds its own tensor, or its value as it was written."""
        held = self.held
        for index, view in self.views:
            if held(groups[index]) is not view:
                return False
        return all(_same(held(groups[index]), value_in(row, index)) for index in self.loose)


class GroupWriter:
    """The knobs of an optimizer, one for each track, and what they were last given."""

    def __init__(self, tracks: Sequence[KnobSchedule]) -> None:
        self.tracks = tracks
        self.written: Sequence[GroupValues] = ()
        self.buffers: list[Buffer] = []
        self.views: list[list[Tensor | None]] = [[] for _ in tracks]  # in each group; None for a number
        self.holds: list[FloatWriter | MixedWriter] = []  # one for each track
        self.turn = 0  # the group that is looked at next
        self.known = 0  # groups whose tensors are their own
        self.first: object = None  # of them

    def __getstate__(self) -> dict[str, Any]:
        return {"tracks": self.tracks, "written": self.written}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(
            vars(GroupWriter(state["tracks"])), written=state["written"]
        )  # its groups' tensors are not known

    def own(self, groups: Groups, first: int = 0) -> None:
        """Give the groups from one on tensors of their own; torch gives one to several groups and to `defaults`."""
        self.buffers = self.buffers if first else []
        self.views = [views[:first] + [None] * len(groups[first:]) for views in self.views]
        kinds: dict[Any, list[tuple[Place, Tensor]]] = {}
        for number, track in enumerate(self.tracks):
            for index, held in track.tensors(groups, first):
                kinds.setdefault((held.device, held.dtype), []).append(((number, index), held))
        for members in kinds.values():
            buffer = Buffer(*zip(*members, strict=True))
            self.buffers.append(buffer)
            for (number, index), view in zip(buffer.places, buffer.views, strict=True):
                self.views[number][index] = view
                self.tracks[number].knob.put(groups[index], view)
        self.holds = [_hold(track, views) for track, views in zip(self.tracks, self.views, strict=True)]
        self.known, self.first = len(groups), groups[0]

    def keeps_lr(self, groups: Groups) -> bool:
        """Whether an lr is the very object that was put there, and not another of the same value."""
        for number, hold in enumerate(self.holds):
            if self.tracks[number].knob.path == "lr":
                return hold.keeps_any(groups, self.written[number] if self.written else None)
        return False

    def restore(self, groups: Groups) -> None:
        """Put the groups' own tensors back where another hand has put others."""
        for track, views in zip(self.tracks, self.views, strict=True):
            for group, view in zip(groups, views, strict=False):
                if view is not None and track.knob.held(group) is not view:
                    track.knob.put(group, view)

    def promote(self, groups: Groups, device: torch.device, first: int = 0) -> None:
        """Have the knobs of the groups from one on be tensors on a device; a number becomes one of float32."""
        for track in self.tracks:
            for group, group_state in zip(groups[first:], track.group_states[first:], strict=True):
                if group_state is not None:
                    held = track.knob.held(group)
                    dtype = held.dtype if isinstance(held, Tensor) else torch.float32
                    track.knob.put(group, torch.as_tensor(held, dtype=dtype, device=device))

    def refit(self, groups: Groups) -> None:
        """Own the tensors anew where another hand has put others, or numbers, in their place."""
        found = [dict(track.tensors(groups, 0)) for track in self.tracks]
        pairs = [
            (own, index, view) for own, views in zip(found, self.views, strict=True) for index, view in enumerate(views)
        ]
        if any(own.get(index) is not view for own, index, view in pairs):
            self.own(groups)

    def write(self, groups: Groups, rows: Sequence[GroupValues]) -> None:
        """Put a row for each track into the knobs."""
        for number, hold in enumerate(self.holds):
            hold.write(groups, rows[number])
        for buffer in self.buffers:
            buffer.write(rows)
        self.written = rows

    def join(self, groups: Groups, rows: Sequence[GroupValues], first: int) -> None:
        """Put rows into the knobs of the groups from one on, which have just been owned; the others are left alone."""
        for number, row in enumerate(rows):
            for index in range(first, len(groups)):
                if (value := value_in(row, index)) is not None:
                    self.tracks[number].knob.write(groups[index], value)
        for buffer in self.buffers:
            if buffer.places[0][1] >= first:
                buffer.version = buffer.writes()
        self.written = rows

    def untouched(self, groups: Groups, most: int) -> bool:
        """Whether the knobs that are looked at hold what they were given."""
        for number, hold in enumerate(self.holds):
            if not hold.untouched(groups, self.written[number], most, self.turn):
                return False
        for buffer in self.buffers:
            if buffer.writes() != buffer.version:  # asks no device
                return False
        self.turn = self.turn + most if self.turn + most < self.known else 0
        return True

    def foreign(self, groups: Groups, number: int) -> list[int]:
        """The groups whose knob of a track another hand has given another value since; asks the devices."""
        if self.untouched(groups, ALL):
            return []
        knob = self.tracks[number].knob
        pairs = enumerate(zip(groups, values_of(self.written[number], self.known), strict=False))
        return [k for k, (group, v) in pairs if v is not None and knob.read(group) != knob.rounded(group, v)]

    def holding(self, groups: Groups) -> list[GroupValues]:
        """What the knobs hold, be it from another hand; asks the devices."""
        rows: list[GroupValues] = []
        for number, row in enumerate(self.written):
            values = values_of(row, self.known)
            for index in self.foreign(groups, number):
                values[index] = self.tracks[number].knob.read(groups[index])
            rows.append((values, 1.0))
        return rows


def _hold(track: KnobSchedule, views: Sequence[Tensor | None]) -> FloatWriter | MixedWriter:
    if track.knob.index is None and not any(view is not None for view in views):
        return FloatWriter(track.knob.key)
    return MixedWriter(track.knob, views, track.bases)


def _same(held: object, value: float | None) -> bool:
    return held.__class__ is float and held == value
