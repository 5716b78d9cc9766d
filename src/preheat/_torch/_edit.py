"""Edits of a running plan: each is kept with the update it was made at, and replayed from a checkpoint."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from math import ceil
from typing import Any, NamedTuple

from preheat._cut import until
from preheat._nodes import zero_based
from preheat._plan import Plan
from preheat._text import parse, textless
from preheat._torch._advice import examine
from preheat._torch._binding import CLOCKS, Binding
from preheat._torch._knob import Groups
from preheat._torch._track import Edit, Track

__all__ = ["Moment", "all_or_nothing", "edit", "last_used", "replay", "seek", "settle"]


class Moment(NamedTuple):
    """A plan that is about to be edited, and where it stands."""

    plan: Plan
    last: float  # the index whose value the last update used; negative before the first

    @property
    def value(self) -> float:
        """What the last update used; the left end before the first."""
        return self.plan(self.last) if self.last >= 0 else zero_based(self.plan)(0)


def edit(
    bindings: Sequence[Binding], groups: Sequence[Groups], knob: str, make: Callable[[Moment], Plan], *, advise: bool
) -> None:
    """Have each plan of a knob be followed until now, and then the one made from it and from now.

    Raises:
        ValueError: the knob is not driven; a new plan has no text, or leaves the knob's range. Nothing is changed.
    """
    settle(bindings, groups)
    with all_or_nothing(bindings):
        for binding in bindings:
            track = _track(binding, knob)
            for one, plan in list(_edits(binding, track, make, advise=advise)):
                binding.edits.append(one)
                _follow(track, one, plan)
    for binding in bindings:
        binding.watch.allow("ended")


def _edits(
    binding: Binding, track: Track, make: Callable[[Moment], Plan], *, advise: bool
) -> Iterator[tuple[Edit, Plan]]:
    """One for each plan, and for each clock of the groups that follow it."""
    for key, given in track.plans.items():
        if given is None:
            continue
        clocks = {0, *(cell.joined for cell in track.cells if cell is not None and cell.key == key)}
        for joined in sorted(clocks):
            at = max(ceil(binding.index - joined), 0)
            plan = make(Moment(track.followed(key, joined), last_used(binding) - joined))
            if (piece := textless(plan)) is not None:
                message = (
                    f"replan(plan={piece!r}): plan must have a text, for checkpoints to replay; define it in a module"
                )
                raise ValueError(message)
            probe = copy(track)
            probe.given = probe.plans = {key: plan}
            examine([probe], advise=advise)
            yield Edit(at, track.knob.path, key, joined, repr(plan)), plan


def last_used(binding: Binding) -> float:
    """The index whose values the last update used, or where that is not known the one before the coming one."""
    return binding.position.last if binding.position.last >= 0 else ceil(binding.index) - 1


def settle(bindings: Sequence[Binding], groups: Sequence[Groups]) -> None:
    """Have every update counted and every group known."""
    for binding, own in zip(bindings, groups, strict=True):
        binding.settle()
        binding.adopt(own, binding.index)


def replay(track: Track, edits: Iterable[Edit]) -> None:
    """Follow the plans as bound, with the edits of this knob."""
    track.plans, track.branches = dict(track.given), {}
    for one in edits:
        if one.knob == track.knob.path:
            _follow(track, one, parse(one.text))


def _follow(track: Track, one: Edit, plan: Plan) -> None:
    plan = until(track.followed(one.key, one.joined), one.at) >> plan if one.at else plan
    if one.joined:
        track.branches[one.key, one.joined] = plan
    else:
        track.plans[one.key] = plan


def _track(binding: Binding, knob: str) -> Track:
    for track in binding.tracks:
        if track.knob.path == knob:
            return track
    driven = ", ".join(track.knob.path for track in binding.tracks)
    message = f"Scheduler(knob={knob!r}): knob must be one that is driven: {driven}"
    raise ValueError(message)


def seek(bindings: Sequence[Binding], groups: Sequence[Groups], i: float, *, sought: bool = True) -> None:
    """Stand at an index of the clock, with the values of there."""
    settle(bindings, groups)
    with all_or_nothing(bindings):
        for binding in bindings:
            at = {CLOCKS[binding.clock]: i}
            binding.position = binding.position._replace(**at, last=i - 1)  # type: ignore[arg-type]  # whole if need be
    for binding, own in zip(bindings, groups, strict=True):
        binding.move(own, binding.position, sought=sought)


@contextmanager
def all_or_nothing(bindings: Sequence[Binding]) -> Iterator[None]:
    """Have what is done inside be undone if it fails, or if it leads to a value that a knob cannot take."""
    held = [(thing, state) for binding in bindings for thing, state in _held(binding)]
    feedback = {id(f): (f, f.state()) for b in bindings for t in b.tracks if (f := t.feedback) is not None}
    try:
        yield
        for binding in bindings:
            for track in binding.tracks:
                track.values(binding.index)
    except BaseException:
        for thing, state in held:
            for name, value in state.items():
                setattr(thing, name, value)
        for plateau, state in feedback.values():
            plateau.load(state)
        raise


def _held(binding: Binding) -> Iterator[tuple[Any, dict[str, Any]]]:
    """What a load or an edit changes: by replacement, but for what is copied here."""
    yield binding, {"edits": list(binding.edits), "position": binding.position}
    for track in binding.tracks:
        yield track, {"given": track.given, "plans": dict(track.plans), "branches": dict(track.branches)}
        for cell in track.cells:
            if cell is not None:
                yield cell, {"base": cell.base, "found": cell.found, "joined": cell.joined}
