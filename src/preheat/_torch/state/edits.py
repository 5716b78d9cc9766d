"""Edits of a running plan: each is kept with the update it was made at, and replayed from a checkpoint."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from itertools import product
from math import ceil
from typing import Any, NamedTuple

from preheat._language.parser import parse, textless
from preheat._lengths.resolve import resolve
from preheat._nodes import zero_based
from preheat._nodes.cuts import after, until
from preheat._plan import Plan
from preheat._torch.bind.plan_checks import examine
from preheat._torch.run.binding import Binding
from preheat._torch.run.knob import Groups
from preheat._torch.run.knob_schedule import Bound, Edit, KnobSchedule, asks

__all__ = ["EditContext", "edit", "extend", "last_used", "replay", "rollback_on_error", "seek", "settle"]


class EditContext(NamedTuple):
    """A plan that is about to be edited, and where it stands."""

    knob: str
    plan: Plan
    given: Plan  # as it was bound
    at: int  # the index of the coming update
    last: float  # that whose value the last update used; negative before the first
    beta2: float | None  # of the optimizers, where a plan asks for it

    @property
    def value(self) -> float:
        """What the last update used; the left end before the first."""
        return self.plan(self.last) if self.last >= 0 else zero_based(self.plan)(0)


def edit(
    bindings: Sequence[Binding], groups: Sequence[Groups], knobs: Iterable[str],
    make: Callable[[EditContext], Plan | None], *, advise: bool,
) -> None:  # fmt: skip
    """Have each plan of some knobs be followed until now, and then the one made from it and from now, if any.

    Raises:
        ValueError: the knob is not driven; a new plan has no text, or leaves the knob's range. Nothing is changed.
    """
    settle(bindings, groups)
    with rollback_on_error(bindings):
        for binding, knob in product(bindings, knobs):
            track = _track(binding, knob)
            for one, plan in list(_edits(binding, track, make, advise=advise)):
                binding.edits.append(one)
                _follow(track, one, plan)
    for binding in bindings:
        binding.monitor.reset("ended")


def extend(bindings: Sequence[Binding], groups: Sequence[Groups], total_steps: int) -> list[str]:
    """Have every plan that asks for the total be followed as for this one; returns what is to be said.

    Raises:
        ValueError: none does; its parts are longer; one leaves the knob's range. Nothing is changed.
    """
    asking = [t.knob.path for t in bindings[0].tracks if any(b and b.given.unresolved for b in t.bound.values())]
    if not asking:
        raise ValueError(
            f'extend({total_steps}): a plan must ask for the total, with "%" or "rest"; replan takes any other'
        )
    sentences: dict[str, None] = {}

    def anew(moment: EditContext) -> Plan | None:
        if not moment.given.unresolved:
            return None
        plan = after(resolve(moment.given, total_steps=total_steps, beta2=moment.beta2), moment.at)
        sentences.update(dict.fromkeys(_seam(moment, plan, total_steps)))
        return plan

    edit(bindings, groups, asking, anew, advise=False)
    for track in (track for binding in bindings for track in binding.tracks):
        track.horizon = track.horizon._replace(total_steps=total_steps)
    return list(sentences)


def _seam(moment: EditContext, plan: Plan, total_steps: int) -> Iterator[str]:
    """The value on each side, where the plan followed so far goes on otherwise."""
    if not asks(moment.plan) and (was := moment.plan(moment.at)) != (now := plan(0)):
        begun = f"goes from {moment.value:g} to" if moment.last >= 0 else "is"
        yield (
            f"extend({total_steps}): at update {moment.at} the plan of {moment.knob} {begun} {now:g}, where for the "
            f"total before it has {was:g}"
        )


def _edits(
    binding: Binding, track: KnobSchedule, make: Callable[[EditContext], Plan | None], *, advise: bool
) -> Iterator[tuple[Edit, Plan]]:
    """One for each plan, and for each clock of the groups that follow it."""
    for key, bound in track.bound.items():
        if bound is None:
            continue
        clocks = {
            0,
            *(
                group_state.joined
                for group_state in track.group_states
                if group_state is not None and group_state.key == key
            ),
        }
        for joined in sorted(clocks):
            at = max(ceil(binding.index - joined), 0)
            last = last_used(binding) - joined
            followed, beta2 = track.followed(key, joined), track.horizon.beta2
            plan = make(EditContext(track.knob.path, followed, bound.given, at, last, beta2))
            if plan is None:
                continue
            if (piece := textless(plan)) is not None:
                raise ValueError(
                    f"replan(plan={piece!r}): plan must have a text, for checkpoints to replay; define it in a module"
                )
            if plan.unresolved:
                raise ValueError(
                    f"replan(plan={plan!r:.200}): plan must have its lengths in updates; resolve it before"
                )
            probe = copy(track)
            probe.bound, probe.plans = {key: Bound(plan, plan)}, {key: plan}
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


def replay(track: KnobSchedule, edits: Iterable[Edit]) -> None:
    """Follow the plans as bound, with the edits of this knob."""
    track.plans, track.branches = track.unedited(), {}
    for one in edits:
        if one.knob == track.knob.path:
            _follow(track, one, parse(one.text))


def _follow(track: KnobSchedule, one: Edit, plan: Plan) -> None:
    plan = until(track.followed(one.key, one.joined), one.at) >> plan if one.at else plan
    if one.joined:
        track.branches[one.key, one.joined] = plan
    else:
        track.plans[one.key] = plan


def _track(binding: Binding, knob: str) -> KnobSchedule:
    for track in binding.tracks:
        if track.knob.path == knob:
            return track
    driven = ", ".join(track.knob.path for track in binding.tracks)
    raise ValueError(f"Scheduler(knob={knob!r}): knob must be one that is driven: {driven}")


def seek(bindings: Sequence[Binding], groups: Sequence[Groups], i: float, *, sought: bool = True) -> None:
    """Stand at an index of the clock, with the values of there."""
    settle(bindings, groups)
    with rollback_on_error(bindings):
        for binding in bindings:
            binding.position = binding.position._replace(**binding.clock.position_at(i), last=i - 1)
    for binding, own in zip(bindings, groups, strict=True):
        binding.move(own, binding.position, sought=sought)


@contextmanager
def rollback_on_error(bindings: Sequence[Binding]) -> Iterator[None]:
    """Have what is done inside be undone if it fails, or if it leads to a value that a knob cannot take."""
    held = [(thing, state) for binding in bindings for thing, state in _held(binding)]
    feedback = {id(f): (f, f.state()) for b in bindings for t in b.tracks if (f := t.feedback) is not None}
    try:
        yield
        for binding in bindings:
            binding.lay()
            for track in binding.tracks:
                track.row(binding.index)
    except BaseException:
        for thing, state in held:
            for name, value in state.items():
                setattr(thing, name, value)
        for plateau, state in feedback.values():
            plateau.load(state)
        for binding in bindings:
            binding.lay()
        raise


def _held(binding: Binding) -> Iterator[tuple[Any, dict[str, Any]]]:
    """What a load or an edit changes: by replacement, but for what is copied here."""
    yield binding, {"edits": list(binding.edits), "position": binding.position}
    for track in binding.tracks:
        yield track, {"bound": track.bound, "plans": dict(track.plans), "branches": dict(track.branches)}
        for group_state in track.group_states:
            if group_state is not None:
                yield group_state, {"base": group_state.base, "found": group_state.found, "joined": group_state.joined}
